"""auth=keys in a browser: a session in the place of the key, its limits, and each page with each kind of caller."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.api.browsers import COOKIE
from service.errors import Unavailable
from service.settings import Settings
from service.store import credentials, sessions
from service.store.engine import write
from service.web import rooms
from service.web.routes import MAY, PageRoute
from tests import disk
from tests.service.api.conftest import Keyed, opened
from tests.service.web.conftest import Page

OWN = {"Sec-Fetch-Site": "same-origin"}
HTML = {"Accept": "text/html"}


class Signed:
    """A browser that was signed in with a key."""

    def __init__(self, keyed: Keyed, key: str, to: str = "") -> None:
        self.keyed = keyed
        keyed.api.client.cookies.clear()
        self.answer = keyed.api.post("/sign-in", data={"key": key, "to": to}, headers=OWN)
        keyed.api.client.cookies.clear()
        found = re.match(rf"{COOKIE}=([^;]+);", self.answer.headers.get("set-cookie", ""))
        self.session = found[1] if found else ""

    def request(self, method: str, path: str, **more: Any) -> Any:
        headers = HTML | {"Cookie": f"{COOKIE}={self.session}"} | more.pop("headers", {})
        return self.keyed.api.request(method, path, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self.request("GET", path, **more)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("keyed"), auth="keys", failed_keys_per_minute=0)
    for api in opened(settings):
        yield Keyed(api)


@pytest.fixture(scope="module")
def athlete(keyed: Keyed) -> str:
    return str(keyed.holder("admin").request("POST", "/v1/athletes", json={"name": "Own"}).json()["id"])


@pytest.fixture(scope="module")
def run(keyed: Keyed, athlete: str, watch_file: Any) -> str:
    made = keyed.holder("admin").request(
        "POST", f"/v1/athletes/{athlete}/uploads", content=watch_file("fit/valid/jog.fit")
    )
    return str(made.json()["items"][0]["activity"]["id"])


@pytest.fixture(scope="module")
def endpoint(keyed: Keyed, athlete: str) -> str:
    told = {"url": "https://subscriber.example/hook"}
    made = keyed.holder("athlete", athlete).request("POST", "/v1/webhook-endpoints", json=told)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_who_is_not_signed_in_is_led_to_the_form_and_back(keyed: Keyed, athlete: str, run: str) -> None:
    answer = keyed.api.get(f"/activities/{run}?x=1", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?to=%2Factivities%2F{run}%3Fx%3D1"
    assert f'value="/activities/{run}?x=1"' in keyed.api.get(answer.headers["location"]).text
    signed = Signed(keyed, keyed.holder("athlete", athlete).key, to=f"/activities/{run}")
    assert (signed.answer.status_code, signed.answer.headers["location"]) == (303, f"/activities/{run}")
    assert signed.get(f"/activities/{run}").status_code == 200
    assert signed.get("/v1/athletes/me").json()["id"] == athlete


def test_the_cookie_is_bound_to_this_host_out_of_reach_of_scripts_and_not_the_key(keyed: Keyed, athlete: str) -> None:
    key = keyed.holder("athlete", athlete).key
    cookie = Signed(keyed, key).answer.headers["set-cookie"]
    assert cookie.startswith("__Host-crampwatch=")
    told = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/", "max-age=1209600"} <= told
    assert not any(part.startswith("domain") for part in told)
    assert key not in cookie


@pytest.mark.parametrize("key", ["", "cw_short", "Bearer x", "unknown", "<script>alert(1)</script>"])
def test_a_key_that_opens_nothing_is_refused_on_the_form(keyed: Keyed, key: str) -> None:
    signed = Signed(keyed, credentials.make() if key == "unknown" else key)
    assert signed.answer.status_code == 401
    assert 'role="alert"' in signed.answer.text
    assert "set-cookie" not in signed.answer.headers
    assert "<script>alert" not in signed.answer.text


@pytest.mark.parametrize("to", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "", "\t/x"])
def test_signing_in_never_leads_elsewhere(keyed: Keyed, athlete: str, to: str) -> None:
    signed = Signed(keyed, keyed.holder("athlete", athlete).key, to=to)
    assert signed.answer.headers["location"] == "/home"
    assert signed.get("/home").headers["location"] == "/athletes/me"


def test_an_ingest_key_is_for_sending_alone(keyed: Keyed) -> None:
    signed = Signed(keyed, keyed.holder("ingest").key)
    assert signed.answer.status_code == 403
    assert "set-cookie" not in signed.answer.headers


def test_a_session_ends_by_signing_out_by_revoking_its_key_and_by_its_age(keyed: Keyed, athlete: str, run: str) -> None:
    admin = keyed.holder("admin")
    holder = keyed.holder("athlete", athlete)
    first, second = Signed(keyed, holder.key), Signed(keyed, holder.key)
    out = first.request("POST", "/sign-out", headers=OWN)
    assert "max-age=0" in out.headers["set-cookie"].lower()
    assert first.get(f"/activities/{run}").status_code == 303
    assert second.get(f"/activities/{run}").status_code == 200
    assert admin.request("DELETE", f"/v1/keys/{holder.id}").status_code == 204
    assert second.get(f"/activities/{run}").status_code == 303
    assert second.get("/v1/athletes/me").status_code == 401
    old, key_id = "x" * 43, keyed.holder("admin").id
    with write(keyed.api.app.state.house.engine) as db:
        now = datetime.now(UTC)
        sessions.start(
            db,
            key_id,
            sha256=credentials.digest(old),
            now=now - timedelta(days=15),
            expires_at=now - timedelta(seconds=1),
        )
    first.session = old
    assert first.get(f"/activities/{run}").status_code == 303


def test_a_session_changes_something_only_for_a_page_of_this_origin(keyed: Keyed, athlete: str) -> None:
    """Also at the API, where a key in the header is asked nothing."""
    signed = Signed(keyed, keyed.holder("athlete", athlete).key)
    for site, origin, passes in (
        ("same-origin", "http://localhost:8000", True),
        ("none", None, True),
        (None, "http://localhost:8000", True),
        ("cross-site", "https://elsewhere.example", False),
        ("same-site", "http://localhost:9000", False),
        (None, "https://elsewhere.example", False),
    ):
        headers = {k: v for k, v in (("Sec-Fetch-Site", site), ("Origin", origin)) if v is not None}
        answer = signed.request("PATCH", f"/v1/athletes/{athlete}", json={"birth_year": 1980}, headers=headers)
        assert answer.status_code == (200 if passes else 403), (site, origin)
        page = signed.request("POST", f"/athletes/{athlete}/settings", data={"name": "Own"}, headers=headers)
        assert page.status_code == (303 if passes else 403), (site, origin)
        if not passes:
            assert answer.json()["code"] == "cross_site"


def test_only_hashes_of_sessions_are_on_the_disk(keyed: Keyed, athlete: str) -> None:
    signed = Signed(keyed, keyed.holder("athlete", athlete).key)
    assert len(signed.session) == 43
    assert disk.holding(keyed.api.settings.data_dir, signed.session) == []


PATHS = {
    "runs": ("GET", "/athletes/{athlete}"),
    "fill": ("POST", "/athletes/{athlete}/demo"),
    "unfill": ("POST", "/athletes/{athlete}/demo/remove"),
    "upload": ("POST", "/athletes/{athlete}/uploads"),
    "outcome": ("GET", "/uploads/upl_01k6p7e5000000000000000000"),
    "activity": ("GET", "/activities/{run}"),
    "report": ("POST", "/activities/{run}/cramp-report"),
    "log": ("POST", "/activities/{run}/log"),
    "change": ("POST", "/activities/{run}/change"),
    "delete": ("POST", "/activities/{run}/delete"),
    "unmerge": ("POST", "/activities/{run}/unmerge"),
    "shown": ("GET", "/athletes/{athlete}/history"),
    "table": ("GET", "/athletes/{athlete}/history.csv"),
    "seen": ("POST", "/coach/{athlete}/seen"),
    "profile": ("GET", "/athletes/{athlete}/settings"),
    "change_profile": ("POST", "/athletes/{athlete}/settings"),
    "weather": ("POST", "/athletes/{athlete}/weather"),
    "reassess": ("POST", "/athletes/{athlete}/reassessments"),
    "proposed": ("GET", "/athletes/{athlete}/reassessments/rea_01k6p7e5000000000000000000"),
    "adopt": ("POST", "/athletes/{athlete}/reassessments/rea_01k6p7e5000000000000000000/adopt"),
    "connect": ("POST", "/athletes/{athlete}/connections/strava"),
    "disconnect": ("POST", "/athletes/{athlete}/connections/strava/remove"),
}
ENDPOINTS = {
    "sent": ("GET", "/webhooks/{endpoint}"),
    "try_out": ("POST", "/webhooks/{endpoint}/test"),
    "switch": ("POST", "/webhooks/{endpoint}/switch"),
    "renew_secret": ("POST", "/webhooks/{endpoint}/rotate"),
    "unsubscribe": ("POST", "/webhooks/{endpoint}/remove"),
    "send_again": ("POST", "/webhooks/{endpoint}/deliveries/dlv_01k6p7e5000000000000000000/retry"),
}
OWNERS = {"connect", "disconnect"}
"""What a coach may see and only the athlete may do."""
OF_NOBODY = {
    "subscribers",
    "subscribe",
    "start",
    "rule_list",
    "rule",
    "sign_in",
    "signed_in",
    "sign_out",
    "home",
    "coach",
}
OPERATORS = {
    "operator": ("GET", "/settings"),
    "make_key": ("POST", "/settings/keys"),
    "revoke_key": ("POST", "/settings/keys/key_1/revoke"),
}


def test_every_page_has_a_row_for_who_may_open_it(keyed: Keyed) -> None:
    there = (route for router in rooms.routers(keyed.api.settings) for route in router.routes)
    names = {route.name for route in there if isinstance(route, PageRoute)}
    assert names == set(MAY) == set(PATHS | ENDPOINTS) | OF_NOBODY | set(OPERATORS)


@pytest.mark.parametrize("name", sorted(PATHS | ENDPOINTS | OPERATORS))
def test_a_page_is_nobodys_without_a_session_and_not_there_for_the_wrong_one(
    keyed: Keyed, athlete: str, run: str, endpoint: str, name: str
) -> None:
    method, pattern = (PATHS | ENDPOINTS | OPERATORS)[name]
    path = pattern.format(athlete=athlete, run=run, endpoint=endpoint)
    bare = keyed.api.request(method, path, headers=HTML | OWN)
    assert (bare.status_code, run in bare.text) == ((303, False) if method == "GET" else (401, False))
    other = str(keyed.holder("admin").request("POST", "/v1/athletes", json={}).json()["id"])
    foreign = Signed(keyed, keyed.holder("athlete", other).key).request(method, path, headers=OWN)
    assert foreign.status_code == (403 if name in OPERATORS else 404)
    assert foreign.headers["content-type"].startswith("text/html")
    coach = Signed(keyed, keyed.holder("coach", other).key).request(method, path, headers=OWN)
    assert coach.status_code == (403 if name in OWNERS else foreign.status_code)


def test_a_page_that_looks_again_by_itself_ends_with_the_session_and_leads_to_signing_in(
    keyed: Keyed, athlete: str
) -> None:
    path = PATHS["proposed"][1].format(athlete=athlete)
    poll = keyed.api.get(path, headers=HTML | OWN | {"HX-Request": "true"})
    assert (poll.status_code, poll.headers["hx-refresh"], poll.text) == (401, "true", "")
    assert keyed.api.get(path, headers=HTML | OWN).headers["location"].startswith("/sign-in?to=")


def test_an_address_that_is_not_there_has_the_menu_of_whoever_is_signed_in(keyed: Keyed, athlete: str) -> None:
    for role, menu in (
        ("athlete", ["Runs", "History", "Settings"]),
        ("coach", ["Coach"]),
        ("admin", ["Coach", "Settings"]),
        (None, []),
    ):
        named = () if role == "admin" else (athlete,)
        signed = None if role is None else Signed(keyed, keyed.holder(role, *named).key)
        for path in ("/no/such/page", "/activities/act_none"):
            if signed is None and path != "/no/such/page":
                continue  # where a run may be, the way is to sign in
            answer = keyed.api.get(path, headers=HTML) if signed is None else signed.get(path)
            page = Page(answer)
            assert answer.status_code == 404
            assert page.texts("//nav//a") == menu, (role, path)
            assert page.all("//nav//*[@aria-current]") == []
            assert "whom your key does not name" in page.text("//main")


def test_a_coach_sees_the_accounts_of_an_athlete_and_leaves_them_alone(keyed: Keyed, athlete: str) -> None:
    page = Page(Signed(keyed, keyed.holder("coach", athlete).key).get(f"/athletes/{athlete}/settings"))
    assert page.all("//h2[@id='connections-title']")
    assert page.all("//form[contains(@action, '/connections/')]") == []
    assert page.all("//form[contains(@action, '/reassessments')]")


def test_a_coach_begins_with_who_changed_and_an_admin_may_make_keys(keyed: Keyed, athlete: str) -> None:
    coach = Signed(keyed, keyed.holder("coach", athlete).key)
    assert coach.get("/home").headers["location"] == "/coach"
    assert f"/athletes/{athlete}/history" in coach.get("/coach").text
    admin = Signed(keyed, keyed.holder("admin").key)
    made = admin.request("POST", "/settings/keys", data={"role": "athlete", "athletes": athlete}, headers=OWN)
    key = re.search(r"<code>(cw_\w{36})</code>", made.text)
    assert key is not None
    assert keyed.api.get("/v1/athletes/me", headers={"Authorization": f"Bearer {key[1]}"}).json()["id"] == athlete
    page = admin.get("/settings").text
    assert key[1] not in page
    assert key[1][:9] in page
    listed = keyed.holder("admin").get("/v1/keys", params={"limit": 200}).json()["items"]
    made_id = next(one["id"] for one in listed if one["prefix"] == key[1][:9])
    assert admin.request("POST", f"/settings/keys/{made_id}/revoke", headers=OWN).status_code == 303
    assert keyed.api.get("/v1/athletes/me", headers={"Authorization": f"Bearer {key[1]}"}).status_code == 401


def test_too_many_wrong_keys_are_answered_with_a_page_that_says_when(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(data_dir=tmp_path_factory.mktemp("few"), auth="keys", failed_keys_per_minute=3)
    for api in opened(settings):
        answers = [api.post("/sign-in", data={"key": credentials.make()}, headers=OWN) for _ in range(4)]
        assert [one.status_code for one in answers] == [401, 401, 401, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert answers[-1].headers["content-type"].startswith("text/html")


def test_without_keys_there_is_nothing_to_sign_in_to(api: Any) -> None:
    assert api.get("/sign-in").headers["location"] == "/"


def test_a_problem_is_a_page_also_where_nobody_can_say_who_is_signed_in(
    keyed: Keyed, athlete: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = Signed(keyed, keyed.holder("athlete", athlete).key)

    def down(*_: object, **__: object) -> None:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(sessions, "find", down)
    for path, status in (("/no/such/page", 404), ("/athletes/me", 503)):
        answer = signed.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")


def test_a_key_that_somebody_signed_in_with_was_used(keyed: Keyed, athlete: str) -> None:
    holder, admin = keyed.holder("athlete", athlete), keyed.holder("admin")
    Signed(keyed, holder.key)
    listed = admin.get("/v1/keys?limit=200").json()["items"]
    (own,) = [one for one in listed if holder.key.startswith(one["prefix"])]
    assert own["last_used_at"] is not None
