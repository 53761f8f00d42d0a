"""A file cut at any byte is refused clearly, or gives the beginning of what the whole file gives.

Beginning means: the same instants from the first on, at each of them the values of the whole file in every channel that
the cut file has, and the pauses and laps of the whole file as far as it goes. What the cut itself takes away is allowed
for, and nothing else:

- the last second, as its second record may be behind the cut;
- a heart rate from the messages of a strap, which lie in later files of the chain;
- a channel that is derived in the cut file, as its own values, so far nothing but 0, are behind the cut;
- a channel of a leg of which nothing but 0 has been seen, which is a sensor that was not there;
- the last pause and the last lap, which may still be running;
- the start that only the session tells: without it, a first lap begins with the first record;
- the sport that only the session tells: without it, whether a cadence counts wheels, one foot or both is told by the
  speed so far, and may be told otherwise by more of it;
- legs of a multisport file whose sessions are behind the cut are one activity, of the sport of the last session that is
  there: its distance runs on, its cadence counts wheels or feet throughout, and the change to the next leg is a pause.

Where the whole file is refused there is nothing to compare with: less of it may be read (a wrong checksum is a fault, a
missing one is legal).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np

import parsers
from fuzz import promises
from fuzz.kinds import CORPUS
from parsers import Activity, ParseError
from parsers.activity import UNITS_PER
from parsers.format import DEFAULT_LIMITS
from parsers.wrapping import unwrap

ROUNDING = 1e-6
"""Far below the scale of any channel."""
ENDS = 48
"""Of the offsets, so many are the last ones, where a summary or the closing tags are cut."""


@dataclass(frozen=True, slots=True)
class CutFile:
    """How the cuts of one file ended: by code, `ok` for a prefix; `wrong` tells of the first that is neither."""

    name: str
    codes: Counter[str]
    wrong: str = ""

    def __str__(self) -> str:
        told = ", ".join(f"{code} {count}" for code, count in self.codes.most_common())
        return f"{self.name}: {told}{'; WRONG: ' + self.wrong if self.wrong else ''}"


def over_the_corpus(cuts: int, *, seed: int) -> Iterator[CutFile]:
    """Each FIT, GPX and TCX file of the corpus of real files, cut at so many places."""
    paths = sorted(path for kind in ("fit", "gpx", "tcx") for path in CORPUS.glob(f"{kind}_*"))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(partial(of_path, cuts=cuts, seed=seed), paths)


def of_path(path: Path, *, cuts: int, seed: int) -> CutFile:
    """One file cut at so many places, by chance and at its ends."""
    data = unwrap(path.read_bytes(), limits=DEFAULT_LIMITS)
    try:
        whole = parsers.parse(data)
    except ParseError:
        whole = None
    codes: Counter[str] = Counter()
    for cut in places(len(data), cuts, seed=f"{path.name}:{seed}"):
        try:
            found = parsers.parse(data[:cut])
        except ParseError as error:
            codes[error.code] += 1
            stray = promises.folded(error)
            wrong = "" if stray is None else f"{stray!r} left the format"
        else:
            codes["ok"] += 1
            wrong = difference(found, whole)
        if wrong:
            return CutFile(path.name, codes, f"cut at {cut} of {len(data)}: {wrong}")
    return CutFile(path.name, codes)


def places(size: int, cuts: int, *, seed: str) -> list[int]:
    """Offsets to cut at, ascending: the first and last ones, and others by chance."""
    chance = Random(seed)
    ends = min(ENDS, cuts // 4)
    drawn = (chance.randrange(size) for _ in range(max(0, cuts - 2 * ends) if size else 0))
    return sorted({*drawn, *range(min(size, ends)), *range(max(0, size - ends), size)})


def difference(cut: tuple[Activity, ...], whole: tuple[Activity, ...] | None) -> str:
    """In what the result of a cut file is not the beginning of the whole's; empty where it is, or `whole` is None."""
    if whole is None:
        return ""
    ours, theirs = _rows(cut), _rows(whole)
    count = len(ours)
    if not np.array_equal(ours, theirs[:count]):
        at = _first_other(ours, theirs)
        return f"other instants from row {at} of {count} on"
    for name in UNITS_PER.keys() - {"time_s"}:
        if not _has(cut, name) or _is_allowed_for(name, cut, whole):
            continue
        first, second = _channel(cut, name), _channel(whole, name)[:count]
        if name == "distance_m" and len(whole) > len(cut):
            second = second + _run_on(first, second, _legs(whole, count))
        same = (np.abs(first - second) < ROUNDING) | (np.isnan(first) & np.isnan(second))
        sport_untold = len(whole) > len(cut) or any(activity.sport in {None, "generic"} for activity in cut)
        if name == "cadence_spm" and sport_untold:
            same |= (first == 2 * second) | (2 * first == second)
        same |= ~_there(cut, name)
        if not same[:-1].all():
            at = int(np.flatnonzero(~same)[0])
            return f"{name} is {first[at]} and not {second[at]} in row {at} of {count}"
    return _other_marks(cut, whole, until=float(ours[-1]))


def _legs(whole: tuple[Activity, ...], count: int) -> list[slice]:
    """The rows of each activity of the whole file, among the first `count`."""
    ends = np.minimum(np.cumsum([len(activity.streams) for activity in whole]), count).tolist()
    return [slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False) if end > begin]


def _run_on(first: np.ndarray, second: np.ndarray, legs: list[slice]) -> np.ndarray:
    """What a distance that runs on has more than one that begins anew with each leg: the same throughout a leg."""
    more = np.zeros(len(first))
    for leg in legs:
        known = np.flatnonzero(~np.isnan(first[leg]) & ~np.isnan(second[leg]))
        if len(known):
            more[leg] = first[leg][known[0]] - second[leg][known[0]]
    return more


def _rows(found: tuple[Activity, ...]) -> np.ndarray:
    """Every instant of all activities, in milliseconds since 1970."""
    times = [activity.started_at.timestamp() * 1000 + activity.streams.time_s * 1000 for activity in found]
    return np.rint(np.concatenate(times))


def _first_other(ours: np.ndarray, theirs: np.ndarray) -> int:
    shared = min(len(ours), len(theirs))
    other = np.flatnonzero(ours[:shared] != theirs[:shared])
    return int(other[0]) if len(other) else shared


def _has(found: tuple[Activity, ...], name: str) -> bool:
    return any(getattr(activity.streams, name) is not None for activity in found)


def _channel(found: tuple[Activity, ...], name: str) -> np.ndarray:
    """A channel of all activities in turn, NaN where one has none."""
    columns = [(getattr(activity.streams, name), len(activity.streams)) for activity in found]
    return np.concatenate([np.full(rows, np.nan) if column is None else column for column, rows in columns])


def _there(found: tuple[Activity, ...], name: str) -> np.ndarray:
    """Of each row, whether its activity has the channel: a leg may lack what the leg before it has."""
    return np.concatenate(
        [np.full(len(activity.streams), getattr(activity.streams, name) is not None) for activity in found]
    )


def _is_allowed_for(name: str, cut: tuple[Activity, ...], whole: tuple[Activity, ...]) -> bool:
    late = any("hr." in activity.provenance.get(name, "") for activity in whole)
    return late or any(
        "derived" in activity.provenance.get(name, "") and activity.provenance.get(name) != other.provenance.get(name)
        for activity, other in zip(cut, whole, strict=False)
    )


def _other_marks(cut: tuple[Activity, ...], whole: tuple[Activity, ...], *, until: float) -> str:
    """Pauses and laps of the cut file, but the last of each, that the whole file lacks."""
    turns = [_start(activity) for activity in whole[1:]] if len(whole) > len(cut) else []
    for kind in ("pauses", "laps"):
        theirs = set(_marks(whole, kind))
        ends = {end for _, end in theirs}
        for begin, end in _marks(cut, kind)[:-1]:
            between_legs = kind == "pauses" and any(begin <= turn <= end for turn in turns)
            from_the_start = end in ends and any(begin == _start(activity) for activity in cut)
            if end < until and not ((begin, end) in theirs or between_legs or from_the_start):
                return f"{kind} that the whole file has not: from {begin} to {end}"
    return ""


def _marks(found: tuple[Activity, ...], kind: str) -> list[tuple[int, int]]:
    """Begin and end of each pause or lap, in milliseconds since 1970."""
    return [
        (_start(activity) + round(1000 * mark.start_s), _start(activity) + round(1000 * mark.end_s))
        for activity in found
        for mark in getattr(activity, kind)
    ]


def _start(activity: Activity) -> int:
    return round(activity.started_at.timestamp() * 1000)
