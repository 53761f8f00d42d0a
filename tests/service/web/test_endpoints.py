"""Webhooks on a page: an address is added with its secret shown once, tried, paused, renewed, and removed."""

from __future__ import annotations

import re
from typing import Any

from service.store.events import TYPES

URL = "https://subscriber.example/hook?of=<b>us</b>"


def test_an_endpoint_is_added_tried_paused_and_removed(browser: Any, api: Any) -> None:
    made = browser.send("/webhooks", {"url": URL, "events": ["activity.assessed", "cramp_report.created"]})
    assert made.status_code == 200
    secret = re.search(r"<code>(whsec_[^<]+)</code>", made.text)
    assert secret is not None
    page = browser.open("/webhooks")
    assert secret[1] not in page.answer.text
    row = api.get("/v1/webhook-endpoints").json()["items"][0]
    assert (row["url"], sorted(row["events"])) == (URL, ["activity.assessed", "cramp_report.created"])
    address = f"/webhooks/{row['id']}"
    assert page.text(f"//h2[@id='{row['id']}']") == URL
    tried = browser.send(f"{address}/test", {})
    assert (tried.status_code, tried.headers["location"]) == (303, address)
    lines = browser.open(address).texts("//tbody/tr")
    assert len(lines) == 1
    assert "endpoint.test" in lines[0]
    sent = api.get(f"/v1/webhook-endpoints/{row['id']}/deliveries").json()["items"][0]
    assert browser.send(f"{address}/deliveries/{sent['id']}/retry", {}).status_code == 303
    assert browser.send(f"{address}/switch", {"to": "off"}).status_code == 303
    assert "Paused." in browser.open("/webhooks").text("//main")
    assert browser.send(f"{address}/switch", {"to": "on"}).status_code == 303
    assert api.get(f"/v1/webhook-endpoints/{row['id']}").json()["enabled"] is True
    renewed = re.search(r"<code>(whsec_[^<]+)</code>", browser.send(f"{address}/rotate", {}).text)
    assert renewed is not None
    assert renewed[1] != secret[1]
    assert browser.send(f"{address}/remove", {}).status_code == 303
    assert api.get("/v1/webhook-endpoints").json()["items"] == []
    browser.open(address, status=404)


def test_an_address_that_is_none_is_a_page_that_says_so(browser: Any) -> None:
    for fields in ({"url": "http://127.0.0.1/"}, {"url": "nowhere"}, {}, {"url": URL, "events": ["of.nothing"]}):
        answer = browser.send("/webhooks", fields)
        assert answer.status_code == 422, fields
        assert answer.headers["content-type"].startswith("text/html")


def test_each_type_of_event_is_explained_where_it_is_chosen(browser: Any) -> None:
    page = browser.open("/webhooks")
    told = page.texts("//div[@id='endpoint-events']/label")
    assert len(told) == len(TYPES)
    for words in told:
        code, _, about = words.partition(" ")
        assert code in TYPES
        assert about != ""
    assert "CRAMPWATCH_DELIVERY_ORIGINS" in page.text("//main")
