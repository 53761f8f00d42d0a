"""Wahoo, played: a token in the body, numbers as texts, the file on another host, which may lead astray."""

from __future__ import annotations

import re
from typing import Any, Self

import orjson

from service.fakes.playing import Fake, FakeRun, Message
from service.fakes.server import Answer, Request, Server


class FakeWahoo(Fake):
    """`cdn` is the host of the files. `led` are redirects by path: where a file's address leads first."""

    name = "wahoo"
    life_s = 7200

    def __init__(self) -> None:
        super().__init__()
        self.cdn = Server(self._file)
        self.led: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        await self.cdn.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *_: object) -> None:
        await self.cdn.__aexit__()
        await super().__aexit__()

    def more_variables(self) -> dict[str, str]:
        """Its own settings."""
        return {"ORIGINS": f"{self.cdn.url}/files", "DEAUTHORIZE_URL": f"{self.api}/permissions"}

    async def _file(self, request: Request) -> Answer:
        if request.path in self.led:
            return Answer(302, b"", {"location": self.led[request.path]})
        if self.troubles:
            return self.troubles.popleft()
        found = re.fullmatch(r"/files/(\d+)\.fit", request.path)
        run = self.runs.get(found[1]) if found else None
        return self.file_of(run, run.user if run else "", lambda one: Answer(200, one.file))

    async def answer(self, request: Request) -> Answer:
        """The user, workouts, permissions."""
        user = self.owner(request)
        if user is None:
            return Answer(401)
        if request.path == "/api/user":
            return Answer.of({"id": int(user)})
        if request.path == "/api/permissions" and request.method == "DELETE":
            self.revoke(user)
            return Answer(200)
        if request.path == "/api/workouts":
            return self._list(request, user)
        found = re.fullmatch(r"/api/workouts/(\d+)", request.path)
        run = self.runs.get(found[1]) if found else None
        return self.file_of(run, user, lambda one: Answer.of(self._workout(one)))

    def _list(self, request: Request, user: str) -> Answer:
        page, size = int(request.query["page"]), int(request.query["per_page"])
        newest = sorted(self.runs.values(), key=lambda run: run.started_at, reverse=True)
        found = [self._workout(run) for run in newest if run.user == user]
        return Answer.of({"workouts": found[(page - 1) * size : page * size], "total": len(found), "page": page})

    def _workout(self, run: FakeRun) -> dict[str, Any]:
        told = self.summary(run)
        workout: dict[str, Any] = told.pop("workout")
        return workout | {"workout_summary": told}

    def created(self, run: FakeRun) -> Message:
        """The summary of a new workout."""
        return self.message(run)

    def message(self, run: FakeRun, *, token: object = None, **more: Any) -> Message:
        """A summary, with changes; `token` instead of the shared one."""
        return Message(
            orjson.dumps(
                {
                    "event_type": "workout_summary",
                    "webhook_token": self.webhook_secret if token is None else token,
                    "user": {"id": int(run.user)},
                    "workout_summary": self.summary(run) | more,
                }
            )
        )

    def summary(self, run: FakeRun) -> dict[str, Any]:
        """The summary as it is inline in an event."""
        at = run.started_at.isoformat()
        return {
            "id": int(run.activity) + 1000,
            "distance_accum": "10441.58",
            "duration_active_accum": "3184.0",
            "heart_rate_avg": "160.0",
            "fitness_app_id": 1,
            "manual": False,
            "time_zone": "Europe/Helsinki",
            "created_at": at,
            "updated_at": at,
            "file": {"url": f"{self.cdn.url}/files/{run.activity}.fit"},
            "workout": {"id": int(run.activity), "starts": at, "minutes": 52, "name": run.name, "workout_type_id": 1},
        }
