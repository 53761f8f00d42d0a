"""Vectorised decimals are what `float` makes of the same text, to the bit, or are not claimed to be known."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers.decimals import MOST_WHOLE, WORD, decimals

PLAIN = st.from_regex(r"-?[0-9]{0,9}(\.[0-9]{0,31})?", fullmatch=True)
PRINTED = st.floats(-1e8, 1e8).map(lambda value: format(Decimal(value), "f")[:40])
SHORTEST = st.floats(-180, 180).map(repr)


def halfway(value):
    """The decimal that lies between a float and the next: which way it is rounded depends on its last digit."""
    with localcontext(prec=80):
        return (Decimal(value) + Decimal(math.nextafter(value, math.inf))) / 2


HALFWAYS = st.tuples(st.floats(0.01, 180), st.integers(15, 40)).map(
    lambda pair: format(halfway(pair[0]), "f")[: pair[1]]
)
TEXTS = st.one_of(PLAIN, PRINTED, SHORTEST, HALFWAYS, st.text("0123456789.-+e _", max_size=12))


def read(texts):
    joined = "|".join(texts).encode() + bytes(2 * WORD)
    lengths = np.array([len(text) for text in texts])
    at = np.cumsum(lengths + 1) - lengths - 1
    points = np.array([text.find(".") if "." in text else len(text) for text in texts])
    return decimals(np.frombuffer(joined, np.uint8), at, lengths, points)


@settings(deadline=None, max_examples=300)
@given(st.lists(TEXTS, min_size=1, max_size=50))
@example(["9007199254740993", "0.9007199254740993", "179.99999999999999999", "-0", "-0.0", "."])
def test_what_is_known_is_what_float_makes_of_it_to_the_bit(texts):
    values, known = read(texts)
    for text, value, sure in zip(texts, values, known, strict=True):
        assert math.isnan(value) if not sure else np.float64(text).tobytes() == value.tobytes(), text


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "7",
        "-7.5",
        "48.8291500",
        "12345678.12345678",
        "236.8000030517578125",
        "45.20987707190215587615966796875",
        "5.78175122849643230438232421875",
        "-0.3809410",
        ".5",
        "5.",
        "99999999",
    ],
)
def test_the_numbers_that_watches_write_are_known(text):
    values, known = read([text])
    assert known.all()
    assert values[0] == float(text)


@pytest.mark.parametrize(
    "text", ["", "-", ".", "-.", "1e3", "+1", " 1", "1 ", "1,5", "1_0", "nan", "0x1", "1.2.3", "1-2", "١"]
)
def test_any_other_text_is_not_known(text):
    values, known = read([text])
    assert not known.any()
    assert math.isnan(values[0])


def test_more_digits_before_the_point_than_a_word_are_left_to_the_caller():
    assert read(["1" * MOST_WHOLE])[1].all()
    assert not read(["1" * (MOST_WHOLE + 1)])[1].any()


def test_a_tie_that_cannot_be_told_is_left_to_the_caller():
    """Of more than 16 decimals only the first are looked at, and here the others decide."""
    text = format(halfway(1.25), "f")
    assert len(text) > 40
    assert not read([text])[1].any()


def test_nearly_all_positions_of_a_garmin_export_are_known():
    positions = 48 + np.cumsum(np.random.default_rng(1).uniform(0, 1e-4, 5000))
    texts = [format(Decimal(float(position)), "f")[:32] for position in positions]
    values, known = read(texts)
    assert known.mean() > 0.9
    assert (values[known] == np.array([float(text) for text in texts])[known]).all()
