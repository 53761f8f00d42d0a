"""Numbers as a runner reads them."""

import math

import pytest

from service import figures

CLOCKS = [(0, "0:00"), (59.5, "1:00"), (3599.4, "59:59"), (3599.5, "1:00:00"), (-3, "0:00"), (36000, "10:00:00")]


@pytest.mark.parametrize(("seconds", "words"), CLOCKS)
def test_a_clock_rounds_half_up_and_never_shows_sixty_seconds(seconds, words):
    assert figures.clock(seconds) == words


@pytest.mark.parametrize(
    ("s_per_km", "units", "words"),
    [
        (299.5, "metric", "5:00 /km"),
        (359.6, "metric", "6:00 /km"),
        (300.0, "imperial", "8:03 /mi"),
        (math.inf, "metric", None),
        (None, "metric", None),
    ],
)
def test_a_pace_is_minutes_and_seconds(s_per_km, units, words):
    assert figures.pace(s_per_km, units) == words


def test_standing_still_has_no_pace():
    assert figures.pace_of_speed(0.0, "metric") is None


MEASURES = [
    (0.119, "ratio", "metric", "11.9 %"),
    (-0.0001, "ratio", "metric", "0.0 %"),
    (20.0, "m/km", "metric", "20 m per km"),
    (20.0, "m/km", "imperial", "106 ft per mi"),
    (412.0, "m", "imperial", "1,352 ft"),
    (91.0, "min", "metric", "91 min"),
    (26.3, "°C", "imperial", "79.3 °F"),
    (3.0, "furlong", "metric", "3 furlong"),
    (None, "m", "metric", None),
]


@pytest.mark.parametrize(("value", "unit", "units", "words"), MEASURES)
def test_a_value_stands_in_its_unit(value, unit, units, words):
    assert figures.measure(value, unit, units) == words


@pytest.mark.parametrize("name", ["distance", "height", "temperature", "wind", "speed", "pace"])
def test_a_missing_number_has_no_words(name):
    assert getattr(figures, name)(None, "metric") is None


def test_the_start_is_told_in_the_files_zone_then_the_athletes_then_utc():
    at = "2026-10-04T22:30:00Z"
    assert figures.local_time(at, utc_offset_s=7200, zone="Asia/Tokyo") == "Monday 5 October 2026, 00:30"
    assert figures.local_time(at, utc_offset_s=None, zone="Asia/Tokyo") == "Monday 5 October 2026, 07:30"
    assert figures.local_time(at, utc_offset_s=None, zone=None) == "Sunday 4 October 2026, 22:30 UTC"
