"""Texts: every message renders in both unit systems, says nothing it must not, and keeps its length."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from fixtures.runs import SCENARIOS, activity
from service import examine
from service.analysis import texts
from service.analysis.measures import Measures, pace
from service.analysis.texts import TEXTS, Speaker, english, speaker

LONGEST = {"headline": 140, "title": 60, "points": 90, "text": 420, "counterfactual": 110}

VALUES: dict[str, Any] = {
    "above": 0.062,
    "after": "warm_up",
    "answers": 5,
    "ascent_m": 1234,
    "ascent_m_per_km": 38.5,
    "at_m": 17_040,
    "beginner_by": "told",
    "best_s_per_km": 305.4,
    "by": "heart",
    "carbs": 70,
    "change": 14,
    "code": "recording_gap",
    "collapse": 0.364,
    "collapse_m": 30_100,
    "count": 2,
    "cramps": 3,
    "days": 8,
    "detail": "barometric_by_noise",
    "drift": 0.064,
    "drop": 0.071,
    "early_s_per_km": 297.7,
    "eccentric_drop_m": 568,
    "every": 20,
    "excess": 0.1197,
    "fade": 0.21,
    "family": "run",
    "growth": 0.34,
    "height_m": 97,
    "hours": 6.2,
    "humidity": "told",
    "humidity_pct": 62,
    "known_drop_m": 70.0,
    "least": 400,
    "length": "other",
    "length_m": 1000,
    "limit": 24,
    "logs": 2,
    "long": "yes",
    "longest_42d_m": 15_000,
    "longest_m": 12_000,
    "judged": "hills_heat",
    "mark_least": 50,
    "mark_most": 150,
    "measure": "ascent_per_km",
    "measured_m": 57,
    "metres": 500,
    "minute": 88,
    "minutes": 42,
    "more": 0.5,
    "most": 600,
    "moving_s": 7230,
    "much": "yes",
    "next": "slower",
    "noted": "no",
    "next_s_per_km": 333.3,
    "often": "yes",
    "place": "yes",
    "place_m": 17_200,
    "place_runs": 3,
    "protein": 20,
    "recovery": 0.85,
    "runner": "other",
    "runs": 6,
    "seconds": 121.0,
    "severity": "high",
    "share": 0.98,
    "signal": "pressure",
    "sip_least": 130,
    "sip_most": 200,
    "source": "weather",
    "spread": 0.03,
    "start_m": 4020,
    "start_s": 100.0,
    "steep": "yes",
    "steepness": 0.058,
    "step": "up",
    "taken": "little",
    "temperature_c": -2.0,
    "times": 2.5,
    "terrain": "known",
    "unaccustomed": "yes",
    "usual": -0.012,
    "usual_m": 31_000,
    "value": 120.5,
    "wbgt_c": 29.8,
    "week_m": 42_000,
    "why": "missing",
    "wind_chill_c": -7.4,
    "wind_kmh": 35.0,
    "within_m": 2000.0,
}

NEVER_ONE: dict[str, set[str]] = {
    "cap-points-pacing": {"limit"},
    "carbs-amount": {"every"},
    "carbs-logged": {"every"},
    "carbs-long": {"every"},
    "carbs-unknown": {"every"},
    "fluid-amount": {"every"},
    "headline-too_short": {"minutes"},
    "intensity-headline": {"minutes"},
    "intensity-text": {"minutes"},
    "monotony-headline": {"runs"},
    "monotony-text": {"runs"},
    "no_rest-counterfactual_far": {"change"},
    "no_rest-headline": {"days"},
    "no_rest-text": {"days"},
    "recurrent-headline": {"cramps"},
    "recurrent-place_text": {"cramps", "answers", "place_runs"},
    "recurrent-text": {"cramps", "answers"},
    "rest-due": {"days"},
    "review-cramps": {"cramps"},
    "review-pattern": {"cramps", "runs"},
    "review-place": {"runs"},
}
"""Numbers that are never 1, as the rule or reminder that says them begins at more."""

NEVER = (
    "you are dehydrated",
    "low in sodium",
    "low in magnesium",
    "will prevent",
    "prevents cramps",
    "safe to run",
    "you had a cramp",
    "you have a cramp",
    "salt tablet",
    "through the pain",
    "supplement",
    "overweight",
    "lose weight",
    "guarantee",
)


class Choices(Visitor):
    """The variants that a message chooses from, by parameter, and all its parameters."""

    def __init__(self) -> None:
        self.choices: dict[str, set[str]] = {}
        self.params: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 - the visitor's naming
        self.params.add(node.id.name)

    def visit_SelectExpression(self, node: ast.SelectExpression) -> None:  # noqa: N802 - the visitor's naming
        if isinstance(node.selector, ast.VariableReference):
            keys = {variant.key for variant in node.variants}
            names = {key.name if isinstance(key, ast.Identifier) else key.value for key in keys}
            self.choices.setdefault(node.selector.id.name, set()).update(names)
        self.generic_visit(node)


def choices_of(message: str) -> Choices:
    indented = message.replace("\n", "\n    ")
    resource = FluentParser().parse(f"key = {indented}\n")
    assert all(isinstance(entry, ast.Message) for entry in resource.body), message
    found = Choices()
    found.visit(resource)
    return found


def variants(key: str) -> list[dict[str, Any]]:
    """Parameter sets under which every variant of the message is said once."""
    found = choices_of(english()[key])
    assert found.params <= set(VALUES), f"{key}: no example for {found.params - set(VALUES)}"
    sets = [dict(VALUES)]
    for name, options in found.choices.items():
        number = re.compile(r"-?\d+")
        if "one" in options:  # a plural, chosen by a number
            sets += [{**each, name: 1} for each in sets]
        else:
            sets += [{**VALUES, name: int(option) if number.fullmatch(option) else option} for option in options]
    return sets


def kind(key: str) -> str:
    """The last word of a key that has a length of its own; other reminders and texts count as `text`."""
    if key.startswith("headline-"):
        return "headline"
    found = next((name for name in LONGEST if re.search(rf"(^|[-_]){name}", key.partition("-")[2])), "text")
    return "text" if key.startswith("safety-") else found


@pytest.mark.parametrize("units", ["metric", "imperial"])
@pytest.mark.parametrize("key", english())
def test_every_message_renders_and_keeps_its_length(key: str, units: str) -> None:
    for params in variants(key):
        text = speaker("en", units).say(key, params)
        assert "{" not in text
        assert "nan" not in text.lower().split()
        assert text == text.strip()
        assert "  " not in text, text
        assert len(text) <= LONGEST[kind(key)], (len(text), text)


COUNTED = (
    *("minutes", "days", "runs", "weeks", "hours", "beats", "points", "records", "times", "cramps"),
    *("kilometres", "miles", "metres", "feet"),
)


@pytest.mark.parametrize("units", ["metric", "imperial"])
@pytest.mark.parametrize("key", english())
def test_one_of_anything_is_said_in_the_singular(key: str, units: str) -> None:
    """A whole number of 1, wherever a message counts something that may be one."""
    found = choices_of(english()[key])
    for name in found.params - NEVER_ONE.get(key, set()):
        if isinstance(VALUES[name], int):
            for params in variants(key):
                text = speaker("en", units).say(key, {**params, name: 1})
                assert not re.search(rf"\b1 ({'|'.join(COUNTED)})\b", text), text


@pytest.mark.parametrize("units", ["metric", "imperial"])
@pytest.mark.parametrize("key", english())
def test_a_distance_is_never_the_subject_of_a_verb(key: str, units: str) -> None:
    """One kilometre was, two were: a message that only knows "1 km" must not choose."""
    for params in variants(key):
        text = speaker("en", units).say(key, params)
        assert not re.search(r"\d (km|m|mi|ft|min|hr) (was|were|is|are|has|have)\b", text), text


@pytest.mark.parametrize("key", english())
def test_nothing_that_must_never_be_said_is_said(key: str) -> None:
    for params in variants(key):
        text = speaker().say(key, params).lower()
        assert [phrase for phrase in NEVER if phrase in text] == []


def test_every_remark_on_the_data_has_a_text() -> None:
    root = Path(texts.__file__).parents[2]
    sources = [*root.glob("parsers/**/*.py"), *root.glob("service/analysis/*.py")]
    codes = {code for path in sources for code in re.findall(r"\bNote\(\s*\"(\w+)\"", path.read_text())}
    assert len(codes) > 10
    assert {f"quality-{code}" for code in codes} <= set(english())


def test_an_amount_is_called_an_estimate() -> None:
    for key, message in english().items():
        if re.search(r"(VOLUME|GRAMS|MILLIGRAMS)\(", message):
            amount = re.search(r"(VOLUME|GRAMS|MILLIGRAMS)\(", message)
            assert amount is not None
            assert "estimated" in message[: amount.start()], key


def test_the_disclaimer_says_what_this_is_not() -> None:
    said = TEXTS["disclaimer"]
    for part in ("Not medical advice", "not a diagnosis", "not a prediction"):
        assert part in said


@pytest.mark.parametrize("units", ["metric", "imperial"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_golden_assessment_renders(scenario: str, units: str) -> None:
    known = SCENARIOS[scenario]
    document = examine.examine(
        activity(known.run),
        input_sha256="",
        profile=known.profile,
        history=known.history,
        conditions=known.conditions,
        program_version="",
    ).assessment
    said = examine.render(document, units=units)
    assert len(said["headline"]["text"]) <= 140
    assert examine.render_headline(document, units=units) == said["headline"]["text"]
    assert "Next:" in said["headline"]["text"]
    for part in ("explanation", "warnings", "questions", "reminders", "not_assessed", "data_quality"):
        assert all(item["text"] for item in said[part])
    assert all(warning["title"] and warning["evidence_text"] for warning in said["warnings"])
    assert said["disclaimer"].startswith("Training information")
    imperial = re.compile(r"\d (mi|ft|fl oz)\b|/mi\b|°F")
    metric = re.compile(r"\d (km|m|mL)\b|/km\b|°C")
    words = " ".join(item["text"] for part in ("warnings", "reminders") for item in said[part])
    assert not (metric if units == "imperial" else imperial).search(words)


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("S08", "The start looked 36% faster than what followed, but it was badly recorded."),
        ("S10", "The start looked 12% faster than what followed, but pace on a treadmill is not judged."),
    ],
)
def test_a_candidate_that_was_held_back_says_what_spoke_against_it(scenario: str, said: str) -> None:
    known = SCENARIOS[scenario]
    document = examine.examine(
        activity(known.run), input_sha256="", profile={}, history=(), conditions={}, program_version=""
    ).assessment
    assert said in [one["text"] for one in examine.render(document)["suppressed"]]


def test_every_reason_to_hold_back_has_words_of_its_own() -> None:
    """Each word that a rule keeps a candidate with is told by a variant, not by the one for all others."""
    sources = [*Path(texts.__file__).parent.glob("rules/*.py"), Path(texts.__file__).parent / "pacing.py"]
    words = set(re.findall(r'(?:because = |return |skipped\(|Skipped\()"(\w+)"', "".join(map(Path.read_text, sources))))
    kept = words & {
        "structured",
        "treadmill",
        "recording_gap",
        "terrain_differs",
        "inconsistent",
        "main_effort_too_short",
    }
    assert len(kept) == 6
    told = {code: choices_of(english()[f"{code}-suppressed"]).choices["why"] for code in ("fast_start", "fade")}
    assert kept <= told["fast_start"]
    assert kept - {"recording_gap", "inconsistent"} <= told["fade"]


def test_rendering_leaves_the_document_alone() -> None:
    document = {"headline": {"text_key": "headline-not_scored", "params": {}}, "reminders": []}
    assert texts.headline(document) == texts.headline(document, hide_amounts=True)
    assert document == {"headline": {"text_key": "headline-not_scored", "params": {}}, "reminders": []}


def test_an_unknown_key_and_a_missing_parameter_are_errors() -> None:
    with pytest.raises(LookupError, match="no text"):
        speaker().say("nothing-here")
    with pytest.raises(LookupError, match="moving_s"):
        speaker().say("duration-text", {})


@pytest.mark.parametrize("language", ["en", "en-GB", "de", "xx", "", "no-such-language"])
def test_english_stands_in_for_every_language_without_texts(language: str) -> None:
    assert speaker(language).say("disclaimer") == english()["disclaimer"]


def test_a_translation_says_what_it_has_and_formats_by_its_language() -> None:
    source = ["a = Distance { DISTANCE($m) }.", "b = Only English.", "a = Strecke { DISTANCE($m) }."]
    voice = Speaker(source, language="de", units="metric")
    assert (voice.say("a", {"m": 12_345.0}), voice.say("b")) == ("Strecke 12,3 km.", "Only English.")


@pytest.mark.parametrize(
    ("name", "arguments", "metric", "imperial"),
    [
        ("PACE", (329.5,), "5:30/km", "8:50/mi"),
        ("PACE", (359.6,), "6:00/km", "9:39/mi"),
        ("SLOWER", (14,), "14 s/km", "23 s/mi"),
        ("DISTANCE", (1000,), "1 km", "0.6 mi"),
        ("DISTANCE", (999.4,), "999 m", "0.6 mi"),
        ("DISTANCE", (999.6,), "1 km", "0.6 mi"),
        ("DISTANCE", (100,), "100 m", "328 ft"),
        ("DISTANCE", (42_195,), "42.2 km", "26.2 mi"),
        ("HEIGHT", (1234,), "1,234 m", "4,049 ft"),
        ("CLIMBING", (38.5,), "39 m/km", "203 ft/mi"),
        ("TEMPERATURE", (-0.4,), "0°C", "31°F"),
        ("TEMPERATURE", (29.8,), "30°C", "86°F"),
        ("WIND", (35,), "35 km/h", "22 mph"),
        ("VOLUME", (400, 600), "400–600 mL", "13–20 fl oz"),
        ("VOLUME", (300, 300), "300 mL", "10 fl oz"),
        ("GRAMS", (20, 40), "20–40 g", "20–40 g"),
        ("MILLIGRAMS", (300,), "300 mg", "300 mg"),
        ("DURATION", (3300,), "55 min", "55 min"),
        ("DURATION", (15_543,), "4 hr 19 min", "4 hr 19 min"),
        ("PERCENT", (0.1197,), "12%", "12%"),
    ],
)
def test_measures(name: str, arguments: tuple[float, ...], metric: str, imperial: str) -> None:
    for units, expected in (("metric", metric), ("imperial", imperial)):
        assert Measures(language="en", units=units).functions()[name](*arguments) == expected  # type: ignore[call-arg]


def test_no_volume_in_ounces_exceeds_the_one_in_millilitres() -> None:
    volume = Measures(language="en", units="imperial").volume
    for ml in range(50, 801, 50):
        assert int(volume(float(ml)).split()[0]) * 29.5735 <= ml


def test_a_pace_is_never_a_negative_zero() -> None:
    assert pace(-0.2, units="metric") == "0:00/km"


SPELLINGS = [
    *("en", "EN", "En", "eN", "EN-us", "en-US", "EN-GB", "en_US", "EN_us", "En-Latn-US", "en-us-posix", "en-", "-en"),
    *("de", "DE-at", "zh-Hant-TW", "x-klingon", "", " ", "*", "-", "--", "\x00", "é", "İ", "a" * 4000, "en\n", "i-i-i"),
]


@pytest.mark.parametrize("language", SPELLINGS)
def test_a_language_is_one_that_there_is_however_it_is_spelt(language: str) -> None:
    """So it has numbers and units as well: the caller's spelling is no locale."""
    assert texts.negotiated(language) in texts.languages()
    assert speaker(language).say("duration-headline", {"moving_s": 7230}).startswith("2 hr 1 min on the move")


def test_a_language_with_a_region_is_found_in_any_spelling(monkeypatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "pt-BR.ftl").write_text("")
    monkeypatch.setattr(texts, "TRANSLATIONS", tmp_path)
    assert {texts.negotiated.__wrapped__(spelling) for spelling in ("pt-BR", "PT-br", "pt-br")} == {"pt-BR"}


def test_callers_make_no_more_speakers_than_there_are_languages() -> None:
    """A Speaker holds every message: one for each tag a caller thinks of would fill the memory."""
    made = {id(speaker(f"{spelling}-x{number}")) for number in range(200) for spelling in ("en", "EN", "tlh")}
    assert len(made) <= len(texts.languages())
