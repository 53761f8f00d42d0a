"""The options that tell what a file does not: who ran, in which weather, which sport. Shared by the commands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class CrampHistory(StrEnum):
    """What the runner tells of earlier cramps."""

    unknown = "unknown"
    never = "never"
    ever = "ever"
    recent = "recent"


MassKg = Annotated[float | None, typer.Option(min=20, max=350, help="Body mass; without it no amounts.")]
BirthYear = Annotated[int | None, typer.Option(min=1900, max=2100, help="Year of birth.")]
RestBpm = Annotated[int | None, typer.Option(min=20, max=150, help="Resting heart rate.")]
MaxBpm = Annotated[int | None, typer.Option(min=80, max=240, help="Maximal heart rate.")]
SweatRate = Annotated[float | None, typer.Option(min=0.05, max=5, help="Measured sweat rate in litres an hour.")]
Cramps = Annotated[CrampHistory, typer.Option(help="Cramps before this run.")]
Strength = Annotated[
    bool | None, typer.Option("--strength-training/--no-strength-training", help="Whether you train strength.")
]
Beginner = Annotated[bool | None, typer.Option("--beginner/--no-beginner", help="Whether you are new to running.")]
Timezone = Annotated[str | None, typer.Option(help="IANA zone, for files without a local time.")]
TemperatureC = Annotated[float | None, typer.Option(min=-60, max=60, help="Air temperature.")]
HumidityPct = Annotated[float | None, typer.Option(min=0, max=100, help="Relative humidity.")]
WindKmh = Annotated[float | None, typer.Option(min=0, max=200, help="Wind speed.")]
Sun = Annotated[float | None, typer.Option(min=0, max=1, help="0 night or overcast, 1 clear sky.")]
Sport = Annotated[str | None, typer.Option(help="Overrides the sport of the file: running, TrailRun, hike, …")]
Server = Annotated[
    str | None,
    typer.Option(metavar="URL", help="A running service; without it the store of the settings is filled directly."),
]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="KEY", envvar="CRAMPWATCH_API_KEY", help="An API key of that service, better told by the environment."
    ),
]
HideAmounts = Annotated[bool, typer.Option("--hide-amounts", help="Name no amount of fluid, sodium or carbohydrate.")]


def zone(name: str | None) -> str | None:
    """The zone's name once there is such a zone. Raises typer's usage error otherwise."""
    if name is None:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - only who names a zone pays for it

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise typer.BadParameter(f"no such time zone: {shown(name)}", param_hint="--timezone") from None
    return name


def sport(name: str | None) -> str | None:
    """The sport that the name means. Raises typer's usage error where it means none that is known."""
    if name is None:
        return None
    from service.examine import sport_named  # noqa: PLC0415 - numpy is loaded only where a sport is told

    try:
        return sport_named(name)
    except ValueError as wrong:
        raise typer.BadParameter(f"{shown(name)} {wrong}", param_hint="--sport") from None


def shown(name: str) -> str:
    """A name from the command line, harmless."""
    from service.cli.terminal import harmless_name  # noqa: PLC0415 - rich is only loaded where something is printed

    return harmless_name(name)
