"""`crampwatch verify --all`: the store that the settings name, held row by row against its blobs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Engine

from service import settings
from service.cli.terminal import complain, console
from service.errors import Unavailable
from service.store import migrate, wholeness
from service.store.blobs import Blobs
from service.store.engine import make_engine
from service.store.wholeness import Fault, Tally

SHOWN = 20
"""So many faults are named; the rest is counted."""

WORDS = {
    "missing": "the file is not there",
    "differs": "the file holds other bytes than its name says",
    "no_assessment": "the activity has no assessment",
    "totals": "the totals of the athlete do not add up",
    "database": "the database is damaged",
}


def look(engine: Engine, blobs: Blobs) -> tuple[list[Fault], Tally]:
    """What is wrong with a store, and how much was looked at; the engine is closed. Raises Unavailable without one."""
    tally = Tally()
    try:
        if not migrate.is_current(engine):
            raise Unavailable(
                "there is no store of this version where the settings say; `crampwatch migrate` makes one"
            )
        return list(wholeness.faults(engine, blobs, tally=tally)), tally
    finally:
        engine.dispose()


def show(*, as_json: bool) -> int:
    """Look, and print what was found; 1 where anything is wrong, else 0."""
    chosen = settings.load()
    found, tally = look(make_engine(chosen.database_url), Blobs(chosen.blob_url))
    if as_json:
        faults = [{"why": one.why, "key": one.key} for one in found]
        sys.stdout.write(json.dumps({**asdict(tally), "faults": faults}, indent=2) + "\n")
    else:
        tell(found, tally)
    return 1 if found else 0


def tell(found: Sequence[Fault], tally: Tally) -> None:
    """Print what was found, for people."""
    for one in found[:SHOWN]:
        complain(f"{one.key}: {WORDS[one.why]}.")
    if len(found) > SHOWN:
        complain(f"and {len(found) - SHOWN} more.")
    seen = f"{tally.athletes} athletes, {tally.files} files, {tally.streams} activities with their streams"
    verdict = f"{len(found)} faults." if found else "all is there, and every hash is right."
    console().print(f"{seen}: {verdict}", soft_wrap=True, highlight=False)
