"""Assess the runs again that came after one that is new, gone or changed."""

from __future__ import annotations

from service.catchup import CatchUp
from service.errands import CATCH_UP
from service.jobs.workshop import CONTINUE, Outcome, Workshop, runs


@runs(CATCH_UP)
def catch_up(shop: Workshop, athlete_id: str, manner: str = "") -> Outcome | None:
    """Done, or CONTINUE after some seconds. `quiet` tells the feed nothing of single runs, as after an import."""
    done = CatchUp(shop.engine, shop.blobs, shop.now, events=manner != "quiet").run(athlete_id)
    return None if done else CONTINUE
