"""Debian's Chromium, driven by Playwright, at a service of its own on loopback. Whatever a page does wrong is kept."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
AXE = ROOT / "service" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_S = 60
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions"),
)
SIZES = {"narrow": 320, "phone": 360, "wide": 1600}


def absent(reason: str) -> None:
    """Skip, but in CI fail: there it has to be installed."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Service:
    """A running service and a way to fill it."""

    base: str
    key: str | None = None

    def call(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        answer = httpx.request(method, self.base + path, headers=headers, timeout=PATIENCE_S, trust_env=False, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def athlete(self, **profile: Any) -> str:
        return str(self.call("POST", "/v1/athletes", json=profile)["id"])

    def run(self, athlete: str, name: str = "fit/valid/fast_start.fit", **params: str) -> str:
        return self.run_of(athlete, Path(name).name, (FIXTURES / name).read_bytes(), **params)

    def run_of(self, athlete: str, name: str, data: bytes, **params: str) -> str:
        query = {"filename": name, **params}
        made = self.call("POST", f"/v1/athletes/{athlete}/uploads", content=data, params=query)
        return str(made["items"][0]["activity"]["id"])

    def team(self, name: str) -> str:
        """A runner of that name with some easy runs, and a marathon at the end."""
        athlete = self.athlete(name=name, mass_kg=70, birth_year=1986)
        for file in ("even_run", "easy_run", "jog", "tempo", "fast_start", "long_run_heat", "hills", "marathon_fade"):
            self.run(athlete, f"fit/valid/{file}.fit", temperature_c="18", humidity_pct="50")
        return athlete


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[Service]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CRAMPWATCH_")}
    with (folder / "stderr").open("w") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "serve", "--port", "0"],
            cwd=folder,
            env={**clean, "PYTHONPATH": str(ROOT), "CRAMPWATCH_DATA_DIR": str(folder / "data"), **variables},
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        )
    assert process.stdout is not None
    try:
        port = key = None
        for line in process.stdout:
            key = key or next(iter(re.findall(r"\bcw_\w{36}\b", line)), None)
            found = re.search(r"https?://[^\s:]+:(\d+)", line)
            port = found[1] if found and port is None else port
            if port is not None and (key is not None or "CRAMPWATCH_AUTH" not in variables):
                break
        assert port is not None, (folder / "stderr").read_text()
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield Service(f"http://localhost:{port}", key)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        process.stdout.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without keys."""
    with serving(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that asks for keys, with the admin's."""
    with serving(tmp_path_factory.mktemp("keyed"), CRAMPWATCH_AUTH="keys") as running:
        assert running.key is not None
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        absent("Debian's chromium is not installed: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("Playwright is not installed: make browser installs it")
    if not AXE.is_file():
        absent("axe-core is not installed: make install puts it there")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Tab:
    """One tab: what it asked for, and everything that went wrong in it."""

    page: Any
    base: str
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def hear(self, kind: str, text: str) -> None:
        """Keep what the browser complains of; that a test reads a canvas is no complaint about the page."""
        if kind in ("error", "warning") and "Canvas2D" not in text:
            self.wrong.append(text)

    def until(self, expression: str) -> None:
        """Wait for it; Playwright's own way would have to evaluate a text in the page, which its policy forbids."""
        for _ in range(PATIENCE_S * 20):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(expression)

    def open(self, path: str, *, drawn: bool = False) -> Any:
        self.page.goto(self.base + path)
        if drawn:
            self.page.wait_for_selector("html[data-drawn]", state="attached")
        return self.page

    def drop(self, *files: tuple[str, bytes]) -> None:
        """Files let go over the page, as a hand does it."""
        listed = [[name, base64.b64encode(data).decode()] for name, data in files]
        transfer = self.page.evaluate_handle(
            """files => {
                const transfer = new DataTransfer();
                for (const [name, text] of files) {
                    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
                    transfer.items.add(new File([bytes], name));
                }
                return transfer;
            }""",
            listed,
        )
        self.page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})

    def violations(self) -> list[str]:
        """What axe-core finds, each with where."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [f"{one['id']}: {[node['target'] for node in one['nodes']][:3]}" for one in found["violations"]]

    def strangers(self) -> list[str]:
        """What was asked of anybody but the service."""
        return [url for url in self.asked if not url.startswith(self.base + "/") and not url.startswith("data:")]

    def overflow_px(self) -> int:
        """How much wider than the window the page is."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.fixture
def tab(chromium: Any, service: Service) -> Iterator[Callable[..., Tab]]:
    """Opens tabs, each in a profile of its own; what went wrong in any of them fails the test."""
    contexts, tabs = [], []

    def make(*, width: int = 1280, at: Service | None = None, **more: Any) -> Tab:
        settings = {"viewport": {"width": width, "height": 900}, "accept_downloads": False, **more}
        context = chromium.new_context(**settings)
        context.set_default_timeout(PATIENCE_S * 500)
        contexts.append(context)
        made = Tab(context.new_page(), (at or service).base)
        made.page.on("console", lambda told: made.hear(told.type, told.text))
        made.page.on("pageerror", lambda error: made.wrong.append(str(error)))
        made.page.on("dialog", lambda dialog: (made.wrong.append(dialog.message), dialog.dismiss()))
        made.page.on("request", lambda request: made.asked.append(request.url))
        tabs.append(made)
        return made

    yield make
    for context in contexts:
        context.close()
    for one in tabs:
        assert one.wrong == []
        assert one.strangers() == []


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str], str]]:
    """Puts a page on another site, and says where."""
    pages: dict[str, bytes] = {}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        log_message = lambda *_: None  # noqa: E731 - one line, and nothing to say

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def put(body: str) -> str:
        path = f"/{len(pages)}"
        pages[path] = body.encode()
        return f"http://127.0.0.1:{server.server_port}{path}"

    yield put
    server.shutdown()
    thread.join()
    server.server_close()
