"""Problems: one document for every failure, a page for every code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request

from parsers import errors as parse_errors
from service import errors as service_errors
from service.api import codes, explanations, problems
from service.errors import NoSpace, NotFound, Unavailable

ROOT = Path(__file__).parents[3]


def codes_of(module: Any, base: type) -> set[str]:
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, base)]
    found: set[str] = set()
    for kind in kinds:
        found |= set(getattr(kind, "codes", ())) | ({kind.code} if hasattr(kind, "code") else set())
    return found


def test_every_code_of_every_error_has_a_status() -> None:
    known = codes_of(parse_errors, parse_errors.ParseError) | codes_of(service_errors, service_errors.ServiceError)
    assert len(known) > 20
    assert known - codes.KINDS.keys() == set()


def test_every_code_that_the_source_names_has_a_status() -> None:
    """In `analysis` a code is a rule's, not an error's."""
    paths = [path for path in (ROOT / "service").rglob("*.py") if "analysis" not in path.parts]
    named = {code for path in paths for code in re.findall(r'[( ]code="([a-z_]+)"', path.read_text())}
    assert "bad_cursor" in named
    assert named - codes.KINDS.keys() == set(), "give it a row in service/api/codes.py"


@pytest.mark.parametrize(
    ("status", "listed"),
    [
        (400, "empty bad_cursor bad_json bad_multipart"),
        (413, "too_large too_large_unpacked"),
        (415, "unknown_type"),
        (422, "corrupt_header corrupt_definition corrupt_data truncated crc_mismatch too_many_messages archive_unsafe"),
        (422, "xml_malformed xml_forbidden xml_limit encoding not_activity no_usable_points no_time invalid_field"),
        (404, "not_found"),
        (409, "conflict"),
        (412, "precondition_failed"),
        (503, "unavailable"),
        (507, "no_space"),
    ],
)
def test_the_statuses_of_the_contract_hold(status: int, listed: str) -> None:
    assert {codes.KINDS[code].status for code in listed.split()} == {status}


@pytest.mark.parametrize("code", codes.KINDS)
def test_each_code_has_its_page(code: str) -> None:
    """`python -m service.api.explanations docs/errors` makes them."""
    kind = codes.KINDS[code]
    assert min(len(kind.title), len(kind.means), len(kind.do)) > 5
    assert (ROOT / "docs" / "errors" / f"{code}.md").read_text() == explanations.markdown(code)


def test_the_folder_of_pages_holds_nothing_else() -> None:
    pages = {path.name: path.read_text() for path in (ROOT / "docs" / "errors").iterdir()}
    assert pages == explanations.pages()


def test_the_type_of_a_problem_leads_to_its_explanation(api: Any, problem_of: Any) -> None:
    document = problem_of(api.get("/v1/activities/act_nothing"), 404, "not_found")
    page = api.get(document["type"])
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert codes.KINDS["not_found"].do in page.text
    assert api.get(document["type"], headers={"Accept": "application/json"}).json()["do"] == codes.KINDS["not_found"].do


def test_an_unknown_code_has_no_page(api: Any, problem_of: Any) -> None:
    problem_of(api.get("/problems/<script>"), 404, "not_found")


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/healthz/", "/v1/athletes/me/", "/favicon.ico"])
def test_an_unknown_address_is_a_problem(api: Any, problem_of: Any, path: str) -> None:
    problem_of(api.get(path), 404, "not_found")


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(api: Any, problem_of: Any) -> None:
    answer = api.delete("/v1/athletes")
    problem_of(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]


def failing_app(error: Exception) -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def fail(request: Request) -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (NotFound("There is no such run here."), 404, None),
        (Unavailable("The database is busy."), 503, "2"),
        (Unavailable("The database is busy.", retry_after_s=7), 503, "7"),
        (NoSpace("There is no space left.", retry_after_s=60), 507, "60"),
    ],
)
def test_an_error_that_says_trying_again_helps_says_when(
    error: Exception, status: int, retry_after: str | None
) -> None:
    import anyio
    import httpx

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(failing_app(error)), base_url="http://x") as client:
            return await client.get("/")

    answer = anyio.run(call)
    assert answer.status_code == status
    assert answer.json()["detail"] == str(error)
    assert answer.headers.get("retry-after") == retry_after


def test_validation_names_the_field_and_never_repeats_the_value() -> None:
    errors = [
        {"type": "less_than_equal", "loc": ("body", "mass_kg"), "msg": "Input should be <= 350", "input": "SECRET"},
        {"type": "extra_forbidden", "loc": ("body", "<b>who</b>"), "msg": "Extra inputs", "input": "SECRET"},
    ]
    document = problems.invalid(errors)
    assert document["code"] == "invalid_field"
    assert [one["field"] for one in document["errors"]] == ["mass_kg", "bwhob"]
    assert "SECRET" not in str(document)
