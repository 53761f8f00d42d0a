"""`crampwatch analyse`: assessments on the terminal or as JSON. No server, no database, no network."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

STDIN = "-"


class Units(StrEnum):
    """Unit systems."""

    metric = "metric"
    imperial = "imperial"


class CrampHistory(StrEnum):
    """What the runner tells of earlier cramps."""

    unknown = "unknown"
    never = "never"
    ever = "ever"
    recent = "recent"


def command(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="FIT, GPX or TCX, also gzipped or in a ZIP; - reads stdin.")
    ],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the API's JSON instead of a report.")] = False,
    mass_kg: Annotated[float | None, typer.Option(min=20, max=350, help="Body mass; without it no amounts.")] = None,
    birth_year: Annotated[int | None, typer.Option(min=1900, max=2100, help="Year of birth.")] = None,
    hr_rest_bpm: Annotated[int | None, typer.Option(min=20, max=150, help="Resting heart rate.")] = None,
    hr_max_bpm: Annotated[int | None, typer.Option(min=80, max=240, help="Maximal heart rate.")] = None,
    sweat_rate: Annotated[
        float | None, typer.Option(min=0.05, max=5, help="Measured sweat rate in litres an hour.")
    ] = None,
    cramp_history: Annotated[CrampHistory, typer.Option(help="Cramps before this run.")] = CrampHistory.unknown,
    strength_training: Annotated[
        bool | None, typer.Option("--strength-training/--no-strength-training", help="Whether you train strength.")
    ] = None,
    beginner: Annotated[
        bool | None, typer.Option("--beginner/--no-beginner", help="Whether you are new to running.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA zone, for files without a local time.")] = None,
    temperature_c: Annotated[float | None, typer.Option(min=-60, max=60, help="Air temperature.")] = None,
    humidity_pct: Annotated[float | None, typer.Option(min=0, max=100, help="Relative humidity.")] = None,
    wind_kmh: Annotated[float | None, typer.Option(min=0, max=200, help="Wind speed.")] = None,
    sun: Annotated[float | None, typer.Option(min=0, max=1, help="0 night or overcast, 1 clear sky.")] = None,
    sport: Annotated[str | None, typer.Option(help="Overrides the sport of the file.")] = None,
    units: Annotated[Units, typer.Option(help="Units of the texts.")] = Units.metric,
    language: Annotated[str, typer.Option(help="Language of the analysis' texts.")] = "en",
    hide_amounts: Annotated[
        bool, typer.Option("--hide-amounts", help="Name no amount of fluid, sodium or carbohydrate.")
    ] = False,
) -> None:
    """Assess watch files and print a report for each activity in them."""
    profile = {
        "mass_kg": mass_kg,
        "birth_year": birth_year,
        "hr_rest_bpm": hr_rest_bpm,
        "hr_max_bpm": hr_max_bpm,
        "sweat_rate_l_per_h": sweat_rate,
        "cramp_history": cramp_history.value,
        "strength_training": strength_training,
        "beginner": beginner,
        "timezone": _zone(timezone),
        "hide_amounts": hide_amounts,
    }
    conditions = {
        "temperature_c": temperature_c,
        "humidity_pct": humidity_pct,
        "wind_kmh": wind_kmh,
        "sun": sun,
    }
    _check(files)
    from service.cli import intake, output  # noqa: PLC0415 - numpy and rich are loaded when there is a file to read

    asked = intake.Asked(
        profile=profile,
        conditions=conditions,
        sport=sport,
        units=units.value,
        language=language,
        hide_amounts=hide_amounts,
    )
    found = (item for name in files for item in intake.items(name, asked))
    outcomes = output.as_json(found) if json else output.as_reports(found, units=units.value, zone=timezone)
    raise typer.Exit(1 if "rejected" in outcomes else 0)


def _zone(name: str | None) -> str | None:
    if name is None:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - only who names a zone pays for it

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise typer.BadParameter(f"no such time zone: {_shown(name)}", param_hint="--timezone") from None
    return name


def _check(files: list[str]) -> None:
    """Refuses the call before any work where a file is not there, so that a typing error costs nothing."""
    for name in files:
        if name == STDIN:
            continue
        path = Path(name)
        if path.is_dir():
            raise typer.BadParameter(f"{_shown(name)} is a folder; name the files in it", param_hint="FILE")
        if not path.exists():
            raise typer.BadParameter(f"there is no file {_shown(name)}", param_hint="FILE")
    if files.count(STDIN) > 1:
        raise typer.BadParameter("stdin can be read only once", param_hint="FILE")


def _shown(name: str) -> str:
    from service.cli.terminal import harmless_name  # noqa: PLC0415 - rich is only loaded where something is printed

    return harmless_name(name)
