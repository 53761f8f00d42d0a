"""Forms of the pages, one mechanism for all: what a person writes becomes a body of the API, and a refusal comes back.

A `Sheet` has each field of a form (`service.web.fields`) with the label and the unit that it is written in, and the
field of the API's model that it stands for. So numbers go in as SI, and what the model or its handler refuses is told
beside the field, in the words and units of the page. An empty field is "not told". Of what is kept, only that changes
which a person changed in the form (`service.web.meanwhile`). The forms that there are stand in `service.web.sheets`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from service.web.fields import Field, Form, plain
from service.web.meanwhile import SEEN, Seen, mark

_TOLD_AT_MOST = 60
"""Letters that are told of a text which somebody else wrote meanwhile."""

Body = TypeVar("Body", bound=BaseModel)


async def _read(request: Request) -> Form:
    async with request.form(max_files=0, max_fields=200) as told:
        fields: dict[str, list[str]] = {}
        for name, value in told.multi_items():
            if isinstance(value, str):
                fields.setdefault(name, []).append(value)
    return Form(fields)


Filled = Annotated[Form, Depends(_read)]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a field: a word of the catalogue's `wrong`, with the bound and the unit that it names."""

    kind: str
    bound: str = ""
    sign: str = ""

    @property
    def is_clash(self) -> bool:
        """Whether nothing is wrong with what was written, but that somebody else changed the same."""
        return self.kind.startswith("meanwhile")


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
    most: int | None = None
    signed: bool = False

    @property
    def text(self) -> str:
        """What stands in a field of one line."""
        return next(iter(self.texts), "")


@dataclass(frozen=True, slots=True)
class Paper:
    """A form as it is shown. `wrong` has what was refused; empty where nothing was. `seen` is for its hidden field."""

    entries: Mapping[str, Entry]
    seen: Seen
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

    @property
    def status(self) -> int:
        """The status of a page with the form on it."""
        if any(one.wrong is not None and one.wrong.is_clash for one in self.wrong):
            return 409
        return 422 if self.is_refused else 200

    def told_of(self, *names: str) -> bool:
        """Whether something stands in one of these fields, or is wrong with it."""
        return any(self.entries[name].texts or self.entries[name].wrong for name in names)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form: its fields in the order of the page. `whole` is the field beside which refusals of the whole stand."""

    name: str
    fields: tuple[Field, ...]
    whole: str | None = None

    def told(self, form: Form, units: str) -> dict[str, Any]:
        """All that the form tells, by the paths of the model; `units` where it does not name those it was shown in."""
        seen = Seen.read(form.text(SEEN), units=units)
        return {one.path: one.read(form, seen.units) for one in self.fields}

    def changed(self, form: Form, units: str, *, held: Mapping[str, Any]) -> dict[str, Any]:
        """What a person changed in the form, by the paths of the model. All else is to stay as it is `held` by now.

        So 70 kg shown as 154.3 lb stay 70 kg. A form that does not say what it showed is taken to have shown what is
        held. Raises RequestValidationError where somebody else changed the very same since the form was opened.
        """
        seen = Seen.read(form.text(SEEN), units=units)
        found, clashes = {}, []
        for one in self.fields:
            now = one.marked(held, seen.units)
            opened = seen.marks.get(one.name, now)
            if mark(one.sent(form.texts(one.name))) in (opened.text, now.text):
                continue
            found[one.path] = one.read(form, seen.units)
            if opened != now:
                texts = one.written(held.get(one.path), seen.units) if opened.text != now.text else ()
                clashes.append(_clash(one, texts))
        if clashes:
            raise RequestValidationError(clashes)
        return found

    def empty(self, units: str) -> Paper:
        """The form with nothing in it."""
        return self.holding({}, units)

    def holding(self, document: Mapping[str, Any], units: str) -> Paper:
        """The form with what is kept, by the paths of the model."""
        texts = {one.name: one.written(document.get(one.path), units) for one in self.fields}
        return self._paper(texts, document, units)

    def refused(
        self, form: Form, error: RequestValidationError, units: str, *, held: Mapping[str, Any] | None = None
    ) -> Paper:
        """The form with what is held by now, and over it what was changed in it, with what was refused of that."""
        seen, kept = Seen.read(form.text(SEEN), units=units), held or {}
        found: dict[str, Wrong] = {}
        at_large = None
        for one in error.errors():
            of = self._field_of(one["loc"])
            if of is None:
                at_large = Wrong("other")
            else:
                found.setdefault(of.name, wrong_of(one, of, seen.units))
        texts = {one.name: _standing(one, form, seen, kept) for one in self.fields}
        return self._paper(texts, kept, seen.units, found, at_large)

    def _paper(
        self,
        texts: Mapping[str, tuple[str, ...]],
        document: Mapping[str, Any],
        units: str,
        wrong: Mapping[str, Wrong] = MappingProxyType({}),
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
                most=one.most,
                signed=one.measure(units).signed,
            )
            for one in self.fields
        }
        return Paper(made, Seen(units, {one.name: one.marked(document, units) for one in self.fields}), at_large)

    def _field_of(self, loc: Sequence[object]) -> Field | None:
        """The field of the longest path that an error's place begins with."""
        steps = ".".join(str(step) for step in loc if step not in ("body", "query"))
        fitting = [one for one in self.fields if f"{steps}.".startswith(f"{one.path}.")]
        if not fitting and not steps:
            return next((one for one in self.fields if one.name == self.whole), None)
        return max(fitting, key=lambda one: len(one.path), default=None)


def _standing(of: Field, form: Form, seen: Seen, held: Mapping[str, Any]) -> tuple[str, ...]:
    """What stands in a field of a form that comes back: what was written over what it showed, else what is held."""
    texts = form.texts(of.name)
    opened = seen.marks.get(of.name)
    if opened is not None and mark(of.sent(texts)) == opened.text:
        return of.written(held.get(of.path), seen.units)
    return tuple(texts)


def _clash(of: Field, texts: Sequence[str]) -> dict[str, Any]:
    """An error like pydantic's: somebody else changed the field meanwhile, to these texts."""
    told = next((text for text in texts if of.kind in ("text", "number", "whole")), "")
    short = told if len(told) <= _TOLD_AT_MOST else f"{told[:_TOLD_AT_MOST].rstrip()}…"
    return {
        "type": "meanwhile",
        "loc": ("body", *of.path.split(".")),
        "msg": "was changed meanwhile",
        "ctx": {"now": short},
    }


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
    if kind == "meanwhile":
        now, is_text = error["ctx"]["now"], of.kind == "text"
        word = ("meanwhile_says" if is_text else "meanwhile_is") if now else "meanwhile"
        return Wrong(word, now, of.measure(units).sign if now and not of.measure(units).scale else "")
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
