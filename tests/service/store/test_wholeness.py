"""Whether a store is whole: each kind of fault is found and named, and a store at work has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store import activities, removals, tables, wholeness
from service.store.blobs import Blobs, digest_of, original_key, streams_key
from service.store.engine import write
from service.store.wholeness import Fault, Tally

from .conftest import Seed, Source


@dataclass(frozen=True)
class Run:
    """A stored run, and the keys of its blobs."""

    athlete_id: str
    activity_id: str
    original: str
    streams: str


def store_run(db: Connection, blobs: Blobs, seed: Seed, athlete_id: str) -> Run:
    """A run with its rows and its two blobs, as they should be."""
    content, packed = (f"{kind} {seed.files} of {athlete_id}".encode() for kind in ("file", "streams"))
    seed.files += 1
    sha256, digest = digest_of(content), digest_of(packed)
    blobs.put(original_key(athlete_id, sha256), content)
    seed.file(db, athlete_id, sha256)
    activity_id = seed.activity(db, athlete_id, source=Source(sha256), digest=digest, assessed={"result": seed.files})
    key = streams_key(athlete_id, activity_id, digest)
    blobs.put(key, packed)
    return Run(athlete_id, activity_id, original_key(athlete_id, sha256), key)


@pytest.fixture
def runs(engine: Engine, blobs: Blobs, seed: Seed) -> list[Run]:
    with write(engine) as db:
        return [store_run(db, blobs, seed, athlete_id) for athlete_id in (seed.athlete(db), seed.athlete(db))]


def found(engine: Engine, blobs: Blobs) -> set[tuple[str, str]]:
    return {(fault.why, fault.key) for fault in wholeness.faults(engine, blobs, tally=Tally())}


def test_a_store_as_it_should_be_has_no_fault_and_all_of_it_was_looked_at(
    engine: Engine, blobs: Blobs, seed: Seed, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wholeness, "_BATCH", 2)
    with write(engine) as db:
        for _ in range(4):
            store_run(db, blobs, seed, runs[0].athlete_id)
    tally = Tally()
    assert list(wholeness.faults(engine, blobs, tally=tally)) == []
    assert tally == Tally(athletes=2, files=6, streams=6)


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def test_a_blob_that_is_gone_or_damaged_is_named(engine: Engine, blobs: Blobs, runs: list[Run], tmp_path: Path) -> None:
    one, other = runs
    blobs.delete(one.original)
    blobs.delete(one.streams)
    damage(tmp_path / "blobs" / other.original)
    damage(tmp_path / "blobs" / other.streams)
    assert found(engine, blobs) == {
        ("missing", one.original),
        ("missing", one.streams),
        ("differs", other.original),
        ("differs", other.streams),
    }
    assert {blob.key for blob in wholeness.missing(engine, blobs)} == {one.original, one.streams}


@dataclass(frozen=True)
class Contradiction:
    """A change that no part of the program makes, and the fault that it is."""

    why: str
    change: Callable[[Run], sa.Executable]
    key: Callable[[Run], str]


CONTRADICTIONS = [
    Contradiction(
        "totals",
        lambda run: (
            sa.update(tables.athlete_summaries)
            .values(runs=7)
            .where(tables.athlete_summaries.c.athlete_id == run.athlete_id)
        ),
        lambda run: run.athlete_id,
    ),
    Contradiction(
        "no_assessment",
        lambda run: (
            sa.update(tables.assessments)
            .values(state="superseded")
            .where(tables.assessments.c.activity_id == run.activity_id)
        ),
        lambda run: run.activity_id,
    ),
]


@pytest.mark.parametrize("contradiction", CONTRADICTIONS, ids=lambda one: one.why)
def test_rows_that_contradict_each_other_are_named(
    engine: Engine, blobs: Blobs, runs: list[Run], contradiction: Contradiction
) -> None:
    with write(engine) as db:
        db.execute(contradiction.change(runs[1]))
    assert found(engine, blobs) == {(contradiction.why, contradiction.key(runs[1]))}


def test_a_run_that_is_deleted_meanwhile_is_no_fault(engine: Engine, blobs: Blobs, seed: Seed, runs: list[Run]) -> None:
    """Its row was read before, its blob is looked for after."""
    faults = wholeness.faults(engine, blobs, tally=Tally())
    blobs.delete(runs[0].original)
    assert next(faults) == Fault("missing", runs[0].original, next(wholeness.missing(engine, blobs)))
    with write(engine) as db:
        activities.delete(db, runs[1].activity_id, athlete_id=runs[1].athlete_id, now=seed.tick())
    removals.sweep(engine, blobs)
    assert [fault.key for fault in faults] == []
