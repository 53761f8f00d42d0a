"""COROS, played: lists, two secrets in headers, files at open addresses, errors inside answers of 200."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self

import orjson

from service.fakes.playing import Fake, FakeRun, Message, epoch_s
from service.fakes.server import Answer, Request, Server


class FakeCoros(Fake):
    """`cdn` is the host of the files; a run in `off_the_cdn` is to be had over the API alone.

    `result` is what answers of 200 say inside, if not that all is well.
    """

    name = "coros"
    life_s = 2_592_000

    def __init__(self) -> None:
        super().__init__()
        self.cdn = Server(self._file)
        self.led: dict[str, str] = {}
        self.off_the_cdn: set[str] = set()
        self.result: str | None = None

    async def __aenter__(self) -> Self:
        await self.cdn.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *_: object) -> None:
        await self.cdn.__aexit__()
        await super().__aexit__()

    def more_variables(self) -> dict[str, str]:
        """Its own settings."""
        return {"ORIGINS": f"{self.cdn.url}/fit"}

    def granted(self, user: str, access: str, renewal: str) -> dict[str, Any]:
        """With the open id."""
        return super().granted(user, access, renewal) | {"openId": user}

    async def _file(self, request: Request) -> Answer:
        if request.path in self.led:
            return Answer(302, b"", {"location": self.led[request.path]})
        if self.troubles:
            return self.troubles.popleft()
        found = re.fullmatch(r"/fit/\d+/([\d-]+)\.fit", request.path)
        run = self.runs.get(found[1].replace("-", ":")) if found else None
        if run is None or run.activity in self.off_the_cdn:
            return Answer(404)
        return self.file_of(run, run.user, lambda one: Answer(200, one.file))

    async def answer(self, request: Request) -> Answer:  # noqa: PLR0911 - one line a path
        """Files, lists, renewal, the end of a consent."""
        if request.path == "/oauth/refresh-token":
            return self._renewed(request)
        token = request.query.get("token", "")
        user = self.access.get(token)
        if self.result is not None:
            return Answer.of({"message": "failed", "result": self.result})
        if user is None:
            return Answer.of({"message": "token is invalid", "result": "5006"})
        if request.path == "/oauth/deauthorize":
            self.revoke(user)
            return Answer.of({"message": "OK", "result": "0000"})
        if request.path == "/api/sport/list":
            found = [self.entry([run]) for run in self.runs.values() if run.user == user]
            return Answer.of({"message": "OK", "result": "0000", "data": found})
        if request.path == "/api/sport/detail/fit":
            run = self.runs.get(request.query.get("labelId", ""))
            return self.file_of(run, user, lambda one: Answer(200, one.file))
        return Answer(404)

    def _renewed(self, request: Request) -> Answer:
        """The same token lives on; COROS gives no other."""
        user = self.renewal.get(request.form.get("refresh_token", ""))
        ours = request.form.get("client_secret") == self.client_secret
        if user is None or not ours:
            return Answer.of({"message": "refresh token is invalid", "result": "5007"})
        self.refreshes += 1
        return Answer.of({"message": "OK", "result": "0000"})

    def created(self, run: FakeRun) -> Message:
        """The list of one run."""
        return self.batch([[run]])

    def batch(self, runs: Sequence[Sequence[FakeRun]]) -> Message:
        """The list of many; one of several legs is a multisport."""
        headers = (("content-type", "application/json"), ("client", self.client_id), ("secret", self.client_secret))
        return Message(orjson.dumps({"sportDataList": [self.entry(legs) for legs in runs]}), headers)

    def entry(self, legs: Sequence[FakeRun]) -> dict[str, Any]:
        """One entry; ids of legs are `label:number`."""
        first = legs[0]
        items = [{"mode": 13, "subMode": number + 1, "fitUrl": self.address(leg)} for number, leg in enumerate(legs)]
        several = len(legs) > 1
        label = first.activity.partition(":")[0]
        return {
            "openId": first.user,
            "labelId": int(label) if label.isdigit() else label,
            "mode": 13 if several else 8,
            "subMode": 1,
            "deviceName": "COROS PACE 3",
            "distance": 10000.0,
            "duration": 3000,
            "startTime": epoch_s(first.started_at),
            "startTimezone": 32,
            "fitUrl": None if several else self.address(first),
            "triathlonItemList": items if several else None,
        }

    def address(self, run: FakeRun) -> str:
        """The open address of a file."""
        return f"{self.cdn.url}/fit/7/{run.activity.replace(':', '-')}.fit"
