"""The shapes of the rows that are worked out of an activity: for the OpenAPI document, and the columns of their CSV."""

from __future__ import annotations

from service.api.shapes import Shape


class Split(Shape):
    """A stretch of the run: a kilometre, a mile, or what is left at the end."""

    start_m: float
    distance_m: float
    moving_s: float
    pace_s_per_km: float | None
    gap_s_per_km: float | None
    ascent_m: float | None
    descent_m: float | None
    heart_rate_avg_bpm: int | None
    cadence_avg_spm: int | None


class LapRow(Shape):
    """A lap of the device, with the stretch of the run that it is."""

    start_s: float | None
    end_s: float | None
    trigger: str | None
    intensity: str | None
    start_m: float
    distance_m: float
    moving_s: float
    pace_s_per_km: float | None
    gap_s_per_km: float | None
    ascent_m: float | None
    descent_m: float | None
    heart_rate_avg_bpm: int | None
    cadence_avg_spm: int | None


class ClimbRow(Shape):
    """A climb or a descent, with the stretch of the run that it is."""

    kind: str
    start_m: float
    end_m: float
    start_s: float
    end_s: float
    gain_m: float
    mean_grade: float
    max_100m_grade: float
    distance_m: float
    moving_s: float
    pace_s_per_km: float | None
    gap_s_per_km: float | None
    ascent_m: float | None
    descent_m: float | None
    heart_rate_avg_bpm: int | None
    cadence_avg_spm: int | None


class ZoneRow(Shape):
    """A zone by share of the heart rate reserve; the lowest has no lower bound, the highest no upper one."""

    zone: int
    from_bpm: int | None
    below_bpm: int | None
    minutes: float


class Whole(Shape):
    """All rows of one activity, in the order of the run; there is no next page."""

    next_cursor: None


class SplitPage(Whole):
    """Kilometres or miles."""

    items: list[Split]


class LapPage(Whole):
    """Laps."""

    items: list[LapRow]


class ClimbPage(Whole):
    """Climbs and descents."""

    items: list[ClimbRow]


class ZonePage(Whole):
    """Heart rate zones, the lowest first; none where the resting or the maximal rate is unknown."""

    items: list[ZoneRow]
