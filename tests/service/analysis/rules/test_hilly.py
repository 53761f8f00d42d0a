"""The hilly rule: ascent a kilometre, long climbs, steep descent; a finding for the run and for each hill."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fixtures.runs import FIRST_START, Run, even_effort, km
from service.analysis.athlete import History, PastRun
from service.analysis.finding import Clear, Found
from service.analysis.rules.hilly import RULE
from service.analysis.texts import speaker

FLAT = Run((km(10, 3.0),))
ROLLING = Run(5 * (even_effort(1, 3.0, grade=0.06), km(1, 3.0, grade=-0.06)))


def history(*drops_m: float | None, sport: str = "running") -> History:
    return History(
        tuple(
            PastRun(FIRST_START - timedelta(days=3 * (i + 1)), sport, 10_000.0, 3600.0, eccentric_drop_m=drop_m)
            for i, drop_m in reversed(list(enumerate(drops_m)))
        )
    )


CASES = {
    "a flat run": (FLAT, {}, "clear"),
    "a gentle rise of 12 m/km all the way": (Run((km(10, 3.0, grade=0.012),)), {}, "found low"),
    "one hill of 58 m at 5.8 %": ("S19", {}, "found moderate"),
    "twelve hills of 97 m": ("S16", {}, "found high"),
    "a treadmill has no hills": ("S10", {}, "skipped treadmill"),
    "no altitude in the file": (Run((km(10, 3.0),), with_altitude=False), {}, "skipped missing"),
    "GPS noise on a flat run": ("S17", {}, "clear"),
    "barometer noise on a flat run": ("S18", {}, "clear"),
    "steep descents that the last weeks held as well": (
        ROLLING,
        {"history": history(300, 280, 310, 290)},
        "found moderate",
    ),
    "steep descents of twice what the last weeks held": (ROLLING, {"history": history(90, 80, 100, 70)}, "found high"),
    "long descents by bike accustom nobody": (
        ROLLING,
        {"history": History((*history(90, 80, 100, 70).runs, *history(*4 * (900,), sport="cycling").runs))},
        "found high",
    ),
    "hikes do": (
        ROLLING,
        {"history": History((*history(90, 80, 100, 70).runs, *history(*4 * (900,), sport="hiking").runs))},
        "found moderate",
    ),
    "four rides tell no habit": (ROLLING, {"history": history(*4 * (0,), sport="cycling")}, "found moderate"),
    "a few steep metres are not raised after flat weeks": (
        Run((*(5 * (km(0.9, 3.0, grade=0.02), km(0.1, 3.0, grade=-0.06))), km(1, 3.0))),
        {"history": history(0, 0, 0, 0)},
        "found low",
    ),
    "three earlier runs tell no habit": (ROLLING, {"history": history(90, 80, 100)}, "found moderate"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(("m_per_km", "severity"), [(10.0, "low"), (20.0, "moderate"), (40.0, "high")])
def test_the_threshold_itself_counts(facts_of, m_per_km, severity) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(FLAT)
    km_run = facts.distance_m / 1000
    on = replace(facts, altitude=replace(facts.altitude, ascent_m=m_per_km * km_run))
    under = replace(facts, altitude=replace(facts.altitude, ascent_m=np.nextafter(m_per_km, 0) * km_run - 1e-6))
    assert RULE.check(on, RULE).findings[0].severity == severity
    below = RULE.check(under, RULE)
    assert isinstance(below, Clear) or below.findings[0].severity != severity


@pytest.mark.parametrize(("drop_m", "severity"), [(150.0, "moderate"), (400.0, "high")])
def test_steep_descent_counts_from_its_threshold_on(facts_of, drop_m, severity) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(FLAT)
    on = RULE.check(replace(facts, altitude=replace(facts.altitude, eccentric_drop_m=drop_m)), RULE)
    assert on.findings[0].severity == severity
    assert (on.findings[0].value, on.findings[0].threshold, on.findings[0].unit) == (drop_m, drop_m, "m")


def test_each_climb_and_descent_is_a_segment_without_points(facts_of) -> None:  # type: ignore[no-untyped-def]
    outcome = RULE.check(facts_of("S19"), RULE)
    assert isinstance(outcome, Found)
    whole, up, down = outcome.findings
    assert (whole.segment, up.segment, down.segment) == (False, True, True)
    assert (whole.points, up.points, down.points) == (5, 0, 0)
    assert (up.params["gain_m"], down.params["gain_m"]) == (58, -58)
    assert up.start_m == pytest.approx(4000, abs=40)
    assert up.params["share"] == pytest.approx(1.0, abs=0.03)


def test_hilly_says_the_level_of_the_conditions(facts_of) -> None:  # type: ignore[no-untyped-def]
    levels = {name: RULE.check(facts_of(name), RULE).findings[0].condition_level for name in ("S16", "S19")}
    assert levels == {"S16": "high", "S19": "moderate"}


def test_without_a_barometer_hills_are_less_sure(facts_of) -> None:  # type: ignore[no-untyped-def]
    sure, less = (
        RULE.check(facts_of(replace(ROLLING, altitude_kind=kind)), RULE).findings[0].confidence
        for kind in ("barometric", "gps")
    )
    assert less < sure == 1.0


@pytest.mark.parametrize(
    ("ascent_m", "drop_m", "steep", "headline"),
    [
        (1806.0, 0.0, "no", "A hilly run: 1,806 m up. Next: walk early where it gets steep."),
        (300.0, 49.0, "no", "A hilly run: 300 m up. Next: walk early where it gets steep."),
        (110.0, 60.0, "yes", "A rolling run: 110 m up. Next: keep the effort even uphill, not the pace."),
        (150.0, 0.0, "no", "A rolling run: 150 m up. Next: keep the effort even uphill, not the pace."),
        (327.0, 279.0, "yes", "A hilly run: 327 m up, 279 m steeply down. Next: shorten your stride on descents."),
        (3.0, 450.0, "only", "A downhill run: 450 m steeply down. Next: shorten your stride on descents."),
    ],
)
def test_what_is_said_fits_the_ground(facts_of, ascent_m, drop_m, steep, headline) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(FLAT)
    altitude = replace(facts.altitude, ascent_m=ascent_m, eccentric_drop_m=drop_m)
    params = RULE.check(replace(facts, altitude=altitude), RULE).findings[0].params
    assert params["steep"] == steep
    assert speaker().say("hilly-headline", params) == headline
    for key in ("hilly-text", "hilly-points"):
        words = speaker().say(key, params)
        assert ("steep descent" in words.replace("hardly any steep descent", "")) == (drop_m >= 50)


@pytest.mark.parametrize(
    ("run", "measure", "words"),
    [
        (Run((km(10, 3.0, grade=0.012),)), "ascent_per_km", "Its climbing, 12 m/km, decides how hilly it counts."),
        ("S16", "steep_descent", "Its steep descent decides how hilly it counts."),
        ("S19", "largest_climb", "Its largest climb, 58 m, decides how hilly it counts."),
        (Run((km(4, 3.0, grade=-0.06), km(6, 3.0))), "steep_descent", "Its steep descent decides how hilly it counts."),
    ],
)
def test_the_value_says_what_it_is_of(facts_of, run, measure, words) -> None:  # type: ignore[no-untyped-def]
    """A number in metres may be a climb or a descent: the parameters name which, and the text does."""
    whole = RULE.check(facts_of(run), RULE).findings[0]
    assert whole.params["measure"] == measure
    assert speaker().say("hilly-text", whole.params).endswith(words)
    assert whole.unit == ("m/km" if measure == "ascent_per_km" else "m")


@pytest.mark.parametrize(("drop_m", "severity"), [(50.0, "moderate"), (49.9, "low"), (32.0, "low")])
def test_unaccustomed_descent_counts_from_50_m_on(facts_of, drop_m, severity) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(Run((km(10, 3.0, grade=0.012),)), history=history(0, 0, 0, 0))
    assert facts.altitude.ascent_m / (facts.distance_m / 1000) >= RULE.limit("ascent_low")
    (whole, *_) = RULE.check(replace(facts, altitude=replace(facts.altitude, eccentric_drop_m=drop_m)), RULE).findings
    assert whole.severity == severity


@pytest.mark.parametrize(("runs", "trust"), [(4, 0.5), (6, 0.75), (8, 1.0), (12, 1.0)])
def test_a_raised_severity_can_be_reckoned_again_and_says_why(facts_of, runs, trust) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(ROLLING, history=history(*runs * (70,)))
    whole, plain = (RULE.check(each, RULE).findings[0] for each in (facts, facts_of(ROLLING)))
    assert (whole.severity, whole.params["band"], whole.params["step"]) == ("high", plain.severity, "up")
    assert (whole.threshold, whole.value) == (plain.threshold, plain.value)
    assert whole.params["eccentric_drop_m"] > RULE.limit("unaccustomed") * whole.params["known_drop_m"]
    assert whole.confidence == pytest.approx(trust * plain.confidence)
    assert "70 m, so it counts one step more" in speaker().say(whole.text, whole.params)
    assert "step more" not in speaker().say(plain.text, plain.params)
