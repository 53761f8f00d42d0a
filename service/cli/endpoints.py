"""What the commands about webhooks do, in the database that the settings name. No server is needed for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from rich.table import Table
from sqlalchemy import Connection, Engine

from service import settings, subscribers, vault
from service.api.endpoints import document
from service.cli.database import athlete_named, opened
from service.cli.report import Look
from service.cli.terminal import console, is_plain, remark
from service.errors import BadCall, NotFound, ServiceError
from service.settings import Settings
from service.store import audit, endpoints
from service.store.cursor import MAX_LIMIT
from service.store.endpoints import LOCAL, EndpointRow
from service.store.engine import read, write
from service.store.ids import is_id
from service.vault import Vault


def print_new_key() -> None:
    """A key for `secret_keys`, alone on its line."""
    sys.stdout.write(f"{vault.fresh_key()}\n")


def show(*, as_json: bool) -> None:
    """Print the addresses that come in and the endpoints that events go out to."""
    chosen = settings.load()
    incoming = addresses(chosen)
    with opened(chosen) as engine:
        outgoing = _all(engine)
    if as_json:
        told = {
            "incoming": [{"provider": name, "url": url} for name, url in incoming.items()],
            "outgoing": [document(row) for row in outgoing],
        }
        sys.stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    if incoming:
        _print(("service", "calls"), [(name, url) for name, url in incoming.items()])
    else:
        remark("No sync service is set up; docs/sync/README.md tells how.")
    if outgoing:
        _print(("id", "owner", "url", "events", "athletes", "state"), [_cells(row) for row in outgoing])
    else:
        remark("No event is sent anywhere; `crampwatch webhooks add URL` begins.")


def addresses(chosen: Settings) -> dict[str, str]:
    """The address that each sync service has to be told, by its name; the secret stands in it."""
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    outside = chosen.public_url.rstrip("/") or f"http://{host}:{chosen.port}"
    services = Vault.of(chosen).services
    return {name: f"{outside}/v1/webhooks/{name}/{services[name][1].path_secret}" for name in sorted(services)}


def _print(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    paper = console(width=None if sys.stdout.isatty() else 200)
    look = Look(width=paper.width, plain=is_plain(paper.file))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(look.text(cell) for cell in row))
    paper.print(table)


def _cells(row: EndpointRow) -> tuple[str, ...]:
    reach = "all" if row.athletes is None else ", ".join(row.athletes) or "nobody any more"
    failing = "failing" if row.failing_since else "enabled"
    state = failing if row.disabled_at is None else f"disabled: {row.disabled_because}"
    return (row.id, row.owner, row.url, ", ".join(row.events), reach, state)


def _all(engine: Engine) -> list[EndpointRow]:
    found: list[EndpointRow] = []
    cursor: str | None = None
    while True:
        with read(engine) as db:
            page = endpoints.page(db, owner=None, limit=MAX_LIMIT, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def add(url: str, *, types: Sequence[str], athletes: Sequence[str] | None) -> None:
    """Make an endpoint and print its secret. Raises BadCall, NotFound."""
    try:
        subscribers.demand_types(types)
    except ValueError as wrong:
        raise BadCall(f"--event {wrong}") from None
    chosen, now = settings.load(), datetime.now(UTC)
    with opened(chosen) as engine, write(engine) as db:
        named = None if athletes is None else [athlete_named(db, one).id for one in athletes]
        try:
            row, secret = subscribers.add(
                db, Vault.of(chosen), owner=LOCAL, url=url, types=types, athlete_ids=named, now=now
            )
        except ServiceError as wrong:
            raise BadCall(wrong.message) from None
        _note(db, "endpoint.created", row.id, now=now)
    _tell(row, secret)


def rotate(endpoint_id: str) -> None:
    """Make a new secret and print it. Raises NotFound."""
    chosen, now = settings.load(), datetime.now(UTC)
    with opened(chosen) as engine, write(engine) as db:
        row, secret = subscribers.rotate(db, Vault.of(chosen), _checked(endpoint_id), owner=None, now=now)
        _note(db, "endpoint.rotated", row.id, now=now)
    _tell(row, secret)


def _tell(row: EndpointRow, secret: str) -> None:
    remark(f"Endpoint {row.id}. Its secret is shown this once:")
    sys.stdout.write(f"{secret}\n")


def remove(endpoint_id: str) -> None:
    """Delete an endpoint. Raises NotFound."""
    with opened(settings.load()) as engine, write(engine) as db:
        endpoints.remove(db, _checked(endpoint_id), owner=None)
        _note(db, "endpoint.deleted", endpoint_id, now=datetime.now(UTC))
    remark(f"Nothing is sent to {endpoint_id} any more.")


def test(endpoint_id: str) -> None:
    """Put a test event on its way. Raises NotFound, and Conflict where the endpoint is disabled."""
    with opened(settings.load()) as engine, write(engine) as db:
        row = endpoints.get(db, _checked(endpoint_id), owner=None)
        sent = subscribers.ask_for_test(db, row, now=datetime.now(UTC))
    remark(f"Delivery {sent.id} goes out as soon as the service or a worker runs.")


def enable(endpoint_id: str) -> None:
    """Enable an endpoint. Raises NotFound."""
    now = datetime.now(UTC)
    with opened(settings.load()) as engine, write(engine) as db:
        before = endpoints.get(db, _checked(endpoint_id), owner=None)
        fields = subscribers.enabling(before, enabled=True, now=now)
        endpoints.change(db, before.id, owner=None, fields=fields)
        _note(db, "endpoint.changed", before.id, now=now)
    remark(f"Endpoint {endpoint_id} is enabled.")


def _checked(endpoint_id: str) -> str:
    if not is_id(endpoint_id, "whe"):
        raise NotFound("this is no id of an endpoint; `crampwatch webhooks` shows them")
    return endpoint_id


def _note(db: Connection, action: str, endpoint_id: str, *, now: datetime) -> None:
    audit.note(db, now=now, actor=audit.LOCAL, action=action, athlete_id=None, subject=endpoint_id)
