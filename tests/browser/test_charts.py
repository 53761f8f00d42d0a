"""What the charts of a run write and draw: the words on their canvases, kept as they are put there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.fit_writer import fit
from fixtures.runs import Run, minutes

pytestmark = pytest.mark.browser

KEEP = """
window.written = [];
const put = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const strip = this.canvas.closest('.strip');
    window.written.push({ text, x: x / devicePixelRatio, align: this.textAlign, strip });
    return put.apply(this, arguments);
};
"""
"""Keeps every text that is drawn, with where, and in which strip."""
TEXTS = """title => window.written
    .filter(one => one.strip && one.strip.isConnected && one.strip.querySelector('h3').textContent.startsWith(title))
    .map(({ text, x, align }) => ({ text, x, align }))"""


def charts(tab: Callable[..., Any], run: str) -> Any:
    """The page of a run, its charts drawn, and all that they write kept."""
    made = tab()
    made.page.add_init_script(KEEP)
    made.open(f"/activities/{run}", drawn=True)
    return made.page


def drawn_anew(page: Any) -> None:
    """Charts are drawn with the next frame: until nothing more has been written for a while."""
    before = -1
    for _ in range(100):
        page.wait_for_timeout(60)
        now = page.evaluate("window.written.length")
        if now == before > 0:
            return
        before = now
    raise AssertionError("nothing was drawn")


def written(page: Any, title: str) -> list[str]:
    return [one["text"] for one in page.evaluate(TEXTS, title)]


@pytest.mark.parametrize(("units", "sign"), [("metric", "km/h"), ("imperial", "mph")])
def test_a_ride_is_told_as_speed_on_the_scale_and_at_the_cursor(
    tab: Callable[..., Any], service: Any, units: str, sign: str
) -> None:
    run = service.run(service.athlete(units=units), "fit/valid/ride.fit")
    page = charts(tab, run)
    ticks = written(page, f"Speed ({sign})")
    assert len(ticks) >= 3
    assert all(re.fullmatch(r"\d+(\.\d)?", one) for one in ticks)
    shown = service.call("GET", f"/v1/activities/{run}")["summary"]["speed_mps"] * (
        2.2369 if units == "imperial" else 3.6
    )
    assert min(map(float, ticks)) < shown * 1.5
    assert max(map(float, ticks)) > shown * 0.5
    page.focus("#strips")
    page.keyboard.press("Home")
    assert f" {sign} · " in page.locator("#strips .readout").inner_text() + " · "


def test_the_cadence_of_a_ride_is_told_in_turns_of_the_crank(tab: Callable[..., Any], service: Any) -> None:
    ride = fit(Run((minutes(30, 7.5),), sport="cycling"))
    page = charts(tab, service.run_of(service.athlete(), "ride.fit", ride))
    assert "Cadence (rpm)" in page.locator("#strips .strip h3").all_inner_texts()
    page.focus("#strips")
    page.keyboard.press("End")
    assert " rpm" in page.locator("#strips .readout").inner_text()


def test_the_number_of_a_window_stays_at_its_beginning_however_often_it_is_drawn(
    tab: Callable[..., Any], service: Any
) -> None:
    """It was drawn to the left of it, and cut, once the words of an axis had been drawn before."""
    page = charts(tab, service.run(service.athlete(), temperature_c="12", humidity_pct="50"))
    page.evaluate("window.written.length = 0")
    page.click("#why-fast_start a[href='#fast_start']")
    drawn_anew(page)
    over = page.locator("#strips .u-over").nth(1).bounding_box()["x"]
    canvas = page.locator("#strips canvas").nth(1).bounding_box()["x"]
    (number,) = [one for one in page.evaluate(TEXTS, "Pace") if one["text"] == "1"]
    assert number["align"] == "left"
    assert over - canvas < number["x"] < over - canvas + 30


def test_a_window_out_of_view_leaves_no_number_behind(tab: Callable[..., Any], service: Any) -> None:
    page = charts(tab, service.run(service.athlete(), temperature_c="12", humidity_pct="50"))
    page.focus("#strips")
    page.keyboard.press("End")
    page.keyboard.press("+")
    drawn_anew(page)
    page.evaluate("window.written.length = 0")
    page.keyboard.press("+")
    drawn_anew(page)
    assert "1" not in written(page, "Pace")
    assert "10 km" in written(page, "Cadence")


def test_the_scale_of_the_height_follows_what_is_in_view(tab: Callable[..., Any], service: Any) -> None:
    page = charts(tab, service.run(service.athlete(), "fit/valid/hills.fit"))
    heights = {int(one) for one in written(page, "Elevation") if int(one) > 20}
    page.focus("#strips")
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("+")
    drawn_anew(page)
    page.evaluate("window.written.length = 0")
    page.keyboard.press("+")
    drawn_anew(page)
    closer = {int(one) for one in written(page, "Elevation") if int(one) > 20}
    assert max(closer) < max(heights) == 200


def test_the_cursor_is_one_line_from_top_to_bottom(tab: Callable[..., Any], service: Any) -> None:
    page = charts(tab, service.run(service.athlete()))
    box = page.locator("#strips .u-over").first.bounding_box()
    page.mouse.move(box["x"] + 90, box["y"] + 30)
    assert page.locator("#strips .u-cursor-x").count() == 4
    assert page.locator("#strips .u-cursor-y").count() == 0


SCALE = """async ([speeds, first, last]) => {
    const loaded = performance.getEntriesByType('resource').map(one => one.name);
    const address = loaded.find(name => name.endsWith('/scales.js'));
    const { strips } = await import(address);
    const columns = { time_s: speeds.map((_, at) => at * 30), speed_mps: speeds };
    const [strip] = strips(columns, { longM: 1000, long: 'km' }, { namePace: 'Pace' }, { onFoot: true });
    return strip.bounds(first ?? 0, last ?? speeds.length - 1);
}"""


@pytest.mark.parametrize(
    ("speeds", "low", "high"),
    [
        ([3.0] * 40 + [2.0] * 3 + [4.6] * 3, (1.5, 2.0), (4.6, 5.0)),
        ([3.0] * 40 + [0.0] * 8 + [3.2] * 8, (2.0, 3.0), (3.2, 4.0)),
        ([3.0] * 400 + [60.0], (2.0, 3.0), (3.0, 4.0)),
        ([0.0] * 9, (-1.0, 0.0), (0.0, 1.0)),
    ],
    ids=["every pace that was run", "but for stops", "and leaps of the satellites", "and nobody moves"],
)
def test_the_scale_of_the_pace_has_room_for(
    tab: Callable[..., Any],
    service: Any,
    speeds: list[float],
    low: tuple[float, float],
    high: tuple[float, float],
) -> None:
    page = charts(tab, service.run(service.athlete(), "fit/valid/jog.fit"))
    from_mps, to_mps = page.evaluate(SCALE, [speeds, None, None])
    assert low[0] <= from_mps <= low[1]
    assert high[0] <= to_mps <= high[1]


def test_a_treadmill_has_no_grade_to_adjust_for(tab: Callable[..., Any], service: Any) -> None:
    page = charts(tab, service.run(service.athlete(), "fit/valid/treadmill.fit"))
    assert "Pace (/km)" in page.locator("#strips .strip h3").all_inner_texts()


@pytest.mark.parametrize(("units", "sign"), [("metric", "km"), ("imperial", "mi")])
def test_the_map_has_a_scale_and_two_ends_that_can_be_told_apart(
    tab: Callable[..., Any], service: Any, units: str, sign: str
) -> None:
    page = charts(tab, service.run(service.athlete(units=units)))
    assert page.locator("#map .leaflet-control-scale-line").all_inner_texts() == [f"1 {sign}"]
    ends = page.evaluate(
        "[...document.querySelectorAll('#map path.leaflet-interactive')].map(one => one.getAttribute('fill'))"
    )
    assert sorted(one == "none" for one in ends) == [False, True]


def test_on_a_telephone_the_stretches_of_a_hilly_run_take_one_line_and_lead_to_their_places(
    tab: Callable[..., Any], service: Any
) -> None:
    run = service.run(service.athlete(), "fit/valid/hills.fit")
    made = tab(width=360)
    page = made.open(f"/activities/{run}#hilly-9", drawn=True)
    row = page.locator("#windows .many ol")
    assert row.locator(".window").count() == 12
    assert row.bounding_box()["height"] < 60
    assert page.locator("#hilly-9.here").count() == 1

    def is_in_sight(name: str) -> bool:
        box, around = page.locator(f"#{name}").bounding_box(), row.bounding_box()
        return bool(around["x"] - 1 <= box["x"] and box["x"] + box["width"] <= around["x"] + around["width"] + 1)

    def comes_into_sight(name: str) -> bool:
        return any(is_in_sight(name) or page.wait_for_timeout(50) for _ in range(60))

    assert comes_into_sight("hilly-9")
    page.click("#why-hilly a[href='#hilly-2']")
    assert page.locator("#hilly-2.here").count() == 1
    assert comes_into_sight("hilly-2")
    page.click("#why-hilly a[href='#all-why-hilly']")
    assert made.overflow_px() <= 0
    assert made.violations() == []
