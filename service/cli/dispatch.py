"""What the commands about webhooks do, in the database that the settings name. No server is needed for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import orjson
from rich.table import Table
from sqlalchemy import Connection, Engine

from service import consents, settings, subscribers
from service.api.endpoints import document
from service.cli.database import athlete_named, opened
from service.cli.report import Look
from service.cli.terminal import console, harmless, is_plain, remark
from service.errors import BadCall, NotFound, ServiceError
from service.store import audit, endpoints
from service.store.cursor import MAX_LIMIT
from service.store.endpoints import LOCAL, EndpointRow
from service.store.engine import read, write
from service.store.ids import is_id
from service.vault import Vault


def show(*, as_json: bool) -> None:
    """Print the address that each sync service has to call, its secret included, and where events go out to."""
    chosen = settings.load()
    vault = Vault.of(chosen)
    base_url = chosen.public_url or f"http://{chosen.host}:{chosen.port}"
    incoming = {
        name: consents.webhook_address(base_url, name, setup) for name, (_, setup) in sorted(vault.services.items())
    }
    with opened(chosen) as engine:
        outgoing = list(everybodys(engine))
    if as_json:
        told = {
            "incoming": [{"provider": name, "url": url} for name, url in incoming.items()],
            "outgoing": [document(row) for row in outgoing],
        }
        sys.stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for name, url in incoming.items():
        sys.stdout.write(f"{name}  {harmless(url)}\n")
    if not chosen.public_url:
        remark("CRAMPWATCH_PUBLIC_URL is not set: from outside the beginning of the addresses is another.")
    if vault.off:
        remark(f"Off, as not all that they need is set: {', '.join(vault.off)}.")
    if outgoing:
        _print(outgoing)


def _print(rows: Sequence[EndpointRow]) -> None:
    paper = console(width=None if sys.stdout.isatty() else 200)
    look = Look(width=paper.width, plain=is_plain(paper.file))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("id", "owner", "url", "events", "athletes", "state"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(look.text(cell) for cell in _cells(row)))
    paper.print(table)


def _cells(row: EndpointRow) -> tuple[str, ...]:
    reach = "all" if row.athletes is None else ", ".join(row.athletes) or "nobody any more"
    failing = "failing" if row.failing_since else "enabled"
    state = failing if row.disabled_at is None else f"disabled: {row.disabled_because}"
    return (row.id, row.owner, row.url, ", ".join(row.events), reach, state)


def everybodys(engine: Engine) -> Iterator[EndpointRow]:
    """Every endpoint, whoever made it."""
    cursor: str | None = None
    while True:
        with read(engine) as db:
            page = endpoints.page(db, owner=None, limit=MAX_LIMIT, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


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
