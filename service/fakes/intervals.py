"""intervals.icu, played: events for many athletes in any order, files with gzip in one place, another, or both."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from typing import Any

import orjson

from service.fakes.playing import Fake, FakeRun, Message
from service.fakes.server import Answer, Request


class FakeIntervals(Fake):
    """`told["gzip"]` of a run: `payload`, `transport` or `both`; `told["original"]` False: only the rewritten file."""

    name = "intervals"
    life_s = None

    def granted(self, user: str, access: str, renewal: str) -> dict[str, Any]:
        """With the athlete, and nothing to renew."""
        del renewal
        return {"token_type": "Bearer", "access_token": access, "scope": "ACTIVITY:READ", "athlete": {"id": user}}

    async def answer(self, request: Request) -> Answer:
        """Files, lists, the end of a consent."""
        user = self.owner(request)
        if user is None:
            return Answer(401)
        if request.path == "/oauth/deauthorize":
            self.revoke(user)
            return Answer(200)
        if request.path == f"/api/athlete/{user}/activities":
            found = [
                {"id": run.activity, "name": run.name, "type": "Run"} for run in self.runs.values() if run.user == user
            ]
            return Answer.of([*found, {"id": "i1", "source": "STRAVA"}])
        found_file = re.fullmatch(r"/api/activity/([^/]+)/(file|fit-file)", request.path)
        run = self.runs.get(found_file[1]) if found_file else None
        if run and found_file and found_file[2] == "file" and run.told.get("original") is False:
            return Answer(404)
        return self.file_of(run, user, _give)

    def created(self, run: FakeRun) -> Message:
        """The list of one upload."""
        return self.batch([self.event(run, "ACTIVITY_UPLOADED")])

    def batch(self, events: Sequence[dict[str, Any]], *, secret: object = None) -> Message:
        """The list of many events; `secret` instead of the shared one."""
        told = {"secret": self.webhook_secret if secret is None else secret, "events": list(events)}
        return Message(orjson.dumps(told))

    def event(
        self, run: FakeRun, kind: str, *, at: str = "2026-11-01T09:00:00.000+00:00", **more: Any
    ) -> dict[str, Any]:
        """One entry about an activity. The athlete's id lacks its letter, as in some copies."""
        return {
            "athlete_id": run.user.removeprefix("i"),
            "type": kind,
            "timestamp": at,
            "activity": {"id": run.activity, "type": "Run", "name": run.name, "source": "GARMIN_CONNECT", **more},
        }


def _give(run: FakeRun) -> Answer:
    how = run.told.get("gzip", "payload")
    data = gzip.compress(run.file, mtime=0) if how in {"payload", "both"} else run.file
    if how in {"transport", "both"}:
        return Answer(200, gzip.compress(data, mtime=0), {"content-encoding": "gzip"})
    return Answer(200, data, {"content-type": "application/octet-stream"})
