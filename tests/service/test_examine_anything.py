"""Whatever a file may hold, the examination answers: no exception, plain JSON, the same again from the store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from fixtures.runs import past_runs
from parsers.activity import UNITS_PER, Activity, Column, DeviceTotals, Lap, Pause, Streams
from service import examine as room

AT = datetime(2026, 5, 3, 6, tzinfo=UTC)
SIZES = (0, 1, 2, 3, 5, 20, 200, 900)
SPORTS = ("running", "running", "running", "hiking", "cycling", "swimming", None, "wingfoil")
PROFILES: tuple[dict[str, Any], ...] = (
    {},
    {"mass_kg": 70.0},
    {"mass_kg": 30.0, "birth_year": 2012},
    {"sweat_rate_l_per_h": 0.0, "hr_rest_bpm": 60.0, "birth_year": 1970},
    {"mass_kg": 300.0, "hr_rest_bpm": 200.0, "hr_max_bpm": 100.0, "hide_amounts": True, "timezone": "Nowhere/None"},
)
WEATHERS: tuple[dict[str, Any], ...] = (
    {},
    {"temperature_c": -60.0, "humidity_pct": 0.0, "wind_kmh": 200.0},
    {"temperature_c": 60.0, "humidity_pct": 100.0, "sun": 1.0},
    {"humidity_pct": 50.0},
)
LOGS: tuple[dict[str, Any] | None, ...] = (
    None,
    {},
    {"fluid_ml": 0.0, "sodium_mg": 0.0, "carbs_g": 0.0, "urine_ml": 0.0, "fasted": True, "sleep_h": 0.0, "effort": 1},
    {"fluid_ml": 50_000.0, "mass_before_kg": 20.0, "mass_after_kg": 350.0},
    {"fluid_ml": 1.0, "mass_before_kg": 350.0, "mass_after_kg": 20.0, "urine_ml": 50_000.0},
    {"mass_before_kg": 70.0, "mass_after_kg": 69.0, "fluid_ml": 500.0, "carbs_g": 5_000.0},
)
ODD_REPORT: dict[str, Any] = {
    "answer": "cramp_stopped",
    "episodes": [{"muscle": "calf", "side": None, "minute": None, "at_m": 17_000}, {"minute": 0}, {}],
    "stitch": True,
    "when": None,
    "red_flags": ["fever", "a word of tomorrow"],
}
ODD_RUN = {
    "early_excess": 0.1,
    "eccentric_drop_m": 0.0,
    "ascent_m": 0.0,
    "gap_speed_mps": 3.0,
    "efficiency": 1.2,
    "best_efforts": [[3000, 900.0], [10_000, 3000.0]],
    "cramp": "cramp_stopped",
    "cramp_report": ODD_REPORT,
    "log": LOGS[-1],
    "score": 5,
}


def anything(rng: np.random.Generator) -> Activity:
    """An Activity that keeps the parsers' promises and no others: gaps, holes, stops, jumps, missing channels."""
    n = int(rng.choice(SIZES))
    steps = rng.choice([1.0, 3.0, 40.0, 4000.0], size=n, p=[0.85, 0.1, 0.045, 0.005])
    time_s = np.cumsum(steps) - (steps[0] if n else 0.0)
    running = rng.random(n) > rng.choice([0.0, 0.3, 0.95])
    speed = rng.choice([0.0, 1.3, 2.8, 3.3, 7.0, 15.0]) * np.clip(1 + 0.3 * rng.standard_normal(n), 0, None) * running
    metres = np.cumsum(speed * np.diff(time_s, prepend=0.0))
    columns: dict[str, Column] = {
        "distance_m": metres,
        "altitude_m": 100 + np.cumsum(rng.standard_normal(n)) * rng.choice([0.0, 0.3, 3.0]),
        "speed_mps": speed,
        "heart_rate_bpm": np.clip(140 + 20 * rng.standard_normal(n), 1, 254),
        "cadence_spm": np.clip(170 + 20 * rng.standard_normal(n), 0, 250),
        "temperature_c": 20 + 5 * rng.standard_normal(n),
    }
    if rng.random() < 0.6:
        columns |= {"lat_deg": 10 + metres / 111_000, "lon_deg": np.full(n, 20.0)}
    kept = {name: _holed(name, column, rng) for name, column in columns.items() if rng.random() > 0.25}
    end_s = float(time_s[-1]) if n else 0.0
    return Activity(
        format="fit",
        started_at=AT,
        streams=Streams(time_s=time_s, **kept),
        sport=rng.choice(np.array(SPORTS, dtype=object)),
        sub_sport=rng.choice(np.array([None, "trail", "treadmill"], dtype=object)),
        laps=tuple(Lap(at, at + rng.random() * end_s) for at in (rng.random(3) * end_s).tolist()),
        pauses=tuple(Pause(at, at + 200 * rng.random()) for at in (rng.random(2) * end_s).tolist()),
        totals=DeviceTotals(distance_m=rng.choice(np.array([None, 0.0, 1e7], dtype=object))),
        altitude_kind=str(rng.choice(["barometric", "gps", "unknown"])),
    )


def _holed(name: str, column: Column, rng: np.random.Generator) -> Column:
    whole = np.round(column * UNITS_PER[name]) / UNITS_PER[name]
    missing = rng.random(len(column)) < rng.choice([0.0, 0.0, 0.1, 0.9, 1.0])
    return np.where(missing, np.nan, whole)


@pytest.mark.parametrize("seed", range(150))
def test_anything_is_examined_said_and_restored(seed: int) -> None:
    rng = np.random.default_rng(seed)
    run = anything(rng)
    known: dict[str, Any] = {
        "profile": rng.choice(np.array(PROFILES, dtype=object)),
        "conditions": rng.choice(np.array(WEATHERS, dtype=object)),
        "log": LOGS[seed % len(LOGS)],
        "history": () if seed % 2 else [{**one, **ODD_RUN} for one in past_runs(longest_m=seed * 100.0, count=30)],
    }
    first = room.examine(run, input_sha256="", program_version="", **known)
    json.dumps([first.activity, first.assessment, first.digest, first.state], allow_nan=False)
    again = room.restore(first.state, first.columns)
    assert room.examine(again, input_sha256="", program_version="", **known).assessment == first.assessment
    if first.assessment["score"] is not None:
        assert first.assessment["score"] == sum(line["points"] for line in first.assessment["explanation"])
    for units in ("metric", "imperial"):
        assert room.render(first.assessment, units=units, hide_amounts=bool(seed % 3))["headline"]["text"]
    for rows in (room.splits(run), room.splits(run, unit="mi"), room.laps(run), room.climbs(run)):
        json.dumps(rows, allow_nan=False)
    json.dumps(room.zones(run, profile=known["profile"]), allow_nan=False)
    json.dumps(room.cramp_positions(known["history"]), allow_nan=False)
    assert room.standing_advice(profile=known["profile"], history=known["history"], at=AT)
