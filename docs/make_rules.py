"""Makes docs/rules: a page a rule, from its record, its docstring, its table of cases and a made run. Deterministic.

Run as `python -m docs.make_rules`; a test demands that what stands in the folder is what this makes.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from docs.pictures import Bar, bar_chart, strip_chart
from fixtures.golden import TABLE
from fixtures.runs import SCENARIOS, Run, activity
from service.analysis import advice, risk, texts, windows
from service.analysis.advice import amounts, standing, statements
from service.analysis.athlete import CRAMPED, Conditions, History, PastRun, Profile
from service.analysis.facts import Facts
from service.analysis.finding import Finding, Found
from service.analysis.rule import MARKS, Rule, Threshold, all_rules
from service.analysis.signals import gather

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "rules"
CHANNELS = {"hilly": "altitude_m", "decoupling": "heart_rate_bpm", "intensity": "heart_rate_bpm"}
"""What the picture of a rule shows where it is not the grade-adjusted speed."""

EDGE_S = 5
"""Seconds at the end of a made run that its picture leaves out: a last part of a second is as slow as a stop."""

LABELS = {
    "altitude_m": "altitude, m",
    "heart_rate_bpm": "heart rate, bpm",
    "gap_heart_mps": "grade-adjusted speed, m/s",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """What the bars of a history show: of the earlier runs, and of the run itself."""

    label: str
    earlier: Callable[[PastRun], float | None]
    now: Callable[[Facts], float | None]


KILOMETRES = Measure(
    "the run and those before it, km", lambda run: run.distance_m / 1000, lambda facts: facts.distance_m / 1000
)
MEASURES = {
    "perf_drop": Measure("metres a heartbeat", lambda run: run.efficiency, lambda facts: facts.heart.efficiency),
    "monotony": Measure(
        "mean grade-adjusted speed, m/s",
        lambda run: run.gap_speed_mps,
        lambda facts: windows.mean_gap(facts, 0.0, facts.distance_m).heart,
    ),
}
"""By rule, what its bars show where it is not the distance."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a rule's table of cases: a sentence, a run, what is known beside it, and the answer in two words."""

    sentence: str
    run: Run | str
    known: Mapping[str, Any]
    answer: str

    def facts(self) -> Facts:
        """The facts of its run."""
        scenario = SCENARIOS[self.run] if isinstance(self.run, str) else None
        known: dict[str, Any] = {"profile": Profile(), "conditions": Conditions(), "history": History()}
        if scenario is not None:
            known["profile"] = Profile(**scenario.profile)
            known["conditions"] = Conditions(**scenario.conditions)
        run = scenario.run if scenario is not None else self.run
        return gather(activity(run), **{**known, **self.known})


def main() -> None:
    """Write every page and picture anew, and take away what is no more."""
    made = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        if path.name not in made:
            path.unlink()
    for name, content in made.items():
        (FOLDER / name).write_text(content, encoding="utf-8")


def pages() -> dict[str, str]:
    """Every file of docs/rules by name."""
    made = {"README.md": _index()}
    for rule in all_rules():
        cases = cases_of(rule)
        made[f"{rule.code}.svg"] = _picture(rule, cases)
        made[f"{rule.code}.md"] = _page(rule, cases)
    return made


def cases_of(rule: Rule) -> tuple[Case, ...]:
    """The table of cases in the rule's tests."""
    path = ROOT / "tests" / "service" / "analysis" / "rules" / f"test_{rule.code}.py"
    spec = importlib.util.spec_from_file_location(f"cases_{rule.code}", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(Case(sentence, *row) for sentence, row in module.CASES.items())


# --- pages --------------------------------------------------------------------------------------------------------


def _page(rule: Rule, cases: Iterable[Case]) -> str:
    title, _, body = (inspect.getdoc(inspect.getmodule(rule.check)) or "").partition("\n")
    parts = [
        f"# `{rule.code}`: {texts.english()[f'{rule.code}-title'] if _plain(rule) else rule.code.replace('_', ' ')}",
        title,
        body.strip(),
        (
            f"*Version {rule.version}. Evidence grade {rule.evidence_grade}: {_grade(rule)} For "
            f"{_families(rule)}.{' Left out of the forecast score.' if rule.retrospective_only else ''} "
            f"{_reads(rule)}*"
        ),
        f"![{rule.summary}]({rule.code}.svg)",
        "## Thresholds",
        _thresholds(rule.thresholds),
        "## Points",
        _points(rule),
        "## What it says",
        _says(rule, cases),
        "## What would clear it",
        _clears(rule, cases),
        "## Cases",
        _cases(cases),
        "## Golden scenarios",
        _golden(rule),
        "## Statements of the article",
        _statements(rule.article_refs),
        "[All rules](README.md)",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _plain(rule: Rule) -> bool:
    return "{" not in texts.english()[f"{rule.code}-title"]


def _grade(rule: Rule) -> str:
    said = texts.english()[f"grade-{rule.evidence_grade}"]
    return said.partition(": ")[2]


def _families(rule: Rule) -> str:
    return "runs, walks and hikes" if "walk" in rule.families else "runs"


def _reads(rule: Rule) -> str:
    if not rule.reads:
        return "It reads the file alone."
    named = {"history": "the earlier runs", "profile": "the profile", "conditions": "the weather", "log": "the log"}
    return f"Beside the file it reads {' and '.join(named[part] for part in sorted(rule.reads))}."


def _thresholds(thresholds: Mapping[str, Threshold]) -> str:
    rows = [[f"`{name}`", f"{each.value:g} {each.unit}", each.mark, each.source] for name, each in thresholds.items()]
    return _table(["name", "value", "mark", "source"], rows)


def _points(rule: Rule) -> str:
    if not any(rule.points.values()):
        return "None: it is advice, and adds nothing to the score."
    said = _table(
        ["severity" if "low" in rule.points or "moderate" in rule.points else "from minute", "points"],
        [[name, str(points)] for name, points in rule.points.items()],
    )
    lines = [said]
    if rule.cap_group is not None:
        limit = risk.THRESHOLDS[risk.CAPS[rule.cap_group]].value
        lines.append(f"Together with the other {rule.cap_group} rules at most {limit:g}.")
    for signal, points in rule.missing_points.items():
        lines.append(f"Where `{signal}` is missing, up to {points} points more were possible (`score_high`).")
    return "\n\n".join(lines)


def _says(rule: Rule, cases: Iterable[Case]) -> str:
    finding = _first_finding(rule, cases)
    if finding is None:
        raise RuntimeError(f"{rule.code} has no case that is found")
    voice = texts.speaker()
    said = [f"> **{voice.say(finding.text.removesuffix('text') + 'title', finding.params)}**", ">"]
    said += [
        f"> {voice.say(finding.text, finding.params)}",
        ">",
        f"> *{voice.say(f'{rule.code}-headline', finding.params)}*",
    ]
    return "\n".join(said)


def _clears(rule: Rule, cases: Iterable[Case]) -> str:
    """The smallest change for the finding above, or why there is none."""
    if rule.no_change is not None:
        return f"No change is told: {rule.no_change}."
    finding = _first_finding(rule, cases)
    change = None if finding is None else finding.counterfactual
    if finding is None or change is None:
        raise RuntimeError(f"{rule.code}: its first finding tells no change, and its record does not say why")
    return f"> {texts.speaker().say(change.text, {**finding.params, 'change': change.change})}"


def _golden(rule: Rule) -> str:
    """The golden scenarios that raise the rule, and those that are made to keep it silent."""
    rows = [
        [
            name,
            SCENARIOS[name].title,
            f"found {expected.found[rule.code]}" if rule.code in expected.found else "not found",
        ]
        for name, expected in TABLE.items()
        if rule.code in expected.found or rule.code in expected.absent
    ]
    return _table(["id", "run", "answer"], rows) if rows else "None beside the cases above."


def _cases(cases: Iterable[Case]) -> str:
    return _table(["run", "answer"], [[case.sentence, case.answer.replace("_", " ")] for case in cases])


def _statements(refs: Iterable[str]) -> str:
    known = [(ref, statements.STATEMENTS[ref]) for ref in refs]
    return _table(["id", "grade", "statement"], [[ref, each.grade or "–", each.text] for ref, each in known])


def _index() -> str:
    rules = [
        [f"[`{rule.code}`]({rule.code}.md)", rule.summary, rule.evidence_grade, _point_range(rule)]
        for rule in all_rules()
    ]
    every: list[advice.Advice[Any]] = [*advice.all_advice(), *standing.STANDING]
    reminders = [[f"`{each.code}`", each.phase, ", ".join(each.article_refs)] for each in every]
    carried = [[ref, each.grade or "–", each.text] for ref, each in statements.STATEMENTS.items()]
    return (
        "\n\n".join(
            [
                "# Rules",
                (
                    "A rule looks at one run and answers *found*, *clear*, or *skipped because*. Each is one file "
                    "under "
                    "`service/analysis/rules/` whose record declares thresholds, points and texts; these pages are "
                    "made "
                    "from the "
                    "records by `python -m docs.make_rules`. How the numbers are made that they compare stands in "
                    "[signals](../signals.md)."
                ),
                _table(["rule", "finds", "grade", "points"], rules),
                "Marks of thresholds: " + "; ".join(f"**{mark}** {meaning}" for mark, meaning in MARKS.items()) + ".",
                "Evidence grades: "
                + " ".join(f"**{grade}**: {texts.english()[f'grade-{grade}'].partition(': ')[2]}" for grade in "ABCD"),
                "## The score",
                (
                    "Points add up, ten of them stand for a doubling of the odds, and the explanation sums exactly to "
                    "the score. The "
                    "score is no probability. Levels begin at the borders below; the table of conditions (heat, cold, "
                    "wind, hills) may "
                    "lift a level, never the score, and the assessment says which of the two it was."
                ),
                _thresholds(risk.THRESHOLDS),
                "## Amounts",
                (
                    "No advice to drink exceeds 0.8 of what the runner is estimated to sweat. There is no amount where "
                    "neither body "
                    "mass nor a measured sweat rate is known, where the estimate is small, where the birth "
                    "year told may mean under 18 (without one the athlete is taken for an adult), or "
                    "where amounts are hidden. What two weighings of a run's log lost may be made up after it, within "
                    "the bounds below."
                ),
                _thresholds(amounts.THRESHOLDS),
                "## Reminders",
                _table(["reminder", "when", "statements"], reminders),
                "## Statements of the article",
                (
                    "The article is one on running cramps. It makes 74 statements that somebody can act on; they are "
                    "numbered here from A01 to A74 and told in our own words. Each is carried out by a rule, a "
                    "reminder or a background text; [statements](../statements.md) says by which. The grade is that "
                    "of the statement as a claim about cramps."
                ),
                _table(["id", "grade", "statement"], carried),
            ]
        )
        + "\n"
    )


def _point_range(rule: Rule) -> str:
    values = sorted(set(rule.points.values()))
    return "–" if not values else str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# --- pictures -----------------------------------------------------------------------------------------------------


def _first_finding(rule: Rule, cases: Iterable[Case]) -> Finding | None:
    for case in cases:
        if case.answer.startswith("found"):
            outcome = rule.check(case.facts(), rule)
            return outcome.findings[0] if isinstance(outcome, Found) else None
    return None


def _picture(rule: Rule, cases: Iterable[Case]) -> str:
    """The first case that is found: the strip chart of its run with the window shaded, or its history as bars."""
    case, facts, findings = _shown(rule, cases)
    segments = [one for one in findings if one.segment] or [findings[0]]
    spans = [(one.start_m or 0.0, one.end_m or facts.distance_m) for one in segments]
    channel = CHANNELS.get(rule.code, "gap_heart_mps")
    if "history" in rule.reads and rule.code not in CHANNELS and spans == [(0.0, facts.distance_m)]:
        measure = MEASURES.get(rule.code, KILOMETRES)
        return bar_chart(_bars(facts, measure), days=_days(rule, facts), label=measure.label, title=case.sentence)
    column = np.array(getattr(facts.grid, channel))
    column[-EDGE_S:] = np.nan
    return strip_chart(facts.grid.distance_m, column, spans, label=LABELS[channel], title=case.sentence)


def _shown(rule: Rule, cases: Iterable[Case]) -> tuple[Case, Facts, tuple[Finding, ...]]:
    """The case to draw: the first with segments where there is one, else the first that is found."""
    drawn: list[tuple[Case, Facts, tuple[Finding, ...]]] = []
    for case in cases:
        if case.answer.startswith("found"):
            facts = case.facts()
            outcome = rule.check(facts, rule)
            if not isinstance(outcome, Found):
                raise RuntimeError(f"{rule.code}: {case.sentence!r} is not found")
            drawn.append((case, facts, outcome.findings))
    return next((one for one in drawn if any(finding.segment for finding in one[2])), drawn[0])


def _bars(facts: Facts, measure: Measure) -> list[Bar]:
    started_at = facts.activity.started_at
    earlier = [
        Bar((started_at - run.started_at) / timedelta(days=1), measure.earlier(run) or 0.0, run.cramp in CRAMPED)
        for run in facts.history.runs
    ]
    return [*earlier, Bar(0.0, measure.now(facts) or 0.0)]


def _days(rule: Rule, facts: Facts) -> float:
    """How far back the rule looks: so many days, or to the Monday that begins so many weeks before this one."""
    if "days" in rule.thresholds:
        return rule.limit("days")
    return 7 * rule.limit("weeks") + facts.activity.started_at.weekday()


if __name__ == "__main__":
    main()
