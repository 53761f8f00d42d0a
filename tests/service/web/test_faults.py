"""Whatever fails, a browser is shown a page with the code and the request's id; programs still get a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.settings import Settings
from service.web import activity, pages
from tests.service.api.conftest import Api, opened
from tests.service.scene import BASE, Scene, play

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def _fails(*_args: object, **_more: object) -> None:
    raise ZeroDivisionError("secret of the house")


def test_a_bug_is_a_page_with_code_and_id(browser: Any, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity.activities, "get", _fails)
    page = browser.open("/activities/act_01k6p7e5000000000000000000", status=500)
    assert page.text("//h1") == "Our mistake"
    said = page.texts("//main//code")
    assert said == ["internal", page.answer.headers["x-request-id"]]
    assert "secret" not in page.answer.text
    assert "script-src 'self'" in page.answer.headers["content-security-policy"]
    assert page.answer.headers["x-content-type-options"] == "nosniff"


def test_a_bug_of_the_page_of_problems_is_still_a_problem(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_templates", _fails)
    answer = api.get("/activities/act_01k6p7e5000000000000000000", headers=HTML)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")


def test_an_address_that_nobody_knows_is_a_page_for_a_browser_alone(browser: Any, api: Any) -> None:
    assert browser.open("/no/such/page", status=404).texts("//main//code")[0] == "not_found"
    assert api.get("/no/such/page").json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["/no/such/page", "/activities/act_none", "/athletes/ath_none/history"])
def test_what_is_not_there_is_told_in_calm_words_under_the_usual_menu(browser: Any, path: str) -> None:
    page = browser.open(path, status=404)
    assert "There is no such page or run here." in page.text("//main")
    assert "yours" not in page.text("//main")
    assert page.texts("//nav//a") == browser.open("/").texts("//nav//a") == ["Runs", "History", "Coach", "Settings"]
    assert page.all("//nav//*[@aria-current]") == []
    assert page.all("//main//a[@href='/athletes/me/history']")


def test_htmx_is_told_the_same_in_a_line(api: Any) -> None:
    small = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
    answer = api.post("/activities/act_none/log", data={}, headers=small)
    assert (answer.status_code, answer.headers["hx-reswap"]) == (404, "afterbegin")
    assert "There is no such page or run here." in answer.text


def test_the_api_answers_browsers_with_documents_too(api: Any) -> None:
    answer = api.get("/v1/activities/act_01k6p7e5000000000000000000", headers=HTML)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_browser_that_comes_from_elsewhere_is_refused_with_a_page(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    for api in opened(settings):
        assert isinstance(api, Api)
        answer = api.get("/", headers={**HTML, "Host": "rebound.example"})
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "not_local" in answer.text


def test_a_browser_that_a_sync_service_sends_back_in_vain_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        refused = await on_stage.back(f"{BASE}/v1/oauth/strava/callback?state=forged&code=x")
        assert refused.status_code >= 400
        assert refused.headers["content-type"] == "text/html; charset=utf-8"
        assert refused.headers["x-request-id"] in refused.text
        program = await on_stage.http.get(f"{BASE}/v1/oauth/strava/callback?state=forged&code=x")
        assert program.headers["content-type"] == "application/problem+json"

    play(story, "strava", tmp_path, monkeypatch, connected=False)
