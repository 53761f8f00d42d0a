"""Texts for people: messages (Project Fluent), units and numbers, assembled from the records of rules and advice.

An assessment carries text keys and SI parameters only; here they become sentences, in a language and a unit system. No
number is computed here that decides anything, and no sentence is put together from pieces.

A message whose parameters change gets a new key, because stored assessments keep the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from babel import negotiate_locale
from fluent.runtime import FluentBundle, FluentResource

from service.analysis import advice, risk
from service.analysis.advice import reported
from service.analysis.athlete import CrampReport
from service.analysis.headline import TEXTS as HEADLINES
from service.analysis.measures import Measures
from service.analysis.rule import all_rules

HEADLINE_LONGEST = 140
TRANSLATIONS = Path(__file__).parent / "translations"

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "disclaimer": "Training information from your watch file. Not medical advice, not a diagnosis, "
        "not a prediction that you will or will not cramp.",
        "grade-A": "Evidence grade A: several independent studies agree.",
        "grade-B": "Evidence grade B: one or more large or controlled studies.",
        "grade-C": "Evidence grade C: indirect findings or expert guidelines.",
        "grade-D": "Evidence grade D: coaching experience, not backed by studies.",
        "missing-heart_rate": "{ $why ->\n"
        "[missing] There is no heart rate, so its drift and the minutes at high heart rate were not assessed.\n"
        "*[other] The heart rate could not be used, so its drift and the minutes at high heart rate were not "
        "assessed.\n"
        "}",
        "missing-heart_rate_reserve": "{ $why ->\n"
        "[rest_unknown] Your resting heart rate is not in the profile, so minutes at high heart rate were not "
        "counted.\n"
        "[max_unknown] Neither a maximal heart rate nor a birth year is in the profile, so minutes at high heart rate "
        "were not counted.\n"
        "[rest_above_max] The profile's resting heart rate is not below the maximal one, so minutes at high heart rate "
        "were not counted.\n"
        "*[other] The profile has no resting heart rate, and no maximal one or birth year, so minutes at high heart "
        "rate were not counted.\n"
        "} Heart rate drift needs none of these.",
        "missing-altitude": "There is no usable altitude, so hills were not assessed and paces are as run.",
        "missing-weather": "The weather is unknown, so heat, cold and wind were not assessed.",
        "missing-history": "There are too few earlier runs to compare this one with.",
        "missing-best_efforts": "No effort of the last 90 days clearly faster than your usual runs tells what pace "
        "you can hold over this distance.",
        "missing-just_before": "{ $why ->\n"
        "[wheel] You came straight from a ride. What it took out of your muscles is not in the score.\n"
        "[water] You came straight out of the water. What that took out of your muscles is not in the score.\n"
        "*[other] You had been on your feet just before. What that took out of your muscles is not in the score.\n"
        "}",
        "missing-wind": "The wind is unknown, so dry and windy air was not assessed.",
        "missing-humidity": "The humidity is unknown, so dry air was not assessed.",
        "missing-cramp_history": "Whether you have cramped before is not told; it is the best predictor known.",
        "missing-strength_training": "Whether you train strength is not told.",
        "missing-other": "One signal is missing: { $signal }.",
        "suppressed-other": "A sign of { $code } was seen and left out.",
        "quality-cadence_lock": "The heart rate follows your cadence, a sensor fault, and was not used.",
        "quality-heart_rate_flat": "The heart rate stands still for many minutes, a sensor fault, and was not used.",
        "quality-heart_rate_coverage": "The heart rate is missing for much of the run and was not used.",
        "quality-heart_rate_missing": "The file has no heart rate.",
        "quality-recording_gap": "{ $start_s ->\n"
        "[-1] Further gaps in the recording, { DURATION($seconds) } in all, were left out of pace comparisons.\n"
        "*[other] Nothing was recorded for { NUMBER($seconds, maximumFractionDigits: 0) } s; that stretch was left "
        "out of "
        "pace comparisons.\n"
        "}",
        "quality-distance_differs": "{ $detail ->\n"
        "[more] The device states { DISTANCE($count) } more than its samples cover; paces are those of the samples.\n"
        "[less] The device states { DISTANCE($count) } less than its samples cover; paces are those of the samples.\n"
        "*[not_believed] The distance that the device states is { DISTANCE($count) } away from its samples and was "
        "not used.\n"
        "}",
        "quality-truncated": "The file ends early; what was whole has been read.",
        "quality-trailing_bytes": "The file holds something behind its end that was not read.",
        "quality-crc_mismatch": "The file's checksum does not match; the values look sound.",
        "quality-value_out_of_range": "Impossible values were left out: { $detail ->\n"
        "[heart_rate_bpm] heart rate.\n"
        "[altitude_m] altitude.\n"
        "[speed_mps] speed.\n"
        "[distance_m] distance.\n"
        "[cadence_spm] cadence.\n"
        "[temperature_c] temperature.\n"
        "[power_w] power.\n"
        "[position] positions.\n"
        "[time_s] times.\n"
        "*[other] one channel.\n"
        "}",
        "quality-duplicate_times": "{ $count ->\n"
        "[one] Two records of the same second were merged.\n"
        "*[other] Records of the same second were merged.\n"
        "}",
        "quality-time_missing": "{ $count ->\n"
        "[one] A point without a time was left out.\n"
        "*[other] Points without a time were left out.\n"
        "}",
        "quality-time_repaired": "Impossible times were mended.",
        "quality-too_long": "The recording runs on for days; its end was left out.",
        "quality-pauses_implausible": "The pauses that the file states contradict the distance and were not used.",
        "quality-sport_assumed": "The file names no sport; running was assumed.",
        "quality-altitude_kind": "{ $detail ->\n"
        "[barometric_by_product] The altitude comes from a barometer, as the device has one.\n"
        "[barometric_by_noise] The altitude is as smooth as a barometer's.\n"
        "[gps_by_product] The altitude comes from GPS, as the device has no barometer; hills are less sure.\n"
        "[gps_by_noise] The altitude is as rough as that of GPS; hills are less sure.\n"
        "*[other] How the altitude was measured is unknown; it is smoothed as GPS, and hills are less sure.\n"
        "}",
        "quality-altitude_jump": "The altitude jumps at the start; that climb was not counted.",
        "quality-altitude_implausible": "Stretches with impossible altitude were left out of the climbing.",
        "quality-device_temperature": "The watch's temperature is biased by body heat and only roughly used.",
        "quality-other": "A remark on the data: { $code }.",
    }
)
"""What belongs to no rule and no reminder."""

LATER: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "fade-headline": MappingProxyType({"next": "slower_fuel"}),
        "fast_start-text": MappingProxyType({"beginner_by": "told"}),
        "heat-text": MappingProxyType({"humidity": "told"}),
        "headline-calm_treadmill": MappingProxyType({"noted": "no"}),
        "hilly-headline": MappingProxyType({"next": "stride"}),
        "no_rest-headline": MappingProxyType({"much": "no"}),
        "no_rest-text": MappingProxyType({"much": "no"}),
    }
)
"""Parameters that a message got after assessments without them had been stored, with what it said until then."""


class Speaker:
    """One language and unit system: says a message with its parameters."""

    def __init__(self, messages: Iterable[str], *, language: str, units: str) -> None:
        functions = Measures(language=language, units=units).functions()
        self._bundle = FluentBundle([language, "en"], functions, use_isolating=False)
        for source in messages:
            self._bundle.add_resource(FluentResource(source), allow_overrides=True)

    def knows(self, key: str) -> bool:
        """Whether there is such a message."""
        return bool(self._bundle.has_message(key))

    def say(self, key: str, params: Mapping[str, Any] | None = None) -> str:
        """The sentence. Raises LookupError for a key that does not exist or a parameter that is missing."""
        if not self.knows(key):
            raise LookupError(f"no text {key!r}")
        pattern = self._bundle.get_message(key).value
        if pattern is None:
            raise LookupError(f"the text {key!r} is empty")
        text, errors = self._bundle.format_pattern(pattern, {**LATER.get(key, {}), **(params or {})})
        if errors:
            raise LookupError(f"text {key!r}: {errors[0]}")
        return str(text)


@cache
def english() -> Mapping[str, str]:
    """Every message by key, in English, from the records. Raises RuntimeError for a key that is there twice."""
    found: dict[str, str] = {}
    for texts in (TEXTS, HEADLINES, risk.TEXTS, *(rule.texts for rule in all_rules()), *advice.all_texts()):
        for key, message in texts.items():
            if key in found:
                raise RuntimeError(f"the text {key!r} is there twice")
            found[key] = message
    return MappingProxyType(found)


def languages() -> tuple[str, ...]:
    """The languages there are texts in: English, and a file `translations/<language>.ftl` for each other one."""
    return ("en", *sorted(path.stem for path in TRANSLATIONS.glob("*.ftl")))


@lru_cache(maxsize=256)
def negotiated(language: str) -> str:
    """The member of `languages()` that serves a tag best, however that is spelt; `en` where none does.

    >>> negotiated("EN-us"), negotiated("tlh")
    ('en', 'en')
    """
    there = {own.lower(): own for own in languages()}
    best = negotiate_locale([language.lower()], list(there), sep="-")
    return there.get((best or "").lower(), "en")


def speaker(language: str = "en", units: str = "metric") -> Speaker:
    """The Speaker of the best language there is for `language`; English stands in for every message not translated."""
    return _speaker(negotiated(language), units)


@cache  # by the languages there are, of which callers can make no more: a Speaker is large
def _speaker(best: str, units: str) -> Speaker:
    sources = ["\n".join(f"{key} = {_indented(message)}" for key, message in english().items())]
    if best != "en":
        sources.append((TRANSLATIONS / f"{best}.ftl").read_text(encoding="utf-8"))
    return Speaker(sources, language=best, units=units)


def _indented(message: str) -> str:
    return message.replace("\n", "\n    ")


def headline(
    document: Mapping[str, Any], *, language: str = "en", units: str = "metric", hide_amounts: bool = False
) -> str:
    """The headline of an assessment document."""
    shown = advice.conceal(document) if hide_amounts else document
    return speaker(language, units).say(shown["headline"]["text_key"], shown["headline"]["params"])


def render(
    document: Mapping[str, Any],
    *,
    language: str = "en",
    units: str = "metric",
    hide_amounts: bool = False,
    without_basis: bool = False,
) -> dict[str, Any]:
    """The assessment document with `title`, `text` and the other sentences beside their keys.

    `without_basis`: neither mass nor sweat rate is known any more; amounts that stood on them are taken back.
    """
    founded = advice.take_back(document) if without_basis else document
    shown = advice.conceal(founded) if hide_amounts else founded
    voice = speaker(language, units)
    return {
        **shown,
        "headline": _said(voice, shown["headline"]),
        "explanation": [_said(voice, line) for line in shown["explanation"]],
        "warnings": [_warning(voice, warning) for warning in shown["warnings"]],
        "suppressed": [_suppressed(voice, one) for one in shown["suppressed"]],
        "questions": [_said(voice, question) for question in shown["questions"]],
        "reminders": [_reminder(voice, reminder) for reminder in shown["reminders"]],
        "not_assessed": [_missing(voice, gap) for gap in shown["not_assessed"]],
        "data_quality": [_quality(voice, note) for note in shown["data_quality"]],
        "disclaimer": voice.say("disclaimer"),
    }


def render_reminders(
    reminders: Iterable[Mapping[str, Any]], *, language: str = "en", units: str = "metric"
) -> list[dict[str, Any]]:
    """Reminders alone with their texts: the standing advice."""
    return [_reminder(speaker(language, units), reminder) for reminder in reminders]


def after_report(
    answer: str | None, report: CrampReport, *, language: str = "en", units: str = "metric"
) -> list[dict[str, Any]]:
    """What is said to a runner who reported a cramp, with its texts."""
    return [_reminder(speaker(language, units), one) for one in reported.after_report(answer, report)]


def _said(voice: Speaker, item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "text": voice.say(item["text_key"], item["params"])}


def _warning(voice: Speaker, warning: Mapping[str, Any]) -> dict[str, Any]:
    said = _said(voice, warning)
    said["title"] = voice.say(warning["title_key"], warning["params"])
    said["evidence_text"] = voice.say(f"grade-{warning['evidence_grade']}")
    if warning["counterfactual"] is not None:
        said["counterfactual"] = _said(voice, warning["counterfactual"])
    return said


def _reminder(voice: Speaker, reminder: Mapping[str, Any]) -> dict[str, Any]:
    safety = [voice.say(f"safety-{key}") for key in reminder["safety_keys"]]
    return {**_said(voice, reminder), "safety_texts": safety}


def _suppressed(voice: Speaker, one: Mapping[str, Any]) -> dict[str, Any]:
    key = f"{one['code']}-suppressed"
    params = {"value": one["value"], "why": one["suppressed_by"], "code": one["code"]}
    return {**one, "text": voice.say(key if voice.knows(key) else "suppressed-other", params)}


def _missing(voice: Speaker, gap: Mapping[str, Any]) -> dict[str, Any]:
    key = f"missing-{gap['signal']}"
    return {**gap, "text": voice.say(key if voice.knows(key) else "missing-other", gap)}


def _quality(voice: Speaker, note: Mapping[str, Any]) -> dict[str, Any]:
    key = f"quality-{note['code']}"
    params = {"start_s": -1, "seconds": 0, "count": 1, "detail": "other", **note}
    return {**note, "text": voice.say(key if voice.knows(key) else "quality-other", params)}
