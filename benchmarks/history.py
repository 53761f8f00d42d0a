"""Pages of the risk history among 1,000,000 activities of 10,000 athletes, on SQLite and on PostgreSQL.

    python -m benchmarks --only history

Most athletes have some ninety runs, ten have ten thousand. The rows are loaded in batches, one athlete after the other,
as imports are; then pages are asked for at random places, ours (keyset cursor, plain rows) and what one would write at
first (OFFSET, objects of an ORM) in turn. Measured is wall time in one process: the query, its rows and what is made
of them, in a transaction that is open already. PostgreSQL is a server of its own on a socket that writes nothing
through to the disk.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine, orm

from benchmarks import report
from fixtures.postgres import NoPostgres, server
from service.store import athletes, history, migrate, tables
from service.store.cursor import encode
from service.store.engine import make_engine, read, write
from service.store.history import Filters
from service.store.tables import as_micros

ACTIVITIES = 1_000_000
ATHLETES = 10_000
HEAVY = 10
HEAVY_RUNS = 10_000
BATCH = 10_000
PAGES = 1_500
OTHER_PAGES = 300
LIMIT = 50
SEED = 5

LEAST_ROWS_PER_S = 20_000
MOST_P50_MS, MOST_P99_MS = 2.0, 20.0

BEGAN = datetime(2020, 1, 1, 6, tzinfo=UTC)
WARNINGS = ("", " hilly ", " fast_start hilly ", " heat ", " duration ")
HEADLINE = {"text_key": "headline-fast_start", "params": {"excess": 0.119, "distance_m": 1000, "pace_s_per_km": 333}}


@dataclass(frozen=True, slots=True)
class Ask:
    """One page: whose, from where on, and narrowed how; `offset` is the same place for who counts rows."""

    athlete_id: str
    cursor: str | None
    offset: int
    filters: Filters


@dataclass(frozen=True, slots=True)
class Figure:
    """One database: how fast rows went in, and what a page takes, ours and the other way; milliseconds."""

    database: str
    rows_per_s: float
    ours_ms: tuple[float, ...]
    other_ms: tuple[float, ...]


def runs_of(number: int) -> int:
    """How many runs an athlete has."""
    return HEAVY_RUNS if number < HEAVY else (ACTIVITIES - HEAVY * HEAVY_RUNS) // (ATHLETES - HEAVY)


def started_at(index: int) -> datetime:
    """When an athlete's run begins: ten a week, whoever it is."""
    return BEGAN + timedelta(hours=16.8 * index)


def activity_id(number: int, index: int) -> str:
    """An id in the order of time, as ours are."""
    return f"act_{index:013d}{number:013d}"


def rows(number: int, athlete_id: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    """An athlete's activities."""
    for index in range(runs_of(number)):
        score = chance.randrange(70)
        at = started_at(index)
        yield {
            "id": activity_id(number, index),
            "athlete_id": athlete_id,
            "started_at": at,
            "utc_offset_s": 7200,
            "sport": "running",
            "sub_sport": "generic",
            "name": "Morning run",
            "distance_m": 10_000.0 + score,
            "moving_s": 3_300.0,
            "elapsed_s": 3_400.0,
            "status": "scored",
            "score": score,
            "forecast_score": score,
            "level": (score >= 25) + (score >= 45) + (score >= 65),
            "points_level": (score >= 25) + (score >= 45) + (score >= 65),
            "level_source": "points",
            "warnings": chance.choice(WARNINGS),
            "headline": HEADLINE,
            "created_at": at,
            "updated_at": at,
            "revision": 1,
        }


def load(engine: Engine) -> tuple[list[str], float]:
    """The athletes' ids, and how many rows a second went in, commits included; each batch is one transaction."""
    chance = random.Random(SEED)  # noqa: S311 - not for secrets
    with write(engine) as db:
        ids = [athletes.create(db, now=BEGAN, fields={}).id for _ in range(ATHLETES)]
    every = (row for number, athlete_id in enumerate(ids) for row in rows(number, athlete_id, chance))
    count, spent_s = 0, 0.0
    while batch := list(islice(every, BATCH)):
        answers = [
            {
                "activity_id": row["id"],
                "answer": "none",
                "document": {"answer": "none"},
                "answered_at": BEGAN,
                "revision": 1,
            }
            for row in batch[::10]
        ]
        began_s = time.perf_counter()
        with write(engine) as db:
            db.execute(sa.insert(tables.activities), batch)
            db.execute(sa.insert(tables.cramp_reports), answers)
        spent_s += time.perf_counter() - began_s
        count += len(batch) + len(answers)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE activities")
    return ids, count / spent_s


def asks(ids: Sequence[str]) -> list[Ask]:
    """Pages at random places of random athletes, every fourth of one with ten thousand runs."""
    chance = random.Random(SEED)  # noqa: S311 - likewise
    narrowed = (Filters(), Filters(), Filters(min_level="moderate"), Filters(warning="fast_start"))
    found = []
    for turn in range(PAGES):
        number = chance.randrange(HEAVY) if turn % 4 == 0 else chance.randrange(ATHLETES)
        offset = chance.choice((0, chance.randrange(runs_of(number))))
        last = runs_of(number) - offset
        key = (as_micros(started_at(last)), activity_id(number, last))
        cursor = encode("history:desc", key) if offset else None
        found.append(Ask(ids[number], cursor, offset, narrowed[turn % 3 if turn % 8 else 3]))
    return found


class Report:
    """What an ORM makes of a cramp report."""


class Activity:
    """What an ORM makes of a row, with its report."""


def mapped() -> type[Activity]:
    """The classes above, mapped to their tables with all the columns."""
    registry = orm.registry()
    registry.map_imperatively(Report, tables.cramp_reports)
    answer = orm.relationship(Report, uselist=False, lazy="joined")
    registry.map_imperatively(Activity, tables.activities, properties={"report": answer})
    return Activity


def other(session: orm.Session, ask: Ask, kind: type[Activity]) -> Sequence[Activity]:
    """A page by OFFSET, as objects; the offset counts the rows that the filters leave."""
    table = tables.activities.c
    query = (
        sa.select(kind)
        .where(table.athlete_id == ask.athlete_id, *ask.filters.conditions())
        .order_by(table.started_at.desc(), table.id.desc())
        .limit(LIMIT)
        .offset(ask.offset)
    )
    return session.scalars(query).all()


def ours_ms(engine: Engine, ask: Ask) -> float:
    """A page as the API asks for it, in a transaction that is open already."""
    with read(engine) as db:
        began_s = time.perf_counter()
        history.page(db, ask.athlete_id, filters=ask.filters, limit=LIMIT, cursor=ask.cursor)
        return 1000 * (time.perf_counter() - began_s)


def other_ms(engine: Engine, ask: Ask, kind: type[Activity]) -> float:
    """The same the other way."""
    with orm.Session(engine) as session:
        session.connection()
        began_s = time.perf_counter()
        other(session, ask, kind)
        return 1000 * (time.perf_counter() - began_s)


def measure(engine: Engine, database: str, kind: type[Activity]) -> Figure:
    """The database filled, then asked."""
    migrate.upgrade(engine)
    ids, rows_per_s = load(engine)
    wanted = asks(ids)
    for ask in wanted[:50]:
        ours_ms(engine, ask)
        other_ms(engine, ask, kind)
    step = PAGES // OTHER_PAGES
    ours, others = [], []
    for turn, ask in enumerate(wanted):
        ours.append(ours_ms(engine, ask))
        if turn % step == 0:
            others.append(other_ms(engine, ask, kind))
    return Figure(database, rows_per_s, tuple(ours), tuple(others))


@contextmanager
def engines() -> Iterator[Iterator[tuple[str, Engine]]]:
    """Each database with an engine on it, one after the other."""

    def each() -> Iterator[tuple[str, Engine]]:
        with tempfile.TemporaryDirectory() as folder:
            engine = make_engine(f"sqlite:///{Path(folder) / 'runs.db'}")
            yield "SQLite", engine
            engine.dispose()
        try:
            with server() as running, running.database() as url:
                engine = make_engine(url)
                yield "PostgreSQL", engine
                engine.dispose()
        except NoPostgres as missing:
            print(f"left out: PostgreSQL, as {missing}")

    yield each()


def p99(values: Sequence[float]) -> float:
    """The value that one in a hundred passes."""
    return quantiles(values, n=100)[98]


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| database | rows/s in | page p50, ms | p99, ms | OFFSET, ORM p50, ms | times ours | p99, ms | times ours |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in figures:
        mine, theirs = (median(one.ours_ms), p99(one.ours_ms)), (median(one.other_ms), p99(one.other_ms))
        lines.append(
            f"| {one.database} | {one.rows_per_s:,.0f} | {mine[0]:.2f} | {mine[1]:.2f} "
            f"| {theirs[0]:.2f} | {theirs[0] / mine[0]:.1f} | {theirs[1]:.2f} | {theirs[1] / mine[1]:.1f} |"
        )
    limits = f"| at least, at most | {LEAST_ROWS_PER_S:,} | {MOST_P50_MS:g} | {MOST_P99_MS:g} | | | | |"
    return "\n".join([*lines, limits])


def missed(figures: Sequence[Figure]) -> tuple[str, ...]:
    """A sentence for every figure that was to be reached and was not."""
    out = []
    for one in figures:
        if one.rows_per_s < LEAST_ROWS_PER_S:
            out.append(f"{one.database}: {one.rows_per_s:,.0f} rows/s, {LEAST_ROWS_PER_S:,} wanted")
        for name, found, most in (("p50", median(one.ours_ms), MOST_P50_MS), ("p99", p99(one.ours_ms), MOST_P99_MS)):
            if found > most:
                out.append(f"{one.database}: a page takes {found:.2f} ms ({name}), at most {most:g} wanted")
    return tuple(out)


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """Both databases, where both are to be had."""
    kind = mapped()
    with engines() as each:
        figures = [measure(engine, database, kind) for database, engine in each]
    return report.Outcome(table(figures), missed(figures))
