"""The smallest change of the runner's that would have cleared a finding: "the first kilometre 14 s slower".

A rule that has one puts the change to its own windows and judges again; the search for the smallest is here. A rule
that has none says in its record why not (`Rule.no_change`): nobody chooses the weather. A change is a whole number of
its unit, at least one, and the one before it does not clear the finding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from service.analysis.finding import Counterfactual

SLOWEST_S_PER_KM = 300
FAR_SHARE = 0.25
"""A run shorter by more than this share of itself is another run; chosen by us."""
LOWEST_BPM = 60
"""More than that is no change of a run but another one; chosen by us."""


def smallest(
    clears: Callable[[int], bool],
    *,
    most: int,
    unit: str,
    window: tuple[float, float],
    text: str,
    step: int = 1,
) -> Counterfactual | None:
    """The least multiple of `step` in 1 … `most` with which the rule is clear, over the window (start_m, end_m).

    `clears` judges with a change; from the least one on it has to hold. None where even `most` does not clear the
    finding, or nothing had to change at all.

    >>> smallest(lambda s: 1000 / 3.36 + s > 311.2, most=300, unit="s/km", window=(0.0, 1000.0), text="t").change
    14
    >>> smallest(lambda m: m >= 250, most=1000, step=100, unit="m", window=(0.0, 1.0), text="t").change
    300
    >>> smallest(lambda _: True, most=300, unit="s/km", window=(0.0, 1.0), text="t") is None
    True
    """
    short, enough = 0, most // step
    if enough < 1 or clears(0) or not clears(enough * step):
        return None
    while enough - short > 1:
        middle = (short + enough) // 2
        if clears(middle * step):
            enough = middle
        else:
            short = middle
    return Counterfactual(enough * step, unit, *window, text)


def told_as_far(change: Counterfactual | None, *, beyond: float) -> Counterfactual | None:
    """The change with its text `…_far` where it is larger than a runner could have thought of."""
    if change is None or change.change <= beyond:
        return change
    return replace(change, text=f"{change.text}_far")
