"""`crampwatch migrate`: the database brought to this program's schema, as `serve` does by itself."""

from __future__ import annotations


def command() -> None:
    """Bring the database to this version's schema. `serve` does it by itself."""
    from service import settings  # noqa: PLC0415 - pydantic and sqlalchemy are loaded by the commands that need them
    from service.cli.database import bring_up_to_date  # noqa: PLC0415 - likewise
    from service.cli.terminal import remark  # noqa: PLC0415 - likewise rich

    bring_up_to_date(settings.load())
    remark("The database is at this version's schema.")
