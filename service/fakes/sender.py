"""The other end of a webhook: posts a message as a service would, and again on a schedule until it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from service.fakes.playing import Message


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery: the status of the answer, None where none came in time; and the answer's body."""

    status: int | None
    body: bytes = b""


async def deliver(
    url: str, message: Message, *, waits_s: Sequence[float] = (), within_s: float = 2.0, taken: Sequence[int] = (200,)
) -> list[Attempt]:
    """Every attempt, the last of which was taken unless all were in vain. `waits_s` are the pauses between them."""
    attempts: list[Attempt] = []
    async with httpx.AsyncClient(trust_env=False, timeout=within_s) as http:
        for pause_s in (0.0, *waits_s):
            await asyncio.sleep(pause_s)
            attempts.append(await _attempt(http, url, message))
            if attempts[-1].status in taken:
                break
    return attempts


async def _attempt(http: httpx.AsyncClient, url: str, message: Message) -> Attempt:
    target = f"{url}?{message.query}" if message.query else url
    try:
        answer = await http.request(message.method, target, content=message.body, headers=list(message.headers))
    except httpx.HTTPError:
        return Attempt(None)
    return Attempt(answer.status_code, answer.content)
