"""Accounts at sync services on the page of settings: connected, seen, and ended, against a service on loopback."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service import accounts
from service.store import connections
from service.store.engine import write
from tests.service.scene import BASE, Scene, play
from tests.service.web.conftest import Page

OWN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


def test_an_account_is_connected_by_a_link_seen_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        settings = f"{BASE}/athletes/{on_stage.athlete_id}/settings"
        assert ">Connect<" in (await on_stage.http.get(settings)).text
        asked = await on_stage.http.post(settings.replace("settings", "connections/strava"), headers=OWN)
        assert asked.status_code == 200
        assert "form-action 'self'" in asked.headers["content-security-policy"]
        link = re.search(r'<a class="button main" href="([^"]+)"', asked.text)
        assert link is not None
        url = html.unescape(link[1])
        assert url.startswith(f"{on_stage.fake.url}/oauth/authorize?")
        assert (await on_stage.back(await on_stage.agreed(url))).status_code == 200
        page = (await on_stage.http.get(settings)).text
        assert "connected" in page
        assert ">Connect<" not in page
        gone = await on_stage.http.post(settings.replace("settings", "connections/strava/remove"), headers=OWN)
        assert gone.status_code == 303
        assert (await on_stage.connections())["items"] == []

    play(story, "strava", tmp_path, monkeypatch, connected=False)


def test_the_page_after_the_consent_is_one_of_ours_and_leads_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        page = Page(await on_stage.back(await on_stage.agreed(await on_stage.begun())))
        assert page.text("//h1") == "Strava is connected"
        assert page.texts("//nav//a") == ["Runs", "History", "Coach", "Settings"]
        assert page.one("//main//a[contains(@class, 'main')]").get("href") == f"/athletes/{on_stage.athlete_id}"
        assert page.answer.headers["referrer-policy"] == "same-origin"

    play(story, "strava", tmp_path, monkeypatch, connected=False)


@pytest.mark.parametrize(
    "case",
    [
        (
            "needs_reauth",
            "not connected any more",
            "Strava refused us",
            "Connect again, and what was missed is fetched.",
        ),
        (
            "permission_withdrawn",
            "connected, but sends no activities",
            "Strava said that it may send us no activities any more",
            "Allow activities in your account at Strava, or connect again",
        ),
    ],
)
def test_a_broken_account_says_what_happened_when_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[str, str, str, str]
) -> None:
    because, state, what, do = case

    async def story(on_stage: Scene) -> None:
        with write(on_stage.engine) as db:
            account = connections.find(db, on_stage.athlete_id, provider="strava")
            accounts.break_(db, account, because=because, now=datetime(2026, 10, 4, 7, tzinfo=UTC))
        settings = f"{BASE}/athletes/{on_stage.athlete_id}/settings"
        page = Page(await on_stage.http.get(settings))
        section = page.text("//section[@aria-labelledby='connections-title']")
        assert state in section
        assert f"On 4 Oct 2026 {what}" in section
        assert "No runs come from there. Those that are here stay." in section
        assert do in section
        again = page.one("//form[button[starts-with(., 'Connect again')] or p/button[starts-with(., 'Connect again')]]")
        asked = await on_stage.http.post(f"{BASE}{again.get('action')}", headers=OWN)
        link = Page(asked).one("//main//a[contains(@class, 'main')]").get("href")
        assert (await on_stage.back(await on_stage.agreed(link))).status_code == 200
        whole = Page(await on_stage.http.get(settings)).text("//section[@aria-labelledby='connections-title']")
        assert "Strava connected since" in whole
        assert "Connect again" not in whole

    play(story, "strava", tmp_path, monkeypatch)


def test_a_service_that_refuses_the_token_breaks_the_account_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        run = on_stage.add()
        on_stage.fake.access.clear()
        on_stage.fake.renewal.clear()
        await on_stage.told(on_stage.fake.created(run))
        await on_stage.settled()
        page = Page(await on_stage.http.get(f"{BASE}/athletes/{on_stage.athlete_id}/settings"))
        section = page.text("//section[@aria-labelledby='connections-title']")
        assert "Strava not connected any more" in section
        assert "Strava refused us: the consent was taken back there, or has run out." in section

    play(story, "strava", tmp_path, monkeypatch)
