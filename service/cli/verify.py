"""`crampwatch verify`: assessments held against their watch files, or against what the local store keeps. No server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from service.cli import options

ACTIVITY = re.compile(r"act_[0-9a-z]{26}")


def command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT",
            help="Documents as `analyse --json` or the API gives them, the watch files they are held against, "
            "or ids of activities in the local store.",
        ),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Look whether the local store is whole: each row with its blob, hash right.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
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
    hide_amounts: options.HideAmounts = False,
) -> None:
    """Work every number of an assessment out again, and hold its receipt and its file to it.

    Tell what `analyse` was told; without it, what stands on it cannot be worked out again, and is said to.
    """
    if everything == bool(names):
        raise typer.BadParameter("name what is to be looked at, or --all and nothing else", param_hint="WHAT")
    if everything:
        from service.cli import stocktaking  # noqa: PLC0415 - as below

        raise typer.Exit(stocktaking.show(as_json=json))
    names = names or []
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
    conditions = {"temperature_c": temperature_c, "humidity_pct": humidity_pct, "wind_kmh": wind_kmh, "sun": sun}
    stored = [name for name in names if ACTIVITY.fullmatch(name) and not Path(name).exists()]
    files = [name for name in names if name not in stored]
    for name in files:
        if not Path(name).is_file():
            raise typer.BadParameter(f"there is no file {options.shown(name)}", param_hint="WHAT")
    from service.cli import proof  # noqa: PLC0415 - numpy and the database are loaded when there is work for them

    told = proof.Told(profile=profile, conditions=conditions, sport=options.sport(sport))
    found = [*proof.of_files(map(Path, files), told), *(proof.of_store(stored) if stored else ())]
    raise typer.Exit(proof.show(found, as_json=json))
