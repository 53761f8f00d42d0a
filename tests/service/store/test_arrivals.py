"""A record that came more than one way: what is remembered, found, taken back, and goes with what."""

from __future__ import annotations

from itertools import permutations

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from service.errors import Conflict
from service.store import activities, arrivals, athletes, files, records, tables, tombstones
from service.store.arrivals import ArrivalRow
from service.store.records import RecordRow
from service.store.scope import Scope

from .conftest import NOW, Seed, Source

ALL = Scope.everyone()
GARMIN, POLAR, HAND = ("garmin", "garmin", "g1"), ("polar", "polar", "p1"), ("upload", None, None)
Way = tuple[str, str | None, str | None]


def arrived(db: Connection, seed: Seed, *ways: Way) -> tuple[str, RecordRow]:
    """An athlete with one record that came all of these ways, in this order."""
    athlete_id = seed.athlete(db)
    sha256 = seed.file(db, athlete_id)
    (via, origin, external_id), *again = ways
    db.execute(sa.update(tables.files).where(tables.files.c.sha256 == sha256).values(via=via))
    activity_id = seed.activity(db, athlete_id, source=Source(sha256, 0, origin, external_id))
    (record,) = records.of(db, [activity_id], scope=ALL)
    for way in again:
        arrivals.add(db, athlete_id, record, ArrivalRow(*way, seed.tick()))
    return athlete_id, record


def ways_of(db: Connection, record: RecordRow) -> list[Way]:
    sources = files.sources_of(db, [record.activity_id], scope=ALL)[record.activity_id]
    return [(source.via, source.origin, source.external_id) for source in sources]


def test_every_way_is_listed_after_the_first_in_its_order(db: Connection, seed: Seed) -> None:
    _, record = arrived(db, seed, GARMIN, POLAR, HAND)
    assert ways_of(db, record) == [GARMIN, POLAR, HAND]
    listed = files.sources_of(db, [record.activity_id], scope=ALL)[record.activity_id]
    assert {(one.sha256, one.part, one.format, one.bytes) for one in listed} == {(record.sha256, 0, "fit", 1000)}
    assert sorted(one.received_at for one in listed) == [one.received_at for one in listed]
    assert len({one.received_at for one in listed}) == 3


def test_further_arrivals_stand_beside_their_own_record(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, HAND, POLAR)
    other = seed.activity(db, athlete_id, source=Source(seed.file(db, athlete_id), 0, "strava", "s1"))
    records.move(db, athlete_id, keys=[records.of(db, [other], scope=ALL)[0].key], activity_id=record.activity_id)
    assert ways_of(db, record) == [HAND, POLAR, ("upload", "strava", "s1")]


def test_a_record_is_found_by_every_id_it_came_under(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, GARMIN, POLAR, ("upload", "caller", "mine"))
    for _, origin, external_id in (GARMIN, POLAR, ("", "caller", "mine")):
        found = records.find(db, athlete_id, origin=str(origin), external_id=str(external_id))
        assert found == record
        assert records.from_origin(db, athlete_id, origin=str(origin), limit=9) == [external_id]
    assert activities.find_by_external_id(db, athlete_id, external_id="mine") == record.activity_id
    assert records.find(db, athlete_id, origin="polar", external_id="g1") is None


def test_the_ids_of_an_origin_come_some_at_a_time(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, ("polar", "polar", "p2"))
    for number in (3, 1, 4):
        arrivals.add(db, athlete_id, record, ArrivalRow("polar", "polar", f"p{number}", seed.tick()))
    assert records.from_origin(db, athlete_id, origin="polar", limit=3) == ["p1", "p2", "p3"]


def test_an_id_of_a_further_arrival_is_taken(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, HAND, POLAR)
    with pytest.raises(Conflict):
        seed.activity(db, athlete_id, source=Source(seed.file(db, athlete_id), 0, "polar", "p1"))
    with pytest.raises(IntegrityError), db.begin_nested():
        arrivals.add(db, athlete_id, record, ArrivalRow("import", "polar", "p1", NOW))


def test_the_same_id_is_free_for_another_athlete(db: Connection, seed: Seed) -> None:
    arrived(db, seed, HAND, POLAR)
    _, record = arrived(db, seed, HAND, POLAR)
    assert ways_of(db, record) == [HAND, POLAR]


def test_a_door_without_an_id_takes_one_on(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, GARMIN, HAND)
    arrivals.add(db, athlete_id, record, ArrivalRow("upload", "caller", "mine", seed.tick()))
    assert ways_of(db, record) == [GARMIN, ("upload", "caller", "mine")]
    assert arrivals.doors(db, athlete_id, sha256=record.sha256, part=0) == {"garmin", "upload"}


def test_a_further_arrival_goes_by_itself(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, GARMIN, POLAR, HAND)
    assert arrivals.withdraw(db, athlete_id, record, origin="polar", external_id="p1")
    assert ways_of(db, record) == [GARMIN, HAND]


def test_the_oldest_takes_the_place_of_the_first(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, GARMIN, POLAR, HAND)
    before = files.sources_of(db, [record.activity_id], scope=ALL)[record.activity_id]
    assert arrivals.withdraw(db, athlete_id, record, origin="garmin", external_id="g1")
    assert files.sources_of(db, [record.activity_id], scope=ALL)[record.activity_id] == before[1:]
    found = records.find(db, athlete_id, origin="polar", external_id="p1")
    assert found is not None
    assert found.external_id == "p1"


def test_the_last_way_is_not_withdrawn(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, GARMIN)
    assert not arrivals.withdraw(db, athlete_id, record, origin="garmin", external_id="g1")
    assert ways_of(db, record) == [GARMIN]


@pytest.mark.parametrize("order", list(permutations((GARMIN, POLAR, HAND))))
def test_what_is_left_does_not_depend_on_the_order(db: Connection, seed: Seed, order: tuple[Way, ...]) -> None:
    athlete_id, record = arrived(db, seed, *order)
    arrivals.withdraw(db, athlete_id, record, origin="garmin", external_id="g1")
    assert set(ways_of(db, record)) == {POLAR, HAND}
    arrivals.withdraw(db, athlete_id, record, origin="polar", external_id="p1")
    assert ways_of(db, record) == [HAND]


def test_the_parts_of_a_file_do_not_list_its_new_door_again(db: Connection, seed: Seed) -> None:
    """Of a file of two runs that came by a service, then by hand: by hand alone, once the service is gone."""
    athlete_id, record = arrived(db, seed, GARMIN, HAND)
    second = seed.activity(db, athlete_id, source=Source(record.sha256, 1))
    (other,) = records.of(db, [second], scope=ALL)
    arrivals.add(db, athlete_id, other, ArrivalRow(*HAND, seed.now))
    arrivals.withdraw(db, athlete_id, record, origin="garmin", external_id="g1")
    assert ways_of(db, record) == ways_of(db, other) == [HAND]


def test_an_owner_who_deletes_buries_every_id(db: Connection, seed: Seed) -> None:
    athlete_id, record = arrived(db, seed, GARMIN, POLAR, HAND)
    activities.delete(db, record.activity_id, athlete_id=athlete_id, now=NOW)
    assert tombstones.is_buried(db, athlete_id, sha256=record.sha256, part=0)
    assert tombstones.is_buried_id(db, athlete_id, origin="garmin", external_id="g1")
    assert tombstones.is_buried_id(db, athlete_id, origin="polar", external_id="p1")
    assert db.execute(sa.select(tables.arrivals)).all() == []


def test_arrivals_go_with_their_athlete(db: Connection, seed: Seed) -> None:
    athlete_id, _ = arrived(db, seed, GARMIN, POLAR, HAND)
    athletes.erase(db, athlete_id, now=NOW)
    assert db.execute(sa.select(tables.arrivals)).all() == []
