"""The benchmark measures honest files, tells what was missed, and writes nothing but its own part of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from fitparse import FitFile

from benchmarks import report
from benchmarks.generate import steady_run
from benchmarks.measure import Case, Measured
from benchmarks.readers import crampwatch, fitparse
from parsers import parse


def test_the_made_run_is_a_sound_activity_to_us_and_to_the_oracle() -> None:
    data = steady_run(300)
    (activity,) = parse(data)
    assert activity.notes == ()
    assert activity.record_count == 300
    assert activity.totals.distance_m == pytest.approx(activity.streams.distance_m[-1], abs=0.02)  # type: ignore[index]
    records = [message.get_values() for message in FitFile(data).get_messages("record")]
    assert [record["heart_rate"] for record in records] == activity.streams.heart_rate_bpm.tolist()  # type: ignore[union-attr]


def test_both_sides_give_the_same_columns() -> None:
    data = steady_run(120)
    ours, theirs = crampwatch(data), fitparse(data)
    assert len(ours) >= len(theirs) == 9
    assert ours[0].tolist() == pytest.approx((theirs[0] - 631_065_600).tolist())
    for column in theirs[1:]:
        assert any(
            abs(mine - column).max() < 1.0 or abs(mine * 2.0**31 / 180.0 - column).max() < 1.0 for mine in ours[1:]
        )


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A case with one figure to reach."""
    (tmp_path / "a.fit").write_bytes(b"x" * 2000)
    return Case("a run", tmp_path / "a.fit", 3000, tmp_path / "a.fit", {"fitparse": 100.0}, 3_000_000)


FOUND = [
    Measured("crampwatch", 0.001, 2_000_000, 2_500_000),
    Measured("fitparse", 0.5, 9_000_000, 11_000_000),
    Measured("gone", error="no"),
]


def test_the_table_shows_ratios_targets_and_who_did_not_finish(case: Case) -> None:
    text = report.table(case, FOUND)
    assert "**a run**, 2 kB, 3,000 records" in text
    assert "| crampwatch | 1.00 |  |  | 3,000,000 | 2.00 (at most 3) | 2.50 |" in text
    assert "| fitparse | 500.00 | 500.0 | 100 | 6,000 | 9.00 | 11.00 |" in text
    assert "| gone | did not finish: no | | | | | |" in text


@pytest.mark.parametrize(("ours_s", "count"), [(0.001, 0), (0.006, 1)])
def test_a_figure_that_was_missed_is_told(case: Case, ours_s: float, count: int) -> None:
    assert len(report.missed([(case, [Measured("crampwatch", ours_s), FOUND[1]])])) == count


def test_memory_over_its_limit_is_told(case: Case) -> None:
    (told,) = report.missed([(case, [Measured("crampwatch", 0.001, 3_100_000), FOUND[1]])])
    assert told == "a run: 3.10 MB of memory, at most 3 wanted"


def test_only_the_marked_part_of_the_page_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- fit: begin -->\nold\n<!-- fit: end -->\nafter\n")
    report.write("fit", "new", page)
    assert page.read_text() == "before\n<!-- fit: begin -->\n\nnew\n\n<!-- fit: end -->\nafter\n"
    with pytest.raises(ValueError, match="no marks"):
        report.write("gpx", "new", page)


def test_the_picture_has_a_bar_for_each_that_finished(case: Case) -> None:
    assert report.picture([(case, FOUND)], of="readers").count("<rect") == 2
