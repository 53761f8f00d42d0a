"""The headline: of the first finding, else of what was looked at, and nothing of what was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fixtures.corpus import ABSENT, CORPUS
from fixtures.runs import FIRST_START, SCENARIOS, Run, activity, km, minutes
from parsers import parse
from service.analysis import texts
from service.analysis.assess import assess
from service.analysis.athlete import Conditions, History, PastRun, Profile
from service.analysis.rules import hilly

MILD = Conditions(temperature_c=15.0, humidity_pct=50.0, source="given")
EVEN = Run((km(9.5, 3.0),))
SHORT = Run((minutes(14, 3.0),))
WALK = Run((minutes(40, 1.5),), sport="walking")
REPEATS = Run((km(2, 2.8), *(4 * (km(0.8, 4.0), km(0.4, 2.4))), km(1, 2.8)))
UNLIKE_GROUND = Run((km(2, 3.0), km(4, 1.4, grade=0.15), km(4, 3.0)))


def said(run: Run, conditions: Conditions = MILD) -> tuple[dict[str, Any], str]:
    document = assess(activity(run), profile=Profile(), history=History(), conditions=conditions).document
    return document, texts.headline(document)


NOT_JUDGED: Mapping[str, tuple[Run, Conditions, str, tuple[str, ...]]] = {
    "everything was judged": (EVEN, MILD, "No pacing, hill or heat warning in this run.", ()),
    "the weather is unknown": (EVEN, Conditions(), "No pacing or hill warning; the weather is unknown.", ("heat",)),
    "the hills are unknown": (
        replace(EVEN, with_altitude=False),
        MILD,
        "No pacing or heat warning; the hills are unknown.",
        ("hill warning",),
    ),
    "neither is known": (
        replace(EVEN, with_altitude=False),
        Conditions(),
        "No pacing warning; hills and weather are unknown.",
        ("hill warning", "heat"),
    ),
    "repeats": (REPEATS, MILD, "A session of repeats, so pacing was not judged;", ("pacing warning", "calmly")),
    "repeats in unknown weather": (REPEATS, Conditions(), "so pacing was not judged; no hill warning.", ("heat",)),
    "a treadmill": (
        SCENARIOS["S10"].run,
        MILD,
        "pacing, hills and weather are not judged on a treadmill",
        ("calmly", "no heat"),
    ),
    "too short a run": (SHORT, MILD, "This run is too short to judge its pacing;", ("pacing warning", "calmly")),
    "ground that cannot be compared": (
        replace(UNLIKE_GROUND, with_altitude=True),
        MILD,
        "A hilly run",
        ("pacing",),
    ),
    "a walk": (WALK, MILD, "No hill or heat warning on this outing.", ("pacing", "run")),
}


@pytest.mark.parametrize("sentence", NOT_JUDGED)
def test_a_headline_without_a_finding_speaks_of_what_was_judged_only(sentence: str) -> None:
    run, conditions, begins, never = NOT_JUDGED[sentence]
    _, text = said(run, conditions)
    assert begins in text
    assert len(text) <= texts.HEADLINE_LONGEST
    assert [word for word in never if word in text] == []


def test_pacing_that_could_not_be_believed_is_not_called_clear() -> None:
    """A burst at the start, or a gap in the recording of it: no fast start is stated, and none is ruled out."""
    document, text = said(SCENARIOS["S08"].run)
    assert document["suppressed"][0]["code"] == "fast_start"
    assert document["warnings"] == []
    assert text.startswith("Pacing could not be judged in this run; no hill or heat warning.")


def test_the_headline_is_of_the_first_whole_run_finding() -> None:
    document, text = said(SCENARIOS["S19"].run)
    assert document["headline"]["text_key"] == "hilly-headline"
    assert document["headline"]["params"] == document["warnings"][0]["params"]
    assert text.startswith("A hilly run")
    assert "descents" in text


def busy_days() -> History:
    """A run every third day for six weeks, and one on each of the last two days."""
    ago = (*range(42, 3, -3), 2, 1)
    return History(tuple(PastRun(FIRST_START - timedelta(days=days), "running", 9_500.0, 3_000.0) for days in ago))


BUSY = {
    "an even run": (EVEN, "No pacing, hill or heat warning in this run."),
    "a treadmill": (SCENARIOS["S10"].run, "Pacing, hills and weather are not judged on a treadmill."),
    "a short run": (replace(SHORT, with_altitude=False), "This run is too short to judge its pacing."),
}


@pytest.mark.parametrize("sentence", BUSY)
def test_advice_about_weeks_is_no_headline_and_no_headline_denies_it(sentence: str) -> None:
    run, begins = BUSY[sentence]
    weather = Conditions() if run.with_altitude is False else MILD
    document = assess(activity(run), profile=Profile(), history=busy_days(), conditions=weather).document
    assert [one["code"] for one in document["warnings"]] == ["no_rest", "weekly_10"]
    assert texts.headline(document).startswith(begins)


def test_advice_about_weeks_stands_behind_what_brings_points() -> None:
    known = SCENARIOS["S01"]
    document = assess(activity(known.run), profile=Profile(), history=busy_days(), conditions=MILD).document
    assert {"fast_start", "no_rest"} <= {one["code"] for one in document["warnings"]}
    assert document["headline"]["text_key"] == "fast_start-headline"


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (Run((minutes(4, 3.0),)), "Too short to assess: that takes 5 minutes and 500 m. Nothing needs to be done."),
        (
            Run((minutes(60, 7.0),), sport="cycling"),
            "Only runs, walks and hikes get a score; for this activity there are figures alone.",
        ),
    ],
)
def test_what_has_no_score_says_why_and_claims_no_storage(run: Run, text: str) -> None:
    """The command line keeps nothing: a headline must be true there too."""
    assert said(run)[1] == text


def test_no_text_claims_that_something_is_kept() -> None:
    assert [key for key, message in texts.english().items() if "kept in your" in message] == []


def test_a_headline_advises_about_descents_only_where_there_were_some() -> None:
    """1,800 m up and nothing down: the stride of descents is no advice."""
    facts = replace(EVEN, stretches=(km(8, 1.2, grade=0.2),))
    document, text = said(facts)
    assert document["warnings"][0]["params"]["steep"] == "no"
    assert "descent" not in text
    assert document["warnings"][0]["params"]["eccentric_drop_m"] < hilly.RULE.limit("drop_moderate")


ONE_CLIMB = Run(
    (
        km(4, 3.0),
        km(1, 2.4, grade=0.06),
        km(2, 3.0, grade=-0.02),
        *(6 * (km(0.15, 3.0, grade=-0.06), km(0.5, 3.0))),
        km(2, 3.0),
    )
)
CARRIED = {
    "one climb, and its metres down in small steps": (ONE_CLIMB, "walk early where it gets steep", "hills_care"),
    "a climb and a descent": (SCENARIOS["S19"].run, "shorten your stride on", "hills_care"),
    "rolling ground": (
        Run(5 * (km(1, 2.9, grade=0.025), km(1, 3.1, grade=-0.025))),
        "the effort even uphill",
        "hills_care",
    ),
    "repeats": (REPEATS, "eep the day after easy", "cool_down"),
}


@pytest.mark.parametrize("sentence", CARRIED)
def test_what_the_headline_advises_next_is_among_the_reminders(sentence: str) -> None:
    run, action, code = CARRIED[sentence]
    document, text = said(run)
    (reminder,) = (one for one in texts.render(document)["reminders"] if one["code"] == code)
    assert action in text
    assert action in reminder["text"]


CORPUS_HEADLINES = {
    "fit_garmin_vivoactivehr_smart_4k.fit": "A session of repeats, so pacing was not judged; no hill warning. "
    "Next: keep the day after easy.",
    "fit_garmin_fenix5x_run_devdata.fit": "A session of repeats, so pacing was not judged; no hill or heat warning. "
    "Next: keep the day after easy.",
    "fit_garmin_fr945_treadmill_10k.fit": "No warning; pacing, hills and weather are not judged on a treadmill. "
    "Next: drink to thirst.",
    "fit_coros_apexpro_run_21k.fit": "A breakdown from 16.9 km on, and not by the start alone. "
    "Next: eat early and regularly.",
}


@pytest.mark.skipif(not CORPUS.is_dir(), reason=ABSENT)
@pytest.mark.parametrize("name", CORPUS_HEADLINES)
def test_real_runs_get_no_false_all_clear_and_no_advice_that_would_not_have_helped(name: str) -> None:
    (run,) = parse((CORPUS / name).read_bytes(), name=name)
    document = assess(run, profile=Profile(), history=History(), conditions=Conditions()).document
    assert texts.headline(document) == CORPUS_HEADLINES[name]
