"""Which records are of one run: each border, and that the order of arrival cannot matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import parsers
from service.ingest import twins
from service.store.records import RecordRow

START = datetime(2026, 10, 4, 7, tzinfo=UTC)


def record(
    name: str = "a", *, start_s: float = 0, lasts_s: float = 3600, distance_m: float | None = 10_000, rank: int = 90
) -> RecordRow:
    start = START + timedelta(seconds=start_s)
    return RecordRow(
        activity_id=f"act_{name}",
        sha256=name,
        part=0,
        started_at=start,
        ended_at=start + timedelta(seconds=lasts_s),
        distance_m=distance_m,
        family="foot",
        rank=rank,
        apart=False,
        origin=None,
        external_id=None,
    )


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (record("b"), True),
        (record("b", start_s=720), True),
        (record("b", start_s=721), False),
        (record("b", start_s=900, lasts_s=600), True),
        (record("b", start_s=3120, lasts_s=600), True),
        (record("b", start_s=3121, lasts_s=600), False),
        (record("b", start_s=3600), False),
        (record("b", lasts_s=0), False),
        (record("b", distance_m=9_000), True),
        (record("b", distance_m=8_999), False),
        (record("b", distance_m=11_111), True),
        (record("b", distance_m=11_112), False),
        (record("b", distance_m=None), False),
        (replace(record("b"), family="wheel"), False),
        (replace(record("b"), apart=True), False),
    ],
)
def test_twins_share_four_fifths_of_the_shorter_and_nine_tenths_of_the_longer(other: RecordRow, *, same: bool) -> None:
    assert twins.are_twins(record(), other) is twins.are_twins(other, record()) is same


def test_a_run_is_what_twins_connect_even_where_the_ends_are_none_of_each_other() -> None:
    chain = [record("a"), record("b", start_s=600), record("c", start_s=1200)]
    assert not twins.are_twins(chain[0], chain[2])
    assert [len(run) for run in twins.runs_of(chain)] == [3]
    assert [len(run) for run in twins.runs_of([chain[0], chain[2]])] == [1, 1]


def test_the_richest_is_shown_and_a_tie_is_told_apart_by_the_hash() -> None:
    records = [record("c", rank=93), record("b", rank=93), record("a", rank=193)]
    assert twins.shown(records).sha256 == "b"


def test_fit_comes_before_tcx_and_gpx_and_more_channels_before_fewer(fixture_run: dict[str, parsers.Activity]) -> None:
    fit, tcx, gpx, bare = (fixture_run[name] for name in ("fit", "tcx", "gpx", "bare_gpx"))
    assert twins.rank(fit) < twins.rank(tcx) < twins.rank(gpx) < twins.rank(bare)


@pytest.fixture
def fixture_run() -> dict[str, parsers.Activity]:
    made = Path(__file__).parents[2] / "fixtures"
    runs = {
        name: parsers.parse((made / name / f"valid/even_run.{name}").read_bytes())[0] for name in ("fit", "tcx", "gpx")
    }
    gpx = runs["gpx"]
    return runs | {"bare_gpx": replace(gpx, streams=replace(gpx.streams, altitude_m=None))}


RECORDS = st.lists(
    st.builds(
        lambda start, lasts, far, rank: (start * 60, lasts * 60, far * 500, rank),
        st.integers(0, 90),
        st.integers(0, 90),
        st.integers(8, 12),
        st.integers(0, 3),
    ),
    max_size=7,
)


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(drawn: list[tuple[int, int, int, int]], chance: object) -> None:
    records = [
        record(f"{number:02d}", start_s=start, lasts_s=lasts, distance_m=far, rank=rank)
        for number, (start, lasts, far, rank) in enumerate(drawn)
    ]
    shuffled = records.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    runs = {frozenset(one.key for one in run): run[0].key for run in twins.runs_of(records)}
    again = {frozenset(one.key for one in run): run[0].key for run in twins.runs_of(shuffled)}
    assert runs == again
    assert sorted(key for run in runs for key in run) == [one.key for one in records], "each is in one run"
