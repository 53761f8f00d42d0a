"""The benchmark of the analysis times real stages of whole assessments, and tells what took too long."""

from __future__ import annotations

import pytest

from benchmarks import analysis
from benchmarks.analysis import REST, STAGES, Figure


@pytest.fixture(scope="module")
def figure() -> Figure:
    return analysis.measure("ten minutes", seconds=600, limit_ms=1e6, rounds=3)


def test_the_stages_add_up_to_no_more_than_the_whole_with_its_timers(figure: Figure) -> None:
    assert set(figure.stages_ms) == {*STAGES, REST}
    assert all(figure.stages_ms[stage] > 0 for stage in STAGES)
    assert sum(figure.stages_ms.values()) <= 1.5 * figure.whole_ms
    assert figure.records == pytest.approx(600, abs=40)


def test_what_is_measured_is_a_scored_run_with_everything_assessed() -> None:
    document = analysis.assess(analysis.made_run(3600), analysis.history())
    assert document["status"] == "scored"
    assert {gap["signal"] for gap in document["not_assessed"]} <= {"strength_training", "cramp_history", "best_efforts"}
    assert len(document["warnings"]) >= 2
    assert document["headline"]["text"]


def test_the_stages_are_as_they_were_once_it_is_over(figure: Figure) -> None:
    assert "_timer" not in repr([analysis._found(where) for where in STAGES.values()])


@pytest.mark.parametrize(("whole_ms", "missed"), [(14.9, False), (15.1, True)])
def test_a_figure_over_its_limit_is_missed(whole_ms: float, missed: bool) -> None:
    assert Figure("x", 1, {}, whole_ms, 15.0).missed is missed


def test_the_table_has_a_row_a_stage_and_a_column_a_case(figure: Figure) -> None:
    lines = analysis.table([figure, figure]).splitlines()
    assert len(lines) == 2 + len(STAGES) + 3
    assert {line.count("|") for line in lines} == {4}
