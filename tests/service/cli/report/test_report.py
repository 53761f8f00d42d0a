"""The report says where, how much, against what, how sure, and what to do; in 80 columns, without colour, in ASCII."""

import re

import pytest

from service.cli.report import Look
from service.cli.report.look import LEVEL_MARKS


def _flat(text: str) -> str:
    """The report on one line, so that a wrapped sentence is found."""
    return re.sub(r"[\s│|]+", " ", text)


FACTS = [
    "A fast first kilometre. Next time start 13 s/km slower.",
    "Sunday 11 October 2026, 08:30",
    "10.01 km",
    "54:58 (56:31 from start to end, 1:00 paused)",
    "5:29 /km; grade-adjusted (GAP) 5:26 /km",
    "41 m up, 39 m down (the watch says 46 m up)",
    "151 bpm on average, 171 at most",
    "18 °C, 50 % humidity, wind 0 km/h, wet-bulb globe about 16 °C (as given)",
    "18 of 100 points, level MODERATE !",
    "points, not per cent",
    "+7 the first kilometre 11.9 % too fast",
    "18 in all",
    "the conditions of the day or the course lift the level to moderate, without adding points.",
    "Confidence in the level: medium. With everything known, the score could be 18 to 35.",
    "1. Fast start: MODERATE, +7 points",
    "km 0.1–1.0, at 0:30–4:58",
    "11.9 %; moderate from 10.0 % on",
    "Evidence grade C: indirect findings or expert guidelines. Confidence in this measurement: high.",
    "the article, statement A05; rule fast_start, version 1: docs/rules/fast_start.md",
    "the first kilometre 13 s/km slower",
    "2. Hills: LOW",
    "km 4.0–5.0, at 21:40–26:40: A climb of 38 m.",
    "km 8.8, at 48:20: You slowed: why?",
    "estimate: 350–650 ml/h; 110–210 ml at minute 20, 40",
    "Drink to thirst; do not drink more than you sweat.",
    "Warm up for five to ten minutes.",
    "fade (16.3 %): left out, because structured",
    "history: not given",
    "recording gap (2:01 long, at 1:40).",
    "Not medical advice.",
    "Rules 1, file abababababab",
]


@pytest.mark.parametrize("fact", FACTS)
def test_the_report_says(fact, activity, printed):
    assert fact in _flat(printed(activity))


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("plain", [False, True])
def test_no_line_is_wider_than_the_terminal(width, plain, activity, printed):
    text = printed(activity, look=Look(width=width, plain=plain))
    assert max(len(line) for line in text.splitlines()) <= width


def test_an_ascii_terminal_gets_ascii_and_loses_no_number(activity, printed):
    text = printed(activity, look=Look(plain=True))
    body = "\n".join(line for line in text.splitlines() if not set(line) & set("╭╮╰╯│"))
    assert body.isascii()
    for number in ("10.01 km", "5:29 /km", "11.9 %", "km 0.1-1.0", "350-650 ml/h", "18 of 100"):
        assert number in text


def test_colour_is_never_the_only_cue(activity, printed):
    """Taking the colours out changes nothing that is written."""
    coloured = printed(activity, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(activity)


def test_levels_differ_by_word_and_mark():
    assert len(set(LEVEL_MARKS.values())) == len(LEVEL_MARKS)


def test_the_parts_of_the_bar_add_up_to_the_score(activity, printed):
    [bar] = [line for line in printed(activity).splitlines() if line.startswith("  ███")]
    cells = 80 - 8
    assert sum(bar.count(part) for part in "█▒▓") == round(18 * cells / 100)
    assert [bar.count(part) for part in "█▒▓"] == [3, 5, 5]


def test_a_cap_is_a_negative_line_and_the_bar_still_ends_at_the_score(activity, printed):
    assessment = activity["assessment"]
    assessment["score"] = 16
    assessment["explanation"].append({"feature": "cap", "points": -2, "text": "together they count less"})
    text = printed(activity)
    [bar] = [line for line in text.splitlines() if line.startswith("  ███")]
    assert sum(bar.count(part) for part in "█▒▓") == round(16 * 72 / 100)
    assert "-2 together they count less" in _flat(text)
    assert "16 in all" in _flat(text)


def test_warnings_stand_in_order_of_weight_whatever_order_they_came_in(activity, printed):
    for order in (1, -1):
        activity["assessment"]["warnings"] = activity["assessment"]["warnings"][::order]
        text = printed(activity)
        assert text.index("1. Fast start") < text.index("2. Hills")


def test_a_segment_without_a_warning_of_the_whole_run_stands_alone(activity, printed):
    activity["assessment"]["warnings"] = [one for one in activity["assessment"]["warnings"] if one["segment"]]
    assert "1. Climb: LOW" in printed(activity)


def test_many_segments_are_cut_and_counted(activity, printed):
    segment = activity["assessment"]["warnings"][1]
    activity["assessment"]["warnings"] += [segment | {"start_m": 4000.0 + n} for n in range(20)]
    assert "and 9 more, all of them in --json" in printed(activity)


def test_no_warning_is_said_in_words(activity, printed):
    activity["assessment"]["warnings"] = []
    assert "No rule that could look at this run found anything." in printed(activity)


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        ("too_short", None, "Too short to be assessed"),
        ("not_scored", "sport", "Not scored (sport)."),
        ("not_scored", None, "Not scored."),
    ],
)
def test_what_has_no_score_says_why_and_shows_no_bar(status, reason, words, activity, printed):
    activity["assessment"] |= {
        "status": status,
        "reason": reason,
        "score": None,
        "level": None,
        "explanation": [],
        "warnings": [],
    }
    text = printed(activity)
    assert words in text
    assert "of 100 points" not in text
    assert "Warnings" not in text


HOSTILE = "[bold red]\x1b]0;owned\x07\x1b[2J\u202e[/] :boom: {x} \x9b1m"


def test_hostile_names_steer_nothing_and_are_no_markup(activity, printed):
    activity["name"] = HOSTILE
    activity["device"] = {"manufacturer": HOSTILE, "product": HOSTILE}
    activity["sport"] = HOSTILE
    activity["assessment"]["headline"]["text"] = HOSTILE
    activity["assessment"]["warnings"][0]["text"] = HOSTILE
    text = printed(activity)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "[bold red]]0;owned[2J[/] :boom: {x} 1m" in _flat(text)


def test_what_is_missing_has_no_line_and_no_none(activity, printed):
    activity["summary"] = dict.fromkeys(activity["summary"])
    activity["conditions"] = None
    activity["device"] = None
    activity["utc_offset_s"] = None
    activity["assessment"] |= {
        "reminders": [],
        "suppressed": [],
        "not_assessed": [],
        "data_quality": [],
        "questions": [],
    }
    text = printed(activity, channels={})
    assert "None" not in text
    assert "nan" not in text
    assert "06:30 UTC" in text
    assert "tell them with --temperature-c" in _flat(text)
    for heading in ("at a glance", "Not assessed", "Data quality", "For the next run", "A question"):
        assert heading not in text


def test_many_remarks_of_one_kind_are_one_line_that_counts_them(activity, printed):
    gaps = [{"code": "recording_gap", "start_s": 100.0 * n, "seconds": 30.0} for n in range(1, 18)]
    activity["assessment"]["data_quality"] = [*gaps, {"code": "value_out_of_range", "detail": "time_s", "count": 1}]
    text = _flat(printed(activity))
    assert "recording gap (17 times, 8:30 in all, first at 1:40)." in text
    assert "value out of range (time, once)." in text


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Sunday run", "Sunday run: run.fit"),
        (None, "─ run.fit ─"),
        ("x" * 300, "xxx...: run.fit"),
    ],
)
def test_the_title_names_the_run_and_always_the_file(name, title, activity, printed):
    activity["name"] = name
    assert title in printed(activity).splitlines()[0]


def test_us_units_reach_every_figure(activity, printed):
    text = _flat(printed(activity, look=Look(units="imperial")))
    for words in ("6.22 mi", "8:50 /mi", "135 ft up", "64 °F", "mi 0.1–0.6"):
        assert words in text
    assert " km" not in text.replace("wind 0 km/h", "").replace("13 s/km", "")


def test_amounts_that_the_text_tells_are_not_told_twice(activity, printed):
    activity["assessment"]["reminders"][0]["text"] = "Estimate: 350–650 ml/h."
    assert "[estimate" not in printed(activity)


def test_amounts_that_the_text_tells_in_ounces_are_not_told_twice(activity, printed):
    reminder = activity["assessment"]["reminders"][0]
    most = reminder["amount"]["max"]
    reminder |= {"text": "An estimated 11–21 fl oz an hour.", "params": {"most": most}}
    assert "[estimate" not in printed(activity, look=Look(units="imperial"))


def test_hidden_amounts_leave_no_number(activity, printed):
    activity["assessment"]["reminders"][0] |= {"amount": None, "per_mark": None, "at_min": []}
    text = printed(activity)
    assert "ml" not in text
    assert "at minute" not in text
    assert not [line for line in text.splitlines() if line.strip().startswith("minute")]


def test_a_severity_that_the_habit_moved_keeps_the_threshold_of_its_band(activity, printed):
    """12 % is moderate from 10 % on; that it counts low is the habit's doing, and no band begins there."""
    numbers = {"value": 0.119, "unit": "ratio", "comparator": ">=", "threshold": 0.10}
    moved = {**numbers, "severity": "low", "params": {"band": "moderate", "step": "down"}}
    (first, *rest) = activity["assessment"]["warnings"]
    activity["assessment"]["warnings"] = [{**first, **moved}, *rest]
    assert "11.9 %; moderate from 10.0 % on, low by what is usual for you" in _flat(printed(activity))
