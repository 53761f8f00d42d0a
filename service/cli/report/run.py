"""The head of a report: the headline, and what happened, in a runner's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel

from service import figures
from service.cli.report.look import Look
from service.cli.terminal import harmless_name

Document = Mapping[str, Any]

LEAST_NAME = 8
FOOT_SPORTS = frozenset({"running", "walking", "hiking"})
SOURCE_WORDS = {
    "given": "as given",
    "provider": "from the service the run came from",
    "archive": "from a weather archive",
    "device": "from the watch: biased by body heat",
    "assumed": "assumed",
}


def on_foot(activity: Document) -> bool:
    """Whether paces suit the sport. What is unknown here was too fast to be taken for a run."""
    return activity.get("sport") in FOOT_SPORTS


def headline(activity: Document, *, title: str, look: Look) -> RenderableType:
    """The panel on top: what happened and the one next action, under the run's name."""
    assessment = activity["assessment"]
    words = look.text((assessment.get("headline") or {}).get("text") or "", "bold")
    name = look.text(_title(activity.get("name"), harmless_name(title, plain=look.plain), room=look.width - 6))
    return Panel(words, title=name, title_align="left", subtitle=_subtitle(activity, look), width=look.width)


def _title(name: str | None, file: str, *, room: int) -> str:
    """The activity's name and the file's, cut to what fits: the file's last, because it tells the reports apart."""
    left = room - len(file) - len(": ")
    if not name or left < LEAST_NAME:
        return file if len(file) <= room else f"{file[: room - 3]}..."
    return f"{name if len(name) <= left else name[: left - 3] + '...'}: {file}"


def _subtitle(activity: Document, look: Look) -> Any:
    when = figures.local_time(activity["started_at"], utc_offset_s=activity.get("utc_offset_s"), zone=look.zone)
    return look.text(when)


def what_happened(activity: Document, look: Look) -> RenderableType:
    """Sport, distance, time, pace, height, heart and weather; a figure that the file lacks has no line."""
    summary = activity["summary"]
    rows = [
        ("Sport", _sport(activity)),
        ("Distance", _distance(summary, look)),
        ("Moving time", _moving(summary)),
        ("Pace" if on_foot(activity) else "Speed", _pace(activity, look)),
        ("Ascent", _ascent(summary, look)),
        ("Heart rate", _heart(summary)),
        ("Cadence", _cadence(activity)),
        ("Conditions", _conditions(activity.get("conditions"), look)),
        ("Main effort", _main_effort(activity["assessment"], look)),
        ("Recorded by", _device(activity)),
    ]
    return Group(look.rule("What happened"), look.rows(rows))


def _sport(activity: Document) -> str:
    sport, sub = activity.get("sport"), activity.get("sub_sport")
    words = figures.words(sport) or "unknown"
    if sub and sub not in {"generic", sport}:
        words = f"{words}, {figures.words(sub)}"
    return f"{words}; a structured session" if activity["assessment"].get("structured") else words


def _distance(summary: Document, look: Look) -> str | None:
    own = figures.distance(summary.get("distance_m"), look.units)
    device = figures.distance((summary.get("device") or {}).get("distance_m"), look.units)
    return own if device is None or device == own else f"{own or 'none'} (the watch says {device})"


def _moving(summary: Document) -> str | None:
    moving = figures.clock(summary.get("moving_s"))
    elapsed, paused = summary.get("elapsed_s"), summary.get("paused_s")
    longer = elapsed is not None and elapsed - (summary.get("moving_s") or 0) >= 1
    rest = [f"{figures.clock(elapsed)} from start to end"] if longer else []
    rest += [f"{figures.clock(paused)} paused"] if paused else []
    return f"{moving} ({', '.join(rest)})" if moving and rest else moving


def _pace(activity: Document, look: Look) -> str | None:
    summary = activity["summary"]
    if not on_foot(activity):
        return figures.speed(summary.get("speed_mps"), look.units)
    plain = figures.pace(summary.get("pace_s_per_km"), look.units)
    level = figures.pace(summary.get("gap_s_per_km"), look.units)
    return f"{plain}; grade-adjusted (GAP) {level}" if plain and level else plain


def _ascent(summary: Document, look: Look) -> str | None:
    up, down = (figures.height(summary.get(name), look.units) for name in ("ascent_m", "descent_m"))
    device = figures.height((summary.get("device") or {}).get("ascent_m"), look.units)
    if up is None:
        return f"none measured (the watch says {device})" if device else None
    words = f"{up} up, {down} down" if down else f"{up} up"
    return f"{words} (the watch says {device} up)" if device else words


def _heart(summary: Document) -> str | None:
    average, highest = summary.get("heart_rate_avg_bpm"), summary.get("heart_rate_max_bpm")
    if average is None:
        return None
    words = f"{figures.half_up(average)} bpm on average"
    return f"{words}, {figures.half_up(highest)} at most" if highest is not None else words


def _cadence(activity: Document) -> str | None:
    cadence = activity["summary"].get("cadence_avg_spm")
    unit = "steps a minute" if on_foot(activity) else "a minute"
    return None if not cadence else f"{figures.half_up(cadence)} {unit}"


def _conditions(conditions: Document | None, look: Look) -> str | None:
    told = conditions or {}
    humidity = told.get("humidity_pct")
    sun = told.get("sun")
    parts = [
        figures.temperature(told.get("temperature_c"), look.units),
        None if humidity is None else f"{figures.half_up(humidity)} % humidity",
        None if told.get("wind_kmh") is None else f"wind {figures.wind(told['wind_kmh'], look.units)}",
        None if sun is None else f"sun {figures.percent(sun)}",
        None
        if told.get("wbgt_c") is None
        else f"wet-bulb globe about {figures.temperature(told['wbgt_c'], look.units)}",
    ]
    known = [part for part in parts if part]
    if not known:
        return "not known; tell them with --temperature-c, --humidity-pct, --wind-kmh and --sun"
    source = SOURCE_WORDS.get(told.get("source", ""))
    return ", ".join(known) + (f" ({source})" if source else "")


def _main_effort(assessment: Document, look: Look) -> str | None:
    effort = assessment.get("main_effort") or {}
    if assessment.get("score") is None:
        return None
    if not effort.get("warm_up") and not effort.get("cool_down"):
        return None
    cut = [name for name, key in (("warm-up", "warm_up"), ("cool-down", "cool_down")) if effort.get(key)]
    where = figures.span(effort.get("start_m"), effort.get("end_m"), look.units)
    return f"{where}; the pacing rules leave out the {' and the '.join(cut)}"


def _device(activity: Document) -> str | None:
    """Maker and product, the maker once where the product's name begins with it."""
    device = activity.get("device") or {}
    maker, product = figures.words(device.get("manufacturer")), str(device.get("product") or "")
    if maker and product.lower().startswith(maker.split()[0].lower()):
        return product
    return f"{maker} {product}".strip() or None
