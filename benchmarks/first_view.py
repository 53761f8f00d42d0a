"""From the first move to a page to the moment its charts answer, in a real browser with nothing kept.

Debian's Chromium, driven by Playwright, opens the page of a made run at a service of its own; each round is a fresh
profile. The page marks when its samples are there and when the charts are drawn and listen; then a key is pressed, and
it is waited for what the cursor says. All times are the browser's own, from the start of the navigation.
"""

from __future__ import annotations

import importlib.util
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.imports import served

WARM_UP = 2
MOST_MS = 1000.0
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-extensions")

_READ = """() => {
    const page = performance.getEntriesByType('navigation')[0];
    const at = name => performance.getEntriesByName('crampwatch:' + name)[0].startTime;
    return [page.responseEnd, at('samples'), at('strips'), at('map')];
}"""
_ANSWERS = """() => new Promise(done => {
    const root = document.getElementById('strips');
    const began = performance.now();
    root.dispatchEvent(new KeyboardEvent('keydown', {key: 'End', bubbles: true}));
    const said = root.querySelector('.readout').textContent;
    requestAnimationFrame(() => setTimeout(() => done([performance.now() - began, said])));
})"""


@dataclass(frozen=True, slots=True)
class View:
    """Milliseconds of each round, by what was waited for."""

    page: tuple[float, ...]
    samples: tuple[float, ...]
    charts: tuple[float, ...]
    way: tuple[float, ...]
    key: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        """Until the charts are drawn and the cursor answers."""
        return statistics.median(self.charts) + statistics.median(self.key)


def absent() -> str | None:
    """Why nothing can be measured here, if so."""
    if shutil.which("chromium") is None:
        return "Debian's chromium is not installed"
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed: make browser installs it"
    return None


def measure(run: bytes, *, rounds: int) -> View:
    """The times of the page of a run."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not everybody has it

    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (address, _), sync_playwright() as driver:
        made = httpx.post(f"{address}/v1/athletes/me/uploads", content=run, params={"filename": "run.fit"}, timeout=60)
        page = f"{address}/activities/{made.raise_for_status().json()['items'][0]['activity']['id']}"
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        found = [_round(browser, page) for _ in range(WARM_UP + rounds)][WARM_UP:]
        browser.close()
    return View(*zip(*found, strict=True))


def _round(browser: Any, address: str) -> tuple[float, ...]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(address)
    tab.wait_for_selector("html[data-drawn]", state="attached")
    took_ms, said = tab.evaluate(_ANSWERS)
    assert said, "the cursor does not answer"
    times = tuple(tab.evaluate(_READ))
    context.close()
    return (*times, took_ms)


def table(view: View) -> str:
    """The figures as Markdown."""
    lines: Sequence[tuple[str, Sequence[float], str]] = (
        ("the page is there", view.page, ""),
        ("its samples are there", view.samples, ""),
        ("the charts are drawn and listen", view.charts, ""),
        ("the map is drawn, too", view.way, ""),
        ("a key moves the cursor of all strips", view.key, ""),
    )
    rows = [f"| {name} | {statistics.median(ms):.0f} | {min(ms):.0f} | {wanted} |" for name, ms, wanted in lines]
    whole = f"| interactive: charts and a key | {view.median_ms:.0f} | | at most {MOST_MS:.0f} |"
    head = f"| in Chromium, ms over {len(view.page)} rounds | median | best | wanted |"
    return "\n".join([head, "|---|--:|--:|--:|", *rows, whole])
