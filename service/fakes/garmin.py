"""Garmin, played: pings for many users in one body, a download that works once and for a day, PKCE, permissions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from service.fakes.playing import Fake, FakeRun, Message, epoch_s
from service.fakes.server import Answer, Request


class FakeGarmin(Fake):
    """`expired` holds runs whose day is over, `forbidden` users who do not let their activities out."""

    name = "garmin"
    life_s = 86400
    pkce = True

    def __init__(self) -> None:
        super().__init__()
        self.taken: set[str] = set()
        self.expired: set[str] = set()
        self.forbidden: set[str] = set()
        self.asked_again: list[tuple[int, int]] = []

    def more_variables(self) -> dict[str, str]:
        """Its own settings."""
        return {"DEAUTHORIZE_URL": f"{self.api}/user/registration"}

    async def answer(self, request: Request) -> Answer:
        """Downloads, the user's id, backfill, the end of a registration."""
        user = self.owner(request)
        if user is None:
            return Answer(401, b"")
        if request.path == "/api/user/id":
            return Answer.of({"userId": user})
        if request.path == "/api/user/registration" and request.method == "DELETE":
            self.revoke(user)
            return Answer(204)
        if request.path == "/api/backfill/activities":
            return self._backfill(request)
        if request.path != "/api/activityFile":
            return Answer(404)
        return self._download(request, user)

    def _download(self, request: Request, user: str) -> Answer:
        number = request.query.get("id", "")
        if user in self.forbidden:
            return Answer(412, b"")
        if number in self.expired or request.query.get("token") != f"once-{number}":
            return Answer.of({"errorMessage": "Invalid download token"}, status=400)
        if number in self.taken:
            return Answer(410)
        return self.file_of(self.runs.get(number), user, self._give)

    def _give(self, run: FakeRun) -> Answer:
        self.taken.add(run.activity)
        return Answer(200, run.file, {"content-type": "application/octet-stream"})

    def _backfill(self, request: Request) -> Answer:
        asked = (int(request.query["summaryStartTimeInSeconds"]), int(request.query["summaryEndTimeInSeconds"]))
        if asked in self.asked_again:
            return Answer(409)
        self.asked_again.append(asked)
        self.taken -= {run.activity for run in self.runs.values() if asked[0] <= epoch_s(run.started_at) <= asked[1]}
        return Answer(202)

    def created(self, run: FakeRun) -> Message:
        """The ping of one file."""
        return self.batch([run])

    def batch(self, runs: Sequence[FakeRun], **more: Any) -> Message:
        """The pings of many files, of whatever users."""
        return self.message(activityFiles=[self.ping(run) for run in runs], **more)

    def message(self, **lists: Any) -> Message:
        """A body of the given lists."""
        headers = (
            ("content-type", "application/json;charset=UTF-8"),
            ("user-agent", "Garmin Health API"),
            ("garmin-client-id", self.client_id),
        )
        return Message(orjson.dumps(lists), headers)

    def ping(self, run: FakeRun) -> dict[str, Any]:
        """One entry of `activityFiles`."""
        return {
            "userId": run.user,
            "summaryId": f"{run.activity}-file",
            "fileType": "FIT",
            "callbackURL": f"{self.api}/activityFile?id={run.activity}&token=once-{run.activity}",
            "startTimeInSeconds": epoch_s(run.started_at),
            "activityId": int(run.activity),
            "activityName": run.name,
            "activityType": "RUNNING",
            "deviceName": "Forerunner 965",
            "manual": False,
            "isWebUpload": False,
        }

    def summary(self, run: FakeRun) -> dict[str, Any]:
        """One entry of `activities`, which may come after the file."""
        return {
            "userId": run.user,
            "summaryId": run.activity,
            "activityId": int(run.activity),
            "activityName": run.name,
            "activityType": "RUNNING",
            "startTimeInSeconds": epoch_s(run.started_at),
            "startTimeOffsetInSeconds": 7200,
            "durationInSeconds": 1800,
            "distanceInMeters": 5000.0,
        }

    def deregistered(self, user: str) -> Message:
        """What comes once a user took the access back."""
        return self.message(deregistrations=[{"userId": user}])

    def permissions(self, user: str, *permissions: str, at_s: int = 1795445269) -> Message:
        """What comes once a user changed what we may have."""
        return self.message(
            userPermissionsChange=[{"userId": user, "permissions": list(permissions), "changeTimeInSeconds": at_s}]
        )
