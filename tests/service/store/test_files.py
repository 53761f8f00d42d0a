"""Files and where each part of them went."""

from __future__ import annotations

from sqlalchemy import Connection

from service.store import files
from service.store.files import SourceRow
from service.store.scope import Scope

from .conftest import Seed, Source, sha


def test_the_same_bytes_are_one_file_that_keeps_its_first_name(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    options = {"size": 9, "format_id": "fit", "via": "upload"}
    files.add(db, athlete_id, sha256=sha(1), filename="first.fit", now=seed.tick(), **options)
    received_at = seed.now
    files.add(db, athlete_id, sha256=sha(1), filename="second.fit", now=seed.tick(), **options)
    found = files.find(db, athlete_id, sha256=sha(1))
    assert found is not None
    assert (found.filename, found.received_at, found.bytes) == ("first.fit", received_at, 9)


def test_a_long_name_is_cut(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    files.add(db, athlete_id, sha256=sha(1), size=9, filename="ü" * 999, format_id="fit", via="upload", now=seed.tick())
    found = files.find(db, athlete_id, sha256=sha(1))
    assert found is not None
    assert found.filename == "ü" * 200


def test_known_files_are_told_apart_by_the_thousand(db: Connection, seed: Seed) -> None:
    athlete_id, other = seed.athlete(db), seed.athlete(db)
    for number in range(0, 1500, 3):
        seed.file(db, athlete_id, sha(number))
    seed.file(db, other, sha(1))
    assert files.known(db, athlete_id, hashes=map(sha, range(1500))) == {sha(n) for n in range(0, 1500, 3)}
    assert files.known(db, athlete_id, hashes=[]) == set()
    assert files.hashes(db, athlete_id) == {sha(n) for n in range(0, 1500, 3)}


def test_sources_come_with_their_files_the_first_received_first(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    late = sha(1)
    early = seed.file(db, athlete_id, sha(2))
    first = seed.activity(db, athlete_id, source=Source(early, 0))
    received_at = seed.now
    second = seed.activity(db, athlete_id, source=Source(early, 1, "strava", "s1"))
    seed.file(db, athlete_id, late)
    third = seed.activity(db, athlete_id, source=Source(late, 0))
    found = files.sources_of(db, [first, second, third], scope=Scope.of(athlete_id))
    assert {one: [(row.sha256, row.part, row.origin) for row in rows] for one, rows in found.items()} == {
        first: [(early, 0, None)],
        second: [(early, 1, "strava")],
        third: [(late, 0, None)],
    }
    assert isinstance(found[first][0], SourceRow)
    assert (found[first][0].filename, found[first][0].bytes) == ("run.fit", 1000)
    assert found[first][0].received_at < received_at
