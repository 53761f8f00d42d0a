"""Jobs, for whoever operates the service: what waits, what runs, what was given up; and to try that again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from starlette.responses import Response

from service.api import answers, documents
from service.api.access import Visit, Visiting
from service.api.openapi import json_of
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.shapes import Page, Shape
from service.errors import NotFound

router = strict_router("operation")

State = Literal["queued", "waiting", "running", "dead", "done"]
JobName = Annotated[str, Path(description="A job's id.", max_length=100)]


class Job(Shape):
    """A piece of work that is done apart from a request. `args` are ids; `error` tells what failed and where."""

    id: str
    errand: str
    args: list[str]
    athlete_id: str | None
    state: str
    attempt: int
    queued_at: str
    ended_at: str | None
    error: str | None


class JobPage(Page):
    """Jobs, those first that were queued first."""

    items: list[Job]


@router.get("/v1/jobs", operation_id="list_jobs", responses=json_of(200, JobPage))
def page(visit: Visiting, state: State = "dead", limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The jobs of a state: `queued`, `waiting` for their next attempt, `running`, `dead` (given up) or `done`."""
    _demand_operator(visit)
    found = visit.house.queue.page(state=state, limit=limit, cursor=cursor)
    return answers.listed(map(documents.job, found.items), found.next_cursor)


@router.post("/v1/jobs/{job}/retry", operation_id="retry_job", responses=json_of(200, Job))
def retry(job: JobName, visit: Visiting) -> Response:
    """Queue a dead job once more, for one more attempt. One that is not dead is a conflict."""
    _demand_operator(visit)
    return answers.document(documents.job(visit.house.queue.retry(job)))


def _demand_operator(visit: Visit) -> None:
    """Raises NotFound for whoever may not see everyone: jobs are nobody's own."""
    if visit.scope.athlete_ids is not None:
        raise NotFound("There is no such thing here, or it is not yours.")
