"""Signing in with a real browser, and what another site's page cannot do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def athlete(keyed: Any) -> dict[str, str]:
    made = keyed.athlete(name="Own")
    key = keyed.call("POST", "/v1/keys", json={"role": "athlete", "athletes": [made]})["key"]
    return {"id": made, "key": key, "run": keyed.run(made)}


def sign_in(page: Any, key: str) -> None:
    page.fill("input[name=key]", key)
    page.click("main button")


def test_a_key_opens_ones_own_and_signing_out_closes_it(
    tab: Callable[..., Any], keyed: Any, athlete: dict[str, str]
) -> None:
    made = tab(at=keyed)
    page = made.open(f"/activities/{athlete['run']}")
    assert "/sign-in" in page.url
    sign_in(page, athlete["key"])
    page.wait_for_url(f"**/activities/{athlete['run']}")
    page.wait_for_selector("html[data-drawn]", state="attached")
    cookies = page.context.cookies()
    assert [(one["name"], one["secure"], one["httpOnly"], one["sameSite"]) for one in cookies] == [
        ("__Host-crampwatch", True, True, "Lax")
    ]
    assert page.evaluate("document.cookie") == ""
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in")
    assert page.context.cookies() == []
    assert "/sign-in" in made.open(f"/activities/{athlete['run']}").url


def test_a_wrong_key_is_refused_on_the_form(tab: Callable[..., Any], keyed: Any) -> None:
    made = tab(at=keyed)
    page = made.open("/sign-in")
    sign_in(page, "cw_wrong")
    assert "This is no key" in page.locator("[role=alert]").inner_text()
    assert made.violations() == []
    assert all("401" in told for told in made.wrong)
    made.wrong.clear()


def test_a_page_of_another_site_changes_nothing(
    tab: Callable[..., Any], keyed: Any, athlete: dict[str, str], elsewhere: Callable[[str], str]
) -> None:
    made = tab(at=keyed)
    page = made.open("/sign-in")
    sign_in(page, athlete["key"])
    page.wait_for_url("**/athletes/me")
    target = f"{keyed.base}/activities/{athlete['run']}/cramp-report"
    form = f'<form method="post" action="{target}"><input name="answer" value="near"><button>go</button></form>'
    page.goto(elsewhere(form))
    page.click("button")
    page.wait_for_load_state()
    report = keyed.call("GET", f"/v1/activities/{athlete['run']}")["cramp_report"]
    assert report is None
    made.wrong.clear()
    made.asked.clear()


def test_a_coach_sees_who_changed_and_an_athlete_does_not_see_the_coachs_page_in_the_way(
    tab: Callable[..., Any], keyed: Any, athlete: dict[str, str]
) -> None:
    key = keyed.call("POST", "/v1/keys", json={"role": "coach", "athletes": [athlete["id"]]})["key"]
    page = tab(at=keyed).open("/")
    sign_in(page, key)
    page.wait_for_url("**/coach")
    assert "Own" in page.locator("main").inner_text()
    own = tab(at=keyed).open("/")
    sign_in(own, athlete["key"])
    own.wait_for_url("**/athletes/me")
    assert own.locator("nav").inner_text().split("\n")[:3] == ["Runs", "History", "Settings"]
