"""Which runs have a danger sign told of them: no page gives training advice about such a run."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from service.store import cramp_reports
from service.store.scope import Scope


def flagged(db: Connection, runs: Iterable[str], *, scope: Scope) -> frozenset[str]:
    """Those of the runs (a page of them, by id) whose cramp report tells of a sign that a clinician should look at."""
    reports = cramp_reports.some(db, list(runs), scope=scope)
    return frozenset(run for run, report in reports.items() if report.document.get("red_flags"))
