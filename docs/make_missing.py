"""Makes docs/missing.md: one run again and again, each time without one thing, and what every rule says then.

Run as `python -m docs.make_missing`; a test demands that the page is what this makes, and that nothing that is missing
ever raises a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fixtures.runs import FIRST_START, Run, activity, even_effort, km
from parsers.activity import Activity, Streams
from service.analysis.assess import Assessment, assess, run_rules
from service.analysis.athlete import Conditions, History, PastRun, Profile
from service.analysis.finding import Clear, Found, Outcome
from service.analysis.rule import all_rules

PAGE = Path(__file__).resolve().parent / "missing.md"


@dataclass(frozen=True, slots=True)
class Given:
    """All that an assessment is given."""

    run: Activity
    profile: Profile
    history: History
    conditions: Conditions

    def assessed(self) -> Assessment:
        """The assessment of it."""
        return assess(self.run, profile=self.profile, history=self.history, conditions=self.conditions)


def whole() -> Given:
    """A warm, hilly long run of a known athlete, begun too fast and ended slowly; everything is recorded."""
    run = Run(
        (
            km(1.5, 3.45),
            km(4, 3.0),
            even_effort(1, 3.0, grade=0.06),
            km(1, 3.3, grade=-0.06),
            km(2, 3.0),
            km(6.5, 2.45),
        ),
        heart_rate=((0.0, 138.0), (1200.0, 148.0), (4500.0, 158.0), (6500.0, 164.0)),
        temperature_c=27.0,
    )
    return Given(
        run=activity(run),
        profile=Profile(mass_kg=70.0, birth_year=1986, hr_rest_bpm=55.0, cramp_history="never"),
        history=History(tuple(_past(days) for days in range(88, 0, -2))),
        conditions=Conditions(temperature_c=23.0, humidity_pct=60.0, wind_kmh=5.0, source="given"),
    )


def _past(days_ago: int) -> PastRun:
    distance_m = 13_500.0 if days_ago == 10 else 9_000.0
    speed_mps = 3.0 if days_ago % 4 else 2.6
    return PastRun(
        started_at=FIRST_START - timedelta(days=days_ago),
        sport="running",
        distance_m=distance_m,
        moving_s=distance_m / speed_mps,
        score=12,
        early_excess=0.02,
        eccentric_drop_m=40.0,
        ascent_m=60.0,
        gap_speed_mps=speed_mps,
        efficiency=1.25 if days_ago > 28 else 1.15,
        heart_rate_p995_bpm=175.0,
        best_efforts=((distance_m, distance_m / 3.3),),
        cramp="none",
    )


def _without(*channels: str) -> Callable[[Given], Given]:
    def take_out(given: Given) -> Given:
        kept = {name: column for name, column in given.run.streams.items() if name not in channels}
        return replace(given, run=replace(given.run, streams=Streams(**kept)))

    return take_out


def _without_altitude(given: Given) -> Given:
    bare = _without("altitude_m")(given)
    return replace(bare, run=replace(bare.run, altitude_kind="unknown", altitude_kind_by="none"))


TAKEN_OUT: Mapping[str, Callable[[Given], Given]] = MappingProxyType(
    {
        "heart rate": _without("heart_rate_bpm"),
        "altitude": _without_altitude,
        "position": _without("lat_deg", "lon_deg"),
        "speed": _without("speed_mps"),
        "cadence": _without("cadence_spm"),
        "watch temperature": _without("temperature_c"),
        "weather": lambda given: replace(given, conditions=Conditions()),
        "weather and watch temperature": lambda given: _without("temperature_c")(
            replace(given, conditions=Conditions())
        ),
        "history": lambda given: replace(given, history=History()),
        "mass": lambda given: replace(given, profile=replace(given.profile, mass_kg=None)),
    }
)


def answers(given: Given) -> dict[str, str]:
    """What every rule says: `raise high`, `clear`, or `abstain: treadmill`."""
    return {rule.code: said(outcome) for rule, outcome in run_rules(given.assessed().facts)}


def said(outcome: Outcome) -> str:
    """An outcome in the words of the table."""
    if isinstance(outcome, Found):
        return f"raise {outcome.findings[0].severity}"
    return "clear" if isinstance(outcome, Clear) else f"abstain: {outcome.because.replace('_', ' ')}"


def page() -> str:
    """The page: what is missing from left to right, the rules from top to bottom, then what comes of it."""
    given = whole()
    runs = {"nothing": given, **{name: take_out(given) for name, take_out in TAKEN_OUT.items()}}
    told = {name: answers(each) for name, each in runs.items()}
    made = {name: each.assessed().document for name, each in runs.items()}
    rules = [
        [f"[`{rule.code}`](rules/{rule.code}.md)", *(told[name][rule.code] for name in runs)] for rule in all_rules()
    ]
    sums = [
        ["score", *(str(document["score"]) for document in made.values())],
        ["score, at most", *(str(document["score_high"]) for document in made.values())],
        ["confidence of the level", *(document["confidence"] for document in made.values())],
        ["fluid", *(_fluid(document["reminders"]) for document in made.values())],
        ["not assessed", *(_missing(document["not_assessed"]) for document in made.values())],
    ]
    return TEXT.format(table=_table(["missing:", *runs], map(_marked, [*rules, *sums])))


def _marked(row: Sequence[str]) -> list[str]:
    """The row with what is not as in its first column in bold."""
    name, first, *others = row
    return [name, first, *(cell if cell == first else f"**{cell}**" for cell in others)]


def _fluid(reminders: Sequence[Mapping[str, Any]]) -> str:
    amount = next((one["amount"] for one in reminders if one["code"] == "fluid"), None)
    return "to thirst" if amount is None else f"{amount['min']} to {amount['max']} {amount['unit']}"


def _missing(gaps: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(gap["signal"].replace("_", " ") for gap in gaps) or "–"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows))


TEXT = """# What is missing, and what is said then

One made run, assessed again and again, each time without one thing: a long run of a known athlete, warm and hilly,
begun too fast and ended slowly. A rule *raises* a warning, is *clear* (it looked and found nothing), or *abstains* (it
could not look, or must not); what is not as in the first column is **bold**. This page is made from the rules by
`python -m docs.make_missing`, and a test holds it to them.

{table}

- Nothing that is missing ever raises a warning, and nothing makes the score higher. What a missing signal could have
  added stands in `score_high`, and where that crosses the border of a level, the confidence in the level falls.
- Without heart rate, intensity looks at the pace against the best efforts of 90 days, if there are any. A pace below
  them says nothing of the effort on hills or in heat, so what the heart rate could have added stays in `score_high`.
- Without positions a run is taken for one on a treadmill: time counts, pace and weather do not. Without altitude a
  downhill start cannot be told from a fast one, so the warning stands with less confidence and says so.
- Speed is worked out from distance and time where the watch did not record it; cadence only helps to tell a heart rate
  that follows the steps. Neither is missed.
- The temperature of a watch is biased by the wrist: it is used where nothing better is known, and never above "yellow".
- Without body mass or a measured sweat rate there is no amount to drink, only "to thirst".
"""


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
