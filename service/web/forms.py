"""Forms of the pages, one mechanism for all: what a person writes becomes a body of the API, and a refusal comes back.

A `Sheet` names each field of a form, the label and the unit that it is written in, and the field of the API's model
that it stands for. So numbers go in as SI, and what the model or its handler refuses is told beside the field, in the
words and units of the page. An empty field is "not told". The forms that there are stand in `service.web.sheets`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,9})?", re.ASCII)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+", re.ASCII)

Kind = Literal["text", "number", "whole", "yes_no", "yes", "several"]
Body = TypeVar("Body", bound=BaseModel)


class Form:
    """The fields of one form, as they came."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def text(self, name: str) -> str | None:
        """The field's text; None where it is empty or not there."""
        return next((value for value in self._fields.get(name, ()) if value.strip()), None)

    def texts(self, name: str) -> list[str]:
        """The chosen ones of several boxes."""
        return self._fields.get(name, [])


async def _read(request: Request) -> Form:
    async with request.form(max_files=0, max_fields=200) as told:
        fields: dict[str, list[str]] = {}
        for name, value in told.multi_items():
            if isinstance(value, str):
                fields.setdefault(name, []).append(value)
    return Form(fields)


Filled = Annotated[Form, Depends(_read)]


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit that people write in: `sign` is the catalogue's word for it, one of it is `si`, at `zero` SI has nought.

    What is kept stands in forms with `digits` decimals at most. Where amounts are large, `thousands` has "1,200" be
    twelve hundred; elsewhere a comma is a decimal point. A `scale` names no unit, but its own ends.
    """

    sign: str
    si: float = 1.0
    zero: float = 0.0
    digits: int = 2
    thousands: bool = False
    scale: bool = False

    def si_of(self, written: float) -> float:
        """The number in SI."""
        return (written - self.zero) * self.si

    def of_si(self, value: float) -> float:
        """The number in this unit."""
        return value / self.si + self.zero


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `name` in the form, `path` in the model, `label` in the catalogue.

    `imperial` is the unit for whoever has imperial ones, where it is not `metric`'s. `refusal` is what the catalogue
    says (`wrong`) where the model or its handler refuses by a judgement of its own rather than by a bound. A year is
    not `grouped`.
    """

    name: str
    path: str
    label: str
    kind: Kind = "text"
    metric: Measure | None = None
    imperial: Measure | None = None
    refusal: str = "other"
    grouped: bool = True

    def measure(self, units: str) -> Measure:
        """What the field is written in."""
        return (self.imperial if units == "imperial" else None) or self.metric or Measure("")

    def read(self, form: Form, units: str) -> Any:
        """The value for the model. A text that is no number stays a text, for the model to refuse."""
        text = form.text(self.name)
        if self.kind == "several":
            return form.texts(self.name)
        if self.kind in ("yes_no", "yes"):
            return {"yes": True, "no": False}.get(text or "", text)
        if text is None or self.kind == "text":
            return text
        number = _number(text.strip(), self.measure(units))
        if number is None:
            return text
        return int(number) if self.kind == "whole" and number.is_integer() else number

    def written(self, value: Any, units: str) -> tuple[str, ...]:
        """A value of the model as it stands in the form."""
        if value is None:
            return ()
        if self.kind == "several":
            return tuple(value)
        if self.kind in ("yes_no", "yes"):
            return ("yes" if value else "no",)
        if self.kind == "text":
            return (str(value),)
        measure = self.measure(units)
        return (plain(measure.of_si(value), digits=measure.digits),)


def _number(text: str, measure: Measure) -> float | None:
    if measure.thousands and _THOUSANDS.fullmatch(text):
        return measure.si_of(float(text.replace(",", "")))
    return measure.si_of(float(text.replace(",", "."))) if _NUMBER.fullmatch(text) else None


def plain(value: float, *, digits: int) -> str:
    """The number with at most so many decimals, and none that says nothing.

    >>> plain(12345.0, digits=2), plain(154.3236, digits=1), plain(0.25, digits=2)
    ('12345', '154.3', '0.25')
    """
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a field: a word of the catalogue's `wrong`, with the bound and the unit that it names."""

    kind: str
    bound: str = ""
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A field as a template shows it: what stands in it, its unit, and what is wrong with it."""

    id: str
    name: str
    label: str
    sign: str
    texts: tuple[str, ...] = ()
    wrong: Wrong | None = None
    is_first_wrong: bool = False

    @property
    def text(self) -> str:
        """What stands in a field of one line."""
        return next(iter(self.texts), "")


@dataclass(frozen=True, slots=True)
class Paper:
    """A form as it is shown. `wrong` has what was refused; empty where nothing was."""

    entries: Mapping[str, Entry]
    at_large: Wrong | None = None
    """What is wrong with no field of the form."""
    wrong: tuple[Entry, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "wrong", tuple(one for one in self.entries.values() if one.wrong is not None))

    def __getitem__(self, name: str) -> Entry:
        return self.entries[name]

    @property
    def is_refused(self) -> bool:
        """Whether nothing was done with the form."""
        return bool(self.wrong) or self.at_large is not None

    def told_of(self, *names: str) -> bool:
        """Whether something stands in one of these fields, or is wrong with it."""
        return any(self.entries[name].texts or self.entries[name].wrong for name in names)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form: its fields in the order of the page. `whole` is the field beside which refusals of the whole stand."""

    name: str
    fields: tuple[Field, ...]
    whole: str | None = None

    def told(self, form: Form, units: str, *, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the form tells, by the paths of the model.

        What stands there as it was shown of `before` is that: 70 kg shown as 154.3 lb stay 70 kg.
        """
        held = before or {}
        return {
            one.path: held[one.path]
            if held.get(one.path) is not None and tuple(form.texts(one.name)) == one.written(held[one.path], units)
            else one.read(form, units)
            for one in self.fields
        }

    def empty(self, units: str) -> Paper:
        """The form with nothing in it."""
        return self.holding({}, units)

    def holding(self, document: Mapping[str, Any], units: str) -> Paper:
        """The form with what is kept, by the paths of the model."""
        return self._paper({one.name: one.written(document.get(one.path), units) for one in self.fields}, {}, units)

    def refused(self, form: Form, error: RequestValidationError, units: str) -> Paper:
        """The form as it was filled in, with what was refused of it."""
        found: dict[str, Wrong] = {}
        at_large = None
        for one in error.errors():
            of = self._field_of(one["loc"])
            if of is None:
                at_large = Wrong("other")
            else:
                found.setdefault(of.name, wrong_of(one, of, units))
        return self._paper({one.name: tuple(form.texts(one.name)) for one in self.fields}, found, units, at_large)

    def _paper(
        self,
        texts: Mapping[str, tuple[str, ...]],
        wrong: Mapping[str, Wrong],
        units: str,
        at_large: Wrong | None = None,
    ) -> Paper:
        first = next((one.name for one in self.fields if one.name in wrong), None)
        made = {
            one.name: Entry(
                id=f"{self.name}-{one.name.replace('_', '-')}",
                name=one.name,
                label=one.label,
                sign=one.measure(units).sign,
                texts=texts[one.name],
                wrong=wrong.get(one.name),
                is_first_wrong=one.name == first,
            )
            for one in self.fields
        }
        return Paper(made, at_large)

    def _field_of(self, loc: Sequence[object]) -> Field | None:
        """The field of the longest path that an error's place begins with."""
        steps = ".".join(str(step) for step in loc if step not in ("body", "query"))
        fitting = [one for one in self.fields if f"{steps}.".startswith(f"{one.path}.")]
        if not fitting and not steps:
            return next((one for one in self.fields if one.name == self.whole), None)
        return max(fitting, key=lambda one: len(one.path), default=None)


_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("ge", "least"),
    "greater_than": ("gt", "above"),
    "less_than_equal": ("le", "most"),
    "less_than": ("lt", "below"),
}
"""pydantic's error of each bound: where the bound is in it, and the catalogue's word."""
_NO_NUMBER = frozenset({"float_type", "float_parsing", "int_type", "int_parsing", "int_from_float", "finite_number"})


def wrong_of(error: Mapping[str, Any], of: Field, units: str) -> Wrong:
    """What the catalogue says of an error that pydantic lists."""
    kind = error["type"]
    if kind in _BOUNDS:
        name, word = _BOUNDS[kind]
        measure = of.measure(units)
        return Wrong(
            word,
            _bound(measure.of_si(error["ctx"][name]), word, grouped=of.grouped),
            "" if measure.scale else measure.sign,
        )
    if kind in _NO_NUMBER:
        return Wrong("whole" if of.kind == "whole" else "number")
    if kind == "string_too_long":
        return Wrong("long", str(error["ctx"]["max_length"]))
    if kind in ("literal_error", "bool_type"):
        return Wrong("choice")
    return Wrong("missing" if kind in ("missing", "string_type") else of.refusal)


def _bound(value: float, word: str, *, grouped: bool) -> str:
    """The bound as it may be written: a number of the shown unit that is itself allowed.

    >>> _bound(771.6179, "most", grouped=True), _bound(44.0925, "least", grouped=True)
    ('771.6', '44.1')
    >>> _bound(20000.0, "most", grouped=True), _bound(1900, "least", grouped=False)
    ('20,000', '1900')
    """
    digits = 0 if abs(value) >= 1000 else 1
    toward = math.floor if word in ("most", "below") else math.ceil
    near = round(value, 6) * 10**digits
    kept = toward(round(near, 4)) / 10**digits
    whole, _, rest = plain(kept, digits=digits).partition(".")
    shown = f"{int(whole):,}" if grouped and kept >= 1000 else whole
    return f"{shown}.{rest}" if rest else shown


def body_of(model: type[Body], told: Mapping[str, Any]) -> Body:
    """The body of the API that was told. Raises RequestValidationError."""
    try:
        return model.model_validate(dict(told))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


def signs(sheets: Sequence[Sheet]) -> Iterator[str]:
    """Every unit that a form is written in."""
    for sheet in sheets:
        for one in sheet.fields:
            yield from (measure.sign for measure in (one.metric, one.imperial) if measure is not None)
