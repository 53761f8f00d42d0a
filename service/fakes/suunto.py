"""Suunto, played: a 200 with an apology before the file is there, a key beside the token, an older form of event."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any
from urllib.parse import urlencode

import orjson

from service.fakes.playing import Fake, FakeRun, Message, epoch_s
from service.fakes.server import Answer, Request

NOT_YET = Answer.of({"error": {"code": "400", "description": "FIT not available"}, "payload": None})


class FakeSuunto(Fake):
    """Users are known by name. A run that is not there yet (`after`) answers as `before` says; see `NOT_YET`."""

    name = "suunto"
    basic = True
    life_s = 86400

    def __init__(self) -> None:
        super().__init__()
        self.subscription_key = "suunto-subscription-key"

    def more_variables(self) -> dict[str, str]:
        """Its own settings."""
        return {"SUBSCRIPTION_KEY": self.subscription_key}

    def new_access(self, user: str, number: int) -> str:
        """A token with the user's name inside it."""
        claims = base64.urlsafe_b64encode(orjson.dumps({"user": user, "jti": number})).rstrip(b"=").decode()
        return f"eyJhbGciOiJub25lIn0.{claims}.c2lnbmF0dXJl"

    async def answer(self, request: Request) -> Answer:
        """Files, lists, the end of a consent."""
        user = self.owner(request)
        if request.headers.get("ocp-apim-subscription-key") != self.subscription_key or user is None:
            return Answer(401, b'{"statusCode":401,"message":"Access denied due to missing subscription key."}')
        if request.path == "/oauth/deauthorize":
            self.revoke(user)
            return Answer(200)
        if request.path == "/api/workouts/":
            return self._list(request, user)
        found = re.fullmatch(r"/api/workouts/([^/]+)/fit", request.path)
        return self.file_of(self.runs.get(found[1]) if found else None, user, lambda run: Answer(200, run.file))

    def _list(self, request: Request, user: str) -> Answer:
        since, limit, offset = (int(request.query[name]) for name in ("since", "limit", "offset"))
        found = [
            {"workoutKey": run.activity, "startTime": epoch_s(run.started_at) * 1000}
            for run in self.runs.values()
            if run.user == user and epoch_s(run.started_at) * 1000 >= since
        ]
        return Answer.of({"error": None, "payload": found[offset : offset + limit], "metadata": {}})

    def created(self, run: FakeRun) -> Message:
        """The signed event of a new workout."""
        return self.signed(
            {
                "type": "WORKOUT_CREATED",
                "username": run.user,
                "workout": {
                    "workoutKey": run.activity,
                    "activityId": 1,
                    "startTime": epoch_s(run.started_at) * 1000,
                    "totalTime": 3600,
                    "totalDistance": 10000,
                    "hrdata": {"workoutAvgHR": 145, "workoutMaxHR": 175},
                },
                "gear": {"manufacturer": "Suunto", "name": "Suunto Race"},
            }
        )

    def signed(self, document: Any, *, upper: bool = False) -> Message:
        """Any document with its signature, in either case."""
        body = orjson.dumps(document)
        mac = hmac.new(self.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = (("content-type", "application/json"), ("x-hmac-sha256-signature", mac.upper() if upper else mac))
        return Message(body, headers)

    def legacy(self, run: FakeRun) -> Message:
        """The older form: fields instead of a document, our credentials instead of a signature."""
        body = urlencode({"username": run.user, "workoutid": run.activity}).encode()
        kind = "application/x-www-form-urlencoded"
        return Message(body, (("content-type", kind), ("authorization", self.basic_header())))
