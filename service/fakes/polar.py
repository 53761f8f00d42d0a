"""Polar, played: a PING before the key is shown, once; a file in one of three forms; users to be registered."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import re
from typing import Any

import orjson

from service.fakes.playing import Fake, FakeRun, Message
from service.fakes.sender import deliver
from service.fakes.server import Answer, Request


class FakePolar(Fake):
    """`told["form"]` of a run is the form it is there in (fit unless said); TCX comes gzipped, as from Polar."""

    name = "polar"
    basic = True
    life_s = 315_359_999

    def __init__(self) -> None:
        super().__init__()
        self.webhook: dict[str, Any] | None = None
        self.pings: list[int | None] = []

    def more_variables(self) -> dict[str, str]:
        """Its own settings."""
        return {"DEAUTHORIZE_URL": f"{self.api}/users"}

    def granted(self, user: str, access: str, renewal: str) -> dict[str, Any]:
        """With the user's id, and nothing to renew."""
        told = super().granted(user, access, renewal) | {"x_user_id": int(user)}
        del told["refresh_token"]
        return told

    async def answer(self, request: Request) -> Answer:  # noqa: PLR0911 - one line a path
        """Exercises, users, webhooks."""
        if request.path.startswith("/api/webhooks"):
            return await self._webhooks(request)
        user = self.owner(request)
        if user is None:
            return Answer(401)
        if request.path == "/api/users" and request.method == "POST":
            known = user in self.members
            self.members.add(user)
            return Answer(409) if known else Answer.of({"polar-user-id": int(user)})
        if request.path == f"/api/users/{user}" and request.method == "DELETE":
            self.revoke(user)
            return Answer(204)
        if user not in self.members:
            return Answer(403)
        if request.path == "/api/exercises":
            return Answer.of([{"id": run.activity} for run in self.runs.values() if run.user == user])
        return self._exercise(request, user)

    def _exercise(self, request: Request, user: str) -> Answer:
        found = re.fullmatch(r"/api/exercises/([^/]+)/(fit|tcx|gpx)", request.path)
        run = self.runs.get(found[1]) if found else None
        if found and run and run.told.get("form", "fit") != found[2]:
            return Answer(run.told.get("absent", 404))
        return self.file_of(run, user, _give)

    async def _webhooks(self, request: Request) -> Answer:  # noqa: PLR0911 - one line a verb
        if request.headers.get("authorization") != self.basic_header():
            return Answer(401)
        if request.method == "GET":
            return Answer.of({"data": [_shown(self.webhook)] if self.webhook else []})
        if request.method == "DELETE":
            self.webhook = None
            return Answer(204)
        if request.path.endswith("/activate"):
            return await self._activated()
        if self.webhook is not None:
            return Answer(409)
        if await self._pinged(request.json["url"]) != 200:
            return Answer(400)
        self.webhook = {"id": "hook1", "events": request.json["events"], "url": request.json["url"], "active": True}
        return Answer.of({"data": self.webhook | {"signature_secret_key": self.webhook_secret}}, status=201)

    async def _activated(self) -> Answer:
        if self.webhook is None or await self._pinged(self.webhook["url"]) != 200:
            return Answer(400)
        self.webhook["active"] = True
        return Answer(200)

    async def _pinged(self, url: str) -> int | None:
        body = orjson.dumps({"timestamp": "2026-11-01T08:00:00Z", "event": "PING"})
        headers = (("content-type", "application/json"), ("polar-webhook-event", "PING"))
        (attempt,) = await deliver(url, Message(body, headers))
        self.pings.append(attempt.status)
        return attempt.status

    def created(self, run: FakeRun) -> Message:
        """The signed event of a new exercise."""
        return self.signed(
            {
                "event": "EXERCISE",
                "user_id": int(run.user),
                "entity_id": run.activity,
                "timestamp": "2026-11-01T08:00:00Z",
                "url": f"https://www.polaraccesslink.com/v3/exercises/{run.activity}",
            }
        )

    def signed(self, document: Any) -> Message:
        """Any document with its signature."""
        body = orjson.dumps(document)
        mac = hmac.new(self.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        return Message(
            body,
            (
                ("content-type", "application/json"),
                ("polar-webhook-event", "EXERCISE"),
                ("polar-webhook-signature", mac),
            ),
        )


def _give(run: FakeRun) -> Answer:
    data = gzip.compress(run.file, mtime=0) if run.told.get("form") == "tcx" else run.file
    return Answer(200, data, {"content-type": "application/octet-stream"})


def _shown(webhook: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in webhook.items() if name != "signature_secret_key"}
