"""Earlier runs worked out again from the page of settings: shown first, adopted or left, by whoever may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from service.reassessing import Reassessing
from service.settings import Settings
from service.store import reassessments
from tests.service.api.conftest import Api, opened
from tests.service.web.conftest import Browser, Page

WEATHER = {"temperature_c": "18", "humidity_pct": "50"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A service without a worker: what is to be done later is done when a test says so."""
    yield from opened(Settings(data_dir=tmp_path_factory.mktemp("alone"), role="api"))


def worker(api: Api) -> Reassessing:
    house = api.app.state.house
    return Reassessing(house.engine, house.blobs, lambda: datetime.now(UTC), house.enqueue)


@pytest.fixture
def changed(alone: Api) -> str:
    """An athlete whose profile has changed since the runs were assessed: hard minutes can be counted now."""
    athlete = alone.athlete(birth_year=1970)
    for name in ("even_run", "fast_start", "jog"):
        alone.run(athlete, f"fit/valid/{name}.fit", **WEATHER)
    alone.patch(f"/v1/athletes/{athlete}", json={"hr_rest_bpm": 52})
    return athlete


def begun(browser: Browser, athlete: str) -> str:
    page = browser.open(f"/athletes/{athlete}/settings")
    action = page.one("//form[contains(@action, '/reassessments')]").get("action")
    answer = browser.send(action, {})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_it_is_shown_adopted_and_then_it_counts(alone: Api, changed: str) -> None:
    browser = Browser(alone)
    address = begun(browser, changed)
    waiting = browser.open(address)
    assert "0 of 3 runs are done. Nothing has changed yet." in waiting.text("//*[@id='progress']")
    assert waiting.all("//form[contains(@action, '/adopt')]") == []
    assert waiting.one("//*[@data-hx-trigger]").get("data-hx-get") == address
    assert waiting.one("//nav//a[@aria-current]").get("href") == f"/athletes/{changed}/settings"
    assert worker(alone).propose(address.rpartition("/")[2])
    page = browser.open(address)
    found = alone.get(f"/v1/reassessments/{address.rpartition('/')[2]}").json()
    assert found["changed"] > 0
    assert f"{found['changed']} of 3 runs" in page.text("//p[@role='status']").replace("One", "1")
    told = " ".join(page.texts("//section[@aria-labelledby='outcome-title']//li"))
    assert "New warnings: Hard effort" in told
    assert "Level: " in told
    rows = page.all("//section[@aria-labelledby='changed-title']//tbody/tr")
    assert len(rows) == found["changed"]
    adopted = browser.send(page.one("//form[contains(@action, '/adopt')]").get("action"), {})
    assert (adopted.status_code, adopted.headers["location"]) == (303, address)
    assert "take the place" in browser.open(address).text("//*[@id='progress']")
    assert worker(alone).adopt(address.rpartition("/")[2])
    page = browser.open(address)
    assert "The new results count since" in page.text("//p[@role='status']")
    assert "A run that was worked out anew in between keeps" in page.text("//p[@role='status']")
    assert page.all("//section[@aria-labelledby='changed-title']") == []
    assert "Level: " not in page.text("//main")
    run = found["items"][0]
    stands = alone.get(f"/v1/activities/{run['activity_id']}").json()["assessment"]
    assert stands["score"] == run["after"]["score"]


def test_where_nothing_would_change_there_is_nothing_to_adopt(alone: Api) -> None:
    athlete, browser = alone.athlete(), Browser(alone)
    alone.run(athlete)
    address = begun(browser, athlete)
    worker(alone).propose(address.rpartition("/")[2])
    page = browser.open(address)
    assert "Nothing would change" in page.text("//p[@role='status']")
    assert page.all("//form[contains(@action, '/adopt')]") == []


def test_before_all_is_looked_at_nothing_can_be_adopted(alone: Api, changed: str) -> None:
    browser = Browser(alone)
    assert browser.send(f"{begun(browser, changed)}/adopt", {}).status_code == 409


def test_another_site_cannot_begin_or_adopt_it(alone: Api, changed: str) -> None:
    browser = Browser(alone)
    address = begun(browser, changed)
    for path in (address.rpartition("/")[0], f"{address}/adopt"):
        assert browser.send(path, {}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_under_somebody_elses_name_it_is_not_there(alone: Api, changed: str) -> None:
    browser = Browser(alone)
    address = begun(browser, changed)
    other = alone.athlete()
    browser.open(address.replace(changed, other), status=404)
    assert browser.send(f"{address.replace(changed, other)}/adopt", {}).status_code == 404


def test_what_was_kept_of_a_profile_leads_there(alone: Api, changed: str) -> None:
    browser = Browser(alone)
    answer = browser.send(f"/athletes/{changed}/settings", {"units": "metric"}, **{"HX-Request": "true"})
    assert Page(answer).one("//p[@role='status']/a").get("href") == "#reassess-title"
    plain = browser.send(f"/athletes/{changed}/settings", {"units": "metric"})
    page = browser.open(plain.headers["location"])
    assert "Kept." in page.text("//p[@role='status']")
    page.one("//h2[@id='reassess-title']")
    assert "crampwatch reassess" not in page.text("//main")


def test_whoever_the_api_would_refuse_sees_no_button(alone: Api, changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.web import settings

    def nobody(_: str) -> Any:
        return frozenset()

    monkeypatch.setattr(settings.permissions, "roles_of", nobody)
    page = Browser(alone).open(f"/athletes/{changed}/settings")
    assert page.all("//form[contains(@action, '/reassessments')]") == []


POLL = {"HX-Request": "true"}


def test_while_it_is_under_way_no_run_is_read_and_the_progress_alone_is_answered(
    alone: Api, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(alone)
    address = begun(browser, changed)
    asked: list[int] = []
    read = reassessments.items

    def items(*args: Any, **more: Any) -> Any:
        asked.append(more["limit"])
        return read(*args, **more)

    monkeypatch.setattr(reassessments, "items", items)
    assert browser.open(address).one("//*[@id='progress']").get("data-hx-get") == address
    poll = alone.get(address, headers=POLL)
    assert "0 of 3 runs are done" in poll.text
    assert "<main" not in poll.text
    assert "role=" not in poll.text
    assert asked == []
    worker(alone).propose(address.rpartition("/")[2])
    ended = alone.get(address, headers=POLL)
    assert (ended.status_code, ended.headers["hx-refresh"], ended.text) == (204, "true", "")
    asked.clear()
    browser.open(address)
    assert asked == [50]
    browser.send(f"{address}/adopt", {})
    asked.clear()
    browser.open(address)
    assert "take the place" in alone.get(address, headers=POLL).text
    assert asked == []


def test_what_is_gone_is_not_asked_for_again_and_again(alone: Api, changed: str) -> None:
    address = begun(Browser(alone), changed)
    assert alone.delete(f"/v1/athletes/{changed}").status_code == 204
    gone = alone.get(address, headers=POLL)
    assert (gone.status_code, gone.headers["hx-refresh"]) == (404, "true")


def test_pressing_again_leads_to_the_one_under_way(alone: Api, changed: str) -> None:
    browser = Browser(alone)
    address = begun(browser, changed)
    assert begun(browser, changed) == address
    alone.patch(f"/v1/athletes/{changed}", json={"hr_rest_bpm": 53})
    anew = begun(browser, changed)
    assert anew != address
    worker(alone).propose(anew.rpartition("/")[2])
    assert begun(browser, changed) not in (address, anew)


def test_of_a_single_run_it_speaks_as_of_one(alone: Api) -> None:
    browser = Browser(alone)
    for change, said in (
        ({"name": "Same"}, "Nothing would change: the run comes to the same as before."),
        ({"cramp_history": "recent"}, "The run would come to something else."),
    ):
        athlete = alone.athlete(birth_year=1970)
        alone.run(athlete, "fit/valid/even_run.fit", **WEATHER)
        alone.patch(f"/v1/athletes/{athlete}", json=change)
        address = begun(browser, athlete)
        assert "The run is being worked out." in browser.open(address).text("//*[@id='progress']")
        worker(alone).propose(address.rpartition("/")[2])
        assert browser.open(address).text("//p[@role='status']") == said
