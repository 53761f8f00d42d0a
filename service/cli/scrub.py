"""`crampwatch scrub`: a large SQLite file written anew after an erasure, when it suits."""

from __future__ import annotations


def command() -> None:
    """Write the SQLite file anew where an erasure asks for it; small files are done by themselves."""
    from service import settings  # noqa: PLC0415 - sqlalchemy is loaded by the commands that need it
    from service.cli.database import opened  # noqa: PLC0415 - likewise
    from service.cli.terminal import remark  # noqa: PLC0415 - likewise rich
    from service.errors import Unavailable  # noqa: PLC0415 - likewise
    from service.store.scrub import is_due, scrub  # noqa: PLC0415 - likewise

    with opened(settings.load()) as engine:
        due = is_due(engine)
        if not scrub(engine):
            raise Unavailable("others are at work in the database; try again in a moment, or stop the service first")
    remark("The database file holds nothing of who was erased." if due else "There is nothing to do.")
