"""Settings: every knob of the service, read from `CRAMPWATCH_*` once at the start and handed down from there.

The one module that reads the environment. Each field's docstring is its documentation: `python -m docs.make_settings`
writes docs/settings.md, and a test holds the page to it. No other module may look at a variable.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.errors import BadSettings

PREFIX = "CRAMPWATCH_"
KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

_TILES = r"^(https?://[a-z0-9.:-]+/" + 3 * r"[!#$%&(-:=?-z|~]*\{[xyz]\}" + r"[!#$%&(-:=?-z|~]*)?$"

Count = Annotated[int, Field(gt=0, le=2**53)]


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What an operator says of one sync service: `CRAMPWATCH_<P>_…`, where P is its name. None: not said."""

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    path_secret: str | None = field(default=None, repr=False)
    verify_token: str | None = field(default=None, repr=False)
    subscription_id: str | None = None
    subscription_key: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)
    api_url: str | None = None
    token_url: str | None = None
    authorize_url: str | None = None
    deauthorize_url: str | None = None
    origins: tuple[str, ...] = ()


PROVIDER_VARIABLES: Mapping[str, tuple[str, str]] = {
    "CLIENT_ID": ("client_id", "Id of our app there."),
    "CLIENT_SECRET": ("client_secret", "Its secret."),
    "WEBHOOK_SECRET": (
        "webhook_secrets",
        (
            "What proves an event: the HMAC key (Polar, Suunto), the token in the body (Wahoo, intervals.icu), "
            "`whsec_…` (Standard Webhooks). Several, separated by commas, while one is rotated."
        ),
    ),
    "PATH_SECRET": ("path_secret", "Last part of the webhook address, `/v1/webhooks/<p>/<secret>`."),
    "API_URL": ("api_url", "Base of its API, instead of its own."),
    "TOKEN_URL": ("token_url", "Its token endpoint, likewise."),
    "AUTHORIZE_URL": ("authorize_url", "Its page of consent, likewise."),
    "DEAUTHORIZE_URL": ("deauthorize_url", "Where our access is given back, likewise."),
    "ORIGINS": (
        "origins",
        "Origins with a path prefix, separated by commas, from which files may be fetched, instead of its own list.",
    ),
    "VERIFY_TOKEN": ("verify_token", "Strava: the word that comes back in the handshake of a subscription."),
    "SUBSCRIPTION_ID": ("subscription_id", "Strava: id of our subscription; events of another are refused."),
    "SIGNING_SECRET": ("signing_secret", "Strava: if set, events without a fitting signature are refused."),
    "SUBSCRIPTION_KEY": ("subscription_key", "Suunto: the key of our subscription to its API."),
    "AUTHORIZATION": ("authorization", "intervals.icu: the `Authorization` header that was agreed, if one was."),
}
"""The variables of every provider by the end of their names: the field each fills, and what it means."""

LISTS = frozenset({"webhook_secrets", "origins"})


class _Providers(PydanticBaseSettingsSource):
    """Reads `CRAMPWATCH_<P>_<VARIABLE>` of whatever providers are named; which there are is not known here."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - pydantic's signature
        """Nothing by the field: `__call__` does it."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The providers that are named, if any."""
        found = providers_in(os.environ)
        return {"providers": found} if found else {}


def providers_in(environment: Mapping[str, str]) -> dict[str, ProviderSettings]:
    """What the variables say of each provider, by its name in lower case. Empty values are not said.

    >>> providers_in({"CRAMPWATCH_POLAR_WEBHOOK_SECRET": "old, new"})["polar"].webhook_secrets
    ('old', 'new')
    """
    told: dict[str, dict[str, Any]] = {}
    for provider, name, value in _of_providers(environment):
        several = tuple(part.strip() for part in value.split(",") if part.strip())
        told.setdefault(provider, {})[name] = several if name in LISTS else value
    return {provider: ProviderSettings(**fields_) for provider, fields_ in sorted(told.items())}


def _of_providers(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for variable, value in environment.items():
        rest = variable.removeprefix(PREFIX)
        if rest == variable or not value.strip() or rest.lower() in Settings.model_fields:
            continue
        fitting = [end for end in PROVIDER_VARIABLES if rest.endswith(f"_{end}")]
        if fitting:
            end = max(fitting, key=len)
            yield rest.removesuffix(f"_{end}").lower(), PROVIDER_VARIABLES[end][0], value.strip()


class Settings(BaseSettings):
    """Everything that an operator may decide, frozen, with the documented defaults."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("./data")
    """Folder of the embedded database, the blobs and the temporary files; made if it is not there."""

    database_url: str = Field(default_factory=lambda data: f"sqlite:///{data['data_dir']}/crampwatch.db")
    """Where rows live: `sqlite:///path` or `postgresql://user@host/name`. Default: `crampwatch.db` in the data
    folder."""

    blob_url: str = Field(default_factory=lambda data: f"file://{quote(str(data['data_dir'].absolute()))}/blobs")
    """Where original files and streams live: `file:///path`, `s3://bucket/prefix` and the like. Default: `blobs` in the
    data folder."""

    host: str = "127.0.0.1"
    """Address to listen on. With `auth=local` only a loopback address is accepted; with `auth=keys` any, and a proxy
    that speaks TLS belongs in front of it, as keys travel with each call."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes any free one."""

    auth: Literal["local", "keys"] = "local"
    """Who may call. `local`: everybody on this computer and nobody else, without a key. `keys`: whoever holds an API
    key, from anywhere; the first start makes an admin key and prints it once."""

    trusted_proxies: str = ""
    """Addresses or networks, separated by commas, of the proxies in front of the service: `10.0.0.2, 10.1.0.0/16`. What
    they say in `X-Forwarded-For` and `X-Forwarded-Proto` is believed, and nobody else's. With `auth=keys` only."""

    uploads_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 600
    """Uploads that one API key may send within a minute; 0: any number. Each process counts for itself. With
    `auth=local` nothing is counted."""

    address_uploads_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 6000
    """Uploads that may come from one address within a minute, whatever their keys; 0: any number."""

    failed_keys_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 300
    """Calls with keys that are not valid that are looked up for one address within a minute; past it they are answered
    with 429 unseen, and so is a key that was not in use here yet. 0: any number."""

    session_days: Annotated[int, Field(ge=1, le=365)] = 14
    """Days after which a browser that was signed in with a key has to be signed in again."""

    metrics_access: Literal["admin", "anyone"] = "admin"
    """Who may read `/metrics` with `auth=keys`: holders of an admin key, or anybody who reaches the service. There are
    counts in it, no people."""

    map_tiles: Annotated[str, Field(pattern=_TILES)] = ""
    """Where the map of a run takes its background from: `https://tiles.example/{z}/{x}/{y}.png`. Empty, as it is by
    default: a line on plain ground, and no server learns where anybody ran."""

    map_attribution: str = ""
    """What the maker of the map tiles wants to be written on the map."""

    sqlite_synchronous: Literal["NORMAL", "FULL"] = "NORMAL"
    """SQLite only. `NORMAL`: a power cut (not a crash of the service) may lose the last commits, never the file. `FULL`
    loses none, and each upload waits for the disk once more."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least serious kind of event that is logged."""

    log_format: Literal["console", "json"] = "console"
    """`console` for people, `json` (one object a line) for machines and containers."""

    max_file_bytes: Count = 25 * MIB
    """Largest watch file, as it is sent (a gzipped one: before it is unpacked)."""

    max_archive_bytes: Count = GIB
    """Largest ZIP archive, and largest upload altogether; it is streamed to disk, never held in memory."""

    max_unpacked_bytes: Count = 100 * MIB
    """Largest size to which one file may unpack."""

    max_archive_entries: Count = 50_000
    """Most entries of one archive."""

    max_compression_ratio: Count = 200
    """Highest ratio of unpacked to packed bytes, judged from `ratio_from_bytes` on."""

    ratio_from_bytes: Count = 1_000_000
    """Unpacked bytes below which no compression ratio is suspicious."""

    max_upload_parts: Count = 1000
    """Most files in one multipart upload."""

    max_json_bytes: Count = 64 * KIB
    """Largest JSON body, and largest body of every route that takes no file."""

    max_header_bytes: Count = 32 * KIB
    """Largest request line and headers together; past it the connection is closed."""

    header_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 10.0
    """Seconds within which the headers of a request have to be complete."""

    min_body_bytes_per_s: Annotated[int, Field(gt=0, le=GIB)] = KIB
    """Slowest body that is waited for, in bytes a second over each stretch of `header_timeout_s`."""

    upload_threads: Annotated[int, Field(gt=0, le=64)] = 2
    """Files that one process parses at the same time; more requests wait their turn, so that reading stays quick."""

    drain_timeout_s: Annotated[int, Field(ge=0, le=3600)] = 30
    """Seconds that running requests are given to end after SIGTERM, before they are cut off."""

    role: Literal["all", "api"] = "all"
    """What `serve` does. `all`: it answers and runs jobs in one process. `api`: it only answers; jobs are run by
    `crampwatch worker`, on this or other machines."""

    worker_threads: Annotated[int, Field(gt=0, le=64)] = 4
    """Jobs that one worker runs at the same time; of the long ones (queued uploads, reassessments) only one."""

    worker_metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port, at `CRAMPWATCH_HOST`, on which `crampwatch worker` tells Prometheus what it counts; 0: on none."""

    job_retention_days: Annotated[int, Field(gt=0, le=3650)] = 7
    """Days for which finished jobs can still be listed."""

    dead_job_retention_days: Annotated[int, Field(gt=0, le=3650)] = 90
    """Days for which jobs that were given up can still be listed and tried again."""

    database_timeout_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    """Seconds to wait for a locked or absent database before a call is answered with 503."""

    secret_keys: Annotated[str, Field(repr=False)] = ""
    """Keys under which tokens of sync services and secrets of webhooks are stored, separated by commas, the newest
    first: each is base64 of 32 bytes (`crampwatch connection new-key` makes one). Default: one that is made at the
    first start and kept in `secrets.json` of the data folder; several machines need the same, so set it there."""

    public_url: str = ""
    """The address under which this service is reached from outside, `https://…`: sync services are told to call it and
    to send browsers back to it. Default: the address that a call came to."""

    forget_deauthorized: bool = True
    """Whether the runs that a sync service sent are removed when the athlete takes the consent back or disconnects, as
    the terms of some services demand. `false` keeps them."""

    delivery_origins: str = ""
    """Origins, with commas between, to which webhooks may go besides public https addresses: one's own network."""

    sync_wait_scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Multiplies every wait of the sync services: not-ready delays, back-off, `Retry-After`. 1 in production."""

    providers: dict[str, ProviderSettings] = Field(default_factory=dict, exclude=True, repr=False)
    """The sync services, each by its own variables, which stand in the second table. One whose secrets are not set is
    off, and its webhook address answers 404."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, then the variables, of providers last; no files."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _Providers(settings_cls)

    @property
    def temporary_dir(self) -> Path:
        """Folder of the temporary files: on the disk of the data, as `/tmp` may be memory, and an archive large."""
        return self.data_dir / "tmp"

    @model_validator(mode="after")
    def _refuse_an_open_door(self) -> Settings:
        if self.auth == "local" and not is_loopback(self.host):
            raise ValueError(
                "with CRAMPWATCH_AUTH=local nobody needs a key, so the service listens on a loopback address only: "
                "set CRAMPWATCH_HOST to 127.0.0.1, ::1 or localhost, or CRAMPWATCH_AUTH to keys"
            )
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _demand_networks(cls, listed: str) -> str:
        for one in _split(listed):
            try:
                ipaddress.ip_network(one)
            except ValueError:
                raise ValueError("names addresses and networks, such as 10.0.0.2 or 10.1.0.0/16") from None
        return listed

    @property
    def proxies(self) -> list[str]:
        """The trusted proxies, one by one."""
        return _split(self.trusted_proxies)


def _split(listed: str) -> list[str]:
    return [one.strip() for one in listed.split(",") if one.strip()]


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this computer: `localhost`, 127.0.0.0/8 or ::1, nothing else.

    >>> [is_loopback(h) for h in ("localhost", "127.8.8.8", "::1", "[::1]", "0.0.0.0", "127.1", "localhost.example")]
    [True, True, True, True, False, False, False]
    """
    if host.lower() == "localhost":
        return True
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    return address.is_loopback and (address.version == 4 or address == ipaddress.IPv6Address("::1"))


def load(**given: Any) -> Settings:
    """Settings from the environment, `given` outranking it; None in `given` means "not given".

    Raises BadSettings with one sentence for each variable that cannot be used; values are not repeated, they may be
    secrets.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as wrong:
        raise BadSettings("; ".join(_sentence(error) for error in wrong.errors())) from None


def _sentence(error: Any) -> str:
    message = error["msg"].removeprefix("Value error, ")
    return f"{PREFIX}{str(error['loc'][0]).upper()}: {message}" if error["loc"] else message
