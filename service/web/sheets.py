"""The forms of the pages: each field's label and unit, and which field of the API it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service import figures
from service.web.forms import Field, Form, Measure, Sheet

POUND_KG: Final = 0.45359237

_KG, _LB = Measure("kg"), Measure("lb", POUND_KG, digits=1)
_ML, _OZ = Measure("ml", thousands=True), Measure("fl_oz", figures.ML_PER_FLUID_OUNCE, digits=1)
_BPM = Measure("bpm")

LOG: Final = Sheet(
    "log",
    (
        Field("fluid", "fluid_ml", "log-fluid", "number", _ML, _OZ),
        Field("carbs_g", "carbs_g", "log-carbs", "number", Measure("g", thousands=True)),
        Field("sodium_mg", "sodium_mg", "log-sodium", "number", Measure("mg", thousands=True)),
        Field("mass_before", "mass_before_kg", "log-mass-before", "number", _KG, _LB),
        Field("mass_after", "mass_after_kg", "log-mass-after", "number", _KG, _LB),
        Field("urine", "urine_ml", "log-urine", "number", _ML, _OZ),
        Field("sleep_h", "sleep_h", "log-sleep", "number", Measure("h")),
        Field("effort", "effort", "log-effort", "whole", Measure("effort", scale=True)),
        Field("fasted", "fasted", "log-fasted", "yes_no"),
    ),
)

_EPISODE = "episodes.0."
REPORT: Final = Sheet(
    "cramp",
    (
        Field("answer", "answer", "cramp-question"),
        Field("muscle", f"{_EPISODE}muscle", "cramp-muscle"),
        Field("side", f"{_EPISODE}side", "cramp-side"),
        Field(
            "at",
            f"{_EPISODE}at_m",
            "cramp-at",
            "number",
            Measure("km", figures.KM_M),
            Measure("mi", figures.MILE_M),
            refusal="beyond",
        ),
        Field("minute", f"{_EPISODE}minute", "cramp-minute", "number", Measure("min"), refusal="beyond"),
        Field("when", "when", "cramp-when"),
        Field("stitch", "stitch", "cramp-stitch", "yes"),
        Field("red_flags", "red_flags", "red-flags", "several"),
    ),
)

PROFILE: Final = Sheet(
    "profile",
    (
        Field("name", "name", "name", refusal="signs"),
        Field("units", "units", "units"),
        Field("timezone", "timezone", "timezone", refusal="zone"),
        Field("birth_year", "birth_year", "birth-year", "whole", grouped=False),
        Field("mass", "mass_kg", "mass", "number", _KG, _LB),
        Field("hr_rest_bpm", "hr_rest_bpm", "hr-rest", "number", _BPM, refusal="rest"),
        Field("hr_max_bpm", "hr_max_bpm", "hr-max", "number", _BPM),
        Field("sweat_rate_l_per_h", "sweat_rate_l_per_h", "sweat-rate", "number", Measure("l_per_h")),
        Field("cramp_history", "cramp_history", "cramp-history"),
        Field("strength_training", "strength_training", "strength", "yes_no"),
        Field("beginner", "beginner", "beginner", "yes_no"),
        Field("hide_amounts", "hide_amounts", "hide-amounts", "yes"),
    ),
    whole="hr_rest_bpm",
)

KEY: Final = Sheet(
    "key",
    (
        Field("role", "role", "key-role"),
        Field("name", "name", "key-for", refusal="signs"),
        Field("athletes", "athletes", "key-whose", "several", refusal="whose"),
    ),
)

ENDPOINT: Final = Sheet(
    "endpoint",
    (
        Field("url", "url", "endpoint-url", refusal="address"),
        Field("events", "events", "endpoint-events", "several", refusal="choice"),
    ),
)


def _weather(within: str = "") -> tuple[Field, ...]:
    """The fields of the weather, `within` which part of the model."""
    celsius, fahrenheit = Measure("celsius"), Measure("fahrenheit", 1 / 1.8, 32.0)
    kmh, mph = Measure("kmh"), Measure("mph", figures.MILE_M / figures.KM_M)
    return (
        Field("temperature", f"{within}temperature_c", "weather-temperature", "number", celsius, fahrenheit),
        Field("humidity", f"{within}humidity_pct", "weather-humidity", "number", Measure("pct")),
        Field("wind", f"{within}wind_kmh", "weather-wind", "number", kmh, mph),
    )


WEATHER: Final = Sheet("weather", _weather())

_CONDITIONS = "conditions."
RUN: Final = Sheet(
    "run",
    (
        Field("name", "name", "run-name", refusal="signs"),
        Field("sport", "sport", "run-sport", refusal="choice"),
        *_weather(_CONDITIONS),
        Field("note", "note", "run-note", refusal="signs"),
    ),
)
AS_FILED: Final = "as_filed"
"""The choice of a sport that takes back what was said of it."""

SHEETS: Final = (LOG, REPORT, PROFILE, KEY, ENDPOINT, WEATHER, RUN)


def run_of(form: Form, *, held: Mapping[str, Any], units: str) -> dict[str, Any]:
    """An ActivityPatch: only what differs from what the form held, so that nothing is fixed that nobody said."""
    shown = RUN.holding(held, units)
    told = RUN.told(form, units)
    changed = {one.path: told[one.path] for one in RUN.fields if _plain(form.text(one.name)) != shown[one.name].text}
    if isinstance(changed.get("note"), str):
        changed["note"] = _plain(changed["note"])
    if changed.get("sport") == AS_FILED:
        changed["sport"] = None
    weather = {path.removeprefix(_CONDITIONS): changed.pop(path) for path in tuple(changed) if _CONDITIONS in path}
    return {**changed, **({"conditions": weather} if weather else {})}


def _plain(text: str | None) -> str:
    """The text with the line ends it is kept with: a browser sends those of a letter to a printer."""
    return "" if text is None else text.replace("\r\n", "\n")


def run_held(run: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a run, by the paths of the form: the weather only where somebody said it, the sport never."""
    weather = run["conditions"] if run["conditions"] and run["conditions"]["source"] == "given" else {}
    said = {f"{_CONDITIONS}{name}": value for name, value in weather.items()}
    return {"name": run["name"], "note": run["note"], **said}


def report_of(form: Form, *, units: str) -> dict[str, Any]:
    """A CrampReport: the place is an episode, of a muscle that is not told where only the place is."""
    told = REPORT.told(form, units)
    episode = {path.removeprefix(_EPISODE): told.pop(path) for path in tuple(told) if path.startswith(_EPISODE)}
    placed = any(value is not None for value in episode.values()) and told["answer"] != "none"
    return {**told, "episodes": [{**episode, "muscle": episode["muscle"] or "other"}] if placed else []}


def report_held(report: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is kept of a cramp report, by the paths of the form: the first of its episodes."""
    if report is None:
        return {}
    first: Mapping[str, Any] = next(iter(report["episodes"]), {})
    return {**report, **{f"{_EPISODE}{name}": value for name, value in first.items()}}
