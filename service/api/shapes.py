"""What goes out over the wire, for the OpenAPI document: the shapes of the contract, as models that nobody runs.

Answers are plain documents straight from the store (pydantic on the way out would cost more than all the rest). The
tests validate real answers against these models, so that what is documented is what is sent. Fields may be added;
enumerations are open, so they are texts here.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """The base of what goes out: exactly these fields, each always there unless it has a default."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class FieldError(Shape):
    """One field that is wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """An error, after RFC 9457. `code` is stable; `/problems/{code}` explains it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    filename: str | None = None
    format: str | None = None
    offset: int | None = None
    errors: list[FieldError] | None = None
    items: list[UploadItem] | None = None


class Athlete(Shape):
    """An athlete and what is known of them; null is "not told"."""

    id: str
    external_id: str | None
    name: str | None
    birth_year: int | None
    mass_kg: float | None
    hr_rest_bpm: float | None
    hr_max_bpm: float | None
    sweat_rate_l_per_h: float | None
    cramp_history: str
    strength_training: bool | None
    beginner: bool | None
    hide_amounts: bool
    units: str
    timezone: str | None
    created_at: str
    updated_at: str


class Device(Shape):
    """Maker and product, as the file names them."""

    manufacturer: str | None = None
    product: str | None = None


class Source(Shape):
    """One way by which a file came, or a part of one, that the activity stands on.

    The same bytes that came once more, through another door, follow as a source of their own.
    """

    format: str
    filename: str
    part: int
    sha256: str
    bytes: int
    via: str
    received_at: str


class DeviceSummary(Shape):
    """What the device itself states."""

    distance_m: float | None = None
    timer_s: float | None = None
    elapsed_s: float | None = None
    ascent_m: float | None = None
    descent_m: float | None = None
    heart_rate_avg_bpm: float | None = None
    heart_rate_max_bpm: float | None = None


class Summary(Shape):
    """The run in numbers, worked out from its streams; beside it what the device states."""

    distance_m: float | None
    elapsed_s: float | None
    moving_s: float | None
    paused_s: float | None
    speed_mps: float | None
    pace_s_per_km: float | None
    gap_s_per_km: float | None
    ascent_m: float | None
    descent_m: float | None
    altitude_min_m: float | None
    altitude_max_m: float | None
    heart_rate_avg_bpm: float | None
    heart_rate_max_bpm: float | None
    cadence_avg_spm: float | None
    temperature_avg_c: float | None
    device: DeviceSummary | None


class Conditions(Shape):
    """The weather of the run, and who says so."""

    temperature_c: float | None
    humidity_pct: float | None
    wind_kmh: float | None
    sun: float | None
    wbgt_c: float | None
    source: str


class Said(Shape):
    """A text with its key and parameters."""

    text_key: str
    params: dict[str, Any]
    text: str


class Explanation(Shape):
    """Points of the score, and what brought them."""

    feature: str
    points: float
    text_key: str
    params: dict[str, Any]
    text: str


class Warning(Shape):  # noqa: A001 - the contract's word; nothing here warns
    """One warning with the whole of its evidence."""

    code: str
    rule_version: int
    severity: str
    confidence: str
    evidence_grade: str
    points: float
    start_s: float | None
    end_s: float | None
    start_m: float | None
    end_m: float | None
    value: float
    unit: str
    threshold: float
    comparator: str
    segment: bool
    quality: list[str]
    text_key: str
    params: dict[str, Any]
    title_key: str
    title: str
    text: str
    evidence_text: str
    article_refs: list[str]
    counterfactual: dict[str, Any] | None


class Suppressed(Shape):
    """What a rule would have said, had something not spoken against it."""

    code: str
    suppressed_by: str
    value: float | None
    unit: str | None
    text: str


class Question(Shape):
    """Something only the runner can answer, and what made us ask."""

    code: str
    confidence: str
    start_s: float | None
    end_s: float | None
    start_m: float | None
    end_m: float | None
    value: float
    unit: str
    text_key: str
    params: dict[str, Any]
    text: str


class Reminder(Shape):
    """Advice for the next run, with an amount where one can be given."""

    code: str
    phase: str
    basis: str
    primary: bool
    amount: dict[str, Any] | None
    at_min: list[float] | None
    per_mark: dict[str, Any] | None
    reason_codes: list[str]
    article_refs: list[str]
    safety_keys: list[str]
    text_key: str
    params: dict[str, Any]
    text: str
    safety_texts: list[str]


class Assessment(Shape):
    """Which moments of the run raised the risk, why, how sure that is, and what to do next time."""

    id: str | None = None
    created_at: str | None = None
    state: str | None = None
    ruleset_version: str
    status: str
    reason: str | None
    headline: Said
    score: int | None
    score_low: int | None
    score_high: int | None
    forecast_score: int | None
    level: str | None
    points_level: str | None
    condition_level: str | None
    level_source: str | None
    usual_for_athlete: Any
    confidence: str | None
    explanation: list[Explanation]
    warnings: list[Warning]
    suppressed: list[Suppressed]
    questions: list[Question]
    reminders: list[Reminder]
    not_assessed: list[dict[str, Any]]
    data_quality: list[dict[str, Any]]
    structured: bool
    main_effort: dict[str, Any] | None
    receipt: dict[str, Any]
    disclaimer: str


class Episode(Shape):
    """One cramp: which muscle, and where in the run; null is "not told"."""

    muscle: str
    side: str | None
    minute: float | None
    at_m: float | None


class CrampReport(Shape):
    """What the athlete answered, and when; `asked_at` is null where nobody had asked."""

    answer: str
    episodes: list[Episode]
    stitch: bool | None
    when: str | None
    red_flags: list[str]
    asked_at: str | None
    answered_at: str


class CrampPrompt(Shape):
    """When and why the athlete was asked: `long_run`, `sample` (one in five of the shorter ones) or `interrupt`."""

    asked_at: str
    reason: str


class RunLog(Shape):
    """What was written down of a run; null is "not told", 0 is none."""

    fluid_ml: float | None
    sodium_mg: float | None
    carbs_g: float | None
    mass_before_kg: float | None
    mass_after_kg: float | None
    urine_ml: float | None
    fasted: bool | None
    sleep_h: float | None
    effort: int | None
    updated_at: str


class ListedActivity(Shape):
    """An activity in a list: without its assessment unless `include=assessment` asks for it."""

    id: str
    athlete_id: str
    external_id: str | None
    page: str
    """The path of the page that shows it to people, on this service."""
    name: str | None
    sport: str | None
    sub_sport: str | None
    started_at: str
    utc_offset_s: int | None
    device: Device | None
    format: str
    """Of the source that is shown."""
    record_count: int
    """Samples in the file, before they were tidied."""
    sources: list[Source]
    summary: Summary
    conditions: Conditions
    note: str | None
    assessment: Assessment | None = None
    cramp_report: CrampReport | None
    cramp_prompt: CrampPrompt | None
    log: RunLog | None
    created_at: str
    updated_at: str


class Activity(ListedActivity):
    """One run, ride or swim, with its assessment."""

    assessment: Assessment | None


class UploadItem(Shape):
    """What became of one activity, or of a file without any. With `brief` the activity is left out."""

    name: str
    part: int
    outcome: str
    activity_id: str | None
    activity: Activity | None
    problem: Problem | None


class Upload(Shape):
    """What became of an upload (`queued`, `running`, `done`) so far. `next_cursor` leads on behind the first 200."""

    id: str
    athlete_id: str
    via: str
    import_name: str | None
    received_at: str
    finished_at: str | None
    status: str
    total: int
    created: int
    duplicates: int
    merged: int
    skipped: int
    rejected: int
    items: list[UploadItem]
    next_cursor: str | None


class Page(Shape):
    """A page of a list."""

    next_cursor: str | None


class AthletePage(Page):
    """Athletes, the oldest first."""

    items: list[Athlete]


class ActivityPage(Page):
    """Activities, the newest first."""

    items: list[ListedActivity]


class AssessmentPage(Page):
    """Assessments of one activity, the newest first."""

    items: list[Assessment]


class UploadItemPage(Page):
    """Items of an upload."""

    items: list[UploadItem]


Problem.model_rebuild()
