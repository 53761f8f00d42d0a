"""A stated distance beside the one that the samples cover."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.corpus import ABSENT, CORPUS
from fixtures.runs import Run, activity, km
from parsers import parse
from service import examine
from service.analysis.texts import speaker
from service.analysis.totals import notes, told_m

TEN = Run((km(10, 3.0),))


@pytest.mark.parametrize(
    ("stated_m", "told", "detail", "words"),
    [
        (None, 10_000.0, None, ""),
        (10_199.0, 10_199.0, None, ""),
        (10_250.0, 10_250.0, "more", "The device states 250 m more than its samples cover"),
        (9_700.0, 9_700.0, "less", "The device states 300 m less than its samples cover"),
        (11_499.0, 11_499.0, "more", "The device states 1.5 km more than its samples cover"),
        (952_000.0, 10_000.0, "not_believed", "is 942 km away from its samples and was not used"),
        (0.0, 10_000.0, "not_believed", "is 10 km away from its samples and was not used"),
    ],
)
def test_a_total_that_differs_is_told(stated_m: float | None, told: float, detail: str | None, words: str) -> None:
    found = notes(stated_m, 10_000.0)
    assert told_m(stated_m, 10_000.0) == told
    assert [note.detail for note in found] == ([] if detail is None else [detail])
    for note in found:
        assert words in speaker().say("quality-distance_differs", {"count": note.count, "detail": note.detail})


def examined(stated_m: float) -> examine.Examined:
    made = activity(TEN)
    run = replace(made, totals=replace(made.totals, distance_m=stated_m))
    return examine.examine(run, input_sha256="", profile={}, history=(), conditions={}, program_version="")


def test_the_remark_stands_in_the_assessment_and_the_pace_is_that_of_the_samples() -> None:
    more, plain = examined(10_500.0), examined(10_000.0)
    codes = [[note["code"] for note in each.assessment["data_quality"]] for each in (more, plain)]
    assert "distance_differs" in codes[0]
    assert "distance_differs" not in codes[1]
    assert more.activity["summary"]["distance_m"] == 10_500.0
    assert more.activity["summary"]["pace_s_per_km"] == pytest.approx(
        plain.activity["summary"]["pace_s_per_km"], abs=0.5
    )


@pytest.mark.skipif(not CORPUS.is_dir(), reason=ABSENT)
def test_a_watch_that_ran_three_minutes_without_points_says_so() -> None:
    """18:11:26 is the stated start; the first point comes 186 s later, and the laps count what lies between."""
    name = "tcx_suunto_spartan_unknown.tcx"
    (run,) = parse((CORPUS / name).read_bytes(), name=name)
    got = examine.examine(run, input_sha256="", profile={}, history=(), conditions={}, program_version="")
    totals = got.activity["summary"]
    assert totals["elapsed_s"] == pytest.approx(totals["device"]["timer_s"], abs=1.0)
    assert totals["moving_s"] + totals["paused_s"] + 186 <= totals["elapsed_s"]
    told = {note["code"]: note for note in reversed(got.assessment["data_quality"])}
    assert (told["distance_differs"]["count"], told["distance_differs"]["detail"]) == (704, "more")
    assert (told["recording_gap"]["start_s"], told["recording_gap"]["seconds"]) == (0.0, 186.0)
