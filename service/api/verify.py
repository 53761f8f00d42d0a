"""Verifying: whether a stored assessment is what its streams and its file say."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from service import ingest
from service.api import answers
from service.api.access import ActivityName, Visiting, checked
from service.api.openapi import json_of
from service.api.parameters import strict_router
from service.api.shapes import Shape
from service.store import activities


class VerifiedReceipt(Shape):
    """The hashes of a receipt; null is "could not be looked at"."""

    result: bool
    """Whether the document is the one that was hashed."""
    input: bool | None
    """Whether the stored original is the file that the receipt names."""


class VerifiedNumber(Shape):
    """One number of the assessment: as stored, and as it came out of the stored streams now."""

    number: str
    """The code of the finding, or the name of the score."""
    unit: str | None
    start_m: float | None
    end_m: float | None
    stored: float | None
    now: float | None
    outcome: str
    """`same`, `differs`, or `not_comparable` where it stands on what is known otherwise now."""


class Difference(Shape):
    """One field that did not come out as it was stored."""

    at: str
    stored: Any
    now: Any
    outcome: str


class RulesetVersions(Shape):
    """The rules that made the assessment, and those that looked at it now."""

    stored: str
    now: str | None


class Verification(Shape):
    """Whether an assessment holds: every field of it worked out again from the stored streams."""

    activity_id: str
    assessment_id: str
    verdict: str
    """`holds`, `in_part` (see `because`), or `differs`."""
    receipt: VerifiedReceipt
    ruleset_version: RulesetVersions
    because: list[str]
    """Why something could not be compared: `profile`, `history`, `conditions`, `sport` or `rules` are others now."""
    numbers: list[VerifiedNumber]
    differences: list[Difference]


router = strict_router("activities")


@router.get("/v1/activities/{activity}/verify", operation_id="verify_activity", responses=json_of(200, Verification))
def verify(activity: ActivityName, visit: Visiting) -> Response:
    """Every number of the assessment worked out again from the stored streams, its receipt and its file held to it.

    A difference is an answer, not an error. Nothing is written.
    """
    with visit.reading() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
        found = ingest.verify(db, visit.house.blobs, row)
    return answers.document(found)
