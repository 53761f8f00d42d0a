"""Where in their runs an athlete's reported cramps came: a histogram, and the place where they gather.

Reports alone: a watch sees no cramp. Only cramps on the way have a place; near ones and those after a run have none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from service.analysis.athlete import CRAMPED, Episode, PastRun

WITHIN_M = 2_000.0
"""Cramps this far to either side of a place gather there; chosen by us."""
GATHER_LEAST = 3
"""Runs that have to have cramped near a place; chosen by us."""
KILOMETRE_M, TEN_MIN = 1_000, 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where cramps gather, in metres from the start, and in how many runs."""

    at_m: float
    runs: int


def on_the_way(run: PastRun) -> tuple[Episode, ...]:
    """The episodes of a run that was reported to have cramped on the way."""
    if run.cramp not in CRAMPED or run.report is None or run.report.when == "after":
        return ()
    return run.report.episodes


def positions(runs: Iterable[PastRun]) -> list[dict[str, float | int | None]]:
    """How many cramps came in each kilometre, and in each ten minutes for those without one: `at_m`, `minute`, `n`.

    `at_m` and `minute` are the beginnings; `minute` beside a kilometre is the median of those told there, or None.
    """
    by_place: defaultdict[tuple[int | None, int | None], list[float | None]] = defaultdict(list)
    for run in runs:
        for one in on_the_way(run):
            if one.at_m is not None:
                by_place[(int(one.at_m // KILOMETRE_M) * KILOMETRE_M, None)].append(one.minute)
            elif one.minute is not None:
                by_place[(None, int(one.minute // TEN_MIN) * TEN_MIN)].append(None)
    rows: list[dict[str, float | int | None]] = []
    for (at_m, minute), told in by_place.items():
        minutes = [one for one in told if one is not None]
        rows.append({"at_m": at_m, "minute": median(minutes) if minutes else minute, "n": len(told)})
    return sorted(rows, key=lambda row: (row["at_m"] is None, row["at_m"] or 0, row["minute"] or 0))


def gathered(runs: Iterable[PastRun]) -> Place | None:
    """The place near which most runs cramped, the first of several; None where fewer than three did.

    A run counts once there, however often it cramped.
    """
    told = sorted(
        (one.at_m, number) for number, run in enumerate(runs) for one in on_the_way(run) if one.at_m is not None
    )
    best: Place | None = None
    for first, (start_m, _) in enumerate(told):
        near = [(at_m, number) for at_m, number in told[first:] if at_m <= start_m + 2 * WITHIN_M]
        count = len({number for _, number in near})
        if count >= GATHER_LEAST and (best is None or count > best.runs):
            best = Place(median(at_m for at_m, _ in near), count)
    return best
