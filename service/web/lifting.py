"""Why a level is higher than its points: which conditions of the day or the course lifted it.

A list of runs knows the codes of the warnings alone. Where they leave it open, the assessment itself is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from service.levels import lifts
from service.store import assessments
from service.store.scope import Scope


def causes(db: Connection, runs: Sequence[Mapping[str, Any]], *, scope: Scope) -> dict[str, tuple[str, ...]]:
    """The codes that lifted the level of each of the runs (rows of the history, or a coach's) that was lifted, by id.

    Empty for a run of which nothing tells.
    """
    lifted = [run for run in runs if run["level_source"] == "condition_table"]
    found = {run["activity_id"]: _by_codes(run["warnings"], run["level"]) for run in lifted}
    open_ones = [run_id for run_id, codes in found.items() if len(codes) > 1]
    levels = {run["activity_id"]: run["level"] for run in lifted}
    for run_id, row in (assessments.current(db, open_ones, scope=scope) if open_ones else {}).items():
        found[run_id] = _by_severity(row.document["warnings"], levels[run_id]) or found[run_id]
    return found


def _by_codes(codes: Iterable[str], level: str) -> tuple[str, ...]:
    """Those of the codes that can lift a level as high.

    >>> _by_codes(("fade", "heat", "hilly"), "very_high"), _by_codes(("heat", "hilly"), "high")
    (('heat',), ('heat', 'hilly'))
    """
    return tuple(code for code in codes if any(level in levels for levels in lifts().get(code, {}).values()))


def _by_severity(warnings: Iterable[Mapping[str, Any]], level: str) -> tuple[str, ...]:
    """Those of the warnings whose severity lifts a level as high.

    >>> _by_severity([{"code": "heat", "severity": "low"}, {"code": "hilly", "severity": "high"}], "high")
    ('hilly',)
    """
    whole = (one for one in warnings if not one.get("segment"))
    return tuple(dict.fromkeys(one["code"] for one in whole if level in _floors(one)))


def _floors(warning: Mapping[str, Any]) -> tuple[str, ...]:
    return lifts().get(warning["code"], {}).get(warning["severity"], ())
