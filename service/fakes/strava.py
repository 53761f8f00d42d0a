"""Strava, played: one subscription that is really checked, streams that come late, a 404 once, quotas in headers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson

from service.fakes.playing import Fake, FakeRun, Message, epoch_s
from service.fakes.server import Answer, Request

CHALLENGE = "15f7d1a91c1f40f8a748fd134752feb3"


class FakeStrava(Fake):
    """`file` of a run is a document `{"activity": …, "streams": …}`. `empty` so many calls have no samples yet."""

    name = "strava"

    def __init__(self) -> None:
        super().__init__()
        self.verify_token = "strava-verify-token"  # noqa: S105 - played
        self.subscription: dict[str, Any] | None = {"id": 120475, "callback_url": "https://watch.example/hook"}
        self.empty = 0
        self.missing = 0

    def more_variables(self) -> dict[str, str]:
        """Its own settings."""
        return {"VERIFY_TOKEN": self.verify_token, "SUBSCRIPTION_ID": "120475"}

    def granted(self, user: str, access: str, renewal: str) -> dict[str, Any]:
        """With the athlete, as Strava does at the exchange."""
        return super().granted(user, access, renewal) | {"athlete": {"id": int(user)}}

    async def answer(self, request: Request) -> Answer:  # noqa: PLR0911 - one line a path
        """Activities, streams, lists, subscriptions."""
        if request.path.startswith("/api/push_subscriptions"):
            return await self._subscriptions(request)
        if request.path == "/oauth/deauthorize":
            user = self.access.get(request.form.get("access_token", ""))
            self.revoke(user or "")
            return Answer.of({}) if user else Answer(401)
        user = self.owner(request)
        if user is None:
            return Answer.of({"message": "Authorization Error"}, status=401)
        if request.path == "/api/athlete":
            return Answer.of({"id": int(user)})
        if request.path == "/api/athlete/activities":
            return self._list(request, user)
        found = re.fullmatch(r"/api/activities/(\d+)(/streams)?", request.path)
        run = self.runs.get(found[1]) if found else None
        if self.missing > 0:
            self.missing -= 1
            return Answer.of({"message": "Record Not Found"}, status=404)
        return self.file_of(run, user, self._streams if found and found[2] else self._activity)

    def _activity(self, run: FakeRun) -> Answer:
        return Answer.of(
            orjson.loads(run.file)["activity"] | {"id": int(run.activity), "name": run.name, "kudos_count": 3}
        )

    def _streams(self, run: FakeRun) -> Answer:
        if self.empty > 0:
            self.empty -= 1
            return Answer.of({})
        return Answer.of(orjson.loads(run.file)["streams"])

    def _list(self, request: Request, user: str) -> Answer:
        after, before = int(request.query["after"]), int(request.query["before"])
        size, page = int(request.query["per_page"]), int(request.query["page"])
        found = [
            {"id": int(run.activity), "name": run.name, "start_date": run.started_at.isoformat()}
            for run in self.runs.values()
            if run.user == user and not run.deleted and after < epoch_s(run.started_at) < before
        ]
        return Answer.of(found[(page - 1) * size : page * size])

    async def _subscriptions(self, request: Request) -> Answer:
        told = request.form if request.method == "POST" else request.query
        if (told.get("client_id"), told.get("client_secret")) != (self.client_id, self.client_secret):
            return Answer.of({"message": "Authorization Error"}, status=401)
        if request.method == "GET":
            return Answer.of([self.subscription] if self.subscription else [])
        if request.method == "DELETE":
            known = self.subscription is not None and request.path.endswith(f"/{self.subscription['id']}")
            self.subscription = None if known else self.subscription
            return Answer(204) if known else Answer(404)
        if self.subscription is not None:
            return Answer.of({"errors": [{"code": "already exists"}]}, status=400)
        if not await _echoes(told.get("callback_url", ""), told.get("verify_token", "")):
            return Answer.of({"errors": [{"code": "GET to callback URL does not return 200"}]}, status=400)
        self.subscription = {"id": 120475, "callback_url": told["callback_url"]}
        return Answer.of({"id": 120475}, status=201)

    def created(self, run: FakeRun) -> Message:
        """The thin event of a new activity."""
        return self.event(run, "create")

    def event(self, run: FakeRun, aspect: str, *, at_s: int | None = None, **updates: str) -> Message:
        """An event of an activity."""
        return self._event(
            "activity", int(run.activity), run.user, aspect, at_s=at_s or epoch_s(run.started_at), **updates
        )

    def deauthorised(self, user: str, *, aspect: str = "update") -> Message:
        """What Strava sends once an athlete took the access back."""
        updates = {"authorized": "false"} if aspect == "update" else {}
        return self._event("athlete", int(user), user, aspect, at_s=1795445269, **updates)

    def _event(self, about: str, thing: int, user: str, aspect: str, *, at_s: int, **updates: str) -> Message:
        return Message(
            orjson.dumps(
                {
                    "object_type": about,
                    "object_id": thing,
                    "aspect_type": aspect,
                    "updates": updates,
                    "owner_id": int(user),
                    "subscription_id": 120475,
                    "event_time": at_s,
                }
            )
        )


async def _echoes(callback_url: str, verify_token: str) -> bool:
    """Whether the address answers the challenge exactly as it must."""
    query = urlencode({"hub.mode": "subscribe", "hub.challenge": CHALLENGE, "hub.verify_token": verify_token})
    async with httpx.AsyncClient(trust_env=False, timeout=2.0) as http:
        try:
            answer = await http.get(f"{callback_url}?{query}")
            told = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return False
    kind = answer.headers.get("content-type", "").partition(";")[0]
    return answer.status_code == 200 and kind == "application/json" and told == {"hub.challenge": CHALLENGE}
