"""What is kept of a call for replay tells its events again and opens no door."""

from __future__ import annotations

import orjson
import pytest

from service import sync
from tests.service.sync.stage import staged

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", sorted(sync.providers()))
async def test_a_kept_call_tells_the_same_events_and_holds_no_secret(name):
    async with staged(name) as stage:
        message = stage.fake.created(stage.run)
        kept = sync.kept(stage.inbound(message))
        again = stage.provider.events(kept)
        assert [(event.kind, event.user, event.dedupe) for event in again] == [
            (event.kind, event.user, event.dedupe) for event in stage.receive(message).events
        ]
        everything = kept.body + repr((kept.headers, kept.query, kept.path_secret)).encode()
        secrets = [
            stage.fake.client_secret,
            stage.fake.path_secret,
            *stage.fake.webhook_secret.split(","),
            *(value for key, value in message.headers if "signature" in key),
            f"once-{stage.run.activity}",
        ]
        assert [secret for secret in secrets if secret.encode() in everything] == []


async def test_a_file_inside_a_message_is_not_kept_twice():
    async with staged("standard") as stage:
        kept = sync.kept(stage.inbound(stage.fake.with_file(stage.run)))
        assert len(kept.body) < 1000


async def test_a_kept_call_proves_nothing():
    for name in ("polar", "suunto", "standard", "coros", "wahoo", "intervals", "garmin"):
        async with staged(name) as stage:
            kept = sync.kept(stage.inbound(stage.fake.created(stage.run)))
            with pytest.raises(sync.SyncError):
                sync.receive(stage.provider, stage.setup, kept)


async def test_what_is_no_document_is_not_kept():
    async with staged("suunto") as stage:
        assert sync.kept(stage.inbound(stage.fake.legacy(stage.run))).body == b""
        assert orjson.loads(sync.kept(stage.inbound(stage.fake.created(stage.run))).body)["username"] == "jane"
