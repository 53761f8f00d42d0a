"""Propose assessments by the present rules, and make them count once somebody adopts them."""

from __future__ import annotations

from service.errands import ADOPT, REASSESS
from service.jobs.workshop import CONTINUE, Outcome, Workshop, runs
from service.reassessing import Reassessing


@runs(REASSESS)
def reassess(shop: Workshop, reassessment_id: str) -> Outcome | None:
    """Done, or CONTINUE after some hundreds of runs."""
    return None if _of(shop).propose(reassessment_id) else CONTINUE


@runs(ADOPT)
def adopt(shop: Workshop, reassessment_id: str) -> Outcome | None:
    """Done, or CONTINUE after some hundreds of runs."""
    return None if _of(shop).adopt(reassessment_id) else CONTINUE


def _of(shop: Workshop) -> Reassessing:
    return Reassessing(shop.engine, shop.blobs, shop.now, shop.enqueue)
