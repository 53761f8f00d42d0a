"""Calls to the world: the one place that makes an HTTP client, and the line to a provider that is laid over it.

A line calls the addresses that its provider was given and no other: scheme, host and port exactly, then a path prefix.
Nothing follows a redirect by itself, reads a proxy or a password from the environment, keeps a cookie, waits longer
than `WITHIN_S`, or takes more than `MOST_BYTES`. Addresses of subscribers go through `service.sync.vetting` as well.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
import orjson

from service.sync import content
from service.sync.addresses import Place, allowed
from service.sync.failures import Gone, NeedsReauth, ProviderDown, RateLimited, SyncError, UnsafeURL, Unusable
from service.sync.quotas import nearly_spent

WITHIN_S = 10.0
MOST_BYTES = 25 * 1024 * 1024
SHORT_BYTES = 16 * 1024
"""More of an answer whose body is of no use is not waited for."""
USER_AGENT = "crampwatch"
UNSAID_WAIT_S = 60.0
LONGEST_WAIT_S = 24 * 3600.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})

Quota = Callable[[Mapping[str, str], datetime], float | None]


@cache
def tls() -> ssl.SSLContext:
    """What certificates are checked with; made once, as that takes longer than a call (30 ms, measured)."""
    return httpx.create_ssl_context(trust_env=False)


def client(*, transport: httpx.AsyncBaseTransport | None = None, within_s: float = WITHIN_S) -> httpx.AsyncClient:
    """A client that obeys no environment, follows no redirect and keeps no cookie. Its caller closes it."""
    return httpx.AsyncClient(
        transport=transport,
        verify=tls(),
        trust_env=False,
        follow_redirects=False,
        timeout=within_s,
        headers={"user-agent": USER_AGENT, "accept-encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=8),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: names of headers in lower case, the body without its transport's gzip."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300

    def needed(self, *, missing: SyncError, forbidden: SyncError | None = None) -> Answer:
        """This answer, where it is a 2xx.

        Raises `missing` for 404, Gone for 410, `forbidden` for 403 (unless given: the athlete has to connect again),
        NeedsReauth for 401, Unusable for the rest.
        """
        if self.status == 401:
            raise NeedsReauth("The service does not take the athlete's token.", may_refresh=True)
        if self.status == 403:
            raise forbidden or NeedsReauth("The athlete took back a permission.", may_refresh=False)
        if self.status == 404:
            raise missing
        if self.status == 410:
            raise Gone("The service has taken this away for good.")
        if not self.ok:
            raise Unusable(f"The service answered with {self.status}.")
        return self

    def json(self) -> Any:
        """The body as JSON. Raises ProviderDown where it is none: a 200 promises nothing."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as wrong:
            raise ProviderDown("The service answered with something that is no JSON.") from wrong

    def document(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ProviderDown."""
        found = self.json()
        if not isinstance(found, dict):
            raise ProviderDown("The service answered with another shape than it documents.")
        return found


@dataclass(frozen=True, slots=True)
class Wire:
    """The line to one provider: `api` are the places of calls, `files` those that files may come from.

    The two lists are apart on purpose: an address that came in an event is looked up in `files` alone.
    """

    http: httpx.AsyncClient
    now: Callable[[], datetime]
    api: tuple[Place, ...]
    files: tuple[Place, ...] = ()
    quota: Quota | None = None
    spent: Callable[[float], None] | None = None
    """Called with seconds to wait, where an answer says that the provider's quota is as good as used up."""
    within_s: float = WITHIN_S

    async def get(self, url: str, *, bearer: str | None = None, **more: Any) -> Answer:
        """`call` with GET."""
        return await self.call("GET", url, bearer=bearer, **more)

    async def post(self, url: str, **more: Any) -> Answer:
        """`call` with POST."""
        return await self.call("POST", url, **more)

    async def call(
        self,
        method: str,
        url: str,
        *,
        bearer: str | None = None,
        basic: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Answer:
        """The provider's answer to a call of its API, whatever its status below 500.

        Raises UnsafeURL for an address that is not its own or an answer that leads elsewhere, RateLimited, ProviderDown
        for no answer, a cut one or a 5xx, Unusable for one that is too large, NeedsReauth for a token that is none.
        """
        target = allowed(url, self.api)
        request = self.http.build_request(
            method,
            target,
            params=dict(params) if params else None,
            data=dict(form) if form is not None else None,
            json=json,
            headers={**(headers or {}), **authorization(bearer)},
        )
        if basic is not None:
            request.headers["authorization"] = httpx.BasicAuth(*basic)._auth_header  # noqa: SLF001 - its only use
        answer = await self._exchanged(request)
        if answer.status in REDIRECTS:
            raise UnsafeURL("The service wanted to send us elsewhere; that is not followed.")
        return answer

    async def file(self, url: str, *, bearer: str | None = None, redirects: int = 0) -> Answer:
        """The answer to a GET of an address from an event, which has to be one of `files`, as has every redirect.

        Only the first address ever sees `bearer`. Raises as `call` does.
        """
        for hop in range(redirects + 1):
            target = allowed(url, self.files)
            credentials = authorization(bearer) if hop == 0 else {}
            answer = await self._exchanged(self.http.build_request("GET", target, headers=credentials))
            if answer.status not in REDIRECTS:
                return answer
            try:
                url = str(target.join(answer.headers.get("location", "")))
            except httpx.InvalidURL as wrong:
                raise UnsafeURL("The file's address leads to something that is none.") from wrong
        raise UnsafeURL("The file's address leads elsewhere; that is not followed.")

    async def _exchanged(self, request: httpx.Request) -> Answer:
        answer = await exchanged(self.http, request, within_s=self.within_s)
        if answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers):
            raise RateLimited(
                "The service asks us to come back later.", after_s=wait_s(answer.headers, self.now(), self.quota)
            )
        if answer.status >= 500:
            raise ProviderDown(f"The service answered with {answer.status}.")
        if self.spent is not None and nearly_spent(answer.headers):
            self.spent(wait_s(answer.headers, self.now(), self.quota))
        return answer


def authorization(bearer: str | None) -> dict[str, str]:
    """The header for a token. Raises NeedsReauth where it holds what no header may."""
    if bearer is None:
        return {}
    if not (bearer.isascii() and bearer.isprintable() and bearer.strip()):
        raise NeedsReauth("There is no usable token for this athlete.", may_refresh=False)
    return {"authorization": f"Bearer {bearer}"}


async def exchanged(
    http: httpx.AsyncClient, request: httpx.Request, *, within_s: float = WITHIN_S, most_bytes: int = MOST_BYTES
) -> Answer:
    """The whole answer within the time and the bytes, redirects unfollowed. Raises ProviderDown, Unusable."""
    try:
        async with asyncio.timeout(within_s):
            response = await http.send(request, stream=True, follow_redirects=False)
            try:
                raw = await _capped(response, most_bytes)
            finally:
                await response.aclose()
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as wrong:
        raise ProviderDown("The service could not be reached, or broke off.") from wrong
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, _decoded(raw, headers.get("content-encoding", "")))


async def heard(http: httpx.AsyncClient, request: httpx.Request, *, within_s: float = WITHIN_S) -> Answer:
    """Status and headers, redirects unfollowed; of the body no more is read than a short one. Raises ProviderDown."""
    try:
        async with asyncio.timeout(within_s):
            response = await http.send(request, stream=True, follow_redirects=False)
            try:
                size = 0
                async for part in response.aiter_raw():
                    size += len(part)
                    if size > SHORT_BYTES:
                        break
            finally:
                await response.aclose()
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as wrong:
        raise ProviderDown("The service could not be reached, or broke off.") from wrong
    return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, b"")


async def _capped(response: httpx.Response, most_bytes: int) -> bytes:
    """The body as it was sent. Counted while it comes: a stated length may be missing or a lie."""
    parts, size = [], 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > most_bytes:
            raise Unusable(f"The answer is larger than {most_bytes // 2**20} MiB.")
        parts.append(part)
    return b"".join(parts)


def _decoded(raw: bytes, encoding: str) -> bytes:
    """The body without the gzip of its transport, by our bounded reader: the client's own has no bound."""
    word = encoding.strip().lower()
    if word in {"", "identity"} or not raw:
        return raw
    if word in {"gzip", "x-gzip"}:
        return content.inflated(raw)
    raise ProviderDown("The service used a compression that was not asked for.")


def wait_s(headers: Mapping[str, str], now: datetime, quota: Quota | None = None) -> float:
    """Seconds to wait: `Retry-After` in either form, else what the provider's own headers say, else a minute."""
    stated = _retry_after_s(headers.get("retry-after", ""), now)
    found = stated if stated is not None else quota(headers, now) if quota else None
    return min(max(found if found is not None else UNSAID_WAIT_S, 0.0), LONGEST_WAIT_S)


def _retry_after_s(value: str, now: datetime) -> float | None:
    word = value.strip()
    if word.isascii() and word.isdigit():
        return float(word[:9])
    try:
        moment = parsedate_to_datetime(word)
    except (TypeError, ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()
