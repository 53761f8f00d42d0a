"""What a rule may answer: found, clear, or skipped because. Values that carry their own evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SEVERITIES = ("low", "moderate", "high")


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The smallest change over [start_m, end_m] that clears a finding: `change` in `unit`, e.g. 14 s/km slower."""

    change: int
    unit: str
    start_m: float
    end_m: float
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One warning, or one question, with the numbers it stands on.

    `value` compared by `comparator` with `threshold` in `unit` over the window [start_m, end_m] / [start_s, end_s]
    (seconds of elapsed time since the start) is the whole evidence: it can be recomputed from the stored streams.
    Where the athlete's habit moved the severity, the threshold is that of the severity before, and `params` hold that
    (`band`), the way it moved (`step`: `up`, `down`, `none`) and what was usual.
    `confidence` is the product of docs/signals.md, from 0 to 1. `points` is what the risk model adds before caps.
    `text` is the key of the rule's text, `params` its arguments in SI units. `segment` marks a part of the run beside a
    whole-run finding of the same rule. `question` findings are asked, never stated.
    """

    code: str
    severity: str
    value: float
    unit: str
    threshold: float
    comparator: str
    confidence: float
    points: int
    text: str
    start_s: float | None = None
    end_s: float | None = None
    start_m: float | None = None
    end_m: float | None = None
    params: Mapping[str, float | int | str] = field(default_factory=dict)
    quality: tuple[str, ...] = ()
    segment: bool = False
    question: bool = False
    condition_level: str | None = None
    counterfactual: Counterfactual | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The rule fired: one finding or several."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Clear:
    """The rule looked and found nothing to warn of.

    `value` is what it measured, where there is one number to tell; `points` what the feature adds all the same (45 to
    60 minutes of running bring 4 points and no warning). `without` is the Skipped of a second way to look that the data
    do not allow: it could still have found something, so what it lacked widens the score's interval all the same.
    """

    value: float | None = None
    unit: str | None = None
    points: int = 0
    without: Skipped | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """The rule could not look, or must not: `because` is a stable word (`treadmill`, `structured`, `too_short`, …).

    `missing` names the signal that the data lack (`heart_rate`, `heart_rate_reserve`, `altitude`, `weather`, `history`,
    …): it goes to `not_assessed` and widens the score's interval. None: the rule does not apply to such a run. `value`
    is the suppressed candidate: what the rule would have said, kept for who asks.
    """

    because: str
    missing: str | None = None
    value: float | None = None
    unit: str | None = None


Outcome = Found | Clear | Skipped
