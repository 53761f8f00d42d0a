"""House-keeping: what has had its time is forgotten, what was left lying is taken up; in small transactions."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from service.errands import CATCH_UP, Errand
from service.jobs.workshop import Workshop, runs
from service.store import athletes, calls, deliveries, events, expiry, inbox, removals
from service.store.engine import read, write

FORGET_JOBS: Final = "forget_jobs"
FORGET_ANSWERS: Final = "forget_answers"
FORGET_EVENTS: Final = "forget_events"
FORGET_INBOX: Final = "forget_inbox"
SEND_OUT: Final = "send_out"
FORGET_DELIVERIES: Final = "forget_deliveries"
SWEEP: Final = "sweep"

ANSWERS_KEPT: Final = timedelta(hours=24)
"""How long an answer may be had again under its idempotency key."""

_BATCH: Final = 1000


@runs(FORGET_JOBS)
def forget_jobs(shop: Workshop) -> None:
    """Forget jobs that ended long ago; the dead are kept for longer, as somebody may want to try them again."""
    now, kept = shop.now(), shop.settings
    shop.queue.forget_ended(
        done_before=now - timedelta(days=kept.job_retention_days),
        dead_before=now - timedelta(days=kept.dead_job_retention_days),
    )


@runs(FORGET_ANSWERS)
def forget_answers(shop: Workshop) -> None:
    """Forget the answers to calls that may no longer be repeated."""
    before = shop.now() - ANSWERS_KEPT
    while True:
        with write(shop.engine) as db:
            forgotten = expiry.forget_answers(db, before=before, limit=_BATCH)
        if forgotten < _BATCH:
            return


@runs(FORGET_EVENTS)
def forget_events(shop: Workshop) -> None:
    """Forget the events that the feed no longer promises."""
    with write(shop.engine) as db:
        events.forget_old(db, now=shop.now())


@runs(FORGET_INBOX)
def forget_inbox(shop: Workshop) -> None:
    """Forget what sync services told long ago, and the calls in which they did."""
    with write(shop.engine) as db:
        inbox.forget_old(db, now=shop.now())
        calls.forget_old(db, now=shop.now())


@runs(SEND_OUT)
def send_out(shop: Workshop) -> None:
    """Send somebody to catch up wherever that was asked for long ago: an import that was killed sends nobody itself."""
    before = ""
    while True:
        with read(shop.engine) as db:
            left = athletes.stale_ones(db, after=before, limit=_BATCH)
        for athlete_id in left:
            with write(shop.engine) as db:
                shop.enqueue(db, Errand(CATCH_UP, (athlete_id, "quiet"), lane=athlete_id))
        if len(left) < _BATCH:
            return
        before = left[-1]


@runs(FORGET_DELIVERIES)
def forget_deliveries(shop: Workshop) -> None:
    """Forget what was sent to subscribers of events that the feed has forgotten, too."""
    with write(shop.engine) as db:
        deliveries.forget_old(db, now=shop.now())


@runs(SWEEP)
def sweep(shop: Workshop) -> None:
    """Remove the blobs that no row came to name, and what was left of earlier sweeps.

    Whoever puts a blob away before its rows may die or fail between the two; only such as nobody can be at work on any
    more go. An athlete who was erased meanwhile must not stay in one of them until a start.
    """
    now = shop.now()
    before = now - timedelta(seconds=removals.ABANDONED_S)
    removals.ask_for_forgotten(shop.engine, shop.blobs, before=before, now=now)
    removals.sweep(shop.engine, shop.blobs)
