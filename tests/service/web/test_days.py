"""A run has one day: every page that lists it names the day that its own page names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures.fit_writer import PLAIN, fit
from fixtures.runs import Run, km
from service.reassessing import Reassessing
from service.settings import Settings
from tests.service.api.conftest import Api, opened
from tests.service.web.conftest import Browser

BEGUN = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
RUN = Run((km(10, 3.0),), started_at=BEGUN)
CASES = {
    "the file's offset outranks the zone": ("America/Los_Angeles", 0, "1 Sep 2026", "Tuesday 1 September 2026, 02:00"),
    "without an offset the zone holds": ("America/Los_Angeles", None, "31 Aug 2026", "Monday 31 August 2026, 19:00"),
    "an offset without a zone": (None, -25200, "31 Aug 2026", "Monday 31 August 2026, 19:00"),
    "neither": (None, None, "1 Sep 2026", "Tuesday 1 September 2026, 02:00 UTC"),
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A service without a worker: what is to be done later is done when a test says so."""
    yield from opened(Settings(data_dir=tmp_path_factory.mktemp("days"), role="api"))


def ran(api: Api, zone: str | None, offset_s: int | None) -> tuple[str, str]:
    """An athlete of that zone with one run of that offset."""
    athlete = api.athlete(birth_year=1970, timezone=zone)
    data = fit(RUN, replace(PLAIN, local_offset_s=offset_s))
    made = api.upload(athlete, data, temperature_c="18", humidity_pct="50").json()["items"][0]["activity"]
    assert made["utc_offset_s"] == offset_s
    return athlete, str(made["id"])


@pytest.mark.parametrize(("zone", "offset_s", "day", "start"), CASES.values(), ids=CASES)
def test_every_page_names_the_same_day(
    alone: Api, zone: str | None, offset_s: int | None, day: str, start: str
) -> None:
    athlete, run = ran(alone, zone, offset_s)
    browser = Browser(alone)
    assert start in browser.open(f"/activities/{run}").text("//main")
    for path in (f"/athletes/{athlete}", f"/athletes/{athlete}/history"):
        assert browser.open(path).text("//table[@class='runs']//td[@class='day']") == day
    case = browser.open("/coach", params={"since": "2026-08-01"}).one(f"//li[@id='case-{athlete}']")
    assert case.xpath(f".//a[@href='/activities/{run}']")[0].text == day
    page = browser.open(reassessed(alone, browser, athlete))
    assert page.text(f"//section[@aria-labelledby='changed-title']//a[@href='/activities/{run}']") == day


def reassessed(api: Api, browser: Browser, athlete: str) -> str:
    """Where it stands what would change: cramps of before count now."""
    api.patch(f"/v1/athletes/{athlete}", json={"cramp_history": "recent"})
    address = str(browser.send(f"/athletes/{athlete}/reassessments", {}).headers["location"])
    house = api.app.state.house
    worker = Reassessing(house.engine, house.blobs, lambda: datetime.now(UTC), house.enqueue)
    assert worker.propose(address.rpartition("/")[2])
    return address


def test_the_rows_of_the_interface_tell_the_offset_and_the_columns_of_the_table_are_as_before(alone: Api) -> None:
    athlete, run = ran(alone, "Asia/Tokyo", 7200)
    address = reassessed(alone, Browser(alone), athlete)
    items: list[Any] = [
        *alone.get(f"/v1/athletes/{athlete}/risk-history").json()["items"],
        *alone.get(f"/v1/reassessments/{address.rpartition('/')[2]}").json()["items"],
    ]
    cases = alone.get("/v1/triage", params={"since": "2026-08-01", "limit": 200}).json()["items"]
    (case,) = [one for one in cases if one["athlete_id"] == athlete]
    assert case["timezone"] == "Asia/Tokyo"
    found = [one for one in (*items, *case["reasons"]) if one["activity_id"] == run]
    assert [one["utc_offset_s"] for one in found] == [7200, 7200, 7200]
    table = alone.get(f"/v1/athletes/{athlete}/risk-history", headers={"Accept": "text/csv"}).text
    assert table.splitlines()[0] == (
        "activity_id,external_id,started_at,sport,name,distance_m,moving_s,status,score,forecast_score,level,"
        "points_level,level_source,warnings,cramp,headline"
    )
