"""How far earlier runs have been worked out again, in a real browser: it looks again by itself, and disturbs nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.conftest import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A service with keys and without a worker: what is to be done later waits."""
    folder = tmp_path_factory.mktemp("idle")
    with serving(folder, CRAMPWATCH_AUTH="keys", CRAMPWATCH_ROLE="api") as running:
        yield running


def test_it_looks_again_without_moving_anything_until_the_session_is_over(tab: Callable[..., Any], idle: Any) -> None:
    athlete = idle.athlete()
    idle.run(athlete)
    made = tab(at=idle)
    page = made.open(f"/athletes/{athlete}/settings")
    page.fill("input[name=key]", idle.key)
    page.click("main button")
    page.click("text=Work the earlier runs out again")
    page.wait_for_selector("#progress")
    address = page.url
    assert made.violations() == []
    link = page.get_by_role("link", name="Look again")
    link.focus()
    page.evaluate("window.before = [...document.querySelectorAll('main, #progress, h2, #progress p, main a')]")
    before = made.asked.count(address)
    for _ in range(3):  # the last one comes after what the second one brought was put in
        with page.expect_response(address) as answered:
            pass
        assert answered.value.request.headers["hx-request"] == "true"
    assert made.asked.count(address) >= before + 3
    assert page.evaluate("window.before.every((one) => one.isConnected)")
    assert link.evaluate("(one) => one === document.activeElement")
    assert page.locator("main [role=status], main [aria-live]").count() == 0
    page.context.clear_cookies()
    page.wait_for_url("**/sign-in?to=*")
    assert all("401" in told for told in made.wrong)
    made.wrong.clear()
