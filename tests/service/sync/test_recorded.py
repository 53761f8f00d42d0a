"""Recorded bodies of every service tell the events that are written beside them."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from fixtures.webhooks import SECRET
from service import sync
from service.sync import signing
from service.sync.provider import Setup
from tests.service.sync.stage import NOW

FILES = sorted((Path(__file__).parents[3] / "fixtures" / "webhooks").glob("*/*.json"))
KEY = signing.new_secret()
SETUP = Setup("app", "app-secret", (SECRET,), "path", subscription_id="120475", subscription_key="key")


def proof(provider: str, body: bytes) -> dict[str, str]:
    """The headers that the service would have sent."""
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    if provider == "standard":
        return signing.signed("msg_recorded", body, at=NOW, secrets=[KEY])
    return {"polar": {"polar-webhook-signature": mac}, "suunto": {"x-hmac-sha256-signature": mac}}.get(provider, {})


def test_there_are_recordings_of_every_provider():
    assert {path.parent.name for path in FILES} == set(sync.providers())
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_recorded_call_tells_its_events(path):
    provider, told = sync.providers()[path.parent.name], json.loads(path.read_text())
    body = told["body"].encode()
    setup = SETUP if provider.name != "standard" else Setup(webhook_secrets=(KEY,), path_secret="path")
    proven = {} if "authorization" in told["headers"] else proof(provider.name, body)
    headers = tuple((told["headers"] | proven).items())
    received = sync.receive(provider, setup, sync.Inbound(told["method"], "path", NOW, body, headers=headers))
    assert received.reply.status == 200
    assert [
        {"kind": event.kind, "user": event.user, "activity": event.activity, "dedupe": event.dedupe, "file": event.file}
        for event in received.events
    ] == told["events"]
