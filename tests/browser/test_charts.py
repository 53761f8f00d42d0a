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
    window.written.push({ text, x: x / devicePixelRatio, y, align: this.textAlign, strip: this.canvas.closest('.strip') });
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
