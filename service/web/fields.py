"""The fields of forms: what is written in them is read, and what is kept is written, in the units of a form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from service.web.meanwhile import Mark, mark

_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,9})?", re.ASCII)
_MINUS = "\N{MINUS SIGN}"
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+", re.ASCII)

_SI_DIGITS = 6

Kind = Literal["text", "choice", "number", "whole", "yes_no", "yes", "several"]


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


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit that people write in: `sign` is the catalogue's word for it, one of it is `si`, at `zero` SI has nought.

    What is kept stands in forms with `digits` decimals at most. Where amounts are large, `thousands` has "1,200" be
    twelve hundred; elsewhere a comma is a decimal point. A `scale` names no unit, but its own ends. What is `signed`
    may lie below nought.
    """

    sign: str
    si: float = 1.0
    zero: float = 0.0
    digits: int = 2
    thousands: bool = False
    scale: bool = False
    signed: bool = False

    def si_of(self, written: float) -> float:
        """The number in SI: 8.05 km are 8050 m, not some billionths more; -0 is 0."""
        return round((written - self.zero) * self.si, _SI_DIGITS) + 0.0

    def of_si(self, value: float) -> float:
        """The number in this unit."""
        return value / self.si + self.zero


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `name` in the form, `path` in the model, `label` in the catalogue.

    `imperial` is the unit for whoever has imperial ones, where it is not `metric`'s. `refusal` is what the catalogue
    says (`wrong`) where the model or its handler refuses by a judgement of its own rather than by a bound. A year is
    not `grouped`. A text has `most` letters. Where a field changes more than it shows, that is the `ground` it stands
    on, a name in what is kept: who changes the field must have seen that, too.
    """

    name: str
    path: str
    label: str
    kind: Kind = "text"
    metric: Measure | None = None
    imperial: Measure | None = None
    refusal: str = "other"
    grouped: bool = True
    most: int | None = None
    ground: str = ""

    def measure(self, units: str) -> Measure:
        """What the field is written in."""
        return (self.imperial if units == "imperial" else None) or self.metric or Measure("")

    def read(self, form: Form, units: str) -> Any:
        """The value for the model. A text that is no number stays a text, for the model to refuse."""
        if self.kind == "several":
            return form.texts(self.name)
        text = next(iter(self.sent(form.texts(self.name))), None)
        if self.kind == "yes":
            return {"yes": True, None: False}.get(text, text)
        if self.kind == "yes_no":
            return {"yes": True, "no": False}.get(text or "", text)
        if text is None or self.kind in ("text", "choice"):
            return text
        number = _number(text.strip(), self.measure(units))
        if number is None:
            return text
        return int(number) if self.kind == "whole" and number.is_integer() else number

    def sent(self, texts: Sequence[str]) -> tuple[str, ...]:
        """The texts as a browser sends what is shown: a box without its tick not at all, line ends as they are kept."""
        if self.kind == "several":
            return tuple(sorted(texts))
        told = (text.replace("\r\n", "\n").replace("\r", "\n") for text in texts if text.strip())
        return tuple(text for text in told if self.kind != "yes" or text != "no")[:1]

    def marked(self, document: Mapping[str, Any], units: str) -> Mark:
        """The mark of what is kept."""
        ground = mark([json.dumps(document.get(self.ground), sort_keys=True)]) if self.ground else ""
        return Mark(mark(self.sent(self.written(document.get(self.path), units))), ground)

    def written(self, value: Any, units: str) -> tuple[str, ...]:
        """A value of the model as it stands in the form."""
        if value is None:
            return ()
        if self.kind == "several":
            return tuple(value)
        if self.kind in ("yes_no", "yes"):
            return ("yes" if value else "no",)
        if self.kind in ("text", "choice"):
            return (str(value),)
        measure = self.measure(units)
        return (plain(measure.of_si(value), digits=measure.digits),)


def _number(text: str, measure: Measure) -> float | None:
    text = text.replace(_MINUS, "-")
    if measure.thousands and _THOUSANDS.fullmatch(text):
        return measure.si_of(float(text.replace(",", "")))
    return measure.si_of(float(text.replace(",", "."))) if _NUMBER.fullmatch(text) else None


def plain(value: float, *, digits: int) -> str:
    """The number with at most so many decimals, and none that says nothing.

    >>> plain(12345.0, digits=2), plain(154.3236, digits=1), plain(0.25, digits=2), plain(-0.01, digits=1)
    ('12345', '154.3', '0.25', '0')
    """
    text = f"{round(value, digits) + 0.0:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
