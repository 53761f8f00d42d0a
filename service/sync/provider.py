"""The provider record and the plain values that pass between a provider, the doors and the worker.

A file of this folder with one `PROVIDER` is a provider; `service.sync.providers` finds it. Everything that differs from
service to service lives in that file. Nothing here knows a database, a clock or an HTTP server.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, get_args

from service.sync.outgoing import Wire

Kind = Literal["created", "updated", "deleted", "deauthorized", "permissions"]
FileWish = Literal["always", "if_unknown", "never"]
SMALL_BODY_BYTES = 256 * 1024
LARGE_BODY_BYTES = 10 * 1024 * 1024
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Setup:
    """A provider as it is set up here: what the operator said, and the provider's own addresses where nothing was."""

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    path_secret: str | None = field(default=None, repr=False)
    verify_token: str | None = field(default=None, repr=False)
    subscription_id: str | None = None
    subscription_key: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)
    api_url: str = ""
    token_url: str = ""
    authorize_url: str = ""
    deauthorize_url: str = ""
    files: tuple[str, ...] = ()

    @property
    def client(self) -> tuple[str, str]:
        """Id and secret of our app, as Basic authentication and token endpoints want them; empty where unset."""
        return self.client_id or "", self.client_secret or ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One call to our webhook address: the raw bytes of its body, and who says what in headers and query.

    Names of headers in lower case. `received_at` is the moment by our clock; nothing below reads another.
    """

    method: str
    path_secret: str
    received_at: datetime
    body: bytes = field(default=b"", repr=False)
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def header(self, name: str) -> str | None:
        """The value of a header; None where it is missing, and where it is there twice: nobody knows which counts."""
        return _only(self.headers, name)

    def parameter(self, name: str) -> str | None:
        """The value of a query parameter, likewise."""
        return _only(self.query, name)


def _only(pairs: tuple[tuple[str, str], ...], name: str) -> str | None:
    found = [value for key, value in pairs if key == name]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller is answered with."""

    status: int = 200
    body: bytes = b""
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, in the same words for every provider.

    `user` and `activity` are the provider's ids as text (`user` in the form of `Provider.user_id`). `dedupe` is the
    same for every copy of one event. `at` orders events of one activity: the later wins. `hint` is JSON: what `fetch`
    needs again (an address, a form), and under `title` and `sport` what the event itself says of the run. It may hold a
    one-time address, so it is not for logs, and goes once the event is done.
    """

    provider: str
    kind: Kind
    user: str
    activity: str | None
    dedupe: str
    at: datetime | None = None
    hint: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def file(self) -> FileWish:
        """Whether the file is to be fetched: never, always, or only if the athlete has no such activity yet."""
        usual = "always" if self.kind in {"created", "updated"} else "never"
        wish = self.hint.get("file", usual)
        return wish if wish in get_args(FileWish) else "never"

    @property
    def may_fetch(self) -> bool | None:
        """For `permissions`: whether the athlete lets us have activities; None where the event does not say."""
        allowed = self.hint.get("may_fetch")
        return allowed if isinstance(allowed, bool) else None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as it came, unwrapped from gzip. `format` is what its content looks like; the parsers decide.

    `conditions` holds `temperature_c`, `humidity_pct`, `wind_kmh` where the provider measured or looked them up.
    """

    name: str
    data: bytes = field(repr=False)
    format: Literal["fit", "tcx", "gpx", "streams"]
    title: str | None = None
    sport: str | None = None
    conditions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the athlete's consent gave us. No `expires_at`: used until it is refused."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """An athlete's account at a provider. `user` is the provider's id of the athlete; Standard has no token."""

    athlete_id: str
    provider: str
    user: str
    tokens: Tokens | None = None

    @property
    def bearer(self) -> str:
        """The access token; empty where there is none, which every provider refuses."""
        return self.tokens.access if self.tokens else ""


@dataclass(frozen=True, slots=True)
class OAuth:
    """How a provider gives tokens. `identify` asks whose they are; `begin_member` runs once for each new athlete.

    `basic`: the token endpoint wants our id and secret as Basic authentication, else in the form. `refresh` is for a
    provider that renews in its own way; `refreshes` False: there is nothing to renew, a refused token is the end.
    """

    scope: str
    identify: Callable[[Mapping[str, Any], Tokens, Setup, Wire], Awaitable[str]]
    pkce: bool = False
    basic: bool = False
    refreshes: bool = True
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    begin_member: Callable[[str, Tokens, Setup, Wire], Awaitable[None]] | None = None
    refresh: Callable[[Tokens, Setup, Wire, datetime], Awaitable[Tokens]] | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook as the provider has it. `secret` is shown once, at its creation. `active` None: it does not say."""

    id: str
    url: str | None = None
    active: bool | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """How webhooks are managed over the API; elsewhere a person sets the address in a portal."""

    create: Callable[[Setup, Wire, str], Awaitable[Subscription]]
    present: Callable[[Setup, Wire], Awaitable[list[Subscription]]]
    delete: Callable[[Setup, Wire, str], Awaitable[None]]
    activate: Callable[[Setup, Wire], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when runs are asked for."""

    since: datetime
    until: datetime


Listed = Callable[[Connection, Setup, Wire, Span], Awaitable[list[Event]]]


@dataclass(frozen=True, slots=True)
class Provider:
    """One sync service. The functions are pure but for those that are handed a `Wire`.

    `handshake` answers a call that is no event (None: it is one). `verify` raises Rejected. `events` takes what it
    knows out of a call that was verified; the rest is no event. `fetch` gets the file. `needs` are the fields of Setup
    without which the provider is off. `files`: where files may come from. In addresses `{api}` stands for the base of
    the API, `{oauth}` for the folder of the token endpoint.
    `listed` finds past runs; `listed_days` is how far back it reaches, `window_days` how much one call may ask for.
    `recover` asks the provider to tell once more of an event whose file was lost. `disconnect` gives our access back
    there. `refuse` says what is wrong with a setting, beginning with the name of the variable.
    """

    name: str
    title: str
    ack_within_s: float
    verify: Callable[[Inbound, Setup], None]
    events: Callable[[Inbound], list[Event]]
    fetch: Callable[[Event, Connection, Setup, Wire], Awaitable[Fetched]]
    needs: tuple[str, ...]
    signed: bool
    api_url: str = ""
    token_url: str = ""
    authorize_url: str = ""
    deauthorize_url: str = ""
    files: tuple[str, ...] = ()
    exact_files: bool = False
    max_body_bytes: int = SMALL_BODY_BYTES
    handshake: Callable[[Inbound, Setup], Reply | None] | None = None
    ack: Reply = Reply()
    user_id: Callable[[str], str] = str
    oauth: OAuth | None = None
    disconnect: Callable[[Connection, Setup, Wire], Awaitable[None]] | None = None
    subscriptions: Subscriptions | None = None
    listed: Listed | None = None
    listed_days: int | None = None
    window_days: int | None = None
    recover: Callable[[Event, Connection, Setup, Wire], Awaitable[None]] | None = None
    not_ready_waits_s: tuple[float, ...] = (60.0, 300.0, 900.0, 2700.0)
    quota: Callable[[Mapping[str, str], datetime], float | None] | None = None
    refuse: Callable[[Setup], str | None] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant. Raises ValueError."""
        wrong = _contradictions(self)
        if wrong:
            raise ValueError(f"provider {self.name!r}: {'; '.join(wrong)}")


def _contradictions(record: Provider) -> list[str]:
    known = {each.name for each in fields(Setup)}
    told = (
        (not set(record.needs) <= known, "needs a setting that there is not"),
        (not record.needs, "needs no secret, so anybody could speak in its name"),
        (not record.signed and "path_secret" not in record.needs, "is unsigned and has no secret in its path"),
        (record.oauth is not None and not (record.token_url and record.authorize_url), "has OAuth without addresses"),
        (record.oauth is None and bool(record.token_url or record.authorize_url), "has OAuth addresses without OAuth"),
        (record.disconnect is not None and record.oauth is None, "disconnects what was never connected"),
        (record.oauth is not None and not record.api_url, "has tokens and no API to use them at"),
        (record.window_days is not None and record.listed is None, "has a window of lists and no list"),
        (record.listed_days is not None and record.listed is None, "has a reach of lists and no list"),
        (record.ack_within_s <= 0 or record.max_body_bytes <= 0, "has a limit of nought"),
        (record.exact_files and not record.files, "has exact files and names none"),
        (any(wait_s <= 0 for wait_s in record.not_ready_waits_s), "has a wait that is none"),
        (record.ack.status != 200, "acknowledges with something else than 200"),
    )
    return [sentence for wrong, sentence in told if wrong]
