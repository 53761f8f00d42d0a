"""The headline of an assessment: what happened, and the one next action, in a text key and its parameters.

It speaks of what was found first; where nothing was, it says what was looked at, and nothing of what was not. Advice
about weeks that brings no points stands among the warnings and alarms nobody in a headline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from service.analysis.facts import Facts
from service.analysis.finding import Clear, Finding, Outcome, Skipped
from service.analysis.rule import Rule

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "headline-too_short": "Too short to assess: that takes { NUMBER($minutes) } minutes and { DISTANCE($metres) }. "
        "Nothing needs to be done.",
        "headline-not_scored": "Only runs, walks and hikes get a score; for this activity there are figures alone.",
        "headline-calm_paced": "{ $judged ->\n"
        "[hills_heat] No pacing, hill or heat warning in this run. Next: start as calmly again, and drink to thirst.\n"
        "[hills] No pacing or hill warning; the weather is unknown. Next: start as calmly again, and drink to thirst.\n"
        "[heat] No pacing or heat warning; the hills are unknown. Next: start as calmly again, and drink to thirst.\n"
        "*[none] No pacing warning; hills and weather are unknown. Next: start as calmly again, and drink to thirst.\n"
        "}",
        "headline-calm_structured": "{ $judged ->\n"
        "[hills_heat] A session of repeats, so pacing was not judged; no hill or heat warning. Next: keep the day "
        "after easy.\n"
        "[hills] A session of repeats, so pacing was not judged; no hill warning. Next: keep the day after easy.\n"
        "[heat] A session of repeats, so pacing was not judged; no heat warning. Next: keep the day after easy.\n"
        "*[none] A session of repeats, so pacing was not judged. Next: keep the day after easy.\n"
        "}",
        "headline-calm_treadmill": "{ $noted ->\n"
        "[yes] Pacing, hills and weather are not judged on a treadmill. Next: drink to thirst.\n"
        "*[no] No warning; pacing, hills and weather are not judged on a treadmill. Next: drink to thirst.\n"
        "}",
        "headline-calm_short": "{ $judged ->\n"
        "[hills_heat] This run is too short to judge its pacing; no hill or heat warning. Next: drink to thirst.\n"
        "[hills] This run is too short to judge its pacing; no hill warning. Next: drink to thirst.\n"
        "[heat] This run is too short to judge its pacing; no heat warning. Next: drink to thirst.\n"
        "[nothing_but_noted] This run is too short to judge its pacing. Next: drink to thirst.\n"
        "*[none] This run is too short to judge its pacing, and no other warning. Next: drink to thirst.\n"
        "}",
        "headline-calm_unclear": "{ $judged ->\n"
        "[hills_heat] Pacing could not be judged in this run; no hill or heat warning. Next: drink to thirst.\n"
        "[hills] Pacing could not be judged in this run; no hill warning. Next: drink to thirst.\n"
        "[heat] Pacing could not be judged in this run; no heat warning. Next: drink to thirst.\n"
        "[nothing_but_noted] Pacing could not be judged in this run. Next: drink to thirst.\n"
        "*[none] Pacing could not be judged in this run, and no other warning. Next: drink to thirst.\n"
        "}",
        "headline-calm_walk": "{ $judged ->\n"
        "[hills_heat] No hill or heat warning on this outing. Next: drink to thirst.\n"
        "[hills] No hill warning on this outing; the weather is unknown. Next: drink to thirst.\n"
        "[heat] No heat warning on this outing; the hills are unknown. Next: drink to thirst.\n"
        "*[none] No warning on this outing; hills and weather are unknown. Next: drink to thirst.\n"
        "}",
    }
)
"""Headlines that belong to no rule; a rule brings its own, `<code>-headline`."""

PACING = ("fast_start", "fade")
"""The rules that judge pacing: the first in every run that is long enough, the second in longer ones."""
SAYS_NO_OTHER = frozenset({"short", "unclear"})
"""The headlines that say, where neither hills nor heat were judged, that there is no other warning."""
UNJUDGED = {"structured": "structured", "treadmill": "treadmill", "too_short": "short"}
"""Why pacing was not judged -> the headline that says so; every other reason is `unclear`."""


def headline(
    facts: Facts,
    stated: Sequence[tuple[Rule, Finding]],
    outcomes: Sequence[tuple[Rule, Outcome]],
) -> dict[str, Any]:
    """Text key and parameters for a scored run: of its first finding in reading order, else of what was looked at."""
    for rule, finding in stated:
        if not finding.segment and (rule.headlined or finding.severity != "low"):
            return keyed(f"{rule.code}-headline", finding.params)
    answers = {rule.code: outcome for rule, outcome in outcomes}
    if facts.treadmill:
        return keyed("headline-calm_treadmill", {"noted": "yes" if stated else "no"})
    pacing = _pacing(facts, answers)
    nothing = "nothing_but_noted" if stated and pacing in SAYS_NO_OTHER else "none"
    judged = [word for word, code in (("hills", "hilly"), ("heat", "heat")) if isinstance(answers.get(code), Clear)]
    return keyed(f"headline-calm_{pacing}", {"judged": "_".join(judged) or nothing})


def keyed(text_key: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """A text key beside its parameters, as the document has them."""
    return {"text_key": text_key, "params": dict(params)}


def _pacing(facts: Facts, answers: Mapping[str, Outcome]) -> str:
    """`paced` where the pacing was judged, else the word of why it was not."""
    if facts.family != "run":
        return "walk"
    start, fade = (answers[code] for code in PACING)
    if isinstance(start, Skipped):
        return UNJUDGED.get(start.because, "unclear")
    doubted = isinstance(fade, Skipped) and fade.because != "too_short"
    return "unclear" if doubted else "paced"
