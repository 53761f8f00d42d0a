"""The words under a chart of years or of days: which moments bear one, and what it says."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from service.api.wire import AthleteIn
from service.web.assets import assets

pytestmark = pytest.mark.browser

TICKS = """async ([module, lang, zone, from, to, px]) => {
    const { Calendar, ticks } = await import(module);
    const calendar = new Calendar(lang, zone);
    const [min, max] = [from, to].map((at) => Date.parse(at) / 1000);
    const iso = (at) => new Date(at * 1000).toISOString().slice(0, 16);
    return ticks(calendar, min, max, px).map(({ at, words }) => [iso(at), words]);
}"""
WIDE, NARROW = 1100, 180
SPANS = {
    "a run": ("2026-11-14", "2026-11-25"),
    "three weeks": ("2026-10-24", "2026-11-25"),
    "ten weeks": ("2026-09-05", "2026-11-25"),
    "fourteen months": ("2025-09-15", "2026-11-25"),
    "four years": ("2022-11-20", "2026-11-25"),
    "a life": ("1971-03-01", "2026-11-25"),
}


@pytest.fixture
def ticks(tab: Callable[..., Any]) -> Callable[..., list[tuple[str, str]]]:
    page = tab().open("/athletes/me")

    def of(span: tuple[str, str], px: int, *, lang: str = "en", zone: str = "UTC") -> list[tuple[str, str]]:
        told = [f"{page.url.split('/athletes')[0]}{assets().address('ticks.js')}", lang, zone, *span, px]
        return [(at, words) for at, words in page.evaluate(TICKS, told)]

    return of


@pytest.mark.parametrize(
    ("span", "px", "first", "more"),
    [
        ("a run", WIDE, "14 Nov\n2026", "15 Nov"),
        ("a run", NARROW, "16 Nov\n2026", "23 Nov"),
        ("three weeks", NARROW, "2 Nov\n2026", "16 Nov"),
        ("ten weeks", WIDE, "7 Sep\n2026", "14 Sep"),
        ("ten weeks", NARROW, "Oct\n2026", "Nov"),
        ("fourteen months", WIDE, "Oct\n2025", "Nov"),
        ("four years", WIDE, "Jan\n2023", "Apr"),
        ("four years", NARROW, "2023", "2024"),
        ("a life", WIDE, "1975", "1980"),
        ("a life", NARROW, "1980", "2000"),
    ],
)
def test_days_weeks_months_or_years_by_the_span_and_the_room(
    ticks: Callable[..., list[tuple[str, str]]], span: str, px: int, first: str, more: str
) -> None:
    words = [said for _, said in ticks(SPANS[span], px)]
    assert words[:2] == [first, more]


@pytest.mark.parametrize("px", [WIDE, NARROW, 60])
@pytest.mark.parametrize("span", SPANS)
def test_every_year_that_the_axis_reaches_is_told_once_and_the_words_fit(
    ticks: Callable[..., list[tuple[str, str]]], span: str, px: int
) -> None:
    found = ticks(SPANS[span], px)
    told = [at[:4] for at, words in found if at[:4] in words]
    assert told == sorted({at[:4] for at, _ in found})
    assert sum(max(map(len, words.split("\n"))) for _, words in found) * 7 <= max(px, 70)


def test_a_day_begins_where_the_runner_is_also_when_the_clocks_change(
    ticks: Callable[..., list[tuple[str, str]]],
) -> None:
    found = ticks(("2026-10-23", "2026-10-28"), WIDE, zone="Europe/Vienna")
    assert [at for at, _ in found] == [
        *("2026-10-23T22:00", "2026-10-24T22:00", "2026-10-25T23:00", "2026-10-26T23:00", "2026-10-27T23:00"),
    ]
    assert [words for _, words in found] == ["24 Oct\n2026", "25 Oct", "26 Oct", "27 Oct", "28 Oct"]


@pytest.mark.parametrize(
    ("lang", "words"), [("de", ["14. Nov.\n2026", "15. Nov."]), ("tlh", ["14 Nov\n2026", "15 Nov"])]
)
def test_months_are_named_in_the_language_of_the_page(
    ticks: Callable[..., list[tuple[str, str]]], lang: str, words: list[str]
) -> None:
    assert [said for _, said in ticks(SPANS["a run"], WIDE, lang=lang)][:2] == words


@pytest.mark.parametrize("zone", ["Factory", "localtime", "Mars/Olympus"])
def test_a_zone_that_the_browser_does_not_know_is_taken_for_utc(
    ticks: Callable[..., list[tuple[str, str]]], zone: str
) -> None:
    assert ticks(SPANS["a run"], WIDE, zone=zone) == ticks(SPANS["a run"], WIDE)


def test_every_zone_that_a_profile_may_have_is_known_to_the_browser(tab: Callable[..., Any]) -> None:
    page = tab().open("/athletes/me")
    asked = """zones => zones.filter((timeZone) => {
        try { new Intl.DateTimeFormat("en", { timeZone }); } catch { return true; }
        return false;
    })"""
    told = [zone for zone in sorted(zoneinfo.available_timezones()) if is_zone(zone)]
    assert len(told) > 400
    assert page.evaluate(asked, told) == []


def is_zone(name: str) -> bool:
    try:
        AthleteIn(timezone=name)
    except ValidationError:
        return False
    return True
