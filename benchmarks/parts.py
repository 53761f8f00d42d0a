"""CPU time of two parts of the service that have figures of their own: storing without analysing, and answering.

    python -m benchmarks --only parts

The first is a real file of 387 kB: unwrapped, hashed, parsed, and its rows written and committed in SQLite; no
assessment. The second is the text of an answer of stored streams, four hours at 1 Hz in eight channels, from the
stored integers on, as whole numbers and, for comparison, in units. The best of the rounds is what
counts, as what else the machine does can only add.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from benchmarks import report
from benchmarks.columns import ROWS, made_run
from fixtures.corpus import CORPUS
from parsers.activity import UNITS_PER
from parsers.format import Limits
from service import ingest
from service.api.streams import as_json, as_scaled_json, floats
from service.store import activities, athletes, engine, files, migrate
from service.store.ids import new_id

ROUNDS = 25
WARM_UP = 3
REAL = "fit_garmin_fr965_stamina.fit"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Figure:
    """One part: CPU milliseconds (median and best of the rounds), and the most that the best may be."""

    name: str
    median_ms: float
    best_ms: float
    limit_ms: float | None = None


def reception(data: bytes, db: Engine) -> Callable[[int], None]:
    """What receives the file as the run of a moment of its own, for an athlete who has it not yet."""

    def receive(turn: int) -> None:
        now = BEGAN + timedelta(seconds=turn)
        with engine.write(db) as writing:
            athlete = athletes.create(writing, now=now, fields={}).id
            received = ingest.unpack(data, name="run.fit", limits=Limits())
            (run,) = ingest.parse(received, limits=Limits())
            known_as = {"sha256": received.sha256, "filename": received.name, "via": "upload"}
            files.add(writing, athlete, size=len(received.content), format_id=run.format, now=now, **known_as)
            document = {"started_at": run.started_at.isoformat(), "sport": run.sport, "name": run.name}
            activities.insert(
                writing,
                athlete,
                activity_id=new_id("act", now),
                now=now,
                content=activities.Content(document, {}, received.sha256),
            )

    return receive


STORED = {name: (column, UNITS_PER[name]) for name, column in made_run().items()}


def scaled_answer(_turn: int) -> None:
    """Write the answer of stored streams in whole numbers."""
    as_scaled_json(STORED, STORED)


def plain_answer(_turn: int) -> None:
    """Write it in the units of their names."""
    as_json(dict(floats(STORED)), points=ROWS)


def measured(name: str, call: Callable[[int], None], *, limit_ms: float | None = None) -> Figure:
    """The figure of a call that is given the number of its turn."""
    spent_ms = []
    for turn in range(WARM_UP + ROUNDS):
        began_s = time.process_time()
        call(turn)
        spent_ms.append(1000 * (time.process_time() - began_s))
    spent_ms = spent_ms[WARM_UP:]
    return Figure(name, statistics.median(spent_ms), min(spent_ms), limit_ms)


def figures() -> Iterator[Figure]:
    """The parts that can be measured here."""
    real = CORPUS / REAL
    if real.exists():
        data = real.read_bytes()
        with tempfile.TemporaryDirectory() as folder:
            db = engine.make_engine(f"sqlite:///{Path(folder) / 'rows.db'}")
            migrate.upgrade(db)
            name = f"an upload of {len(data) / 1000:.0f} kB without analysis: hash, parse, rows"
            yield measured(name, reception(data, db), limit_ms=5.0)
            db.dispose()
    else:
        print(f"left out: an upload without analysis, as {REAL} is not in the corpus folder")
    yield measured(f"an answer of streams, {ROWS:,} rows of 8 channels, `scaled`", scaled_answer, limit_ms=1.0)
    yield measured("the same in the units of their names", plain_answer)


def table(found: list[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| part | CPU ms | best | at most |", "|---|---:|---:|---:|"]
    for one in found:
        most = "" if one.limit_ms is None else f"{one.limit_ms:g}"
        lines.append(f"| {one.name} | {one.median_ms:.2f} | {one.best_ms:.2f} | {most} |")
    return "\n".join(lines)


def missed(found: list[Figure]) -> tuple[str, ...]:
    """A sentence for each part that took longer than it may."""
    return tuple(
        f"{one.name}: {one.best_ms:.2f} ms CPU, at most {one.limit_ms:g} wanted"
        for one in found
        if one.limit_ms is not None and one.best_ms > one.limit_ms
    )


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """Both parts."""
    found = list(figures())
    return report.Outcome(table(found), missed(found))
