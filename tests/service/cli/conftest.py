"""A document by hand in the API's shape, so that the report is tested apart from the rules that fill it."""

import copy
import math
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from service.cli.report import Look, report

ACTIVITY: dict[str, Any] = {
    "name": "Sunday run",
    "sport": "running",
    "sub_sport": "generic",
    "started_at": "2026-10-11T06:30:05Z",
    "utc_offset_s": 7200,
    "device": {"manufacturer": "garmin", "product": "fenix7"},
    "summary": {
        "distance_m": 10012.4,
        "elapsed_s": 3391.0,
        "moving_s": 3298.0,
        "paused_s": 60.0,
        "speed_mps": 3.04,
        "pace_s_per_km": 329.4,
        "gap_s_per_km": 326.1,
        "ascent_m": 41.2,
        "descent_m": 39.0,
        "heart_rate_avg_bpm": 151.0,
        "heart_rate_max_bpm": 171.0,
        "cadence_avg_spm": 172.0,
        "device": {"distance_m": 10020.0, "timer_s": 3330.4, "ascent_m": 46},
    },
    "conditions": {
        "temperature_c": 18.0,
        "humidity_pct": 50.0,
        "wind_kmh": 0.0,
        "sun": None,
        "wbgt_c": 16.0,
        "source": "given",
    },
    "assessment": {
        "ruleset_version": "1",
        "status": "scored",
        "reason": None,
        "headline": {"text_key": "h", "params": {}, "text": "A fast first kilometre. Next time start 13 s/km slower."},
        "score": 18,
        "score_low": 18,
        "score_high": 35,
        "forecast_score": 18,
        "level": "moderate",
        "points_level": "low",
        "condition_level": "moderate",
        "level_source": "condition_table",
        "usual_for_athlete": None,
        "confidence": "medium",
        "explanation": [
            {"feature": "duration", "points": 4, "text": "55 minutes of running"},
            {"feature": "fast_start", "points": 7, "text": "the first kilometre 11.9 % too fast"},
            {"feature": "hilly", "points": 7, "text": "hills"},
        ],
        "warnings": [
            {
                "code": "hilly",
                "rule_version": 1,
                "severity": "low",
                "confidence": "medium",
                "evidence_grade": "C",
                "evidence_text": "Evidence grade C: indirect findings or expert guidelines.",
                "points": 7,
                "start_s": 0.0,
                "end_s": 3391.0,
                "start_m": 0.0,
                "end_m": 10012.0,
                "value": 12.0,
                "unit": "m/km",
                "threshold": 10.0,
                "comparator": ">=",
                "segment": False,
                "title": "Hills",
                "text": "Climbs and descents.",
                "article_refs": ["A59"],
                "counterfactual": None,
            },
            {
                "code": "hilly",
                "rule_version": 1,
                "severity": "low",
                "confidence": "medium",
                "evidence_grade": "C",
                "evidence_text": "Evidence grade C: indirect findings or expert guidelines.",
                "points": 0,
                "start_s": 1300.0,
                "end_s": 1600.0,
                "start_m": 4000.0,
                "end_m": 5000.0,
                "value": 38.0,
                "unit": "m",
                "threshold": 20.0,
                "comparator": ">=",
                "segment": True,
                "title": "Climb",
                "text": "A climb of 38 m.",
                "article_refs": ["A59"],
                "counterfactual": None,
            },
            {
                "code": "fast_start",
                "rule_version": 1,
                "severity": "moderate",
                "confidence": "high",
                "evidence_grade": "C",
                "evidence_text": "Evidence grade C: indirect findings or expert guidelines.",
                "points": 7,
                "start_s": 30.0,
                "end_s": 298.0,
                "start_m": 100.0,
                "end_m": 1000.0,
                "value": 0.119,
                "unit": "ratio",
                "threshold": 0.10,
                "comparator": ">=",
                "segment": False,
                "title": "Fast start",
                "text": "The first kilometre was clearly faster than the ones that followed.",
                "article_refs": ["A05"],
                "counterfactual": {
                    "change": 13,
                    "unit": "s/km",
                    "window": [100, 1000],
                    "text": "the first kilometre 13 s/km slower",
                },
            },
        ],
        "suppressed": [{"code": "fade", "suppressed_by": "structured", "value": 0.163}],
        "questions": [{"code": "interrupt", "start_s": 2900.0, "start_m": 8800.0, "text": "You slowed: why?"}],
        "reminders": [
            {
                "code": "fluid",
                "phase": "during",
                "basis": "next_similar_run",
                "primary": True,
                "amount": {"min": 350, "max": 650, "unit": "ml/h"},
                "at_min": [20, 40],
                "per_mark": {"min": 110, "max": 210, "unit": "ml"},
                "reason_codes": ["duration"],
                "article_refs": ["A16", "A11"],
                "safety_keys": ["to_thirst"],
                "safety_texts": ["Drink to thirst; do not drink more than you sweat."],
                "text": "Sip at regular marks.",
            },
            {
                "code": "warm_up",
                "phase": "pre",
                "basis": "next_similar_run",
                "primary": False,
                "amount": None,
                "at_min": [],
                "per_mark": None,
                "reason_codes": [],
                "article_refs": ["A19"],
                "safety_keys": [],
                "safety_texts": [],
                "text": "Warm up for five to ten minutes.",
            },
        ],
        "not_assessed": [{"signal": "history", "why": "not_given"}],
        "data_quality": [{"code": "recording_gap", "start_s": 100.0, "seconds": 121.0}],
        "structured": False,
        "main_effort": {"start_m": 0, "end_m": 10012, "warm_up": None, "cool_down": None},
        "receipt": {
            "input_sha256": "ab" * 32,
            "ruleset_version": "1",
            "program_version": "0.1.0",
            "result_sha256": "cd" * 32,
        },
        "disclaimer": "Not medical advice.",
    },
}


def _streams() -> dict[str, Any]:
    rows = range(0, 3300, 3)
    return {
        "points": len(rows),
        "channels": {
            "time_s": [float(row) for row in rows],
            "distance_m": [row * 3.034 for row in rows],
            "altitude_m": [60 + 20 * math.sin(row / 500) for row in rows],
            "speed_mps": [3.4 if row < 300 else 3.0 for row in rows],
        },
    }


@pytest.fixture
def activity() -> dict[str, Any]:
    """A copy that a test may change."""
    return copy.deepcopy(ACTIVITY)


@pytest.fixture
def streams() -> dict[str, Any]:
    return _streams()


@pytest.fixture
def printed(streams):
    """Prints a report of a document to text: width, ASCII and units as asked."""

    def _print(document: dict[str, Any], *, look: Look | None = None, colour: bool = False, channels=None) -> str:
        looks = look or Look()
        paper = StringIO()
        console = Console(
            file=paper,
            width=looks.width,
            force_terminal=colour,
            color_system="truecolor" if colour else None,
            markup=False,
            highlight=False,
            emoji=False,
        )
        if looks.plain:
            console.options.encoding = "ascii"
        shown = streams if channels is None else {"points": 0, "channels": channels}
        console.print(report(document, shown, title="run.fit", look=looks))
        return paper.getvalue()

    return _print
