"""What Alembic runs: on the connection that `service.store.migrate` hands over, or on one of its own for developers.

A developer says where: `alembic -x url=sqlite:////tmp/scratch.db revision --autogenerate -m "add what"`. There is no
offline mode: the scripts look at nothing but the database they run on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from alembic import context

from service.store.engine import exclusive, make_engine
from service.store.tables import UtcTime, metadata

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Connection


def include_name(name: str | None, kind: str, _parents: Mapping[str, str | None]) -> bool:
    """Only our own tables: the job engine keeps its own in the same file."""
    return kind != "table" or name in metadata.tables


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Our own types by what they are in the database, so that a revision imports nothing that may change after it."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, UtcTime) else False


def run(connection: Connection) -> None:
    """Run what the command asked for, inside the transaction of `connection`."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        include_name=include_name,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("crampwatch migrates a live database only; leave out --sql")
handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not isinstance(url, str):
        raise SystemExit("say which database: alembic -x url=sqlite:///path …")
    with exclusive(make_engine(url)) as own:
        run(own)
