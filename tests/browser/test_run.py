"""One run in a real browser: charts, windows, keys, map, and the small exchanges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

WEATHER = {"temperature_c": "18", "humidity_pct": "50"}
SHADE = """([from, to]) => {
    const canvas = document.querySelectorAll('#strips canvas')[1];
    const over = document.querySelectorAll('#strips .u-over')[1].getBoundingClientRect();
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    const at = share => canvas.getContext('2d').getImageData(
        Math.round((over.left - box.left + share * over.width) * ratio),
        Math.round((over.top - box.top + 0.85 * over.height) * ratio), 1, 1).data.join();
    return [at(from), at(to)];
}"""


@pytest.fixture(scope="module")
def run(service: Any) -> str:
    return str(service.run(service.athlete(mass_kg=70, birth_year=1986), **WEATHER))


def comes_true(page: Any, true: Callable[[], bool]) -> bool:
    """Whether it is so within two seconds: charts are drawn anew with the next frame."""
    return any(true() or page.wait_for_timeout(20) for _ in range(100))


@pytest.fixture
def opened(tab: Callable[..., Any], run: str) -> Any:
    made = tab()
    made.open(f"/activities/{run}", drawn=True)
    return made


@pytest.fixture
def page(opened: Any) -> Any:
    return opened.page


def test_four_strips_and_a_map_are_drawn(page: Any) -> None:
    titles = page.locator("#strips .strip h3").all_inner_texts()
    assert [title.split(" (")[0] for title in titles] == ["Elevation", "Pace", "Heart rate", "Cadence"]
    assert page.locator("#map path.leaflet-interactive").count() >= 2
    assert "no background" in page.locator(".map-note").inner_text()


def test_the_window_of_a_warning_is_shaded_and_the_rest_is_not(page: Any) -> None:
    within, outside = page.evaluate(SHADE, [0.05, 0.5])
    assert within != outside
    page.click("#why-fast_start a[href='#fast_start']")
    assert comes_true(page, lambda: page.evaluate(SHADE, [0.05, 0.5])[0] != within)
    assert page.evaluate(SHADE, [0.05, 0.5])[1] == outside


def test_a_click_on_a_warning_brings_its_window_into_view(opened: Any, page: Any) -> None:
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.click("#why-fast_start a[href='#fast_start']")
    assert page.url.endswith("#fast_start")
    opened.until("document.getElementById('fast_start').getBoundingClientRect().top >= 0")
    strips = page.locator("#strips canvas").first.bounding_box()
    assert 0 <= strips["y"] < 900
    assert page.locator("#fast_start").get_attribute("class").endswith("here")


def test_an_address_with_a_window_opens_there(tab: Callable[..., Any], run: str) -> None:
    page = tab(width=1000).open(f"/activities/{run}#fast_start", drawn=True)
    assert page.locator("#fast_start.here").count() == 1


def test_the_cursor_goes_by_keyboard_and_says_where_it_is(page: Any) -> None:
    page.focus("#strips")
    page.keyboard.press("Home")
    start = page.locator("#strips .readout").inner_text()
    assert start.startswith("km 0.0")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert page.locator("#strips .readout").inner_text().startswith("km 1.0")
    assert "bpm" in page.locator("#strips .readout").inner_text()
    page.keyboard.press("End")
    assert page.locator("#strips .readout").inner_text().startswith("km 10.0")


def test_one_zoom_holds_for_all_strips(page: Any) -> None:
    def shown() -> list[str]:
        return [
            str(text)
            for text in page.evaluate("[...document.querySelectorAll('#strips canvas')].map(c => c.toDataURL().length)")
        ]

    whole = shown()
    page.focus("#strips")
    page.keyboard.press("Home")
    page.keyboard.press("+")
    assert comes_true(page, lambda: all(one != other for one, other in zip(whole, shown(), strict=True)))
    closer = shown()
    page.keyboard.press("0")
    assert comes_true(page, lambda: all(one != other for one, other in zip(closer, shown(), strict=True)))
    again = shown()
    box = page.locator("#strips .u-over").first.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 20, steps=4)
    page.mouse.up()
    assert comes_true(page, lambda: shown() != again)


def test_an_answer_is_kept_without_leaving_the_page(page: Any, service: Any, run: str) -> None:
    page.evaluate("window.stayed = true")
    page.check("input[value=near]")
    page.click("#cramp button")
    page.wait_for_selector("#cramp [role=status]")
    assert "a twinge" in page.locator("#cramp").inner_text()
    assert page.evaluate("window.stayed") is True
    assert service.call("GET", f"/v1/activities/{run}/cramp-report")["answer"] == "near"


def test_a_log_that_cannot_be_is_refused_beside_what_was_written(tab: Callable[..., Any], run: str) -> None:
    made = tab()
    page = made.open(f"/activities/{run}", drawn=True)
    page.fill("#log input[name=fluid]", "a lot")
    page.click("#log button")
    page.wait_for_selector("#log [role=alert]")
    assert page.input_value("#log input[name=fluid]") == "a lot"
    assert page.evaluate("document.activeElement.name") == "fluid"
    assert "this is not a number" in page.locator("#log-fluid-wrong").inner_text()
    assert len(made.wrong) == 1
    assert "422" in made.wrong.pop()


def test_dark_is_dark_and_the_charts_with_it(tab: Callable[..., Any], run: str) -> None:
    made = tab(color_scheme="light")
    page = made.open(f"/activities/{run}", drawn=True)
    page.evaluate("window.light = document.querySelector('#strips canvas').toDataURL()")
    page.emulate_media(color_scheme="dark")
    made.until("document.querySelector('#strips canvas').toDataURL() !== window.light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 22, 28)"


def test_without_scripts_everything_can_be_read_and_answered(tab: Callable[..., Any], service: Any) -> None:
    run = service.run(service.athlete(mass_kg=70, birth_year=1986), **WEATHER)
    page = tab(java_script_enabled=False).open(f"/activities/{run}")
    text = page.locator("main").inner_text()
    for words in (
        "First 1 km 12% faster",
        "of 100 points",
        "would have cleared it",
        "The charts need JavaScript",
        "\t4:58\t",
    ):
        assert words in text
    page.check("input[value=none]")
    page.click("#cramp button")
    assert "no cramp" in page.locator("#cramp").inner_text()


def test_the_first_view_weighs_350_kilobytes_at_most(tab: Callable[..., Any], run: str) -> None:
    page = tab().open(f"/activities/{run}", drawn=True)
    kinds = ("resource", "navigation")
    loaded = [
        size
        for kind in kinds
        for size in page.evaluate("kind => performance.getEntriesByType(kind).map(one => one.transferSize)", kind)
    ]
    assert len(loaded) > 8
    assert 100_000 < sum(loaded) <= 350_000


def test_a_danger_sign_that_is_ticked_changes_the_page_at_once(tab: Callable[..., Any], service: Any) -> None:
    made = tab()
    run = service.run(service.athlete(mass_kg=70), "fit/valid/long_run_heat.fit", **WEATHER)
    page = made.open(f"/activities/{run}", drawn=True)
    assert page.locator("ol.marks").count() > 0
    page.check("#cramp input[value=none]")
    page.click("text=Where and when, if you remember")
    page.check("#cramp input[value=chest_pain]")
    page.click("#cramp button")
    page.wait_for_selector("section.flags")
    assert page.locator("ol.marks").count() == 0
    assert made.violations() == []
