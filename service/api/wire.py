"""What may come in over the wire: strict models of request bodies, forms and queries.

Finite numbers within stated ranges, integers that a database can hold, texts in NFC without NUL, surrogates, control or
bidirectional characters, and no unknown field. A PATCH keeps "absent" (unchanged) apart from `null` (cleared): read the
fields with `given`. What goes out is in `service.api.shapes`.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from service import examine, subscribers
from service.api.problems import bad_field
from service.ingest import NAME_LENGTH, is_plain

_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Wire(BaseModel):
    """The strict base of everything that comes in."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    def given(self) -> dict[str, Any]:
        """The fields that the caller named, `null` among them; what was absent is not there."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


def _line(text: str) -> str:
    return _plain(text, line_breaks=False)


def _paragraphs(text: str) -> str:
    return _plain(text.replace("\r\n", "\n"), line_breaks=True)


def _plain(text: str, *, line_breaks: bool) -> str:
    if not all(is_plain(letter, line_breaks=line_breaks) for letter in text):
        raise ValueError("holds a control, bidirectional or unassigned character")
    return unicodedata.normalize("NFC", text)


def _sport(text: str) -> str:
    return examine.sport_named(text)


def _sport_only(text: str) -> str:
    return examine.sport_named(text).partition("/")[0]


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("is no word of lower-case letters, digits and underscores")
    return text


def _types(names: list[str]) -> list[str]:
    subscribers.demand_types(names)
    return names


_NO_PLACES = frozenset({"Factory", "localtime"})
"""Files of the time zone database that name no place; browsers refuse the one, the other, or both."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - _NO_PLACES


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("is no zone of the IANA time zone database, such as Europe/Vienna")
    return name


NOTE_LENGTH: Final = 4000
ZONE_LENGTH: Final = 64
URL_LENGTH: Final = 2000
Line = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_line)]
Paragraphs = Annotated[str, Field(max_length=NOTE_LENGTH), AfterValidator(_paragraphs)]
Word = Annotated[str, Field(max_length=64), AfterValidator(_word)]
Sport = Annotated[str, Field(max_length=64), AfterValidator(_sport)]
"""A sport by any usual name: FIT's (`running`), a service's (`TrailRun`), a person's (`trail running`)."""
SportFilter = Annotated[str, Field(max_length=64), AfterValidator(_sport_only)]
Zone = Annotated[str, Field(max_length=ZONE_LENGTH), AfterValidator(_zone)]
TemperatureC = Annotated[float, Field(ge=-60, le=60)]
HumidityPct = Annotated[float, Field(ge=0, le=100)]
WindKmh = Annotated[float, Field(ge=0, le=200)]
Sun = Annotated[float, Field(ge=0, le=1)]
ImportName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class AthleteIn(Wire):
    """An athlete's profile. Everything is optional; what is not told is treated as unknown, never guessed."""

    external_id: Line | None = None
    """The caller's own id of the athlete; unique."""
    name: Line | None = None
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    mass_kg: Annotated[float, Field(ge=20, le=350)] | None = None
    hr_rest_bpm: Annotated[float, Field(ge=20, le=150)] | None = None
    hr_max_bpm: Annotated[float, Field(ge=80, le=240)] | None = None
    sweat_rate_l_per_h: Annotated[float, Field(gt=0, le=5)] | None = None
    """A measured sweat rate."""
    cramp_history: Literal["unknown", "never", "ever", "recent"] | None = None
    """Cramps during or after exercise so far; null is `unknown`."""
    strength_training: bool | None = None
    beginner: bool | None = None
    hide_amounts: bool | None = None
    """Show no amounts of fluid, sodium and carbohydrate; null is false. Always so for anybody possibly under 18."""
    units: Literal["metric", "imperial"] | None = None
    """Units of the texts; null is `metric`."""
    timezone: Zone | None = None
    """IANA name, such as `Europe/Vienna`."""

    @model_validator(mode="after")
    def _rest_below_max(self) -> Self:
        if self.hr_rest_bpm is not None and self.hr_max_bpm is not None and self.hr_rest_bpm >= self.hr_max_bpm:
            raise ValueError("hr_rest_bpm has to be below hr_max_bpm")
        return self


class KeyIn(Wire):
    """An API key to be made."""

    role: Literal["admin", "coach", "athlete", "ingest"]
    """`admin` may do everything; `coach` reads and changes what belongs to the named athletes; `athlete` is one of
    them; `ingest` may only upload."""
    athletes: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=1000)] | None = None
    """Ids of the athletes that it reaches: one or more for a coach, one for an athlete, none for an admin; null with
    `ingest` means everybody."""
    name: Line | None = None
    """What you call it."""


class ConditionsIn(Wire):
    """The weather of a run."""

    temperature_c: TemperatureC | None = None
    humidity_pct: HumidityPct | None = None
    wind_kmh: WindKmh | None = None
    sun: Sun | None = None
    """From 0 (night, overcast) to 1 (clear sky)."""


class ActivityPatch(Wire):
    """What a person may say of a run; it outranks what the file says. Null takes it back."""

    name: Line | None = None
    sport: Sport | None = None
    conditions: ConditionsIn | None = None
    note: Paragraphs | None = None


class ReassessmentIn(Wire):
    """Whose runs are to be assessed again."""

    athlete_id: Annotated[str, Field(max_length=64)] | None = None
    """An athlete's id, or `me`; null: everybody's."""


class EndpointIn(Wire):
    """Where webhooks are to be sent, and which."""

    url: Annotated[str, Field(min_length=1, max_length=URL_LENGTH)]
    """An https address that the internet reaches, or one below an origin that the operator allows."""
    events: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=50), AfterValidator(_types)] = ["*"]
    """Types of events, or `["*"]`: all of them, and those that are still to come."""
    athletes: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=1000)] | None = None
    """Ids of athletes, or `me`; null: all that you may see, then as now."""


class EndpointPatch(Wire):
    """What is to change of an endpoint. `athletes` null: all that you may see."""

    url: Annotated[str, Field(min_length=1, max_length=URL_LENGTH)] | None = None
    events: (
        Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=50), AfterValidator(_types)] | None
    ) = None
    """Null is `["*"]`."""
    athletes: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=1000)] | None = None
    enabled: bool | None = None
    """True sends again what was stopped, by whomever; false stops it. Null is true."""

    @field_validator("url")
    @classmethod
    def _has_an_address(cls, url: str | None) -> str:
        if url is None:
            raise ValueError("cannot be cleared; delete the endpoint instead")
        return url


class UnmergeIn(Wire):
    """Which source is to be taken out of a merged activity."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    part: Annotated[int, Field(ge=0, lt=2**31)] = 0


class EpisodeIn(Wire):
    """One cramp, or near one."""

    muscle: Literal["calf", "hamstring", "quad", "foot", "other"]
    side: Literal["left", "right", "both"] | None = None
    minute: Annotated[float, Field(ge=0, le=20_000)] | None = None
    """Since the start."""
    at_m: Annotated[float, Field(ge=0, le=2_000_000)] | None = None
    """Metres from the start."""


class CrampReportIn(Wire):
    """Whether there was a cramp. A stitch is none."""

    answer: Literal["none", "near", "cramp_continued", "cramp_stopped"]
    """`near` was a twinge; with a cramp the runner went on (`cramp_continued`), or walked or stopped."""
    episodes: Annotated[list[EpisodeIn], Field(max_length=50)] = []
    stitch: bool | None = None
    when: Literal["during", "after"] | None = None
    """`after`: within six hours."""
    red_flags: Annotated[
        list[Literal["widespread", "dark_urine", "chest_pain", "fainting", "fever"]], Field(max_length=5)
    ] = []
    """Signs that a clinician should hear of, cramp or not."""

    @model_validator(mode="after")
    def _nothing_to_place(self) -> Self:
        if self.answer == "none" and self.episodes:
            raise ValueError("an answer of none has no episodes")
        if len(set(self.red_flags)) < len(self.red_flags):
            raise ValueError("names a red flag twice")
        return self


class RunLogIn(Wire):
    """What was drunk and eaten on the way, weighed before and after, and slept the night before. 0 is none."""

    fluid_ml: Annotated[float, Field(ge=0, le=30_000)] | None = None
    sodium_mg: Annotated[float, Field(ge=0, le=50_000)] | None = None
    carbs_g: Annotated[float, Field(ge=0, le=5_000)] | None = None
    mass_before_kg: Annotated[float, Field(ge=20, le=350)] | None = None
    mass_after_kg: Annotated[float, Field(ge=20, le=350)] | None = None
    urine_ml: Annotated[float, Field(ge=0, le=10_000)] | None = None
    """Between the two weighings."""
    fasted: bool | None = None
    """On an empty stomach."""
    sleep_h: Annotated[float, Field(ge=0, le=24)] | None = None
    effort: Annotated[int, Field(ge=1, le=10)] | None = None
    """From 1 (very light) to 10 (everything)."""


def _number(text: object) -> object:
    """A number out of a form field or query; what is no plain decimal is left for the model to refuse."""
    if isinstance(text, str) and re.fullmatch(r"[+-]?\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return float(text)
    return text


def _flag(text: object) -> object:
    """Yes or no out of a form field or query; any other word is left for the model to refuse."""
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


class UploadOptions(Wire):
    """What may be told with an upload, as form fields or as query parameters."""

    external_id: Line | None = None
    """The caller's own id of the run; unique for the athlete. Not with more than one file."""
    temperature_c: Annotated[TemperatureC, BeforeValidator(_number)] | None = None
    humidity_pct: Annotated[HumidityPct, BeforeValidator(_number)] | None = None
    wind_kmh: Annotated[WindKmh, BeforeValidator(_number)] | None = None
    sun: Annotated[Sun, BeforeValidator(_number)] | None = None
    sport: Sport | None = None
    """The sport, where the caller knows better than the file, by any usual name: `running`, `TrailRun`, …"""

    via: Literal["upload", "import", "watch"] | None = None
    """How the files came. Of an `import` or a watched folder (`watch`), which merely repeat what there was once, a run
    that its owner deleted does not come back; an `upload` brings it back."""
    import_name: ImportName | None = Field(None, alias="import")
    """The import that the upload is a part of, by a name that the caller makes up. It is worked off in the background,
    and the feed hears of all parts together, once the last is done."""
    more: Annotated[bool, BeforeValidator(_flag)] = False
    """Whether other parts of the import follow."""

    @field_validator("import_name")
    @classmethod
    def _came_via_import(cls, name: str | None, known: ValidationInfo) -> str | None:
        if known.data.get("via") not in (None, "import"):
            raise ValueError("is for what came via `import`")
        return name

    @field_validator("more")
    @classmethod
    def _is_part_of_an_import(cls, more: bool, known: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's signature
        if more and known.data.get("import_name") is None:
            raise ValueError("is for the parts of an import, which `import` names")
        return more

    def conditions(self) -> dict[str, float]:
        """The conditions that were told."""
        names = ("temperature_c", "humidity_pct", "wind_kmh", "sun")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def instant(text: str, *, zone: tzinfo, field: str, end: bool = False) -> datetime:
    """An aware UTC time out of a query: an RFC 3339 time, or a date, which is the whole day in `zone`.

    With `end` a date stands for the end of that day. A time without an offset is in `zone`. Raises
    RequestValidationError.

    >>> instant("2026-10-04", zone=UTC, field="to", end=True).isoformat()
    '2026-10-05T00:00:00+00:00'
    """
    try:
        at = _day_or_time(text, zone, end=end).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_time(field) from error
    if not 1970 <= at.year <= 2200:
        raise _no_time(field)
    return at


def _day_or_time(text: str, zone: tzinfo, *, end: bool) -> datetime:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return datetime.combine(date.fromisoformat(text) + timedelta(days=end), time(), zone)
    # a "+" that was not escaped in the address arrives as a blank
    if not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", text, re.ASCII):
        raise ValueError(text)
    at = datetime.fromisoformat(re.sub(r" (\d\d:\d\d)$", r"+\1", text))
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _no_time(field: str) -> RequestValidationError:
    return bad_field(field, "has to be a date or an RFC 3339 time, such as 2026-10-04T07:00:12Z")


def words(text: str | None, *, known: Mapping[str, object] | frozenset[str], field: str) -> tuple[str, ...] | None:
    """The words of a comma list in a query, each of which has to be known; None where there is no list.

    Raises RequestValidationError.
    """
    if text is None:
        return None
    listed = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not listed or not all(word in known for word in listed):
        raise bad_field(field, f"has to be a comma list of {', '.join(sorted(known))}")
    return listed
