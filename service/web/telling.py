"""What an athlete tells of a run on its page: the two forms, what is said to a report, and what the scales gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service import examine, figures, weighed
from service.store.activities import ActivityRow
from service.store.athletes import AthleteRow
from service.web import sheets
from service.web.fields import Measure, plain
from service.web.forms import Paper

Document = Mapping[str, Any]
Amount = tuple[str, str]
"""A number, and the catalogue's sign of its unit."""

_RATE = Measure("l_per_h")
_RATE_OZ = Measure("fl_oz_per_h", figures.ML_PER_FLUID_OUNCE / 1000, digits=0)
_FIELDS = {one.path: one for one in sheets.LOG.fields}


def told(
    run: Document,
    row: ActivityRow,
    athlete: AthleteRow,
    *,
    history: Sequence[Document],
    hide_amounts: bool,
    part: str = "",
    paper: Paper | None = None,
) -> dict[str, Any]:
    """What the forms of a run (its document, and its row) hold, what is said to the report, and what was weighed.

    With a `paper` the form of that `part` (`cramp`, `log`, `change`) is as it was filled in, and refused.
    """
    report, log = run["cramp_report"], run["log"]
    held = {
        "cramp": sheets.REPORT.holding(sheets.report_held(report or {}), athlete.units),
        "log": sheets.LOG.holding(log or {}, athlete.units),
        "change": sheets.RUN.holding(sheets.run_held(row), athlete.units),
    }
    if paper is not None:
        held[part] = paper
    return {
        "report": report,
        "after_report": [] if report is None else _said_once(examine.after_report(report)),
        "report_paper": held["cramp"],
        "log_paper": held["log"],
        "change_paper": held["change"],
        "weighing": None if log is None else _weighing(run, log, athlete, history=history, hide_amounts=hide_amounts),
    }


def _said_once(advice: Sequence[Document]) -> list[dict[str, Any]]:
    """The advice, each safety text with the first that asks for it."""
    seen: set[str] = set()
    found = []
    for one in advice:
        fresh = [words for words in one["safety_texts"] if words not in seen]
        seen.update(fresh)
        found.append({**one, "safety_texts": fresh})
    return found


def _weighing(
    run: Document, log: Document, athlete: AthleteRow, *, history: Sequence[Document], hide_amounts: bool
) -> dict[str, Any]:
    """What the scales told, in the athlete's units; where amounts are hidden, only whether they told something."""
    found = weighed.account(
        log,
        moving_s=run["summary"]["moving_s"] or 0.0,
        sport=run["sport"],
        started_at=datetime.fromisoformat(run["started_at"]),
        history=history,
        profile_l_per_h=athlete.sweat_rate_l_per_h,
    )
    told = {
        "why_not": found["why_not"],
        "caution": found["caution"],
        "missing": [_FIELDS[path].label for path in found["missing"]],
        "hidden": hide_amounts,
    }
    return told if hide_amounts else {**told, **_amounts(found, athlete)}


def _amounts(found: Document, athlete: AthleteRow) -> dict[str, Any]:
    """How the sweat rate was worked out, and what amounts stand on."""
    lost_kg, rate = found["lost_kg"], _RATE_OZ if athlete.units == "imperial" else _RATE
    mass = _amount(None if lost_kg is None else abs(lost_kg), _FIELDS["mass_after_kg"].measure(athlete.units))
    return {
        **{name: found[name] for name in ("moving_s", "by", "count", "least")},
        "change": "same" if mass is not None and mass[0] == "0" else "more" if (lost_kg or 0) < 0 else "less",
        "rate": _amount(found["rate_l_per_h"], rate),
        "median": _amount(found["median_l_per_h"], rate),
        "profile": _amount(athlete.sweat_rate_l_per_h, rate),
        "mass": mass,
        "drunk": _amount(found["fluid_ml"], _FIELDS["fluid_ml"].measure(athlete.units)),
        "passed": _amount(found["urine_ml"] or None, _FIELDS["urine_ml"].measure(athlete.units)),
    }


def _amount(value: float | None, measure: Measure) -> Amount | None:
    return None if value is None else (plain(measure.of_si(value), digits=measure.digits), measure.sign)
