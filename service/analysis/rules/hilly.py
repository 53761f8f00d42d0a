"""How hilly the run was: metres climbed a kilometre, long climbs, and steep metres downhill.

Running downhill is the standard way of damaging muscle in a laboratory, and damaged muscle is what tells runners who
cramp from those who do not. So the rule counts the steep metres of descent (5 % or steeper) beside the ascent. Where
they are 50 or more, and more than twice the most that a run, walk or hike of the last six weeks held, the severity
rises by one step; rides do not count, as nothing lands on a muscle there. The finding keeps the band of its own number
and says what moved it.

Each climb and descent that stands out is a finding of its own, marked as a segment, beside the one for the whole run,
which alone brings points. Without usable altitude the rule is not assessed; on a treadmill it does not apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from service.analysis import windows
from service.analysis.facts import Altitude, Facts, Leg
from service.analysis.finding import SEVERITIES, Clear, Finding, Found, Outcome, Skipped
from service.analysis.pacing import gps_confidence
from service.analysis.rule import Rule, Threshold
from service.analysis.sports import FAMILIES, ON_FOOT, OTHER

UNACCUSTOMED_DAYS = 42
MEASURES = {"ascent": "ascent_per_km", "descent": "steep_descent", "climb": "largest_climb"}
"""What of the hills a threshold is of, by the beginning of its name -> the word that readers get."""


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found for the whole run and each flagged climb or descent; Clear with the ascent in m/km."""
    if facts.treadmill:
        return Skipped("treadmill")
    if facts.altitude is None:
        return Skipped(facts.altitude_why_not or "no_altitude", missing="altitude")
    reached = _reached(facts, facts.altitude, rule)
    if reached is None:
        return Clear(round(_ascent_per_km(facts, facts.altitude), 1), "m/km")
    whole = _whole(facts, facts.altitude, rule, reached)
    segments = (_segment(facts, facts.altitude, leg, rule) for leg in facts.altitude.legs if _flagged(leg, rule))
    return Found((whole, *segments))


def _ascent_per_km(facts: Facts, altitude: Altitude) -> float:
    return altitude.ascent_m / (facts.distance_m / 1000)


def _reached(facts: Facts, altitude: Altitude, rule: Rule) -> tuple[str, str, float] | None:
    """The severest threshold that was reached: (severity, name of the threshold, value), None if none was."""
    climb_m = max((leg.gain_m for leg in altitude.legs if leg.mean_grade >= rule.limit("climb_grade")), default=0.0)
    measured = {
        "ascent": _ascent_per_km(facts, altitude),
        "descent": altitude.eccentric_drop_m,
        "climb": climb_m,
    }
    for severity in reversed(SEVERITIES):
        for name, value in measured.items():
            limit = f"{name}_{severity}"
            if limit in rule.thresholds and value >= rule.limit(limit):
                return severity, limit, value
    return None


def _known_drops(facts: Facts) -> list[float]:
    """The steep descent of each run, walk and hike of the last six weeks, in metres."""
    moment = facts.activity.started_at
    return [
        run.eccentric_drop_m
        for run in facts.history.runs
        if run.eccentric_drop_m is not None
        and FAMILIES.get(run.sport or "", OTHER) in ON_FOOT
        and moment - timedelta(days=UNACCUSTOMED_DAYS) <= run.started_at < moment
    ]


def _unaccustomed(altitude: Altitude, drops: list[float], rule: Rule) -> bool:
    """Whether there is steep descent worth a word, and more than twice the most of the last six weeks."""
    enough = len(drops) >= rule.limit("unaccustomed_runs")
    steep = altitude.eccentric_drop_m >= rule.limit("unaccustomed_drop")
    return enough and steep and altitude.eccentric_drop_m > rule.limit("unaccustomed") * max(drops)


def _whole(facts: Facts, altitude: Altitude, rule: Rule, reached: tuple[str, str, float]) -> Finding:
    by_numbers, limit, value = reached
    drops = _known_drops(facts)
    place = SEVERITIES.index(by_numbers) + _unaccustomed(altitude, drops, rule)
    severity = SEVERITIES[min(place, len(SEVERITIES) - 1)]
    raised = severity != by_numbers
    trust = min(1.0, len(drops) / rule.limit("sure_runs")) if raised else 1.0
    return Finding(
        code=rule.code,
        severity=severity,
        value=round(value, 1),
        unit=rule.thresholds[limit].unit,
        threshold=rule.limit(limit),
        comparator=">=",
        confidence=_confidence(facts, altitude, 0.0, facts.distance_m) * trust,
        points=rule.points[severity],
        text="hilly-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={
            "ascent_m": round(altitude.ascent_m),
            "ascent_m_per_km": round(_ascent_per_km(facts, altitude), 1),
            "eccentric_drop_m": round(altitude.eccentric_drop_m),
            "measure": MEASURES[limit.partition("_")[0]],
            "measured_m": round(value),
            "severity": severity,
            "steep": _steep(altitude, rule),
            "next": _next(altitude, rule, severity, by_descent=limit.startswith("descent") or raised),
            "label": "high" if severity == "high" else "moderate",
            "unaccustomed": "yes" if raised else "no",
            "band": by_numbers,
            "step": "up" if raised else "none",
            **({"known_drop_m": round(max(drops), 1)} if drops else {}),
        },
        condition_level=rule.lift(severity),
    )


def _steep(altitude: Altitude, rule: Rule) -> str:
    """Whether steep descent is worth a word: `yes`, `no`, or `only` where the climbing is not half of it."""
    if altitude.eccentric_drop_m < rule.limit("drop_moderate"):
        return "no"
    return "only" if altitude.ascent_m < altitude.eccentric_drop_m / 2 else "yes"


def _next(altitude: Altitude, rule: Rule, severity: str, *, by_descent: bool) -> str:
    """The one next action: the `stride` of descents where they are what was flagged, else `walk` uphill, or `even`."""
    if severity == "low":
        return "even"
    steep = _steep(altitude, rule)
    flagged = any(leg.gain_m < 0 and _flagged(leg, rule) for leg in altitude.legs)
    worn = by_descent or flagged or altitude.eccentric_drop_m >= rule.limit("descent_moderate")
    return "stride" if steep == "only" or (steep == "yes" and worn) else "walk"


def _confidence(facts: Facts, altitude: Altitude, start_m: float, end_m: float) -> float:
    return altitude.trust * gps_confidence(windows.bad_share(facts, start_m, end_m))


def _flagged(leg: Leg, rule: Rule) -> bool:
    up = leg.gain_m >= rule.limit("climb_moderate") and leg.mean_grade >= rule.limit("climb_grade")
    down = -leg.gain_m >= rule.limit("drop_moderate") and -leg.mean_grade >= rule.limit("drop_grade")
    return up or down


def _segment(facts: Facts, altitude: Altitude, leg: Leg, rule: Rule) -> Finding:
    up = leg.gain_m > 0
    total_m = altitude.ascent_m if up else altitude.descent_m
    return Finding(
        code=rule.code,
        severity="moderate",
        value=round(abs(leg.gain_m), 1),
        unit="m",
        threshold=rule.limit("climb_moderate" if up else "drop_moderate"),
        comparator=">=",
        confidence=_confidence(facts, altitude, leg.start_m, leg.end_m),
        points=0,
        text="hilly-climb_text" if up else "hilly-descent_text",
        start_s=leg.start_s,
        end_s=leg.end_s,
        start_m=leg.start_m,
        end_m=leg.end_m,
        params=dict(_segment_params(leg, total_m)),
        segment=True,
    )


def _segment_params(leg: Leg, total_m: float) -> Iterator[tuple[str, float | int | str]]:
    yield "start_m", round(leg.start_m)
    yield "length_m", round(leg.end_m - leg.start_m)
    yield "gain_m", round(leg.gain_m)
    yield "height_m", round(abs(leg.gain_m))
    yield "mean_grade", round(leg.mean_grade, 4)
    yield "steepness", round(abs(leg.mean_grade), 4)
    yield "max_100m_grade", round(leg.max_100m_grade, 4)
    yield "seconds", round(leg.end_s - leg.start_s)
    yield "share", round(min(abs(leg.gain_m) / total_m, 1.0), 3) if total_m else 0.0


RULE = Rule(
    code="hilly",
    version=2,
    summary="Many metres of climbing, one long climb, or many steep metres downhill.",
    evidence_grade="C",
    article_refs=("A42", "A59", "A62"),
    thresholds={
        "ascent_low": Threshold(10, "m/km", "J", "chosen by us, because it is where a route feels hilly"),
        "ascent_moderate": Threshold(20, "m/km", "J", "chosen by us, because it is an ordinary hilly trail"),
        "ascent_high": Threshold(40, "m/km", "J", "chosen by us, because it is an ordinary mountain trail"),
        "climb_moderate": Threshold(50, "m", "J", "chosen by us, because such a climb takes five minutes or more"),
        "climb_grade": Threshold(0.04, "ratio", "J", "chosen by us, because a gentler rise is no climb"),
        "drop_moderate": Threshold(50, "m", "J", "chosen by us, as for climbs"),
        "drop_grade": Threshold(0.05, "ratio", "S", "downhill of the laboratory studies of muscle damage"),
        "descent_moderate": Threshold(150, "m", "J", "chosen by us, because thighs feel it the next day"),
        "descent_high": Threshold(400, "m", "J", "chosen by us, because it is the dose of the laboratory studies"),
        "unaccustomed": Threshold(
            2, "ratio", "J", "chosen by us, because muscle protects itself against what it knows"
        ),
        "unaccustomed_drop": Threshold(
            50,
            "m",
            "J",
            "chosen by us, because less is no load of note, whatever the last weeks held; as for one descent",
        ),
        "unaccustomed_runs": Threshold(4, "runs", "J", "chosen by us, because fewer say little of what is usual"),
        "sure_runs": Threshold(
            8, "runs", "J", "chosen by us: from here on the confidence in a raised severity is full"
        ),
    },
    points={"low": 2, "moderate": 5, "high": 9},
    texts={
        "hilly-title": "Hilly run",
        "hilly-text": "{ $steep ->\n"
        "[no] { HEIGHT($ascent_m) } of climbing, and hardly any steep descent. Long climbs tire calves most.\n"
        "[only] { HEIGHT($eccentric_drop_m) } of steep descent, and little climbing. { $unaccustomed ->\n"
        "    [yes] That is more than twice the most of your last six weeks, { HEIGHT($known_drop_m) }, so it counts "
        "one step more.\n"
        "   *[no] Steep descents wear muscles most.\n"
        "}\n"
        "*[yes] { HEIGHT($ascent_m) } of climbing and { HEIGHT($eccentric_drop_m) } of steep descent. { "
        "$unaccustomed ->\n"
        "    [yes] That is more than twice the most of your last six weeks, { HEIGHT($known_drop_m) }, so it counts "
        "one step more.\n"
        "   *[no] Steep descents wear muscles most.\n"
        "}\n"
        "} { $measure ->\n"
        "[largest_climb] Its largest climb, { HEIGHT($measured_m) }, decides how hilly it counts.\n"
        "[steep_descent] Its steep descent decides how hilly it counts.\n"
        "*[ascent_per_km] Its climbing, { CLIMBING($ascent_m_per_km) }, decides how hilly it counts.\n"
        "}",
        "hilly-headline": "{ $severity ->\n"
        "[low] A rolling run: { HEIGHT($ascent_m) } up. Next: keep the effort even uphill, not the pace.\n"
        "*[high] { $steep ->\n"
        "    [no] A hilly run: { HEIGHT($ascent_m) } up. Next: walk early where it gets steep.\n"
        "    [only] A downhill run: { HEIGHT($eccentric_drop_m) } steeply down. Next: shorten your stride on "
        "descents.\n"
        "   *[yes] { $next ->\n"
        "        [walk] A hilly run: { HEIGHT($ascent_m) } up, { HEIGHT($eccentric_drop_m) } steeply down. Next: walk "
        "early where it gets steep.\n"
        "       *[stride] A hilly run: { HEIGHT($ascent_m) } up, { HEIGHT($eccentric_drop_m) } steeply down. Next: "
        "shorten your stride on descents.\n"
        "    }\n"
        "}\n"
        "}",
        "hilly-points": "{ $steep ->\n"
        "[no] Hills: { HEIGHT($ascent_m) } of climbing.\n"
        "[only] Hills: { HEIGHT($eccentric_drop_m) } of steep descent.\n"
        "*[yes] Hills: { HEIGHT($ascent_m) } of climbing, { HEIGHT($eccentric_drop_m) } of steep descent.\n"
        "}",
        "hilly-climb_title": "Climb at { DISTANCE($start_m) }",
        "hilly-climb_text": "{ HEIGHT($height_m) } up over { DISTANCE($length_m) } at { PERCENT($steepness) }: "
        "{ PERCENT($share) } of all the climbing.",
        "hilly-descent_title": "Descent at { DISTANCE($start_m) }",
        "hilly-descent_text": "{ HEIGHT($height_m) } down over { DISTANCE($length_m) } at { PERCENT($steepness) }: "
        "{ PERCENT($share) } of all the descending.",
    },
    check=check,
    order=40,
    reads=frozenset({"history"}),
    no_change="the hills are the run, and no pace makes them lower",
    families=frozenset({"run", "walk"}),
    missing_points={"altitude": 5},
    lifts={"moderate": ("moderate",), "high": ("high",)},
)
