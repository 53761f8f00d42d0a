"""Columns from lists of texts: stamps to seconds, decimals to numbers; vectorised for the shapes that devices write.

A text that says nothing usable becomes NaN for a time and infinity for a number, which no plausibility bound lets pass.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import numpy as np

from parsers.activity import Column
from parsers.windows import Codes, Ints, Mask, windows

LONGEST = 64
"""Characters; longer ones are no number and no time (and would make conversion slow)."""
SHORTEST_STAMP = 19
OFFSETS_S = (-12 * 3600, 14 * 3600)
"""The local offsets that some place keeps."""
STAMP = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})[Tt ]+([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:[.,]([0-9]+))?)?"
    r"\s*(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2})?)?"
)
NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
TAIL = re.compile(r"(?:[.,]([0-9]{1,12}))?(Z|z|[+-][0-9]{2}:[0-9]{2})?")
DIGITS_AT = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
PUNCTUATION = ((4, "-"), (7, "-"), (10, "T "), (13, ":"), (16, ":"))
DAYS_IN_MONTH = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def numbers(texts: list[str]) -> Column:
    """Each text as a float64: NaN where it says nothing, infinity where it is no number.

    >>> numbers(["1.5", " 2 ", "1,25", "4_6.0", "", "nan"]).tolist()
    [1.5, 2.0, 1.25, inf, nan, nan]
    """
    joined = "".join(texts)
    if joined.isascii() and "_" not in joined and max(map(len, texts), default=0) <= LONGEST:
        try:
            return np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            pass  # one of them is odd: below each is looked at by itself
    return np.fromiter(map(_number, texts), np.float64, len(texts))


def _number(text: str) -> float:
    text = text.strip()
    if not text or text.lower() == "nan":
        return math.nan
    if len(text) > LONGEST or not NUMBER.fullmatch(text):
        return math.inf
    return float(text.replace(",", "."))


def epoch_seconds(texts: list[str]) -> Column:
    """UTC seconds since 1970 of ISO 8601 stamps with zone, offset or none (then UTC); NaN where unreadable.

    >>> epoch_seconds(["1970-01-01T00:00:01.5Z", "1970-01-01T01:00:02+01:00", "1970-1-1 0:00:03", "soon"]).tolist()
    [1.5, 2.0, 3.0, nan]
    """
    out = np.full(len(texts), np.nan)
    joined = "".join(texts)
    if joined.isascii():
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        out = seconds_of_stamps(np.frombuffer(joined.encode("ascii"), np.uint8), np.cumsum(lengths) - lengths, lengths)
    for row in np.flatnonzero(np.isnan(out)):
        out[row] = _stamp(texts[row])
    return out


def seconds_of_stamps(codes: Codes, at: Ints, lengths: Ints) -> Column:
    """What `epoch_seconds` gives for the stamps that stand in `codes` from `at` on; NaN for an unusual one, too."""
    out = np.full(len(at), np.nan)
    for length in np.flatnonzero(np.bincount(lengths)[: LONGEST + 1]).tolist():
        rows = np.flatnonzero(lengths == length)
        if length >= SHORTEST_STAMP:
            block = np.ascontiguousarray(windows(codes, length)[at[rows]].view(np.uint8).reshape(-1, length).T)
            out[rows] = _fixed_shape(block, block[:, 0].tobytes().decode("latin-1"))
    return out


def utc_offset_s(text: str) -> int | None:
    """The offset from UTC that a stamp states, None where it has none, is in UTC or states one that no place keeps.

    >>> utc_offset_s("2015-12-11T15:43:13.000+01:00"), utc_offset_s("2015-12-11T15:43:13+23:59")
    (3600, None)
    """
    found = STAMP.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None or found[9] is None:
        return None
    offset_s = _offset_s(found[9], found[10], found[11])
    return offset_s if offset_s and OFFSETS_S[0] <= offset_s <= OFFSETS_S[1] else None


def _fixed_shape(block: Codes, model: str) -> Column:
    """Seconds of stamps that all look like `model`, NaN for those that do not; row i of `block` is character i."""
    tail = TAIL.fullmatch(model, SHORTEST_STAMP)
    if tail is None:
        return np.full(block.shape[1], np.nan)
    ok = _all_digits(block, DIGITS_AT)
    for at, allowed in PUNCTUATION:
        ok &= _is_one_of(block[at], allowed)
    seconds, valid = _calendar(block)
    ok &= valid
    if tail[2] is not None:
        at = tail.start(2)
        if len(tail[2]) == 1:
            ok &= _is_one_of(block[at], "Zz")
        else:
            offset, valid = _offsets(block, at)
            ok &= valid
            seconds -= offset
    if tail[1] is not None:  # added last and by a division, as `_stamp` does it, so that both round alike
        begin, end = tail.span(1)
        ok &= _all_digits(block, range(begin, end)) & _is_one_of(block[SHORTEST_STAMP], ".,")
        seconds += _value(block, begin, end) / 10.0 ** (end - begin)
    return np.where(ok, seconds, np.nan)


def _calendar(block: Codes) -> tuple[Column, Mask]:
    """Seconds since 1970 of the civil time in characters 0 to 18, and whether there is such a day and hour."""
    year = _value(block, 0, 4)
    month, day = _value(block, 5, 7), _value(block, 8, 10)
    hour, minute, second = _value(block, 11, 13), _value(block, 14, 16), _value(block, 17, 19)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    valid = (year >= 1) & (month >= 1) & (month <= 12) & (hour <= 23) & (minute <= 59) & (second <= 60) & (day >= 1)
    longest = DAYS_IN_MONTH[np.clip(month, 0, 12)] + (leap & (month == 2))
    valid &= day <= longest
    # days since 1970 by counting years from March, so that the leap day comes last
    years = year - (month <= 2)
    day_of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days = years * 365 + years // 4 - years // 100 + years // 400 + day_of_year - 719_468
    return (days * 86_400 + hour * 3600 + minute * 60 + second).astype(np.float64), valid


def _offsets(block: Codes, at: int) -> tuple[Ints, Mask]:
    """Seconds of `+hh:mm` or `-hh:mm` from a character on, and whether there is one."""
    hours, minutes = _value(block, at + 1, at + 3), _value(block, at + 4, at + 6)
    valid = _is_one_of(block[at], "+-") & _is_one_of(block[at + 3], ":")
    valid &= _all_digits(block, (at + 1, at + 2, at + 4, at + 5)) & (hours <= 23) & (minutes <= 59)
    return np.where(block[at] == ord("-"), -1, 1) * (hours * 3600 + minutes * 60), valid


def _value(block: Codes, begin: int, end: int) -> Ints:
    """The whole number that characters begin to end spell."""
    value: Ints = block[begin].astype(np.int64) - ord("0")
    for at in range(begin + 1, end):
        value *= 10
        value += block[at]
        value -= ord("0")
    return value


def _all_digits(block: Codes, places: Iterable[int]) -> Mask:
    ok = np.ones(block.shape[1], dtype=bool)
    for at in places:
        ok &= block[at] - np.uint8(ord("0")) <= 9
    return ok


def _is_one_of(codes: Codes, allowed: str) -> Mask:
    ok = codes == ord(allowed[0])
    for char in allowed[1:]:
        ok |= codes == ord(char)
    return np.asarray(ok)


def _stamp(text: str) -> float:
    """Seconds of one stamp of any shape that STAMP knows, else NaN."""
    found = STAMP.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None or int(found[6] or 0) > 60:
        return math.nan
    zone = UTC if found[9] is None else timezone(timedelta(seconds=_offset_s(found[9], found[10], found[11])))
    try:
        whole = datetime(*(int(found[at] or 0) for at in range(1, 6)), tzinfo=zone)  # type: ignore[misc,arg-type]  # five ints
        return whole.timestamp() + int(found[6] or 0) + float(f"0.{found[7] or 0}")
    except (ValueError, OverflowError):
        return math.nan


def _offset_s(sign: str, hours: str, minutes: str | None) -> int:
    seconds = min(int(hours), 23) * 3600 + min(int(minutes or 0), 59) * 60
    return -seconds if sign == "-" else seconds
