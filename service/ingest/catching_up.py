"""Catching up: the runs after one that came late, went, or changed are assessed again, in the order of time.

An assessment reads the runs of the 180 days before it. So whoever changes a run marks its athlete (`follow_up`), and
one errand goes through what lies behind: up to 180 days after the last run whose digest came out different, for only
digests are read by later runs. That ends in the same assessments whatever the order of arrival.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from service.errands import CATCH_UP, Errand
from service.store import athletes, history

REACH: Final = timedelta(days=history.DIGEST_DAYS)
"""How far the assessments of later runs look back."""


def follow_up(db: Connection, athlete_id: str, *, since: datetime) -> tuple[Errand, ...]:
    """What is to be done about the runs after the moment `since`, where there are any: at most one errand.

    None where somebody is on the way already, who looks again at the end.
    """
    if not history.any_between(db, athlete_id, after=since, until=since + REACH):
        return ()
    return (
        (Errand(CATCH_UP, (athlete_id,), lane=athlete_id),) if athletes.mark_stale(db, athlete_id, since=since) else ()
    )
