"""Files to a running service: in batches, which it works off in the background while the next one is sent.

Each batch has an `Idempotency-Key` made of its files. So an import that was killed and is started again does not have
the service do a batch twice, and neither has one whose answer was lost on the way.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx

from service.cli.loads.found import Found, digest_of
from service.cli.loads.results import Result, unreadable
from service.cli.terminal import harmless, harmless_name
from service.errors import BadCall, Unavailable

BATCH_FILES = 100
BATCH_BYTES = 32 * 1024 * 1024
ALONE_BYTES = 16 * 1024 * 1024
"""From this size on a file is sent by itself, so that its refusal is not that of others."""
AHEAD = 2
"""Batches that may wait for the service while the next one is sent."""

TIMEOUT_S = 60.0
POLL_S = 0.25
PATIENCE_S = 900.0
"""How long the service may put us off, or do nothing at all, until we give up."""
LONGEST_PAUSE_S = 60.0
FAULTS_OF_FILES = frozenset({400, 413, 415, 422})
COME_BACK = frozenset({429, 502, 503, 504, 507})

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that go in one request; `more` says that others follow."""

    files: Sequence[Found]
    more: bool

    def key(self) -> str:
        """The same for the same files, told in the same way."""
        return f"crampwatch-{digest_of(self.files)}-{'more' if self.more else 'last'}"


def batches(files: Sequence[Found]) -> list[Batch]:
    """The files in their order, archives and large files by themselves."""
    groups: list[list[Found]] = []
    room = 0
    for one in files:
        alone = one.bytes >= ALONE_BYTES or one.path.suffix.lower() == ".zip"
        if alone or not groups or one.bytes > room or len(groups[-1]) == BATCH_FILES:
            groups.append([])
            room = BATCH_BYTES
        groups[-1].append(one)
        room = 0 if alone else room - one.bytes
    return [Batch(group, more=at < len(groups) - 1) for at, group in enumerate(groups)]


class Server:
    """One athlete at a running service. `sleep` and `clock_s` are the world's unless a test says otherwise."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        athlete: str,
        name: str,
        sleep: Callable[[float], None] = time.sleep,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._athlete = athlete
        self._name = name
        self._sleep = sleep
        self._clock_s = clock_s

    def receive(self, files: Sequence[Found], *, tick: Tick) -> Iterator[tuple[Batch, list[Result]]]:
        """What became of the files of each batch, in order. Raises Unavailable and BadCall."""
        open_ones: deque[tuple[Batch, str, list[Result]]] = deque()
        for batch in batches(files):
            upload, gone = self._send(batch)
            if isinstance(upload, list):
                yield batch, [*upload, *gone]
                continue
            open_ones.append((batch, upload, gone))
            if len(open_ones) > AHEAD:
                yield self._finished(*open_ones.popleft(), tick=tick)
        while open_ones:
            yield self._finished(*open_ones.popleft(), tick=tick)

    def _send(self, batch: Batch) -> tuple[str | list[Result], list[Result]]:
        """The upload's id, or what became of the batch where it was refused; and the files that cannot be read."""
        gone: dict[Found, Result] = {}

        def post() -> httpx.Response:
            with ExitStack() as handles:
                parts = []
                for one in batch.files:
                    try:
                        parts.append(("file", (one.path.name, handles.enter_context(one.path.open("rb")))))
                    except OSError as wrong:
                        gone[one] = unreadable(harmless_name(one.shown), wrong)
                params = {"import": self._name, "more": "true" if batch.more else "false"}
                headers = {"Prefer": "respond-async", "Idempotency-Key": batch.key()}
                return self._client.post(
                    f"/v1/athletes/{self._athlete}/uploads", params=params, headers=headers, files=parts
                )

        if not any(_is_there(one) for one in batch.files):
            return [], [unreadable(harmless_name(one.shown), FileNotFoundError(2, "it is gone")) for one in batch.files]
        answer = self._patiently(post)
        body = _body_of(answer)
        if answer.status_code in FAULTS_OF_FILES and len(batch.files) == 1:
            name = harmless_name(batch.files[0].shown)
            return [Result(name, "rejected", code=body.get("code"), detail=harmless(str(body.get("detail", ""))))], []
        _demand(answer, body)
        return str(body["id"]), list(gone.values())

    def _finished(self, batch: Batch, upload_id: str, gone: list[Result], *, tick: Tick) -> tuple[Batch, list[Result]]:
        """The batch and the results of its upload, once the service is through with it."""
        size = sum(one.bytes for one in batch.files)
        seen, since_s = -1, self._clock_s()
        while True:
            upload = self._get(f"/v1/uploads/{upload_id}")
            if upload["status"] == "done":
                return batch, [*self._items(upload_id, names=_whereabouts(batch)), *gone]
            if upload["total"] != seen:
                seen, since_s = upload["total"], self._clock_s()
            if self._clock_s() - since_s > PATIENCE_S:
                raise Unavailable("the service does not work uploads off: does a worker run?")
            tick(int(size * min(1.0, upload["total"] / len(batch.files))) if len(batch.files) > 1 else 0)
            self._sleep(POLL_S)

    def _items(self, upload_id: str, *, names: Mapping[str, str]) -> Iterator[Result]:
        cursor: str | None = None
        while True:
            more = {} if cursor is None else {"cursor": cursor}
            page = self._get(f"/v1/uploads/{upload_id}/items", limit="200", **more)
            for item in page["items"]:
                problem = item["problem"] or {}
                yield Result(
                    harmless_name(names.get(item["name"], item["name"])),
                    item["outcome"],
                    item["part"],
                    item["activity_id"],
                    problem.get("code"),
                    harmless(str(problem.get("detail", ""))) or None,
                )
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _get(self, path: str, **params: str) -> Any:
        answer = self._patiently(lambda: self._client.get(path, params={"brief": "true", **params}))
        body = _body_of(answer)
        _demand(answer, body)
        return body

    def _patiently(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        """The first answer that is none of "come back later". Raises Unavailable where there is none in time."""
        ends_s = self._clock_s() + PATIENCE_S
        pause_s = 0.5
        while True:
            try:
                answer = call()
            except httpx.TransportError as wrong:
                if self._clock_s() > ends_s:
                    raise Unavailable(f"the service does not answer ({type(wrong).__name__})") from wrong
                asked_s = None
            else:
                running = answer.status_code == 409 and _body_of(answer).get("code") == "idempotency_running"
                if answer.status_code not in COME_BACK and not running:
                    return answer
                if self._clock_s() > ends_s:
                    raise Unavailable(f"the service puts us off (HTTP {answer.status_code})")
                asked_s = _retry_after_s(answer)
            self._sleep(min(asked_s if asked_s is not None else pause_s, LONGEST_PAUSE_S))
            pause_s = min(pause_s * 2, 8.0)


def _is_there(one: Found) -> bool:
    return one.path.is_file()


def _whereabouts(batch: Batch) -> dict[str, str]:
    """Where the files of the batch lie, by the names the service knows them by; not where two share one."""
    listed = Counter(one.path.name for one in batch.files)
    return {one.path.name: one.shown for one in batch.files if listed[one.path.name] == 1}


def _body_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _demand(answer: httpx.Response, body: dict[str, Any]) -> None:
    """Nothing, where the answer is a success. Raises BadCall with the service's own sentence otherwise."""
    if not answer.is_success:
        said = harmless(str(body.get("detail") or f"HTTP {answer.status_code}"))
        raise BadCall(f"the service refuses: {said}")


def _retry_after_s(answer: httpx.Response) -> float | None:
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() and len(told) < 6 else None
