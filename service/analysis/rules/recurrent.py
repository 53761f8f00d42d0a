"""Cramps that come back: two or more reported within eight weeks.

It stands on the athlete's own answers alone, for no watch can see a cramp. It brings no points of its own, as a
history of cramps is in the score already. What is known to help is unspectacular: steady training, strength, rest,
and a look at what was different. From three within eight weeks on, in spite of easier training, it is a case for a
clinician. Where three runs or more cramped within 2 km of one place, the finding names it.

Without a single answer in eight weeks there is nothing to count: no answer is not "no cramp".
"""

from __future__ import annotations

from service.analysis.athlete import CRAMPED
from service.analysis.cramps import GATHER_LEAST, WITHIN_M, gathered
from service.analysis.facts import Facts
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.load import runs_before
from service.analysis.rule import Rule, Threshold


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found from two reported cramps on; Clear with their number."""
    runs = runs_before(facts.history, facts.activity.started_at, days=rule.limit("days"))
    answers = [run.cramp for run in runs if run.cramp is not None]
    if not answers:
        return Skipped("no_answers")
    cramps = sum(answer in CRAMPED for answer in answers)
    if cramps < rule.limit("low"):
        return Clear(float(cramps), "cramps")
    return Found((_finding(facts, rule, cramps, len(answers)),))


def _finding(facts: Facts, rule: Rule, cramps: int, answers: int) -> Finding:
    place = gathered(runs_before(facts.history, facts.activity.started_at))
    where: dict[str, float | int] = {}
    if place is not None:
        where = {"place_m": round(place.at_m), "place_runs": place.runs, "within_m": WITHIN_M}
    return Finding(
        code=rule.code,
        severity="low",
        value=float(cramps),
        unit="cramps",
        threshold=rule.limit("low"),
        comparator=">=",
        confidence=1.0,
        points=0,
        text="recurrent-text" if place is None else "recurrent-place_text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={
            "cramps": cramps,
            "answers": answers,
            "often": "yes" if cramps >= rule.limit("clinician") else "no",
            **where,
        },
    )


RULE = Rule(
    code="recurrent",
    version=2,
    summary="Two or more cramps reported within eight weeks (no points of its own).",
    evidence_grade="B",
    article_refs=("A18", "A26", "A39", "A42", "A45", "A46b", "A48", "A52", "A71", "A74"),
    thresholds={
        "low": Threshold(2, "cramps", "J", "chosen by us, because once may be chance"),
        "clinician": Threshold(3, "cramps", "J", "chosen by us, because it is where self-help should end"),
        "place_runs": Threshold(GATHER_LEAST, "runs", "J", "chosen by us, because two runs at one place are chance"),
        "place_within": Threshold(WITHIN_M, "m", "J", "chosen by us, because nobody remembers a place more exactly"),
        "days": Threshold(56, "d", "J", "chosen by us, because eight weeks hold enough runs to answer for"),
    },
    points={},
    texts={
        "recurrent-title": "Cramps that come back",
        "recurrent-text": "You reported { NUMBER($cramps) } cramps in the { NUMBER($answers) } runs of the last "
        "eight weeks that "
        "you answered for. Steady training, strength work, sleep and rest days are worth a look, and so is a log of "
        "what was "
        "different. { $often ->\n"
        "[yes] With three or more in spite of easier training, see a clinician, and have what you eat and drink "
        "reviewed.\n"
        "*[no] If they go on, see a clinician, and have what you eat and drink reviewed.\n"
        "}",
        "recurrent-place_title": "Cramps that come back at one place",
        "recurrent-place_text": "You reported { NUMBER($cramps) } cramps in the { NUMBER($answers) } runs of the last "
        "eight weeks that you answered for. In { NUMBER($place_runs) } runs they came within { DISTANCE($within_m) } "
        "of { DISTANCE($place_m) }: look at how you pace, drink and eat up to there, and keep a log of it. Steady "
        "training, strength work, sleep and rest days are worth a look as well. { $often ->\n"
        "[yes] With three or more in spite of easier training, see a clinician, and have what you eat and drink "
        "reviewed.\n"
        "*[no] If they go on, see a clinician, and have what you eat and drink reviewed.\n"
        "}",
        "recurrent-headline": "{ NUMBER($cramps) } cramps reported in eight weeks. Next: easier weeks, strength work, "
        "and a clinician if they go on.",
    },
    check=check,
    order=25,
    reads=frozenset({"history"}),
    no_change="it stands on reported cramps, and on no choice in this run",
)
