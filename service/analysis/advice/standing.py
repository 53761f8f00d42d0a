"""Standing advice: what belongs to the athlete's days, weeks and months, not to one run. From the history alone."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median

from service.analysis.advice.reminder import Advice, Reminder, Weeks
from service.analysis.athlete import CRAMPED, Log, PastRun
from service.analysis.cramps import WITHIN_M, gathered
from service.analysis.load import runs_before, zone

DAYS_IN_A_ROW = 7
REVIEW_DAYS = 30
SLEEP_DAYS, SLEEP_NIGHTS, SLEEP_LEAST_H = 14, 3, 7.0
"""Nights that a median of sleep is taken of, how many have to be told, and the article's lower end; the first two are
chosen by us, because one short night is nobody's habit."""


def _recent(weeks: Weeks, days: float) -> tuple[PastRun, ...]:
    since = weeks.at - timedelta(days=days)
    return tuple(run for run in weeks.history.runs if since <= run.started_at <= weeks.at)


def _cramps(weeks: Weeks, days: float) -> int:
    return sum(run.cramp in CRAMPED for run in _recent(weeks, days))


def _running_days(weeks: Weeks) -> int:
    """Running days in a row up to today or yesterday, in the athlete's zone."""
    tz = zone(utc_offset_s=None, profile=weeks.profile)
    days = sorted({run.started_at.astimezone(tz).date() for run in weeks.history.runs}, reverse=True)
    if not days or (weeks.at.astimezone(tz).date() - days[0]).days > 1:
        return 0
    count = 1
    for later, earlier in pairwise(days):
        if (later - earlier).days != 1:
            break
        count += 1
    return count


def _strength(weeks: Weeks) -> Reminder:
    if weeks.profile.strength_training:
        return Reminder("strength-kept")
    return Reminder("strength-text", reason_codes=("no_strength",) if weeks.profile.strength_training is False else ())


def _stretch(_weeks: Weeks) -> Reminder:
    return Reminder("stretch-text")


def _rest(weeks: Weeks) -> Reminder:
    days = _running_days(weeks)
    if days >= DAYS_IN_A_ROW:
        return Reminder("rest-due", {"days": days}, reason_codes=("no_rest",))
    return Reminder("rest-text")


def _sleep(weeks: Weeks) -> Reminder:
    nights = [run.log.sleep_h for run in _recent(weeks, SLEEP_DAYS) if run.log and run.log.sleep_h is not None]
    if len(nights) < SLEEP_NIGHTS or median(nights) >= SLEEP_LEAST_H:
        return Reminder("sleep-text")
    return Reminder("sleep-short", {"hours": round(median(nights), 1)}, reason_codes=("log",))


def _progression(_weeks: Weeks) -> Reminder:
    return Reminder("progression-text")


def _mix(weeks: Weeks) -> Reminder | None:
    return Reminder("mix-text") if len(_recent(weeks, 14)) >= 5 else None


def _day_fluid(_weeks: Weeks) -> Reminder:
    return Reminder("day_fluid-text", safety_keys=("to_thirst",))


def _review(weeks: Weeks) -> Reminder:
    """Red flags first, then cramps that come back, then a place where they gather."""
    recent, cramps = _recent(weeks, REVIEW_DAYS), _cramps(weeks, REVIEW_DAYS)
    if any(run.report is not None and run.report.red_flags for run in recent):
        return Reminder("review-red_flags", reason_codes=("red_flags",), safety_keys=("clinician",))
    place = gathered(runs_before(weeks.history, weeks.at))
    where: dict[str, float | int | str] = {"place": "no"}
    if place is not None:
        where = {"place": "yes", "at_m": round(place.at_m), "runs": place.runs, "within_m": WITHIN_M}
    if cramps >= 2:
        logs = sum(_wrote_intake(run.log) for run in recent)
        params = {"at_m": 0, "runs": 0, "within_m": WITHIN_M, **where, "cramps": cramps, "logs": logs}
        return Reminder("review-pattern", params, reason_codes=("recurrent",), safety_keys=("cramps", "clinician"))
    return Reminder("review-text") if place is None else Reminder("review-place", where, reason_codes=("recurrent",))


def _wrote_intake(log: Log | None) -> bool:
    """Whether the log tells what was taken in on the way."""
    return log is not None and any(taken is not None for taken in (log.fluid_ml, log.sodium_mg, log.carbs_g))


STANDING = (
    Advice(
        code="strength",
        phase="weekly",
        article_refs=("A42", "A45", "A62", "A70"),
        relevance=70,
        check=_strength,
        texts={
            "strength-text": "Once or twice a week: squats, lunges and calf raises. Runners who do strength work "
            "cramp less "
            "often in one study (grade C).",
            "strength-kept": "Keep your strength work up: squats, lunges and calf raises, once or twice a week.",
        },
    ),
    Advice(
        code="stretch",
        phase="weekly",
        article_refs=("A50", "A70"),
        relevance=30,
        check=_stretch,
        texts={
            "stretch-text": "Once a week, take time to stretch calves, thighs, hamstrings and hips, or use a roller."
        },
    ),
    Advice(
        code="rest",
        phase="weekly",
        article_refs=("A44", "A47", "A52", "A53"),
        relevance=80,
        check=_rest,
        texts={
            "rest-text": "Keep at least one day a week free of running; soreness or tiredness that stays asks for "
            "more.",
            "rest-due": "You have run { NUMBER($days) } days in a row: take a day off, muscles repair on days "
            "without runs.",
        },
    ),
    Advice(
        code="sleep",
        phase="daily",
        article_refs=("A48",),
        relevance=50,
        check=_sleep,
        version=2,
        texts={
            "sleep-text": "Aim for seven to nine hours of sleep a night.",
            "sleep-short": "By your logs you slept about { NUMBER($hours) } hours before the runs of the last two "
            "weeks. Aim for seven to nine: muscles repair while you sleep.",
        },
    ),
    Advice(
        code="progression",
        phase="weekly",
        article_refs=("A07", "A38", "A39", "A40", "A41", "A46b", "A63"),
        relevance=60,
        check=_progression,
        texts={
            "progression-text": "Let distance and intensity grow in small steps. A single run much longer than "
            "those of the "
            "last month is better supported as a risk than the growth of the week.",
        },
    ),
    Advice(
        code="mix",
        phase="weekly",
        article_refs=("A43",),
        relevance=40,
        check=_mix,
        texts={"mix-text": "Mix easy runs with some tempo or some hills."},
    ),
    Advice(
        code="day_fluid",
        phase="daily",
        article_refs=("A49",),
        relevance=35,
        check=_day_fluid,
        texts={"day_fluid-text": "Spread what you drink over the day; a run does not begin with a bottle at the door."},
    ),
    Advice(
        code="review",
        phase="monthly",
        article_refs=("A18", "A52", "A71", "A74"),
        relevance=65,
        hidden="review-hidden",
        version=2,
        check=_review,
        texts={
            "review-text": "Once a month, look back: how did long and hot runs go, what did you drink and eat, "
            "where did "
            "legs grow heavy?",
            "review-cramps": "You reported { NUMBER($cramps) } cramps in a month. Have what you eat and drink "
            "reviewed by a "
            "sports nutritionist, and see a clinician if they go on.",
            "review-pattern": "You reported { NUMBER($cramps) } cramps in a month.{ $place ->\n"
            '[yes] {" "}In { NUMBER($runs) } runs they came within { DISTANCE($within_m) } of { DISTANCE($at_m) }: '
            "look at how you pace, drink and eat up to there.\n"
            '*[no] {""}\n'
            "} { $logs ->\n"
            "[0] Write down what you drink and eat on long runs, and the sodium in it: a log may show what was "
            "different (grade D).\n"
            "*[other] Look through your log of what you drank and ate: it may show what was different (grade D).\n"
            "} Have what you eat and drink reviewed by a sports nutritionist, and see a clinician if they go on.",
            "review-place": "In { NUMBER($runs) } of your runs cramps came within { DISTANCE($within_m) } of "
            "{ DISTANCE($at_m) }. Once a month, look back at how you pace, drink and eat up to there.",
            "review-red_flags": "In a cramp report of the last month you ticked a sign that a clinician "
            "should look at. Have that done before the next hard run.",
            "review-hidden": "Once a month, look back at your long and hot runs; if cramps go on, ask your clinician.",
        },
    ),
)
