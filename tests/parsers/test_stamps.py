import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.stamps import epoch_seconds, numbers, utc_offset_s

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-02-29T12:00:00Z", "2020-02-29T12:00:00+00:00"),
        ("2015-12-11T15:43:13.994+01:00", "2015-12-11T14:43:13.994+00:00"),
        ("2015-12-11T15:43:13-0330", "2015-12-11T19:13:13+00:00"),
        ("2015-12-11T15:43:13", "2015-12-11T15:43:13+00:00"),
        ("2015-12-11 15:43:13", "2015-12-11T15:43:13+00:00"),
        (" 2015-12-11T15:43:13Z\n", "2015-12-11T15:43:13+00:00"),
        ("2015-1-2T3:04:05Z", "2015-01-02T03:04:05+00:00"),
        ("2015/01/02 03:04:05", "2015-01-02T03:04:05+00:00"),
        ("2015-01-02T03:04Z", "2015-01-02T03:04:00+00:00"),
        ("2015-01-02T03:04:05,5Z", "2015-01-02T03:04:05.5+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59+00:00"),
    ],
)
def test_a_stamp_is_read_with_zone_offset_fraction_or_without(text, expected):
    assert epoch_seconds([text])[0] == pytest.approx(datetime.fromisoformat(expected).timestamp(), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2019-02-29T00:00:00Z",
        "2020-13-01T00:00:00Z",
        "2020-03-32T00:00:00Z",
        "2020-00-10T00:00:00Z",
        "2020-01-01T25:00:00Z",
        "2020-01-01",
        "2020-01-01T00:00:61Z",
        "２０２０-01-01T00:00:00Z",
        "x" * 100_000,
        "2020-01-01T00:00:00Zjunk",
        "2020-01-01T00:00:00.5.5Z",
        "20x0-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z ",
    ],
)
def test_what_is_no_time_is_missing_even_among_good_ones(text):
    good = "2020-01-01T00:00:00Z"
    values = epoch_seconds([good, text, good])
    assert np.isnan(values).tolist() == [False, True, False]


zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1), timezones=zones | st.just(UTC)), max_size=20))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_many_stamps_at_once_agree_with_the_standard_library(moments):
    texts = [moment.isoformat().replace("+00:00", "Z") for moment in moments]
    expected = [(moment - EPOCH).total_seconds() for moment in moments]
    np.testing.assert_allclose(epoch_seconds(texts), expected, rtol=0, atol=1e-5)


def test_an_offset_is_told_and_utc_is_none():
    stamps = ["2015-12-11T15:43:13-03:30", "2015-12-11T15:43:13Z", "2015-12-11T15:43:13+00:00", "", "x" * 1000]
    assert [utc_offset_s(stamp) for stamp in stamps] == [-12_600, None, None, None, None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        (" -2 ", -2.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1,25", 1.25),
        ("+7", 7.0),
        ("", math.nan),
        ("NaN", math.nan),
        ("inf", math.inf),
        ("1e999", math.inf),
        ("null", math.inf),
        ("4_6.0", math.inf),
        ("0x10", math.inf),
        ("１２", math.inf),
        ("1 2", math.inf),
        ("9" * 70_000, math.inf),
    ],
)
def test_a_number_is_read_strictly_and_what_is_none_becomes_infinite(text, value):
    """gpxpy reads "4_6.0" as 46; whatever is no number must fail every plausibility bound instead."""
    for texts in ([text], ["1", text, "2"]):
        np.testing.assert_array_equal(numbers(texts)[len(texts) // 2], value)


def test_no_texts_are_no_values():
    assert len(numbers([])) == len(epoch_seconds([])) == 0
