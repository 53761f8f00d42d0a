"""`crampwatch analyse`: assessments on the terminal or as JSON. No server, no database, no network."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from service.cli import options

STDIN = "-"


class Units(StrEnum):
    """Unit systems."""

    metric = "metric"
    imperial = "imperial"


def command(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="FIT, GPX or TCX, also gzipped or in a ZIP; - reads stdin.")
    ],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the API's JSON instead of a report.")] = False,
    mass_kg: options.MassKg = None,
    birth_year: options.BirthYear = None,
    hr_rest_bpm: options.RestBpm = None,
    hr_max_bpm: options.MaxBpm = None,
    sweat_rate: options.SweatRate = None,
    cramp_history: options.Cramps = options.CrampHistory.unknown,
    strength_training: options.Strength = None,
    beginner: options.Beginner = None,
    timezone: options.Timezone = None,
    temperature_c: options.TemperatureC = None,
    humidity_pct: options.HumidityPct = None,
    wind_kmh: options.WindKmh = None,
    sun: options.Sun = None,
    sport: options.Sport = None,
    units: Annotated[Units, typer.Option(help="Units of the texts.")] = Units.metric,
    language: Annotated[str, typer.Option(help="Language of the analysis' texts.")] = "en",
    hide_amounts: options.HideAmounts = False,
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
        "timezone": options.zone(timezone),
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
        sport=options.sport(sport),
        units=units.value,
        language=language,
        hide_amounts=hide_amounts,
    )
    found = (item for name in files for item in intake.items(name, asked))
    outcomes = output.as_json(found) if json else output.as_reports(found, units=units.value, zone=timezone)
    raise typer.Exit(1 if "rejected" in outcomes else 0)


def _check(files: list[str]) -> None:
    """Refuses the call before any work where a file is not there, so that a typing error costs nothing."""
    for name in files:
        if name == STDIN:
            continue
        path = Path(name)
        if path.is_dir():
            raise typer.BadParameter(f"{options.shown(name)} is a folder; name the files in it", param_hint="FILE")
        if not path.exists():
            raise typer.BadParameter(f"there is no file {options.shown(name)}", param_hint="FILE")
    if files.count(STDIN) > 1:
        raise typer.BadParameter("stdin can be read only once", param_hint="FILE")
