"""CPU time of a full assessment, stage by stage: from tidied columns to a document with its texts.

    python -m benchmarks --only analysis

A made run of an hour and one of 24,000 records, at 1 Hz with position, altitude, heart rate and cadence, for a runner
with a history of 90 runs. Each stage is timed where it is called, within whole assessments; a figure is the median of
the rounds, and missed where a whole took longer than it may.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any
from unittest.mock import patch

from benchmarks import report
from fixtures.generator import FIRST_START, Run, Stretch, activity
from parsers.activity import Activity
from service import examine

ROUNDS = 41
WARM_UP = 3
CASES = {"one hour": (3_600, 15.0), "24,000 records": (24_000, 60.0)}
"""Seconds of running at 1 Hz, and the CPU milliseconds that a whole assessment may take."""

STAGES: Mapping[str, str] = {
    "clean": "service.analysis.cleaning.clean",
    "altitude": "service.analysis.signals._profile",
    "signals": "service.analysis.signals.gather",
    "rules": "service.analysis.assess.run_rules",
    "risk": "service.analysis.assess._weigh",
    "advice": "service.analysis.assess._reminders",
    "render": "service.examine.render",
}
"""Where each stage is called. `signals` calls the two before it: their time is taken off."""

WITHIN = {"signals": ("clean", "altitude")}
REST = "document, digest, hash, columns to store"


@dataclass(frozen=True, slots=True)
class Figure:
    """One case: CPU milliseconds by stage (medians), of the whole, and what the whole may take."""

    name: str
    records: int
    stages_ms: Mapping[str, float]
    whole_ms: float
    limit_ms: float

    @property
    def missed(self) -> bool:
        """Whether the whole took too long."""
        return self.whole_ms > self.limit_ms


def made_run(seconds: int) -> Activity:
    """A hilly, noisy run with every channel."""
    hills = tuple(Stretch(3.0, seconds=seconds / 8, grade=grade) for grade in (0.0, 0.04, -0.04, 0.01) * 2)
    heart_rate = ((0.0, 125.0), (600.0, 148.0), (float(seconds), 168.0))
    noise = {"speed_noise": 0.05, "pace_wander": 0.05, "altitude_noise_m": 0.3}
    return activity(Run(hills, heart_rate=heart_rate, temperature_c=21.0, **noise))  # type: ignore[arg-type]  # by name


def history(runs: int = 90) -> list[dict[str, Any]]:
    """Digests of one run every other day."""
    return [
        {
            "started_at": (FIRST_START - timedelta(days=2 * (runs - number))).isoformat(),
            "sport": "running",
            "distance_m": 9_000.0 + 200 * (number % 7),
            "moving_s": 3_300.0 + 60 * (number % 5),
            "score": 10 + number % 9,
            "early_excess": 0.01 * (number % 4),
            "eccentric_drop_m": 30.0,
            "ascent_m": 80.0,
            "gap_speed_mps": 2.8 + 0.02 * (number % 5),
            "efficiency": 1.2,
            "heart_rate_p995_bpm": 174.0,
            "best_efforts": [[1_000.0, 270.0], [3_000.0, 850.0], [5_000.0, 1_450.0]],
            "cramp": None,
        }
        for number in range(runs)
    ]


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Within it, every stage adds its CPU milliseconds to `spent`."""
    with ExitStack() as stack:
        for stage, where in STAGES.items():
            stack.enter_context(patch(where, _timer(stage, _found(where), spent)))
        yield


def _found(where: str) -> Callable[..., Any]:
    module, _, name = where.rpartition(".")
    function: Callable[..., Any] = getattr(sys.modules[module], name)
    return function


def _timer(stage: str, function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    def call(*words: Any, **more: Any) -> Any:
        began = time.process_time_ns()
        try:
            return function(*words, **more)
        finally:
            spent[stage] = spent.get(stage, 0.0) + (time.process_time_ns() - began) / 1e6

    return call


def measure(name: str, *, seconds: int, limit_ms: float, rounds: int = ROUNDS) -> Figure:
    """The figure of one case: the whole is timed without the timers of the stages, round by round in turn."""
    run, digests = made_run(seconds), history()
    for _ in range(WARM_UP):
        assess(run, digests)
    by_stage: dict[str, list[float]] = {}
    wholes = []
    for _ in range(rounds):
        began = time.process_time_ns()
        assess(run, digests)
        wholes.append((time.process_time_ns() - began) / 1e6)
        spent: dict[str, float] = {}
        with timed(spent):
            assess(run, digests)
        for stage in STAGES:
            inner = sum(spent[one] for one in WITHIN.get(stage, ()))
            by_stage.setdefault(stage, []).append(spent[stage] - inner)
    stages = {stage: median(found) for stage, found in by_stage.items()}
    stages[REST] = max(0.0, median(wholes) - sum(stages.values()))
    return Figure(name, len(run.streams), stages, median(wholes), limit_ms)


def assess(run: Activity, digests: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The rendered assessment of a run: all that is timed."""
    found = examine.examine(
        run,
        input_sha256="",
        profile={"mass_kg": 70.0, "birth_year": 1986, "hr_rest_bpm": 55.0},
        history=digests,
        conditions={"temperature_c": 21.0, "humidity_pct": 60.0, "wind_kmh": 8.0},
        program_version="",
    )
    return examine.render(found.assessment)


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    head = ["CPU ms", *(f"{one.name}, {one.records:,} rows" for one in figures)]
    rows = [[stage, *(f"{one.stages_ms[stage]:.2f}" for one in figures)] for stage in (*STAGES, REST)]
    rows.append(["**the whole**", *(f"**{one.whole_ms:.1f}**" for one in figures)])
    rows.append(["at most", *(f"{one.limit_ms:.0f}" for one in figures)])
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---", *["---:"] * len(figures)], *rows))


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """Both cases, with rounds enough for a median."""
    figures = [measure(name, seconds=seconds, limit_ms=limit) for name, (seconds, limit) in CASES.items()]
    over = [one for one in figures if one.missed]
    return report.Outcome(
        table(figures), tuple(f"{one.name}: {one.whole_ms:.1f} ms, at most {one.limit_ms:.0f} wanted" for one in over)
    )
