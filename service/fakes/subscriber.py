"""A subscriber, played: an integrator's address on loopback, which checks each message as Standard Webhooks say."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Self

from service.fakes.server import Answer, Request, Server


@dataclass(frozen=True, slots=True)
class Heard:
    """One message: what it tells, and whether its signature is right."""

    document: dict[str, Any]
    is_ours: bool


class Subscriber:
    """Takes whatever comes; `secret` is set once the address is registered and its secret told."""

    def __init__(self) -> None:
        self.server = Server(self._take)
        self.secret = ""
        self.heard: list[Heard] = []

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()

    @property
    def origin(self) -> str:
        """Where it listens."""
        return self.server.url

    @property
    def url(self) -> str:
        """The address to be registered."""
        return f"{self.origin}/crampwatch"

    async def _take(self, request: Request) -> Answer:
        is_ours = self._signature(request) in request.headers.get("webhook-signature", "").split(" ")
        self.heard.append(Heard(request.json, is_ours))
        return Answer(204 if is_ours else 401)

    def _signature(self, request: Request) -> str:
        head = f"{request.headers.get('webhook-id')}.{request.headers.get('webhook-timestamp')}."
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        made = hmac.new(key, head.encode() + request.body, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(made).decode()}"
