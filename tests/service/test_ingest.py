"""Ingest: a file becomes rows and blobs once, and is examined again from what is stored."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

import parsers
from parsers import Limits
from parsers.errors import EmptyFile, NotUsable, UnknownType
from service import examine, ingest
from service.errands import Errand
from service.errors import Conflict
from service.ingest import Outcome, Prepared, Received, Told
from service.store import (
    activities,
    assessments,
    athletes,
    files,
    history,
    migrate,
    removals,
    streams,
    tombstones,
)
from service.store.blobs import Blobs, original_key, streams_key
from service.store.engine import make_engine, read, write
from service.store.scope import Scope

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
EVERYONE = Scope.everyone()
NOTHING = Told()


@dataclass
class Hall:
    """A store with one athlete, and the way of a file through the hall."""

    engine: Engine
    blobs: Blobs
    athlete_id: str
    errands: list[Errand] = field(default_factory=list)

    def receive(self, data: bytes, *, name: str = "run.fit", told: Told = NOTHING) -> tuple[Outcome, ...]:
        received = ingest.unpack(data, name=name, limits=Limits())
        with read(self.engine) as db:
            known = ingest.already(db, self.athlete_id, received, told=told)
        if known:
            return known
        prepared = self.prepare(received, told=told)
        try:
            ingest.keep(self.blobs, self.athlete_id, received, prepared)
            return self.store(received, prepared, told=told)
        except Conflict:
            with write(self.engine) as db:
                ingest.take_back(db, self.athlete_id, received, prepared, now=NOW)
            removals.sweep(self.engine, self.blobs)
            raise

    def prepare(self, received: Received, *, told: Told = NOTHING) -> tuple[Prepared, ...]:
        found = ingest.parse(received, limits=Limits())
        with read(self.engine) as db:
            known = ingest.known_of(db, self.athlete_id, found)
        return ingest.prepare(received, found, known=known, told=told, now=NOW)

    def store(self, received: Received, prepared: tuple[Prepared, ...], *, told: Told = NOTHING) -> tuple[Outcome, ...]:
        with write(self.engine) as db:
            stored = ingest.store(
                db,
                self.blobs,
                athlete_id=self.athlete_id,
                received=received,
                prepared=prepared,
                told=told,
                via="upload",
                now=NOW,
            )
        self.errands += stored.errands
        return stored.outcomes


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    engine = make_engine(f"sqlite:///{tmp_path}/test.db")
    migrate.upgrade(engine)
    with write(engine) as db:
        athlete_id = athletes.create(db, now=NOW, fields={"mass_kg": 70.0}).id
    yield Hall(engine, Blobs(f"file://{tmp_path}/blobs"), athlete_id)
    engine.dispose()


def fit(name: str) -> bytes:
    return (FIXTURES / "fit" / "valid" / f"{name}.fit").read_bytes()


def test_a_new_file_leaves_rows_and_both_blobs(hall: Hall) -> None:
    data = fit("fast_start")
    (outcome,) = hall.receive(gzip.compress(data), name="a.fit.gz")
    assert (outcome.name, outcome.part, outcome.outcome) == ("a.fit.gz", 0, "created")
    sha256 = ingest.unpack(data, name="", limits=Limits()).sha256
    with read(hall.engine) as db:
        row = activities.get(db, str(outcome.activity_id), scope=EVERYONE)
        current = assessments.current(db, [row.id], scope=EVERYONE)[row.id]
        (source,) = files.sources_of(db, [row.id], scope=EVERYONE)[row.id]
    assert (source.sha256, source.bytes, source.format) == (sha256, len(data), "fit")
    assert current.document["receipt"]["input_sha256"] == sha256
    assert current.document["receipt"]["program_version"] == ingest.PROGRAM_VERSION
    assert row.warnings == ("fast_start",)
    assert hall.blobs.get(original_key(hall.athlete_id, sha256)) == data
    assert hall.blobs.exists(streams_key(hall.athlete_id, row.id, row.streams_digest))


def test_known_bytes_are_not_parsed_again(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = hall.receive(fit("fast_start"))

    def parsed(*_: object, **__: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(ingest, "parse", parsed)
    (again,) = hall.receive(gzip.compress(fit("fast_start")))
    assert (again.outcome, again.activity_id) == ("duplicate", first.activity_id)


def test_who_loses_the_race_for_the_same_bytes_gets_the_duplicate(hall: Hall) -> None:
    received = ingest.unpack(fit("fast_start"), name="a.fit", limits=Limits())
    prepared = hall.prepare(received)
    ingest.keep(hall.blobs, hall.athlete_id, received, prepared)
    (first,) = hall.receive(fit("fast_start"))
    (second,) = hall.store(received, prepared)
    assert (second.outcome, second.activity_id) == ("duplicate", first.activity_id)
    removals.sweep(hall.engine, hall.blobs)
    assert len(list(hall.blobs.list())) == 2, "the loser's streams are gone"


@pytest.mark.parametrize(
    "name", ["fast_start", "hills", "pauses", "treadmill", "gap", "walk", "split_records", "local_time"]
)
def test_what_is_stored_gives_the_same_activity_back(hall: Hall, name: str) -> None:
    """Streams to the bit, and with them the whole assessment."""
    (run,) = parsers.parse(fit(name))
    (outcome,) = hall.receive(fit(name))
    with read(hall.engine) as db:
        row = activities.get(db, str(outcome.activity_id), scope=EVERYONE)
        state = activities.state(db, row.id, scope=EVERYONE)
        before = assessments.current(db, [row.id], scope=EVERYONE)[row.id].document
        again = ingest.examine_again(db, hall.blobs, row, state=state, edits={})
    restored = ingest.restore(hall.blobs, row, state=state)
    assert restored.started_at == run.started_at
    for (channel, column), (other, original) in zip(restored.streams.items(), run.streams.items(), strict=True):
        assert (channel, column.tobytes()) == (other, original.tobytes())
    assert again.assessment == before


def test_each_run_is_assessed_with_the_runs_before_it(hall: Hall) -> None:
    hall.receive(fit("easy_run"))
    hall.receive(fit("jog"))
    with read(hall.engine) as db:
        digests = history.digests(db, hall.athlete_id, before=datetime(2027, 1, 1, tzinfo=UTC), days=400)
    assert len(digests) == 2
    assert [digest["started_at"] for digest in digests] == sorted(digest["started_at"] for digest in digests)


def test_what_is_told_is_kept_apart_from_what_the_file_says(hall: Hall) -> None:
    (outcome,) = hall.receive(fit("fast_start"), told=Told("mine", "walking", {"temperature_c": 20.0}))
    with read(hall.engine) as db:
        row = activities.get(db, str(outcome.activity_id), scope=EVERYONE)
    assert (row.sport, row.external_id) == ("walking", "mine")
    assert row.edits == {"sport": "walking", "conditions": {"temperature_c": 20.0}}


def test_an_external_id_names_the_first_run_of_a_file(hall: Hall) -> None:
    outcomes = hall.receive(fit("chained"), told=Told("mine"))
    with read(hall.engine) as db:
        names = [activities.get(db, str(one.activity_id), scope=EVERYONE).external_id for one in outcomes]
    assert names[0] == "mine"
    assert set(names[1:]) == {None}


def test_a_taken_external_id_stores_nothing(hall: Hall) -> None:
    hall.receive(fit("fast_start"), told=Told("mine"))
    before = set(hall.blobs.list())
    with pytest.raises(Conflict):
        hall.receive(fit("hills"), told=Told("mine"))
    assert set(hall.blobs.list()) == before
    sha256 = ingest.unpack(fit("hills"), name="", limits=Limits()).sha256
    with read(hall.engine) as db:
        assert files.find(db, hall.athlete_id, sha256=sha256) is None


def test_a_deleted_run_is_welcome_again_when_somebody_sends_it(hall: Hall) -> None:
    (first,) = hall.receive(fit("fast_start"))
    with write(hall.engine) as db:
        activities.delete(db, str(first.activity_id), athlete_id=hall.athlete_id, now=NOW)
    (again,) = hall.receive(fit("fast_start"))
    assert again.outcome == "created"
    with read(hall.engine) as db:
        sha256 = ingest.unpack(fit("fast_start"), name="", limits=Limits()).sha256
        assert not tombstones.parts_of(db, hall.athlete_id, sha256=sha256)


def test_swept_blobs_are_put_back_before_a_row_stands_on_them(hall: Hall) -> None:
    received = ingest.unpack(fit("fast_start"), name="a.fit", limits=Limits())
    prepared = hall.prepare(received)
    hall.store(received, prepared)  # without `keep`: as if a sweep had come between
    assert hall.blobs.get(original_key(hall.athlete_id, received.sha256)) == received.content
    assert hall.blobs.get(prepared[0].key(hall.athlete_id)) == prepared[0].packed


def test_nothing_is_examined_packed_or_written_to_disk_while_other_writers_wait(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for a file of several runs, of which a later one is assessed with the earlier."""
    received = ingest.unpack(fit("chained"), name="a.fit", limits=Limits())
    prepared = hall.prepare(received)
    assert len(prepared) > 1
    ingest.keep(hall.blobs, hall.athlete_id, received, prepared)

    def late(*_: object, **__: object) -> None:
        raise AssertionError("inside the transaction")

    for module, name in ((examine, "examine"), (streams, "encode"), (Blobs, "put")):
        monkeypatch.setattr(module, name, late)
    assert {outcome.outcome for outcome in hall.store(received, prepared)} == {"created"}


@pytest.mark.parametrize("change", ["profile", "history"])
def test_what_changed_since_an_upload_was_prepared_still_counts(hall: Hall, change: str) -> None:
    """The assessment is the one that an upload after the change would have got, on the same stored streams."""
    received = ingest.unpack(fit("jog"), name="a.fit", limits=Limits())
    prepared = hall.prepare(received)
    ingest.keep(hall.blobs, hall.athlete_id, received, prepared)
    if change == "profile":
        with write(hall.engine) as db:
            athletes.update(db, hall.athlete_id, now=NOW, fields={"mass_kg": 90.0, "birth_year": 1960})
    else:
        hall.receive(fit("easy_run"))
    (expected,) = hall.prepare(received)
    assert expected.examined.assessment != prepared[0].examined.assessment
    (outcome,) = hall.store(received, prepared)
    with read(hall.engine) as db:
        row = activities.get(db, str(outcome.activity_id), scope=EVERYONE)
        assert assessments.current(db, [row.id], scope=EVERYONE)[row.id].document == expected.examined.assessment
    assert expected.packed == prepared[0].packed
    assert row.streams_digest == expected.digest


NOT_ACTIVITY = NotUsable("not_activity", "Settings.")
UNKNOWN = UnknownType("unknown_type", "Something else.")


@pytest.mark.parametrize(
    ("error", "name", "archived", "outcome"),
    [
        (NOT_ACTIVITY, "sleep.fit", True, "skipped"),
        (NOT_ACTIVITY, "sleep.fit", False, "skipped"),
        (UNKNOWN, "photo.jpg", True, "skipped"),
        (UNKNOWN, "photo.jpg", False, "rejected"),
        (UNKNOWN, "run.fit", True, "rejected"),
        (UNKNOWN, "RUN.GPX.gz", True, "rejected"),
        (NotUsable("no_time", "A course."), "course.gpx", True, "skipped"),
        (NotUsable("no_time", "A course."), "course.gpx", False, "rejected"),
        (EmptyFile("empty", "Nothing."), "note.doc", True, "skipped"),
        (EmptyFile("empty", "Nothing."), "run.fit", True, "rejected"),
        (EmptyFile("empty", "Nothing."), "note.doc", False, "rejected"),
        (UNKNOWN, "__MACOSX/activities/._run.fit", True, "skipped"),
        (UNKNOWN, "._run.fit", True, "skipped"),
    ],
)
def test_only_what_never_was_to_be_an_activity_is_skipped(
    error: NotUsable, name: str, outcome: str, *, archived: bool
) -> None:
    assert ingest.outcome_of(error, name=name, archived=archived) == outcome


def test_what_is_kept_of_a_refusal_keeps_no_bytes_alive() -> None:
    """The frames of a traceback hold the file; of fifty thousand refusals only the words may stay."""
    with pytest.raises(UnknownType) as caught:
        parsers.parse(b"not a watch file")
    outcome = ingest.refusal(caught.value, name="a.txt", archived=True)
    assert outcome.error is not None
    assert caught.value.__traceback__ is not None
    assert outcome.error.__traceback__ is outcome.error.__context__ is None
    assert (outcome.outcome, outcome.error.message) == ("skipped", caught.value.message)
