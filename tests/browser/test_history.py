"""The history in a real browser: no run under a word of the chart, and on a telephone nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures.fit_writer import PLAIN, fit
from fixtures.runs import Run, km

pytestmark = pytest.mark.browser

MARGIN = """() => {
    const right = (one) => document.querySelector(one).getBoundingClientRect().right;
    return right("#curve canvas") - right("#curve .u-over");
}"""
CUT = """() => [...document.querySelectorAll(".scroll")]
    .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.firstElementChild.className)"""
BROKEN = """() => [...document.querySelectorAll(".go a, .go button, .level, .day")]
    .filter((one) => one.getClientRects().length > 1).map((one) => one.textContent)"""


@pytest.fixture(scope="module")
def athlete(service: Any) -> str:
    made = str(service.team("Lifted"))
    hot = {"temperature_c": "30", "humidity_pct": "70"}
    service.run(made, "fit/valid/longest_run.fit", **hot)
    return made


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_the_levels_have_a_margin_beside_the_runs(tab: Callable[..., Any], athlete: str, width: int) -> None:
    made = tab(width=width)
    page = made.open(f"/athletes/{athlete}/history", drawn=True)
    words = page.evaluate(
        "[...document.querySelectorAll('#curve .legend span')].slice(0, 4).map((one) => one.innerText)"
    )
    longest = max(map(len, words))
    assert page.evaluate(MARGIN) >= longest * 6


@pytest.mark.parametrize("query", ["", "?warning=fast_start"])
@pytest.mark.parametrize("width", [320, 360])
def test_on_a_telephone_no_table_is_cut_off_and_no_short_word_is_broken(
    tab: Callable[..., Any], athlete: str, width: int, query: str
) -> None:
    made = tab(width=width)
    for path in (f"/athletes/{athlete}", f"/athletes/{athlete}/history{query}", "/coach?since=2026-08-01"):
        page = made.open(path)
        assert page.evaluate(CUT) == []
        assert page.evaluate(BROKEN) == []
        assert made.overflow_px() <= 0


def test_on_a_telephone_the_figures_bear_their_names(tab: Callable[..., Any], athlete: str) -> None:
    page = tab(width=360).open(f"/athletes/{athlete}/history")
    told = "([one, where]) => getComputedStyle(document.querySelector(one), where).content"
    assert page.evaluate(told, ["#weeks td", "::before"]) == '"Runs "'
    assert page.evaluate(told, ["table.runs .points", "::after"]) == '" points"'
    wide = tab().open(f"/athletes/{athlete}/history")
    assert wide.evaluate(told, ["#weeks td", "::before"]) == "none"


def test_the_chart_says_from_where_a_level_was_lifted(tab: Callable[..., Any], service: Any, athlete: str) -> None:
    listed = service.call("GET", f"/v1/athletes/{athlete}/risk-history?order=asc")["items"]
    scored = [row for row in listed if row["score"] is not None]
    at = next(index for index, row in enumerate(scored) if row["level_source"] == "condition_table")
    page = tab().open(f"/athletes/{athlete}/history", drawn=True)
    page.focus("#curve")
    page.keyboard.press("Home")
    for _ in range(at):
        page.keyboard.press("ArrowRight")
    run = scored[at]
    said = f"{run['score']} points · {run['level'].replace('_', ' ')} ({run['points_level']} by points, lifted by"
    assert said in page.locator("#curve .readout").inner_text()


def test_an_address_that_means_nothing_still_draws_what_is_left(tab: Callable[..., Any], athlete: str) -> None:
    made = tab()
    page = made.open(f"/athletes/{athlete}/history?min_level=banana", drawn=True)
    assert "“Level, at least” was not understood" in page.locator("[role=alert]").inner_text()
    assert page.locator("#curve canvas").count() == 2
    assert made.violations() == []
    made.wrong = [told for told in made.wrong if "422" not in told]


@pytest.mark.parametrize(("offset_s", "day"), [(0, "1 Sep 2026"), (None, "31 Aug 2026"), (-36_000, "31 Aug 2026")])
def test_the_chart_names_the_day_that_the_table_names(
    tab: Callable[..., Any], service: Any, offset_s: int | None, day: str
) -> None:
    athlete = service.athlete(timezone="America/Los_Angeles")
    run = Run((km(5, 3.0),), started_at=datetime(2026, 9, 1, 2, tzinfo=UTC))
    service.run_of(athlete, "run.fit", fit(run, replace(PLAIN, local_offset_s=offset_s)))
    page = tab().open(f"/athletes/{athlete}/history", drawn=True)
    assert page.locator("table.runs .day").inner_text() == day
    assert page.locator("#curve .readout a").inner_text() == day
