"""Any sender of Standard Webhooks, played: signed messages, secrets in rotation, a file inside or elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from service.fakes.playing import Fake, FakeRun, Message
from service.fakes.server import Answer, Request


class FakeStandard(Fake):
    """A sender with two secrets, of which it uses the new one, or both while it rotates."""

    name = "standard"

    def __init__(self) -> None:
        super().__init__()
        self.old_secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
        self.new_secret = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()
        self.webhook_secret = f"{self.old_secret},{self.new_secret}"
        self.now: Callable[[], datetime] = partial(datetime.now, UTC)

    def variables(self) -> dict[str, str]:
        """It has no OAuth and no API."""
        prefix = "CRAMPWATCH_STANDARD_"
        told = {"PATH_SECRET": self.path_secret, "WEBHOOK_SECRET": self.webhook_secret, "ORIGINS": f"{self.url}/files"}
        return {prefix + name: value for name, value in told.items()}

    async def answer(self, request: Request) -> Answer:
        """Files, for anybody who knows the address."""
        found = re.fullmatch(r"/files/([^/]+)", request.path)
        run = self.runs.get(found[1]) if found else None
        return self.file_of(run, run.user if run else "", lambda one: Answer(200, one.file))

    def created(self, run: FakeRun) -> Message:
        """A run with the address of its file."""
        return self.message("activity.created", run, file_url=f"{self.url}/files/{run.activity}")

    def with_file(self, run: FakeRun) -> Message:
        """A run with its file inside."""
        return self.message("activity.created", run, file_base64=base64.b64encode(run.file).decode())

    def message(self, kind: str, run: FakeRun, *, message_id: str | None = None, **data: Any) -> Message:
        """A signed message about a run."""
        document = {
            "type": kind,
            "timestamp": run.started_at.isoformat(),
            "data": {"user_id": run.user, "activity_id": run.activity, "format": "fit", **data},
        }
        return self.signed(orjson.dumps(document), message_id=message_id or f"msg_{run.activity}_{kind}")

    def signed(
        self,
        body: bytes,
        *,
        message_id: str = "msg_1",
        secrets: Sequence[str] | None = None,
        at: datetime | None = None,
        prefix: str = "webhook",
    ) -> Message:
        """Any body, signed with the given secrets, as of a moment."""
        stamp = str(int((at or self.now()).timestamp()))
        macs = [_mac(secret, message_id, stamp, body) for secret in secrets or (self.new_secret,)]
        headers = (
            ("content-type", "application/json"),
            (f"{prefix}-id", message_id),
            (f"{prefix}-timestamp", stamp),
            (f"{prefix}-signature", " ".join(f"v1,{mac}" for mac in macs)),
        )
        return Message(body, headers)


def _mac(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
