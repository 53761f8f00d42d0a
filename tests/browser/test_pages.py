"""All pages in a real browser: files let go over them, filters, the coach's order, widths, axe, and hostile names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.corpus import ABSENT, CORPUS
from tests.browser.conftest import FIXTURES, SIZES, serving

pytestmark = pytest.mark.browser

PAGES = ("runs", "activity", "history", "coach", "settings", "keys", "webhooks", "log", "problem")
HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}"


def fixture(name: str) -> tuple[str, bytes]:
    return name.rpartition("/")[2], (FIXTURES / name).read_bytes()


@pytest.fixture(scope="module")
def athlete(service: Any) -> str:
    return str(service.team("Bold"))


@pytest.fixture(scope="module")
def paths(service: Any, athlete: str) -> dict[str, str]:
    listed = service.call("GET", f"/v1/athletes/{athlete}/risk-history")["items"]
    hilly = next(row["activity_id"] for row in listed if "hilly" in row["warnings"])
    told = {"url": f"https://subscriber.example/{'x' * 60}", "athletes": [service.athlete()]}
    endpoint = service.call("POST", "/v1/webhook-endpoints", json=told)["id"]
    return {
        "webhooks": "/webhooks",
        "log": f"/webhooks/{endpoint}",
        "runs": f"/athletes/{athlete}",
        "activity": f"/activities/{hilly}",
        "history": f"/athletes/{athlete}/history",
        "coach": "/coach?since=2026-10-20",
        "settings": f"/athletes/{athlete}/settings",
        "keys": "/settings",
        "problem": "/activities/act_none",
        "rules": "/rules",
        "rule": "/rules/fast_start",
    }


DRAWN = {"activity", "history"}


def test_a_dropped_file_leads_straight_on_to_its_run(tab: Callable[..., Any], service: Any) -> None:
    made = tab()
    page = made.open(f"/athletes/{service.athlete()}")
    made.drop(fixture("fit/valid/fast_start.fit"))
    page.wait_for_url("**/activities/act_*")
    assert "First 1 km 12% faster" in page.locator(".headline").inner_text()


@pytest.mark.parametrize(
    "name", ["fit_garmin_fr965_stamina.fit", "gpx_strava_run.gpx.gz", "tcx_garmin_fr310xt_half.tcx.gz"]
)
def test_a_real_file_does_so_too(tab: Callable[..., Any], service: Any, name: str) -> None:
    if not CORPUS.is_dir():
        pytest.skip(ABSENT)
    made = tab()
    page = made.open(f"/athletes/{service.athlete()}")
    made.drop((name, (CORPUS / name).read_bytes()))
    page.wait_for_url("**/activities/act_*")
    page.wait_for_selector("html[data-drawn]", state="attached")
    assert page.locator("#strips canvas").count() >= 2


def test_of_several_files_each_has_its_outcome_and_a_bad_one_its_reason(tab: Callable[..., Any], service: Any) -> None:
    made = tab()
    page = made.open(f"/athletes/{service.athlete()}")
    jog = fixture("fit/valid/jog.fit")
    made.drop(
        jog, ("again.fit", jog[1]), (f"{HOSTILE}.txt", b"nothing of the kind"), fixture("archives/strava_export.zip")
    )
    page.wait_for_selector("html[data-sent]", state="attached")
    lines = page.locator("#outcomes > li").all_inner_texts()
    assert lines[0].startswith("jog.fit read")
    assert lines[1].startswith("again.fit already here")
    assert "could not be read: " in lines[2]
    assert "files and runs" in lines[3]
    assert page.locator("#outcomes > li:nth-child(3) a").get_attribute("href") == "/problems/unknown_type"
    assert len(made.wrong) == 1
    assert "415" in made.wrong.pop()


def test_the_weather_is_told_in_the_athletes_units(tab: Callable[..., Any], service: Any) -> None:
    page_of = tab()
    page = page_of.open(f"/athletes/{service.athlete(units='imperial')}")
    page.click("text=The weather, if you know it")
    assert "(°F)" in page.locator(".weather").inner_text()
    assert "(mph)" in page.locator(".weather").inner_text()
    page.fill("input[name=temperature]", "77")
    page.fill("input[name=wind]", "10")
    page_of.drop(fixture("fit/valid/fast_start.fit"))
    page.wait_for_url("**/activities/act_*")
    told = service.call("GET", f"/v1/activities/{page.url.rpartition('/')[2]}")["conditions"]
    assert (told["temperature_c"], round(told["wind_kmh"], 1)) == (25.0, 16.1)


def test_after_a_lost_connection_the_next_files_have_their_turn(tab: Callable[..., Any], service: Any) -> None:
    made = tab()
    page = made.open(f"/athletes/{service.athlete()}")
    page.click("text=The weather, if you know it")
    page.fill("input[name=temperature]", "20")
    page.route("**/weather", lambda route: route.abort("connectionreset"), times=1)
    made.drop(fixture("fit/valid/jog.fit"))
    page.wait_for_selector("#outcomes .outcome-rejected")
    assert page.locator("#outcomes > li").inner_text() == "jog.fit did not arrive; try again"
    refusal = "<p class=problem role=alert>Try again in a minute.</p>"
    page.route("**/weather", lambda route: route.fulfill(status=429, body=refusal, content_type="text/html"), times=1)
    page.click("form.drop button")
    page.wait_for_selector("#outcomes [role=alert]")
    assert page.evaluate("[...document.getElementById('outcomes').children].map((one) => one.tagName)") == ["LI", "LI"]
    assert made.violations() == []
    page.click("form.drop button")
    page.wait_for_url("**/activities/act_*")
    assert all("ERR_CONNECTION_RESET" in told or "429" in told for told in made.wrong)
    made.wrong.clear()


def test_nothing_moves_for_whoever_wants_it_still(tab: Callable[..., Any], paths: dict[str, str]) -> None:
    page = tab(reduced_motion="reduce").open(paths["activity"], drawn=True)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    moving = "[...document.querySelectorAll('*')].filter(one => getComputedStyle(one).animationName !== 'none').length"
    assert page.evaluate(moving) == 0


def test_the_greeting_leads_to_the_made_up_runs(tab: Callable[..., Any], service: Any) -> None:
    page = tab().open(f"/athletes/{service.athlete()}")
    page.click("text=Load the made-up runs")
    page.wait_for_url("**/history")
    page.wait_for_selector("html[data-drawn]", state="attached")
    assert page.locator("table.runs tbody tr").count() > 25


def test_filters_stand_in_the_address_and_the_back_button_undoes_them(
    tab: Callable[..., Any], paths: dict[str, str]
) -> None:
    page = tab().open(paths["history"], drawn=True)
    whole = page.locator("table.runs tbody tr").count()
    page.select_option("select[name=warning]", "fast_start")
    page.click("form.filters button")
    page.wait_for_url("**warning=fast_start*")
    assert 0 < page.locator("table.runs tbody tr").count() < whole
    assert page.input_value("select[name=warning]") == "fast_start"
    page.go_back()
    assert page.locator("table.runs tbody tr").count() == whole
    page.go_forward()
    assert page.input_value("select[name=warning]") == "fast_start"


def test_the_history_goes_by_keyboard_and_opens_a_run(tab: Callable[..., Any], paths: dict[str, str]) -> None:
    page = tab().open(paths["history"], drawn=True)
    page.focus("#curve")
    page.keyboard.press("End")
    assert "21% slower" in page.locator("#curve .readout").inner_text()
    page.keyboard.press("ArrowLeft")
    assert "21% slower" not in page.locator("#curve .readout").inner_text()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_url("**/activities/act_*")


def test_the_coach_sees_the_greatest_rise_first_and_seen_takes_it_away(
    tab: Callable[..., Any], service: Any, athlete: str
) -> None:
    page = tab().open("/coach?since=2026-10-20")
    rises = [int(text.replace("−", "-")) for text in page.locator(".case .rise strong").all_inner_texts()]
    assert rises == sorted(rises, reverse=True)
    assert rises[0] > 30
    assert "Slower second half" in page.locator(f"#case-{athlete}").inner_text()
    page.click(f"#case-{athlete} button")
    page.wait_for_selector("text=New runs will bring this athlete back")
    assert "Bold" not in tab().open("/coach").locator("ol.cases").inner_text()


@pytest.mark.parametrize("width", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_its_window(
    tab: Callable[..., Any], paths: dict[str, str], name: str, width: int
) -> None:
    made = tab(width=width)
    made.open(paths[name], drawn=name in DRAWN)
    assert made.overflow_px() <= 0
    made.wrong = [told for told in made.wrong if name != "problem" or "404" not in told]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong(tab: Callable[..., Any], paths: dict[str, str], name: str, scheme: str) -> None:
    made = tab(color_scheme=scheme)
    made.open(paths[name], drawn=name in DRAWN)
    made.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert made.violations() == []
    made.wrong = [told for told in made.wrong if name != "problem" or "404" not in told]


def test_every_page_is_left_by_keyboard_alone(tab: Callable[..., Any], paths: dict[str, str]) -> None:
    """The first Tab shows the way past the navigation; every control after it can be reached, and is seen to be."""
    page = tab().open(paths["activity"], drawn=True)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reached = set()
    for _ in range(80):
        reached.add(
            page.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.tagName")
        )
        if page.evaluate("document.activeElement === document.body"):
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", reached
        page.keyboard.press("Tab")
    assert {"strips", "answer", "log-fluid"} <= reached


def test_hostile_names_are_text_on_every_page(tab: Callable[..., Any], service: Any) -> None:
    athlete = service.athlete(name=HOSTILE, external_id=HOSTILE)
    data = fixture("fit/valid/fast_start.fit")[1]
    query = {"filename": f"{HOSTILE}.fit", "external_id": HOSTILE}
    made = service.call("POST", f"/v1/athletes/{athlete}/uploads", content=data, params=query)
    run = made["items"][0]["activity"]["id"]
    service.call("PATCH", f"/v1/activities/{run}", json={"name": HOSTILE, "note": HOSTILE})
    for path in (
        f"/activities/{run}",
        f"/athletes/{athlete}",
        f"/athletes/{athlete}/history",
        f"/athletes/{athlete}/settings",
        f"/uploads/{made['id']}",
        "/coach?since=2026-01-01",
        "/settings",
    ):
        opened = tab()
        page = opened.open(path)
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=x]").count() == 0
        if "uploads" not in path:  # of a file's name nothing is kept but what follows the last stroke
            assert HOSTILE[:20] in page.content().replace("&lt;", "<").replace("&gt;", ">")


def test_a_map_server_that_is_set_is_asked_for_tiles_and_named(
    tab: Callable[..., Any], tmp_path: Any, elsewhere: Callable[[str], str]
) -> None:
    tiles = elsewhere("no picture").rpartition("/")[0]
    variables = {"CRAMPWATCH_MAP_TILES": f"{tiles}/{{z}}/{{x}}/{{y}}.png", "CRAMPWATCH_MAP_ATTRIBUTION": "<b>Maps</b>"}
    with serving(tmp_path, **variables) as mapped:
        made = tab(at=mapped)
        page = made.open(f"/activities/{mapped.run('me')}", drawn=True)
        made.until("document.querySelectorAll('#map img.leaflet-tile').length > 0")
        assert "<b>Maps</b>" in page.locator("#map").inner_text()
        assert page.locator(".map-note").count() == 0
        asked = made.strangers()
        assert asked
        assert all(url.startswith(f"{tiles}/") for url in asked)
        made.page.close()
    made.asked.clear()
    made.wrong.clear()


def test_a_map_server_is_asked_only_where_one_is_set(
    tab: Callable[..., Any], service: Any, paths: dict[str, str]
) -> None:
    made = tab()
    made.open(paths["activity"], drawn=True)
    made.page.wait_for_load_state("networkidle")
    assert made.strangers() == []
    assert made.page.evaluate("performance.getEntriesByType('resource').length") > 5
