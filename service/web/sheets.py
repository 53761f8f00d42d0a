"""The forms of the pages: each field's label and unit, and which field of the API it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service import figures
from service.api.wire import NOTE_LENGTH, URL_LENGTH, ZONE_LENGTH
from service.ingest import NAME_LENGTH
from service.store.activities import ActivityRow
from service.web.fields import Field, Form, Measure
from service.web.forms import Sheet

POUND_KG: Final = figures.POUND_KG

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
_PLACES: Final = "places"
"""The answer and all episodes: the form changes one of these, and shows the others above it."""
REPORT: Final = Sheet(
    "cramp",
    (
        Field("answer", "answer", "cramp-question", "choice", ground=_PLACES),
        Field("muscle", f"{_EPISODE}muscle", "cramp-muscle", "choice", ground=_PLACES),
        Field("side", f"{_EPISODE}side", "cramp-side", "choice", ground=_PLACES),
        Field(
            "at",
            f"{_EPISODE}at_m",
            "cramp-at",
            "number",
            Measure("km", figures.KM_M),
            Measure("mi", figures.MILE_M),
            refusal="beyond",
            ground=_PLACES,
        ),
        Field(
            "minute",
            f"{_EPISODE}minute",
            "cramp-minute",
            "number",
            Measure("min"),
            refusal="beyond",
            ground=_PLACES,
        ),
        Field("when", "when", "cramp-when", "choice"),
        Field("stitch", "stitch", "cramp-stitch", "yes"),
        Field("red_flags", "red_flags", "red-flags", "several"),
    ),
)

PROFILE: Final = Sheet(
    "profile",
    (
        Field("name", "name", "name", refusal="signs", most=NAME_LENGTH),
        Field("units", "units", "units", "choice"),
        Field("timezone", "timezone", "timezone", refusal="zone", most=ZONE_LENGTH),
        Field("birth_year", "birth_year", "birth-year", "whole", grouped=False),
        Field("mass", "mass_kg", "mass", "number", _KG, _LB),
        Field("hr_rest_bpm", "hr_rest_bpm", "hr-rest", "number", _BPM, refusal="rest"),
        Field("hr_max_bpm", "hr_max_bpm", "hr-max", "number", _BPM),
        Field("sweat_rate_l_per_h", "sweat_rate_l_per_h", "sweat-rate", "number", Measure("l_per_h")),
        Field("cramp_history", "cramp_history", "cramp-history", "choice"),
        Field("strength_training", "strength_training", "strength", "yes_no"),
        Field("beginner", "beginner", "beginner", "yes_no"),
        Field("hide_amounts", "hide_amounts", "hide-amounts", "yes"),
    ),
    whole="hr_rest_bpm",
)

KEY: Final = Sheet(
    "key",
    (
        Field("role", "role", "key-role", "choice"),
        Field("name", "name", "key-for", refusal="signs", most=NAME_LENGTH),
        Field("athletes", "athletes", "key-whose", "several", refusal="whose"),
    ),
)

ENDPOINT: Final = Sheet(
    "endpoint",
    (
        Field("url", "url", "endpoint-url", refusal="address", most=URL_LENGTH),
        Field("events", "events", "endpoint-events", "several", refusal="choice"),
    ),
)


def _weather(within: str = "") -> tuple[Field, ...]:
    """The fields of the weather, `within` which part of the model."""
    celsius, fahrenheit = Measure("celsius", signed=True), Measure("fahrenheit", 1 / 1.8, 32.0, signed=True)
    kmh, mph = Measure("kmh"), Measure("mph", figures.MILE_M / figures.KM_M)
    return (
        Field("temperature", f"{within}temperature_c", "weather-temperature", "number", celsius, fahrenheit),
        Field("humidity", f"{within}humidity_pct", "weather-humidity", "number", Measure("pct")),
        Field("wind", f"{within}wind_kmh", "weather-wind", "number", kmh, mph),
    )


WEATHER: Final = Sheet("weather", _weather())

_CONDITIONS = "conditions."
_SPORT_NOW: Final = "sport_now"
"""The sport that the form shows as the one that stays."""
RUN: Final = Sheet(
    "run",
    (
        Field("name", "name", "run-name", refusal="signs", most=NAME_LENGTH),
        Field("sport", "sport", "run-sport", "choice", refusal="choice", ground=_SPORT_NOW),
        *_weather(_CONDITIONS),
        Field("note", "note", "run-note", refusal="signs", most=NOTE_LENGTH),
    ),
)
AS_FILED: Final = "as_filed"
"""The choice of a sport that takes back what was said of it."""

SHEETS: Final = (LOG, REPORT, PROFILE, KEY, ENDPOINT, WEATHER, RUN)


def run_of(form: Form, *, held: Mapping[str, Any], units: str) -> dict[str, Any]:
    """An ActivityPatch: only what was changed in the form, so that nothing is fixed that nobody said."""
    changed = RUN.changed(form, units, held=held)
    if changed.get("sport") == AS_FILED:
        changed["sport"] = None
    weather = {path.removeprefix(_CONDITIONS): changed.pop(path) for path in tuple(changed) if _CONDITIONS in path}
    return {**changed, **({"conditions": weather} if weather else {})}


def run_held(run: ActivityRow) -> dict[str, Any]:
    """What is kept of a run, by the paths of the form: the weather only where somebody said it, the sport never."""
    conditions = run.document["conditions"]
    weather = conditions if conditions and conditions["source"] == "given" else {}
    said = {f"{_CONDITIONS}{name}": value for name, value in weather.items()}
    return {"name": run.name, "note": run.note, _SPORT_NOW: [run.sport, run.sub_sport], **said}


def report_of(form: Form, *, held: Mapping[str, Any], units: str) -> dict[str, Any]:
    """A CrampReport: what is held (a document of it; empty: none) with what was changed in the form.

    The place is the first episode, of a muscle that is not told where only the place is; the other episodes stay. An
    answer of none has no episodes.
    """
    changed = REPORT.changed(form, units, held=report_held(held))
    place = {path.removeprefix(_EPISODE): changed.pop(path) for path in tuple(changed) if path.startswith(_EPISODE)}
    told = {"answer": None, **held, **changed}
    episodes = [] if told["answer"] == "none" else list(held.get("episodes", ()))
    if place and told["answer"] != "none":
        first = {**(episodes[0] if episodes else {}), **place}
        placed = any(value is not None for value in first.values())
        episodes[:1] = [{**first, "muscle": first.get("muscle") or "other"}] if placed else []
    return {**told, "episodes": episodes}


def report_held(report: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a cramp report (empty: nothing), by the paths of the form: the first of its episodes."""
    episodes = report.get("episodes", ())
    first: Mapping[str, Any] = next(iter(episodes), {})
    places = {_PLACES: [report.get("answer"), *episodes]}
    return {**report, **places, **{f"{_EPISODE}{name}": value for name, value in first.items()}}
