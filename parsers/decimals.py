"""Decimal numbers in a buffer of characters to float64, vectorised, and to the bit what `float` makes of each.

Eight digits are one 64-bit word, and a word becomes a number by three multiplications. Up to 2**53 the digits are an
exact integer and one division rounds once; longer ones (Garmin writes 31 digits of a latitude) are divided to twice the
precision, and where even that cannot tell which way to round the number is left to the caller.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column
from parsers.windows import WORD, Codes, Ints, Mask, windows

Words = NDArray[np.uint64]

MOST_WHOLE = 8
MOST_FRACTION = 16
"""Digits after the point that count; of more it is only known that they are digits."""
MOST_DIGITS = 19
"""What an unsigned 64-bit integer holds."""
EXACT = np.uint64(1 << 53)
POWERS: Column = np.array([10.0**scale for scale in range(MOST_FRACTION + 1)])
INT_POWERS = 10 ** np.arange(WORD + 1, dtype=np.uint64)
SPLITTER = 134_217_729.0
"""2**27 + 1 (Veltkamp)."""
DOUBLED = 2.0**-100
"""Relative error of a quotient in twice the precision; its true bound is a little smaller."""

_ZEROS = np.uint64(0x3030303030303030)
_HIGH = np.uint64(0xF0F0F0F0F0F0F0F0)
_LOW = np.uint64(0x0F0F0F0F0F0F0F0F)
_SIXES = np.uint64(0x0606060606060606)
_THREES = np.uint64(0x3333333333333333)


def decimals(codes: Codes, at: Ints, lengths: Ints, points: Ints) -> tuple[Column, Mask]:
    """The numbers that stand in `codes` from `at` on, and which of them are known for sure.

    `lengths` counts each one's characters; `points[i]` is how many stand before its decimal point, its length where it
    has none. Known are plain decimals of up to 8 digits before the point; whatever else a text may be (an exponent, a
    blank, no number) is not known and NaN. At least 8 characters follow the last number in the buffer.

    >>> text = np.frombuffer(b"48.0123456789012345 -7 1e3" + bytes(32), np.uint8)
    >>> decimals(text, np.array([0, 20, 23]), np.array([19, 2, 3]), np.array([2, 2, 3]))
    (array([48.01234568, -7.        ,         nan]), array([ True,  True, False]))
    """
    negative = (codes[at] == ord("-")) & (lengths > 0)
    begin = at + negative
    whole = points - negative
    fraction = np.maximum(lengths - points - 1, 0)
    known = (whole <= MOST_WHOLE) & (whole >= 0) & (whole + fraction > 0)
    known &= whole + np.minimum(fraction, MOST_FRACTION) <= MOST_DIGITS
    words = windows(codes, WORD)
    digits, good = _digits(words[begin].view("<u8"), np.minimum(np.maximum(whole, 0), WORD))
    known &= good
    most = int(fraction.max(initial=0))
    for done in range(0, most, WORD):
        count = np.minimum(np.maximum(fraction - done, 0), WORD)
        # a number without more digits looks at its own beginning, of which nothing is taken
        word = words[np.where(count > 0, at + points + 1 + done, at)].view("<u8")
        value, good = _digits(word, count)
        known &= good
        if done < MOST_FRACTION:
            digits = digits * INT_POWERS[count] + value
    values = _quotient(digits, np.minimum(fraction, MOST_FRACTION), fraction > MOST_FRACTION, known)
    return np.where(negative, -values, values), known


def _digits(word: Words, count: Ints) -> tuple[Words, Mask]:
    """The integer that the first `count` characters of each word spell, and whether they are digits at all.

    A shift by 64 gives 0 in numpy, which is what no digit at all means.
    """
    bits = (count * 8).astype(np.uint64)
    text = (word << (np.uint64(64) - bits)) | (_ZEROS >> bits)
    good = ((text & _HIGH) | (((text + _SIXES) & _HIGH) >> np.uint64(4))) == _THREES
    pairs = ((text & _LOW) * np.uint64(2561)) >> np.uint64(8)
    fours = ((pairs & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6_553_601)) >> np.uint64(16)
    eights = ((fours & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42_949_672_960_001)) >> np.uint64(32)
    return eights, good


def _quotient(digits: Words, scale: Ints, more: Mask, known: Mask) -> Column:
    """`digits` / 10**`scale`, correctly rounded; where that cannot be told, NaN and no longer `known`.

    `more` says that digits were left out, so that the true value is greater by less than one of the last digit.
    """
    power = POWERS[scale]
    values = digits.astype(np.float64) / power
    long = np.flatnonzero(known & (more | (digits > EXACT)))
    if len(long):
        values[long], sure = _long_quotient(digits[long], power[long], more[long])
        known[long] = sure
    values[~known] = np.nan
    return values


def _long_quotient(digits: Words, power: Column, more: Mask) -> tuple[Column, Mask]:
    """Quotients of integers past 2**53 and powers of ten, and whether each is surely the nearest float64 (Dekker)."""
    near = digits.astype(np.float64)
    rest = (digits - near.astype(np.uint64)).view(np.int64).astype(np.float64)
    first = near / power
    product = first * power
    (first_high, first_low), (power_high, power_low) = _halves(first), _halves(power)
    error = ((first_high * power_high - product) + first_high * power_low + first_low * power_high) + (
        first_low * power_low
    )
    second = (((near - product) - error) + rest) / power
    nearest = first + second
    beside = second - (nearest - first)
    slack = np.where(more, 1.0 / power, 0.0) + DOUBLED * nearest
    half_step = np.spacing(nearest * (1 - 2.0**-53)) / 2
    return nearest, np.abs(beside) + slack < half_step


def _halves(values: Column) -> tuple[Column, Column]:
    """Two numbers of half the digits that add up to each value."""
    scaled = values * SPLITTER
    high = scaled - (scaled - values)
    return high, values - high
