"""The distance that a device states beside the one that its samples cover: which is told, and whether they agree."""

from __future__ import annotations

from parsers.activity import Note

BELIEVED_WITHIN = 0.15
"""A device's total this close to the column is plausible: a treadmill run calibrated at its end, laps that go on where
no point was written. Further off, one of the two is garbage, and the column can be looked at. Chosen by us."""
SAME_WITHIN = 0.02
"""Beyond this the stated total covers more or less ground than the samples, and their moving time is not its own."""


def told_m(stated_m: float | None, own_m: float) -> float | None:
    """The device's total where it is plausible, else what the distance column says; None where nothing is known.

    >>> told_m(10_010.0, 10_000.0), told_m(952_000.0, 10_000.0), told_m(None, 10_000.0), told_m(None, 0.0)
    (10010.0, 10000.0, 10000.0, None)
    """
    if stated_m is not None and (own_m <= 0 or abs(stated_m - own_m) <= BELIEVED_WITHIN * own_m):
        return stated_m
    return own_m if own_m > 0 else None


def differs(metres: float, own_m: float) -> bool:
    """Whether a distance is not the one that the samples cover.

    >>> differs(10_100.0, 10_000.0), differs(10_300.0, 10_000.0)
    (False, True)
    """
    return own_m > 0 and abs(metres - own_m) > SAME_WITHIN * own_m


def notes(stated_m: float | None, own_m: float) -> tuple[Note, ...]:
    """`distance_differs` with the metres between the two as its count: `more` or `less` is stated, or `not_believed`.

    >>> notes(5_729.0, 5_025.0)
    (Note(code='distance_differs', start_s=None, seconds=None, count=704, detail='more'),)
    >>> notes(10_010.0, 10_000.0), notes(None, 10_000.0)
    ((), ())
    """
    if stated_m is None or not differs(stated_m, own_m):
        return ()
    detail = "more" if stated_m > own_m else "less"
    if told_m(stated_m, own_m) != stated_m:
        detail = "not_believed"
    return (Note("distance_differs", count=round(abs(stated_m - own_m)), detail=detail),)
