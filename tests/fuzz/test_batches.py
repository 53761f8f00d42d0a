"""A fresh batch of broken files for every parser, and proof that the batch would notice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from fuzz import batches, cases
from fuzz.batches import Tally, run
from fuzz.cases import Case, judged
from fuzz.kinds import Found, Kind, kinds
from fuzz.promises import Broken, check
from parsers import Activity, Corrupt, Device, Lap, Note, Pause, Streams, formats, reader
from parsers.activity import DeviceTotals

FRESH = 3000
"""Cases of each kind in a test run; `make fuzz` runs 200,000."""


def whole(kind: str, *, seed: int, count: int) -> Tally:
    tally = Tally()
    for part in run(kind, seed=seed, cases=range(count)):
        tally.add(part)
    return tally


def test_every_format_is_fuzzed() -> None:
    assert kinds().keys() - {"wrapping"} == {record.id for record in formats()}


@pytest.mark.parametrize("kind", kinds())
def test_a_fresh_batch_raises_nothing_but_parse_errors_and_keeps_every_promise(kind: str, seed: int) -> None:
    tally = whole(kind, seed=seed, count=FRESH)
    assert [f"{find.case} {find.verdict.code}: {find.verdict.wrong}" for find in tally.finds] == []
    assert tally.codes.total() == FRESH
    assert len(tally.codes) >= 4, "the changes reach too little"
    assert tally.codes["ok"] > FRESH / 25, "hardly any file is still read"


@pytest.mark.parametrize("kind", kinds())
def test_a_case_is_the_same_bytes_again(kind: str) -> None:
    made = [Case(kind, 3, number).data() for number in range(40)]
    assert made == [Case(kind, 3, number).data() for number in range(40)]
    assert len(set(made)) > 30
    assert max(map(len, made)) < 5_000_000


# --- the batch notices


def planted(monkeypatch: pytest.MonkeyPatch, read: Callable[[bytes], tuple[Found, ...]]) -> None:
    """A kind `planted` whose cases are one byte, read so."""
    kind = Kind("planted", ".bin", lambda rng: bytes((rng.randrange(256),)), read)
    for module in (batches, cases):
        monkeypatch.setattr(module, "kinds", lambda: {"planted": kind})


def every_fourth(what: Callable[[], object]) -> Callable[[bytes], tuple[Found, ...]]:
    def read(data: bytes) -> tuple[Found, ...]:
        if data[0] % 4 == 0:
            what()
        return ()

    return read


def numbers_of(count: int) -> list[int]:
    return [n for n in range(count) if Case("planted", 1, n).random().randrange(256) % 4 == 0]


def raised() -> None:
    raise ZeroDivisionError("planted")


def endless() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("what", "code"),
    [(raised, "stray"), (lambda: os._exit(3), "crash"), (lambda: bytearray(2 * batches.SPARE_BYTES), "stray")],
)
def test_what_escapes_is_found_with_its_case(
    what: Callable[[], object], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, every_fourth(what))
    tally = whole("planted", seed=1, count=40)
    assert [find.case.number for find in sorted(tally.finds, key=lambda find: find.case.number)] == numbers_of(40)
    assert {find.verdict.code for find in tally.finds} == {code}


def test_a_case_that_runs_on_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, every_fourth(endless))
    kind = batches.kinds()["planted"]
    assert judged(b"\0", kind, chain=False, cpu_s=0.05).code == "hang"
    assert judged(b"\1", kind, chain=False, cpu_s=0.05).code == "nothing"


def test_a_case_that_stands_still_outside_python_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, every_fourth(lambda: time.sleep(600)))
    monkeypatch.setattr(batches, "STILL_S", 1.5)
    tally = whole("planted", seed=1, count=numbers_of(40)[0] + 1)
    assert [(find.case.number, find.verdict.code) for find in tally.finds] == [(numbers_of(40)[0], "hang")]


def test_a_refusal_that_the_reader_had_to_make_of_a_stray_exception_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = replace(formats()[0], sniff=lambda _: 200, parse=lambda _, __: raised())
    monkeypatch.setattr(reader, "formats", lambda: (odd,))
    assert judged(b"x", kinds()["fit"], chain=False).code == "folded"


def test_a_refusal_that_a_format_makes_itself_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes, limits: object) -> tuple[Activity, ...]:
        try:
            raised()
        except ZeroDivisionError as error:
            raise Corrupt("corrupt_data", "Planted.") from error
        return ()

    monkeypatch.setattr(reader, "formats", lambda: (replace(formats()[0], sniff=lambda _: 200, parse=refuse),))
    assert judged(b"x", kinds()["fit"], chain=False).code == "corrupt_data"


# --- the promises


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


GOOD = Activity(
    format="fit",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    streams=Streams(column(0, 1, 2), distance_m=column(0, 3, 6), heart_rate_bpm=column(100, np.nan, 101)),
    record_count=3,
    provenance={"distance_m": "x", "heart_rate_bpm": "x"},
)


def with_stream(**columns: np.ndarray) -> Activity:
    streams = replace(GOOD.streams, **columns)
    return replace(GOOD, streams=streams, provenance={name: "x" for name, _ in streams.items() if name != "time_s"})


def test_a_sound_activity_keeps_every_promise() -> None:
    check((GOOD, replace(GOOD, part=1)))


@pytest.mark.parametrize(
    "broken",
    [
        replace(GOOD, part=1),
        replace(GOOD, sport="Trail Run"),
        replace(GOOD, name=""),
        replace(GOOD, name="a\nb"),
        replace(GOOD, name="x" * 201),
        replace(GOOD, device=Device(product="a\x1b[31m")),
        replace(GOOD, started_at=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
        replace(GOOD, utc_offset_s=60 * 3600),
        replace(GOOD, record_count=2),
        replace(GOOD, provenance={}),
        replace(GOOD, laps=(Lap(2.0, 1.0),)),
        replace(GOOD, laps=(Lap(0.0, 1.0, timer_s=float("inf")),)),
        replace(GOOD, laps=(Lap(0.0, 1.0, distance_m=-1.0),)),
        replace(GOOD, pauses=(Pause(1.0, 2.0), Pause(1.5, 2.5))),
        replace(GOOD, notes=(Note("value_out_of_range", count=0),)),
        replace(GOOD, totals=DeviceTotals(timer_s=np.float64(1.0))),
        replace(GOOD, totals=DeviceTotals(distance_m=float("nan"))),
        replace(GOOD, developer={"x": (None, column(1.0))}),
        with_stream(distance_m=column(3, 2, 4)),
        with_stream(distance_m=column(0, 1.0001, 2)),
        with_stream(distance_m=column(0, 1, 1e9)),
        with_stream(heart_rate_bpm=column(100, 100, 250)),
        with_stream(heart_rate_bpm=column(np.nan, np.nan, np.nan)),
        with_stream(lat_deg=column(0, 0, 0)),
        with_stream(speed_mps=column(0, -1, 0)),
        with_stream(speed_mps=column(0, np.inf, 0)),
    ],
)
def test_a_broken_promise_is_noticed(broken: Activity) -> None:
    with pytest.raises(Broken):
        check((broken,))


def test_no_activity_at_all_is_noticed() -> None:
    with pytest.raises(Broken):
        check(())
