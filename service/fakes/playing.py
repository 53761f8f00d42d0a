"""What every fake has: accounts, tokens given, renewed and refused, runs with files, and troubles by script."""

from __future__ import annotations

import base64
import hashlib
import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from service.fakes.server import Answer, Request, Server

EPOCH = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class FakeRun:
    """A run that a watch sent: `file` in the form in which the service gives it; `after` so many calls it is there."""

    user: str
    activity: str
    file: bytes = field(repr=False)
    name: str = "Evening run"
    started_at: datetime = EPOCH
    deleted: bool = False
    told: dict[str, Any] = field(default_factory=dict)
    after: int = 0
    before: Answer = field(default_factory=lambda: Answer(404, b"{}"), repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What a service sends to a webhook address."""

    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    method: str = "POST"
    query: str = ""


@dataclass(slots=True)
class Consent:
    """What a browser agreed to and nobody has fetched the token for yet."""

    user: str
    challenge: str | None


class Fake(ABC):
    """A service on loopback. `troubles` are answered instead of the next calls of the API, first come, first served.

    With `users` an athlete who is sent to `/authorize` agrees at once, as the first of them.
    """

    name: ClassVar[str]
    basic: ClassVar[bool] = False
    pkce: ClassVar[bool] = False
    rotates: ClassVar[bool] = True
    life_s: ClassVar[int | None] = 21600

    def __init__(self) -> None:
        self.client_id = f"{self.name}-app"
        self.client_secret = f"{self.name}-app-secret"
        self.path_secret = f"{self.name}-path-secret"
        self.webhook_secret = f"{self.name}-webhook-secret"
        self.server = Server(self._answer)
        self.users: list[str] = []
        self.runs: dict[str, FakeRun] = {}
        self.access: dict[str, str] = {}
        self.renewal: dict[str, str] = {}
        self.consents: dict[str, Consent] = {}
        self.troubles: deque[Answer] = deque()
        self.members: set[str] = set()
        self.refreshes = 0
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.__aexit__()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.server.url

    @property
    def api(self) -> str:
        """The base of its API."""
        return f"{self.url}/api"

    def variables(self) -> dict[str, str]:
        """The settings with which crampwatch takes this for the service."""
        own = {
            "CLIENT_ID": self.client_id,
            "CLIENT_SECRET": self.client_secret,
            "PATH_SECRET": self.path_secret,
            "WEBHOOK_SECRET": self.webhook_secret,
            "API_URL": self.api,
            "TOKEN_URL": f"{self.url}/oauth/token",
            "AUTHORIZE_URL": f"{self.url}/oauth/authorize",
            "DEAUTHORIZE_URL": f"{self.url}/oauth/deauthorize",
            **self.more_variables(),
        }
        return {f"CRAMPWATCH_{self.name.upper()}_{name}": value for name, value in own.items()}

    def more_variables(self) -> dict[str, str]:
        """What is special about this one."""
        return {}

    def grant(self, user: str) -> tuple[str, str]:
        """An access and a refresh token for an athlete."""
        number = next(self._numbers)
        access, renewal = self.new_access(user, number), f"{self.name}-renewal-{number}"
        self.access[access], self.renewal[renewal] = user, user
        if user not in self.users:
            self.users.append(user)
        return access, renewal

    def new_access(self, user: str, number: int) -> str:
        """A token as this service makes them."""
        del user
        return f"{self.name}-access-{number}"

    def expire(self, user: str) -> None:
        """Let every access token of an athlete come to its end."""
        self.access = {token: owner for token, owner in self.access.items() if owner != user}

    def revoke(self, user: str) -> None:
        """Take everything back that an athlete consented to."""
        self.expire(user)
        self.renewal = {token: owner for token, owner in self.renewal.items() if owner != user}

    def add(self, run: FakeRun) -> FakeRun:
        """A run that arrived from a watch."""
        self.runs[run.activity] = run
        return run

    @abstractmethod
    def created(self, run: FakeRun) -> Message:
        """What is sent of a new run."""

    async def _answer(self, request: Request) -> Answer:
        if request.path == "/oauth/authorize":
            return self._authorised(request)
        if request.path == "/oauth/token":
            return self._tokens(request)
        if self.troubles and not request.path.startswith("/oauth/"):
            return self.troubles.popleft()
        return await self.answer(request)

    @abstractmethod
    async def answer(self, request: Request) -> Answer:
        """The answer of the API."""

    def owner(self, request: Request) -> str | None:
        """Whose token the call bears, or None."""
        return self.access.get(request.bearer or "")

    def file_of(self, run: FakeRun | None, user: str | None, give: Callable[[FakeRun], Answer]) -> Answer:
        """The file of a run for its owner, once it is there."""
        if user is None:
            return Answer(401, b'{"error":"unauthorized"}')
        if run is None or run.user != user or run.deleted:
            return Answer(404, b'{"error":"not found"}')
        if run.after > 0:
            run.after -= 1
            return run.before
        return give(run)

    def _authorised(self, request: Request) -> Answer:
        if request.query.get("client_id") != self.client_id or not self.users:
            return Answer(400, b"unknown client")
        if self.pkce and request.query.get("code_challenge_method") != "S256":
            return Answer(400, b"no challenge")
        code = f"{self.name}-code-{next(self._numbers)}"
        self.consents[code] = Consent(self.users[0], request.query.get("code_challenge"))
        back = urlencode({"code": code, "state": request.query.get("state", "")})
        return Answer(302, b"", {"location": f"{request.query.get('redirect_uri', '')}?{back}"})

    def _tokens(self, request: Request) -> Answer:
        if not self._is_our_app(request):
            return Answer(401, b'{"error":"invalid_client"}')
        form = request.form
        if form.get("grant_type") == "authorization_code":
            consent = self.consents.pop(form.get("code", ""), None)
            if consent is None or not _proves(form.get("code_verifier"), consent.challenge):
                return Answer.of({"error": "invalid_grant"}, status=400)
            return Answer.of(self.granted(consent.user, *self.grant(consent.user)))
        user = self.renewal.get(form.get("refresh_token", ""))
        if form.get("grant_type") != "refresh_token" or user is None:
            return Answer.of({"error": "invalid_grant"}, status=400)
        self.refreshes += 1
        if self.rotates:
            del self.renewal[form["refresh_token"]]
        self.expire(user)
        return Answer.of(self.granted(user, *self.grant(user)))

    def _is_our_app(self, request: Request) -> bool:
        if self.basic:
            return request.headers.get("authorization") == self.basic_header()
        form = request.form
        return (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)

    def basic_header(self) -> str:
        """Our app's credentials as Basic authentication."""
        return "Basic " + base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()

    def granted(self, user: str, access: str, renewal: str) -> dict[str, Any]:
        """The answer of the token endpoint."""
        del user
        told: dict[str, Any] = {"token_type": "bearer", "access_token": access, "refresh_token": renewal}
        return told | ({"expires_in": self.life_s} if self.life_s is not None else {})


def _proves(verifier: str | None, challenge: str | None) -> bool:
    """Whether a PKCE verifier is the one that the challenge was made of."""
    if challenge is None:
        return verifier is None
    made = base64.urlsafe_b64encode(hashlib.sha256((verifier or "").encode()).digest()).rstrip(b"=").decode()
    return made == challenge


def epoch_s(moment: datetime) -> int:
    """Whole seconds since 1970."""
    return int(moment.timestamp())
