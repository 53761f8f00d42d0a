"""Accounts at sync services on the page of settings: connected, seen, and ended, against a service on loopback."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.service.scene import BASE, Scene, play

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
