"""Activities: the list, one of them, a person's edits, and its earlier assessments. What it is made of: `streams`."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from starlette.responses import Response

from service import ingest
from service.api import answers, documents, shapes
from service.api.access import ActivityName, AthleteName, Visiting, checked
from service.api.documents import Voice
from service.api.history import From, To, span
from service.api.openapi import IF_MATCH, NO_CONTENT, json_of, tagged
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.wire import ActivityPatch, ConditionsIn, SportFilter, UnmergeIn, instant, words
from service.store import activities, assessments
from service.store.history import Filters

router = strict_router("activities")

FIELDS = frozenset(shapes.Activity.model_fields)


class Unmerged(shapes.Shape):
    """A merged activity without the source that was taken out, and the activity that this one is now."""

    activity: shapes.Activity
    taken_out: shapes.Activity


@router.get(
    "/v1/athletes/{athlete}/activities", operation_id="list_activities", responses=json_of(200, shapes.ActivityPage)
)
def page(
    *,
    athlete: AthleteName,
    visit: Visiting,
    begun_from: From = None,
    to: To = None,
    sport: Annotated[SportFilter | None, Query()] = None,
    updated_since: Annotated[str | None, Query(max_length=40)] = None,
    include: Annotated[Literal["assessment"] | None, Query(description="`assessment`: with the current one.")] = None,
    fields: Annotated[str | None, Query(max_length=500, description="Comma list; `id` is always there.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """An athlete's activities, the newest first."""
    wanted = words(fields, known=FIELDS, field="fields")
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        since = None if updated_since is None else instant(updated_since, zone=UTC, field="updated_since")
        filters = Filters(**span(row, begun_from=begun_from, to=to), sport=sport, updated_since=since)
        found = activities.page(db, row.id, filters=filters, limit=limit, cursor=cursor)
        with_assessment = include == "assessment" or (wanted is not None and "assessment" in wanted)
        listed = documents.activities_of(
            db, visit, found.items, voice=Voice.of(row, visit), with_assessment=with_assessment
        )
    return answers.listed((_selected(document, wanted) for document in listed), found.next_cursor)


def _selected(document: dict[str, Any], wanted: tuple[str, ...] | None) -> dict[str, Any]:
    if wanted is None:
        return document
    return {"id": document["id"], **{name: document[name] for name in wanted if name in document}}


@router.get("/v1/activities/{activity}", operation_id="get_activity", responses=tagged(json_of(200, shapes.Activity)))
def get(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """One activity with its current assessment."""
    with visit.reading() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
        voice = Voice.of(visit.athlete(db, row.athlete_id), visit)
        content = documents.one_activity(db, visit, row, voice=voice)
    return answers.stored(request, content, revision=row.revision)


@router.patch(
    "/v1/activities/{activity}",
    operation_id="patch_activity",
    responses=tagged(json_of(200, shapes.Activity)),
    openapi_extra=IF_MATCH,
)
def patch(activity: ActivityName, body: ActivityPatch, visit: Visiting, request: Request) -> Response:
    """Say what the file does not know: name, sport, conditions, note; null takes it back. The run is assessed again."""
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        before = activities.get(db, checked(activity, "act"), scope=visit.scope)
        given = body.given()
        if given.get("conditions") is not None:
            given["conditions"] = _merged(before.edits.get("conditions", {}), body.conditions)
        errands = ingest.change(db, visit.house.blobs, before=before, given=given, now=visit.now, revision=revision)
        visit.house.send(db, errands)
    visit.house.sweep()
    return get(activity, visit, request)


def _merged(before: dict[str, Any], conditions: ConditionsIn | None) -> dict[str, Any] | None:
    """The told conditions, field by field: absent stays, null goes; None where nothing is left."""
    told = {} if conditions is None else conditions.given()
    return {name: value for name, value in {**before, **told}.items() if value is not None} or None


@router.delete(
    "/v1/activities/{activity}",
    operation_id="delete_activity",
    status_code=204,
    responses=NO_CONTENT,
    openapi_extra=IF_MATCH,
)
def delete(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """Delete an activity with its file and streams. Sync will not bring it back; sending the file again will."""
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
        visit.house.send(db, ingest.remove(db, row, now=visit.now, revision=revision))
        visit.note(db, "activity.deleted", athlete_id=row.athlete_id, subject=row.id)
    visit.house.sweep()
    return Response(status_code=204)


@router.post(
    "/v1/activities/{activity}/unmerge",
    operation_id="unmerge_activity",
    responses=json_of(200, Unmerged),
)
def unmerge(activity: ActivityName, body: UnmergeIn, visit: Visiting) -> Response:
    """Take one source out of a merged activity, for good: it is an activity of its own from now on."""
    with visit.writing() as db:
        before = activities.get(db, checked(activity, "act"), scope=visit.scope)
        taken = ingest.unmerge(db, visit.house.blobs, before, sha256=body.sha256, part=body.part, now=visit.now)
        visit.house.send(db, taken.errands)
    visit.house.sweep()
    with visit.reading() as db:
        voice = Voice.of(visit.athlete(db, before.athlete_id), visit)
        left, out = (activities.get(db, one, scope=visit.scope) for one in (before.id, taken.activity_id))
        content = {
            "activity": documents.one_activity(db, visit, left, voice=voice),
            "taken_out": documents.one_activity(db, visit, out, voice=voice),
        }
    return answers.document(content)


@router.get(
    "/v1/activities/{activity}/assessments",
    operation_id="list_assessments",
    responses=json_of(200, shapes.AssessmentPage),
)
def list_assessments(activity: ActivityName, visit: Visiting, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Every assessment of an activity, the newest first; old ones are kept as they were."""
    with visit.reading() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
        voice = Voice.of(visit.athlete(db, row.athlete_id), visit)
        found = assessments.page(db, row.id, scope=visit.scope, limit=limit, cursor=cursor)
    return answers.listed((documents.assessment(one, voice=voice) for one in found.items), found.next_cursor)
