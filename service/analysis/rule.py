"""The Rule record, and the folder scan that finds every rule.

A rule is one file under `service/analysis/rules/` with one `RULE`; its module docstring is its documentation page. The
tables of thresholds, points, texts and statements are assembled from the records: a new rule touches no other file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from service.analysis.facts import Facts
from service.analysis.finding import Outcome

MARKS = {
    "S": "read in the named source",
    "M": "unverified",
    "J": "chosen by us",
    "X": "measured for this project",
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that decides, with where it comes from. `mark` is a key of MARKS; a J says "chosen by us, because …"."""

    value: float
    unit: str
    mark: str
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `check(facts, rule)` is pure. `points` by severity, before caps and weights.

    `retrospective_only` points are left out of the forecast score; the points of one `cap_group` are capped together.
    `texts` maps text keys to Fluent messages in English; keys are `<code>-<name>`: `-title`, `-text` and `-headline` at
    least, `-points` for the line of the explanation. `summary` is one sentence for the table of rules. `order` sorts
    warnings of equal severity. `missing_points` are what a missing signal could have added (their 90th percentile).
    `reads` names what of `receipt.PARTS` its answer stands on beside the file: none of them, where the file is enough.
    `lifts` is the rule's part of the table of conditions: the levels that a finding can lift a run to, by its severity,
    the least first.
    `no_change` says why there is no counterfactual; None: there is one, with the text `-counterfactual`.
    `headlined` False: it is advice about weeks, and a low finding of it is no headline of one run (older ones are).
    """

    code: str
    version: int
    summary: str
    evidence_grade: str
    article_refs: tuple[str, ...]
    thresholds: Mapping[str, Threshold]
    points: Mapping[str, int]
    texts: Mapping[str, str]
    check: Callable[[Facts, Rule], Outcome]
    order: int = 100
    families: frozenset[str] = frozenset({"run"})
    retrospective_only: bool = False
    cap_group: str | None = None
    missing_points: Mapping[str, int] = field(default_factory=dict)
    no_change: str | None = None
    headlined: bool = True
    reads: frozenset[str] = frozenset()
    lifts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def limit(self, name: str) -> float:
        """The value of the named threshold."""
        return self.thresholds[name].value

    def lift(self, severity: str, *, most: bool = False) -> str | None:
        """The least or the `most` that a finding of that severity lifts the level to; None where it lifts none."""
        levels = self.lifts.get(severity)
        return None if levels is None else levels[-1 if most else 0]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the folder, by `order`, then code.

    Raises RuntimeError at start for a module without a RULE or a code that is there twice.
    """
    from service.analysis import rules  # noqa: PLC0415 - the folder imports this module

    found: dict[str, Rule] = {}
    for info in pkgutil.iter_modules(rules.__path__):
        module = importlib.import_module(f"{rules.__name__}.{info.name}")
        rule = getattr(module, "RULE", None)
        if not isinstance(rule, Rule):
            raise RuntimeError(f"{module.__name__} has no RULE")  # noqa: TRY004 - a broken installation, not a caller's type
        if rule.code in found or rule.code != info.name:
            raise RuntimeError(f"{module.__name__}: the code {rule.code!r} is taken or is not the file's name")
        found[rule.code] = rule
    return tuple(sorted(found.values(), key=lambda rule: (rule.order, rule.code)))
