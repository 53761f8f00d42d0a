"""Records of one run become one activity, and every order of arrival ends in the same place."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.catalogue import STEADY_HEART, on
from fixtures.corpus import ABSENT, CORPUS
from fixtures.fit_writer import fit as fit_of
from fixtures.gpx_writer import gpx
from fixtures.runs import km
from fixtures.tcx_writer import tcx
from parsers import Limits
from service import ingest
from service.catchup import CatchUp
from service.errands import CATCH_UP, Errand
from service.errors import Conflict, NotFound
from service.ingest import Told
from service.store import assessments, athletes, events, files, records
from service.store.blobs import original_key
from service.store.engine import read, write
from tests.service.desk import EVERYONE, NOW, Desk, opened

FIXTURES = Path(__file__).parents[2] / "fixtures"
RUN = on(60, km(10, 3.0), step_s=2.0, heart_rate=STEADY_HEART)
EVEN = {"fit": fit_of(RUN), "tcx": tcx(RUN), "gpx": gpx(RUN)}
"""One run as a watch and two services give it out."""


def fit(name: str) -> bytes:
    return (FIXTURES / "fit" / "valid" / f"{name}.fit").read_bytes()


@pytest.fixture(scope="session")
def corpus() -> Path:
    if not CORPUS.is_dir():
        pytest.skip(ABSENT)
    return CORPUS


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = opened(tmp_path)
    yield made
    made.engine.dispose()


def test_the_same_run_from_three_sources_is_one_activity_that_shows_the_richest(desk: Desk) -> None:
    outcomes = [desk.send(EVEN[name])[0] for name in ("gpx", "tcx", "fit")]
    assert [outcome for outcome, _ in outcomes] == ["created", "merged", "merged"]
    assert len({activity_id for _, activity_id in outcomes}) == 1
    (row,) = desk.rows()
    assert row.document["format"] == "fit"
    assert len(desk.hashes(row.id)) == 3
    with read(desk.engine) as db:
        for sha256 in desk.hashes(row.id):
            assert desk.blobs.exists(original_key(desk.athlete_id, sha256)), "every original is kept"
        current = assessments.current(db, [row.id], scope=EVERYONE)[row.id]
        told = [event.type for event in events.page(db, scope=EVERYONE, limit=9).items]
    assert current.document["receipt"]["input_sha256"] in desk.hashes(row.id)
    assert told == ["activity.assessed", "activity.merged", "activity.merged"]


def test_a_poorer_record_leaves_what_is_shown_as_it_was(desk: Desk) -> None:
    desk.send(EVEN["fit"])
    (before,) = desk.rows()
    desk.send(EVEN["gpx"])
    (after,) = desk.rows()
    assert (after.document, after.streams_digest) == (before.document, before.streams_digest)
    assert after.revision > before.revision, "its sources are others"


def test_a_merged_activity_equals_the_one_of_its_richest_record_alone(desk: Desk, tmp_path: Path) -> None:
    for name in ("gpx", "fit"):
        desk.send(EVEN[name])
    (tmp_path / "alone").mkdir()
    alone = opened(tmp_path / "alone")
    alone.send(EVEN["fit"])
    ((merged,), (only,)) = desk.state().values(), alone.state().values()
    assert merged == only
    alone.engine.dispose()


def test_what_a_person_said_survives_a_merge(desk: Desk) -> None:
    ((_, activity_id),) = desk.send(EVEN["gpx"], told=Told("mine", conditions={"temperature_c": 27.0}))
    desk.send(EVEN["fit"])
    (row,) = desk.rows()
    assert (row.id, row.external_id, row.edits) == (activity_id, "mine", {"conditions": {"temperature_c": 27.0}})
    assert row.document["conditions"]["temperature_c"] == 27.0


def test_a_source_is_taken_out_for_good_and_the_activity_stays_with_the_rest(desk: Desk) -> None:
    for name in ("gpx", "tcx", "fit"):
        desk.send(EVEN[name])
    (row,) = desk.rows()
    shown = ingest.unpack(EVEN["fit"], name="", limits=Limits()).sha256
    taken = desk.unmerge(row.id, shown)
    by_id = {one.id: one for one in desk.rows()}
    assert by_id.keys() == {row.id, taken}
    assert (by_id[taken].document["format"], by_id[row.id].document["format"]) == ("fit", "tcx")
    assert desk.hashes(taken) == {shown}
    desk.send((FIXTURES / "fit" / "valid" / "enhanced.fit").read_bytes())
    with read(desk.engine) as db:
        apart = [one for one in records.of(db, [taken], scope=EVERYONE) if one.apart]
    assert [one.sha256 for one in apart] == [shown]
    assert desk.hashes(taken) == {shown}, "nothing joins it any more"


def test_what_held_two_records_together_leaves_two_activities_behind(desk: Desk, monkeypatch: Any) -> None:
    """Only the middle one is a twin of either; taken out, the ends are runs of their own again."""
    from service.ingest import twins

    hashes = {name: ingest.unpack(data, name="", limits=Limits()).sha256 for name, data in EVEN.items()}
    ends = {hashes["fit"], hashes["gpx"]}
    are_twins = twins.are_twins
    monkeypatch.setattr(twins, "are_twins", lambda a, b: {a.sha256, b.sha256} != ends and are_twins(a, b))
    first = desk.send(EVEN["gpx"])[0]
    assert desk.send(EVEN["fit"])[0][0] == "created"
    assert desk.send(EVEN["tcx"])[0] == ("merged", first[1]), "the older of the two goes on"
    (row,) = desk.rows()
    desk.unmerge(row.id, hashes["tcx"])
    assert sorted(len(desk.hashes(one.id)) for one in desk.rows()) == [1, 1, 1]
    assert {one.document["format"] for one in desk.rows()} == {"fit", "tcx", "gpx"}


def test_only_a_source_of_a_merged_activity_can_be_taken_out(desk: Desk) -> None:
    ((_, activity_id),) = desk.send(EVEN["fit"])
    with pytest.raises(NotFound):
        desk.unmerge(str(activity_id), "0" * 64)
    (sha256,) = desk.hashes(str(activity_id))
    with pytest.raises(Conflict):
        desk.unmerge(str(activity_id), sha256)


def test_a_deleted_run_stays_away_from_who_repeats_himself_and_comes_back_when_sent(desk: Desk) -> None:
    ((_, activity_id),) = desk.send(EVEN["fit"])
    desk.send(EVEN["gpx"])
    desk.remove(str(activity_id))
    for name in ("fit", "gpx"):
        assert desk.send(EVEN[name], told=Told(repeats=True)) == [("skipped", None)]
    assert not desk.rows()
    assert desk.send(EVEN["gpx"])[0][0] == "created"


def test_what_a_provider_sends_anew_under_the_same_id_takes_the_place_of_the_first(desk: Desk) -> None:
    told = Told("s1", origin="strava", repeats=True)
    ((_, activity_id),) = desk.send(fit("jog"), told=told)
    assert desk.send(fit("easy_run"), told=told) == [("merged", activity_id)]
    (row,) = desk.rows()
    assert len(desk.hashes(row.id)) == 1
    assert row.external_id is None, "a provider's id is not the caller's"
    assert row.started_at == desk.rows()[0].started_at
    with read(desk.engine) as db:
        assert len(files.hashes(db, desk.athlete_id)) == 1


def test_nothing_has_to_be_caught_up_with_where_no_run_came_after(desk: Desk) -> None:
    names = ("easy_run", "jog", "tempo", "long_run")
    starts = {name: ingest.parse(ingest.unpack(fit(name), name="", limits=Limits()), limits=Limits()) for name in names}
    for name in sorted(names, key=lambda name: starts[name][0].started_at):
        desk.send(fit(name))
        assert desk.errands == []


def test_a_late_run_sends_one_errand_and_the_runs_after_it_know_of_it(desk: Desk) -> None:
    late, *rest = in_time_order()
    for data in rest:
        desk.send(data)
    assert desk.errands == []
    desk.send(late)
    assert desk.errands == [Errand(CATCH_UP, (desk.athlete_id,), lane=desk.athlete_id)]
    before = {row.id: row.score for row in desk.rows()}
    desk.catch_up()
    with read(desk.engine) as db:
        assert athletes.stale(db, desk.athlete_id) is None
    assert before.keys() == {row.id for row in desk.rows()}
    desk.send(late)
    assert desk.errands == [], "known bytes change nothing"


def test_catching_up_goes_on_where_its_time_was_over(desk: Desk) -> None:
    late, *rest = in_time_order()
    for data in rest:
        desk.send(data)
    desk.send(late)
    whole = CatchUp(desk.engine, desk.blobs, lambda: NOW)
    calls = 0
    while not whole.run(desk.athlete_id, slice_s=0.0):
        calls += 1
        assert calls < 50
    assert calls > 1
    assert desk.state() == reference(in_time_order(), desk)


def in_time_order() -> list[bytes]:
    return [fit(name) for name in TRAINING]


TRAINING = sorted(
    ("easy_run", "jog", "tempo", "long_run", "longest_run", "hills", "progression"),
    key=lambda name: ingest.parse(ingest.unpack(fit(name), name="", limits=Limits()), limits=Limits())[0].started_at,
)


def reference(order: list[bytes], desk: Desk) -> dict[Any, Any]:
    """The state of a store of its own to which everything came in that order."""
    folder = Path(str(desk.engine.url.database)).parent / f"reference{random.randrange(10**9)}"  # noqa: S311 - a name
    folder.mkdir()
    made = opened(folder)
    for data in order:
        made.send(data)
        made.catch_up()
    found = made.state()
    made.engine.dispose()
    return found


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_ends_in_the_same_activities_and_assessments(desk: Desk, seed: int) -> None:
    """Merged or not, late or not, deleted meanwhile or not; caught up with at any moment."""
    chance = random.Random(seed)  # noqa: S311 - the same again, not secret
    runs = [*in_time_order(), *EVEN.values(), fit("fast_start"), fit("no_events")]
    expected = reference(runs, desk)
    shuffled = chance.sample(runs, len(runs))
    for number, data in enumerate(shuffled):
        desk.send(data, told=Told(repeats=bool(number % 2)))
        if chance.random() < 0.3:
            desk.catch_up()
        if chance.random() < 0.2:
            gone = chance.choice(desk.rows())
            known = desk.hashes(gone.id)
            desk.remove(gone.id)
            again = [one for one in shuffled if ingest.unpack(one, name="", limits=Limits()).sha256 in known]
            for one in again:
                desk.send(one)
    desk.catch_up()
    assert desk.state() == expected


def test_an_edit_of_an_early_run_is_seen_by_the_later_ones(desk: Desk) -> None:
    for data in in_time_order():
        desk.send(data)
    first = desk.rows()[-1]
    with write(desk.engine) as db:
        errands = ingest.change(db, desk.blobs, before=first, given={"sport": "cycling"}, now=NOW)
    assert errands == (Errand(CATCH_UP, (desk.athlete_id,), lane=desk.athlete_id),)
    before = desk.state()
    desk.catch_up()
    after = desk.state()
    assert before.keys() == after.keys()
    with read(desk.engine) as db:
        kept = assessments.page(db, desk.rows()[0].id, scope=EVERYONE, limit=9).items
    assert [one.state for one in kept].count("current") == 1


def test_who_is_gone_has_been_caught_up_with(desk: Desk) -> None:
    late, *rest = in_time_order()
    for data in [*rest, late]:
        desk.send(data)
    with write(desk.engine) as db:
        athletes.erase(db, desk.athlete_id, now=NOW)
    assert CatchUp(desk.engine, desk.blobs, lambda: NOW).run(desk.athlete_id)


def test_told_values_are_those_of_the_newest_word(desk: Desk) -> None:
    desk.send(EVEN["gpx"], told=replace(Told(), conditions={"temperature_c": 10.0}))
    desk.send(EVEN["fit"], told=replace(Told(), conditions={"temperature_c": 20.0}))
    (row,) = desk.rows()
    assert row.edits["conditions"] == {"temperature_c": 20.0}


TWINS = (
    ("fit_garmin_vivoactivehr_smart_4k.fit", "gpx_garmin_vivoactivehr_twin.gpx"),
    ("fit_garmin_fr945_treadmill_10k.fit", "tcx_garmin_fr945_treadmill_twin.tcx"),
    ("fit_suunto9baro_pause_records.fit", "fit_suunto9baro_no_pause_records.fit"),
)


@pytest.mark.parametrize("pair", TWINS, ids=lambda pair: pair[0].split("_")[1] + "_" + pair[0].split("_")[2])
def test_real_twins_are_one_run_whichever_comes_first(desk: Desk, corpus: Path, pair: tuple[str, str]) -> None:
    data = [(corpus / name).read_bytes() for name in pair]
    for one in reversed(data):
        desk.send(one)
    (row,) = desk.rows()
    assert len(desk.hashes(row.id)) == 2
    assert row.document["format"] == "fit"
    assert desk.state() == reference(data, desk)
