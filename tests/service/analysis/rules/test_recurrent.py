"""The recurrent rule: cramps that the athlete reported within eight weeks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis.athlete import CrampReport, Episode, History, PastRun
from service.analysis.rules.recurrent import RULE

TEN = Run((km(10, 3.0),))


def answers(*given: str | None, days_apart: int = 7) -> dict[str, History]:
    return {
        "history": History(
            tuple(
                PastRun(FIRST_START - timedelta(days=days_apart * (i + 1)), "running", 10_000.0, 3400.0, cramp=answer)
                for i, answer in reversed(list(enumerate(given)))
            )
        )
    }


CASES = {
    "two cramps on the very threshold": (TEN, answers("cramp_continued", "none", "cramp_stopped"), "found low"),
    "one cramp": (TEN, answers("cramp_stopped", "none"), "clear"),
    "a near cramp is none": (TEN, answers("cramp_stopped", "near", "near"), "clear"),
    "the second was ten weeks ago": (TEN, answers("cramp_stopped", "cramp_stopped", days_apart=35), "clear"),
    "no answers": (TEN, answers(None, None), "skipped no_answers"),
    "no history": (TEN, {}, "skipped no_answers"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(("cramps", "often"), [(2, "no"), (3, "yes")])
def test_the_threshold_for_a_clinician_is_three(facts_of, cramps, often) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of(TEN, **answers(*cramps * ["cramp_stopped"])), RULE).findings
    assert (finding.params["often"], finding.points) == (often, 0)


def placed(*kilometres: float) -> History:
    """Runs of 20 km that each cramped at one place."""
    return History(
        tuple(
            PastRun(
                FIRST_START - timedelta(days=7 * back),
                "running",
                20_000.0,
                7_000.0,
                cramp="cramp_stopped",
                report=CrampReport(episodes=(Episode("calf", at_m=1000 * km_there),), when="during"),
            )
            for back, km_there in zip(range(len(kilometres), 0, -1), kilometres, strict=True)
        )
    )


def test_a_place_where_cramps_gather_is_named(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of(TEN, history=placed(16.0, 17.4, 18.2)), RULE).findings
    assert finding.text == "recurrent-place_text"
    assert (finding.params["place_m"], finding.params["place_runs"]) == (17_400, 3)


def test_without_such_a_place_none_is_named(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of(TEN, history=placed(10.0, 17.4, 18.2)), RULE).findings
    assert finding.text == "recurrent-text"
    assert "place_m" not in finding.params
