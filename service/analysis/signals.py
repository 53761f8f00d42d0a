"""An Activity and what is known of the athlete -> the Facts of the run. Nothing is judged here.

The order is that of docs/signals.md; each subject has its own module. Pure: no clock, no network, no randomness.
"""

from __future__ import annotations

import numpy as np

from parsers.activity import Activity, Column, Note
from service.analysis import altitude as heights
from service.analysis import cleaning, climbs, cost, effort, sports, totals
from service.analysis.athlete import Conditions, History, Log, Profile
from service.analysis.environment import environment
from service.analysis.facts import Altitude, Effort, Facts, Grid, Structured
from service.analysis.heart import HIGHEST_BPM, LOWEST_BPM, heart
from service.analysis.structured import structured
from service.analysis.sweat import FOOT_SPORTS, sweat
from service.analysis.weighing import weighed_l_per_h

IMPOSSIBLE_TOLD_FROM_S = 30
"""Fewer seconds of impossible climbing than this are left out without a word."""


def gather(
    activity: Activity,
    *,
    profile: Profile,
    history: History,
    conditions: Conditions,
    log: Log | None = None,
    sport: str | None = None,
) -> Facts:
    """Every number the rules may read. `sport` overrides the file's; a service's or a person's word for it will do.

    Never raises for an Activity: what cannot be known is None with a `…_why_not`, and remarks are in `notes`.
    """
    known = sports.identify(activity, sport)
    clean = cleaning.clean(activity, speed_limit_mps=sports.SPEED_LIMIT_MPS[known.family])
    on_foot = known.family in FOOT_SPORTS
    profile_or_why = _profile(activity, clean, treadmill=known.treadmill)
    hills = None if isinstance(profile_or_why, str) else profile_or_why
    grid = _grid(activity, clean, hills, on_foot=on_foot)
    session = structured(activity, grid) if on_foot else Structured()
    distance_m = float(grid.distance_m[-1])
    paced = on_foot and not session.found
    main = effort.main_effort(activity, grid, distance_m=distance_m) if paced else Effort(0.0, distance_m)
    beats, heart_notes = heart(
        activity, grid, unpaused_s=clean.unpaused_s, profile=profile, history=history, structured=session.found
    )
    weather = environment(activity, conditions, treadmill=known.treadmill)
    there = None if isinstance(weather, str) else weather
    log, moving_s = log or Log(), clean.unpaused_s * float(np.count_nonzero(grid.moving)) / len(grid)
    loss = sweat(
        profile,
        family=known.family,
        equivalent_speed_mps=_equivalent_speed(grid),
        environment=there,
        weighed_l_per_h=weighed_l_per_h(history, activity.started_at, sport=known.sport, this=(log, moving_s)),
    )
    return Facts(
        activity=activity,
        profile=profile,
        history=history,
        conditions=conditions,
        log=log,
        sport=known.sport,
        sub_sport=known.sub_sport,
        family=known.family,
        sport_assumed=known.assumed,
        treadmill=known.treadmill,
        grid=grid,
        distance_m=distance_m,
        elapsed_s=clean.elapsed_s,
        moving_s=moving_s,
        paused_s=clean.paused_s,
        altitude=None if hills is None else _altitude(hills, grid),
        altitude_why_not=profile_or_why if isinstance(profile_or_why, str) else None,
        structured=session,
        effort=main,
        heart=beats,
        environment=there,
        environment_why_not=weather if isinstance(weather, str) else None,
        sweat=None if isinstance(loss, str) else loss,
        sweat_why_not=loss if isinstance(loss, str) else None,
        notes=(
            *clean.notes,
            *totals.notes(activity.totals.distance_m, distance_m),
            *_altitude_notes(hills, impossible_s=int(np.count_nonzero(grid.bad & ~clean.bad))),
            *heart_notes,
            *_other_notes(known, device=there is not None and there.device_only),
        ),
    )


def _profile(activity: Activity, clean: cleaning.Clean, *, treadmill: bool) -> heights.Profile | str:
    """The height profile of the kept samples, or why there is none; a treadmill has none, whatever the file says."""
    if treadmill:
        return "treadmill"
    column = activity.streams.altitude_m
    return heights.profile(
        clean.sample_m,
        None if column is None else column[clean.kept],
        clean.sample_s,
        kind=activity.altitude_kind,
        kind_by=activity.altitude_kind_by,
    )


def _grid(activity: Activity, clean: cleaning.Clean, hills: heights.Profile | None, *, on_foot: bool) -> Grid:
    speed = clean.speed_mps
    altitude_m = grade = None
    if hills is not None:
        altitude_m = np.interp(clean.distance_m, hills.distance_m, hills.altitude_m)
        grade = np.interp(clean.distance_m, hills.distance_m, hills.grade)
    minetti = heart_rate = speed
    bad = clean.bad
    if grade is not None and on_foot:
        believed = np.where(cost.impossible(speed, grade), 0.0, grade)
        bad = bad | (believed != grade)
        minetti, heart_rate = speed * cost.minetti_factor(believed), speed * cost.heart_factor(believed)
    streams = activity.streams
    return Grid(
        clock_s=clean.clock_s,
        distance_m=clean.distance_m,
        speed_mps=speed,
        moving=speed >= cleaning.MOVING_FROM_MPS,
        bad=bad,
        gap_minetti_mps=minetti,
        gap_heart_mps=heart_rate,
        altitude_m=altitude_m,
        grade=grade,
        heart_rate_bpm=cleaning.channel(clean, _valid_heart_rate(streams.heart_rate_bpm)),
        cadence_spm=cleaning.channel(clean, streams.cadence_spm),
    )


def _valid_heart_rate(column: Column | None) -> Column | None:
    if column is None:
        return None
    with np.errstate(invalid="ignore"):
        return np.where((column >= LOWEST_BPM) & (column <= HIGHEST_BPM), column, np.nan)


def _altitude(hills: heights.Profile, grid: Grid) -> Altitude:
    ascent_m, descent_m = heights.climbed(hills.turns)
    return Altitude(
        kind=hills.kind,
        trust=hills.smoothing.trust,
        profile_m=hills.altitude_m,
        ascent_m=ascent_m,
        descent_m=descent_m,
        min_m=float(hills.altitude_m.min()),
        max_m=float(hills.altitude_m.max()),
        eccentric_drop_m=heights.eccentric_drop_m(hills),
        legs=climbs.legs(hills, distance_m=grid.distance_m, clock_s=grid.clock_s),
        turns=hills.turns,
        kind_by=hills.kind_by,
    )


def _equivalent_speed(grid: Grid) -> float | None:
    """Mean flat-equivalent speed by energy cost while moving, in m/s; None where nothing moved."""
    rows = grid.moving & ~grid.bad
    return float(grid.gap_minetti_mps[rows].mean()) if rows.any() else None


def _altitude_notes(hills: heights.Profile | None, *, impossible_s: int) -> tuple[Note, ...]:
    if hills is None:
        return ()
    out = [Note("altitude_kind", detail=f"{hills.kind}_by_{hills.kind_by}")]
    if hills.jumped:
        out.append(Note("altitude_jump", detail="start"))
    if impossible_s >= IMPOSSIBLE_TOLD_FROM_S:
        out.append(Note("altitude_implausible", seconds=float(impossible_s)))
    return tuple(out)


def _other_notes(known: sports.Sport, *, device: bool) -> tuple[Note, ...]:
    out = [Note("sport_assumed", detail=known.sport)] if known.assumed else []
    return (*out, *([Note("device_temperature")] if device else []))
