"""The same bytes through several doors: one activity that knows them all, and goes with the last."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from fixtures.catalogue import STEADY_HEART, on
from fixtures.fit_writer import fit as fit_of
from fixtures.gpx_writer import gpx
from fixtures.runs import km
from parsers import Limits
from service import ingest
from service.errors import Conflict, NotFound
from service.ingest import Told
from service.store import activities, events, files, records, tombstones
from service.store.activities import ActivityRow
from service.store.engine import read, write
from tests.service.desk import EVERYONE, Desk, opened

RUN = on(60, km(10, 3.0), step_s=2.0, heart_rate=STEADY_HEART)
FIT, POORER = fit_of(RUN), gpx(RUN)
ELSEWHEN = fit_of(on(70, km(5, 3.0), step_s=2.0, heart_rate=STEADY_HEART))
CHAINED = (Path(__file__).parents[2] / "fixtures" / "fit" / "valid" / "chained.fit").read_bytes()
SERVICES = {"garmin": "g1", "polar": "p1", "intervals": "i1"}
HAND = ("upload", None, None)
Way = tuple[str, str | None, str | None]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = opened(tmp_path)
    yield made
    made.engine.dispose()


def by(desk: Desk, service: str, data: bytes = FIT, *, named: str | None = None) -> tuple[str, str | None]:
    """What a service sends, as its errand takes it in."""
    told = Told(named or SERVICES[service], origin=service, repeats=True)
    return desk.send(data, told=told, via=service, bulk=True)[0]


def way(service: str) -> Way:
    return service, service, SERVICES[service]


def ways(desk: Desk, row: ActivityRow | None = None) -> list[Way]:
    """How the records of the (only) activity came."""
    row = row or desk.rows()[0]
    with read(desk.engine) as db:
        found = files.sources_of(db, [row.id], scope=EVERYONE)[row.id]
    return [(one.via, one.origin, one.external_id) for one in found]


def gone(desk: Desk, service: str, *, named: str | None = None) -> None:
    """The service tells that the run was deleted there."""
    with write(desk.engine) as db:
        ingest.remove_record(
            db,
            desk.blobs,
            desk.athlete_id,
            origin=service,
            external_id=named or SERVICES[service],
            now=desk.now,
        )


def feed(desk: Desk) -> list[str]:
    with read(desk.engine) as db:
        return [event.type for event in events.page(db, scope=EVERYONE, limit=200).items]


def is_buried(desk: Desk, service: str) -> bool:
    with read(desk.engine) as db:
        return tombstones.is_buried_id(db, desk.athlete_id, origin=service, external_id=SERVICES[service])


def sha256_of(data: bytes) -> str:
    return ingest.unpack(data, name="", limits=Limits()).sha256


def test_each_door_is_remembered_once_and_told(desk: Desk) -> None:
    by(desk, "garmin")
    (before,) = desk.rows()
    for _ in range(2):
        assert by(desk, "polar") == ("duplicate", before.id)
        assert by(desk, "garmin") == ("duplicate", before.id)
        assert desk.send(FIT) == [("duplicate", before.id)]
    assert ways(desk) == [way("garmin"), way("polar"), HAND]
    assert feed(desk) == ["activity.assessed", "activity.updated", "activity.updated"]
    (row,) = desk.rows()
    assert row.updated_at > before.updated_at
    assert row.revision == before.revision, "nobody's edit is refused for it"


def test_the_id_of_a_service_is_not_the_callers(desk: Desk) -> None:
    desk.send(FIT)
    by(desk, "polar")
    (row,) = desk.rows()
    assert row.external_id is None
    desk.send(FIT, told=Told("mine"))
    assert desk.rows()[0].external_id == "mine"
    with pytest.raises(Conflict):
        desk.send(FIT, told=Told("another"))
    assert ways(desk) == [("upload", "caller", "mine"), way("polar")]


def test_a_callers_id_that_comes_later_stands_with_its_own_arrival(desk: Desk) -> None:
    by(desk, "garmin")
    desk.send(FIT)
    desk.send(FIT, told=Told("mine"))
    assert ways(desk) == [way("garmin"), ("upload", "caller", "mine")]
    (row,) = desk.rows()
    with read(desk.engine) as db:
        found = activities.find_by_external_id(db, desk.athlete_id, external_id="mine")
    assert (row.external_id, found) == ("mine", row.id)


def test_an_import_remembers_what_came_another_way_and_passes_over_the_rest(desk: Desk) -> None:
    desk.send(FIT)
    desk.noted.clear()
    quiet = Told(repeats=True, events=False)
    for _ in range(3):
        desk.send(FIT, told=quiet, via="import", bulk=True)
    assert ways(desk) == [HAND, ("import", None, None)]
    assert len(desk.noted) == 1, "what is no news costs no transaction"
    assert feed(desk) == ["activity.assessed"], "an import is told as one"


def test_two_ids_of_one_service_are_two_arrivals(desk: Desk) -> None:
    by(desk, "garmin")
    by(desk, "garmin", named="g2")
    assert ways(desk) == [way("garmin"), ("garmin", "garmin", "g2")]
    gone(desk, "garmin")
    assert ways(desk) == [("garmin", "garmin", "g2")]


def test_a_run_goes_with_the_last_door_that_takes_it_back(desk: Desk) -> None:
    by(desk, "garmin")
    by(desk, "polar")
    (before,) = desk.rows()
    gone(desk, "garmin")
    (row,) = desk.rows()
    assert row.id == before.id
    assert ways(desk) == [way("polar")]
    assert is_buried(desk, "garmin")
    assert feed(desk)[-1] == "activity.updated"
    gone(desk, "polar")
    assert not desk.rows()
    assert feed(desk)[-1] == "activity.deleted"


def test_a_door_that_told_of_its_deletion_does_not_come_back_by_a_late_copy(desk: Desk) -> None:
    by(desk, "garmin")
    by(desk, "polar")
    gone(desk, "polar")
    by(desk, "polar")
    assert ways(desk) == [way("garmin")]


@pytest.mark.parametrize("order", list(permutations([*SERVICES, "upload"])), ids="-".join)
def test_what_is_left_does_not_depend_on_the_order_of_arrival(desk: Desk, order: tuple[str, ...]) -> None:
    chance = random.Random("".join(order))  # noqa: S311 - the same again, not secret
    for door in order:
        desk.send(FIT) if door == "upload" else by(desk, door)
    before = desk.state()
    left = {way(one) for one in SERVICES} | {HAND}
    for service in chance.sample(sorted(SERVICES), len(SERVICES)):
        assert set(ways(desk)) == left
        gone(desk, service)
        left.remove(way(service))
    assert ways(desk) == [HAND]
    assert desk.state() == before


def test_an_owner_who_deletes_takes_every_door_away(desk: Desk) -> None:
    by(desk, "garmin")
    by(desk, "polar")
    desk.remove(desk.rows()[0].id)
    assert is_buried(desk, "garmin")
    assert is_buried(desk, "polar")
    assert by(desk, "intervals")[0] == "skipped"
    assert not desk.rows()


def test_a_merged_record_takes_its_doors_along_when_it_is_taken_out(desk: Desk) -> None:
    by(desk, "garmin")
    by(desk, "polar")
    desk.send(POORER)
    (row,) = desk.rows()
    assert ways(desk) == [way("garmin"), way("polar"), HAND]
    taken = desk.unmerge(row.id, sha256_of(FIT))
    (other,) = [one for one in desk.rows() if one.id == taken]
    assert ways(desk, other) == [way("garmin"), way("polar")]
    with pytest.raises(NotFound):
        desk.unmerge(row.id, sha256_of(FIT))


def test_a_file_of_several_runs_is_known_by_its_door_for_each_and_by_an_id_for_the_first(desk: Desk) -> None:
    desk.send(CHAINED, via="import")
    first, *others = reversed(desk.rows())
    desk.send(CHAINED)
    by(desk, "polar", CHAINED)
    assert ways(desk, first) == [("import", None, None), HAND, way("polar")]
    assert all(ways(desk, one) == [("import", None, None), HAND] for one in others)
    gone(desk, "polar")
    assert len(desk.rows()) == 1 + len(others)


def test_a_correction_leaves_the_first_bytes_to_who_sent_them_too(desk: Desk) -> None:
    """The first service has another file for its run now; the other stands by the one that it sent."""
    by(desk, "garmin")
    by(desk, "polar")
    assert by(desk, "garmin", ELSEWHEN)[0] == "created"
    newer, older = desk.rows()
    assert ways(desk, older) == [way("polar")]
    assert ways(desk, newer) == [way("garmin")]
    assert feed(desk).count("activity.updated") == 2, "the older run knows one way less"


def test_a_correction_of_the_same_run_is_merged_with_what_the_other_service_sent(desk: Desk) -> None:
    by(desk, "garmin", POORER)
    by(desk, "polar", POORER)
    assert by(desk, "garmin", FIT)[0] == "merged"
    assert ways(desk) == [way("polar"), way("garmin")]


def test_a_correction_that_came_from_elsewhere_already_takes_the_place_of_the_first(desk: Desk) -> None:
    by(desk, "garmin")
    (before,) = desk.rows()
    with write(desk.engine) as db:
        ingest.change(db, desk.blobs, before=before, given={"note": "hot"}, now=desk.now)
    by(desk, "polar", ELSEWHEN)
    outcome, activity_id = by(desk, "garmin", ELSEWHEN)
    (row,) = desk.rows()
    assert (outcome, activity_id, row.id) == ("duplicate", row.id, before.id)
    assert row.note == "hot", "what was said of the run goes on with its correction"
    assert feed(desk)[-2:] == ["activity.assessed", "activity.updated"], "told once"
    assert ways(desk) == [way("polar"), way("garmin")]
    assert desk.hashes(row.id) == {sha256_of(ELSEWHEN)}
    with read(desk.engine) as db:
        assert not tombstones.is_buried(db, desk.athlete_id, sha256=sha256_of(FIT), part=0)
        assert records.of_file(db, desk.athlete_id, sha256=sha256_of(FIT)) == []


def test_a_correction_moves_only_its_own_id(desk: Desk) -> None:
    by(desk, "garmin")
    by(desk, "polar")
    by(desk, "intervals", ELSEWHEN)
    by(desk, "garmin", ELSEWHEN)
    newer, older = desk.rows()
    assert ways(desk, older) == [way("polar")]
    assert ways(desk, newer) == [way("intervals"), way("garmin")]
    assert feed(desk)[-3:] == ["activity.assessed", "activity.updated", "activity.updated"], "of either"


def test_a_correction_leaves_a_merged_activity_to_its_other_records(desk: Desk) -> None:
    by(desk, "garmin")
    desk.send(POORER)
    by(desk, "polar", ELSEWHEN)
    by(desk, "garmin", ELSEWHEN)
    newer, older = desk.rows()
    assert (ways(desk, older), older.document["format"]) == ([HAND], "gpx")
    assert ways(desk, newer) == [way("polar"), way("garmin")]
