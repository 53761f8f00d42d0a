"""The shape of a point that a file repeats: what stands in every one of them, and where the values are.

A shape is learned from one point with expat, and then compared with all others at once. Only text that is the same byte
for byte around values of harmless characters has the shape, so that such a point is as well-formed as its model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column
from parsers.decimals import decimals
from parsers.formats.points import TIME
from parsers.stamps import epoch_seconds, numbers, seconds_of_stamps
from parsers.windows import WORD, Codes, Ints, Mask, stands, windows

WIDEST = 40
"""Characters of a value; Garmin writes 32."""
LONGEST_POINT = 4096
MOST_SLOTS = 64
CHUNK = 4096
"""Points that are compared at a time; what a chunk needs stays in the processor's cache."""
HARMLESS = re.compile(rb"[0-9A-Za-z .:+,/_-]*")
"""What a value may consist of: none of it means anything to XML."""
_IS_HARMLESS = np.array([HARMLESS.fullmatch(bytes((code,))) is not None for code in range(256)])
_SPECIAL = (b"&", b"<!", b"<?")

Span = tuple[int, int, str | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a format's points are, and by which names its reader knows their values.

    `tag` is the element as written; `attributes` of it and `channels`, local names in lower case, lead to columns. A
    point that holds an element of `strange` has no shape: the reader does more with it than take a value.
    """

    tag: bytes
    attributes: Mapping[str, str]
    channels: Mapping[str, str]
    strange: frozenset[str]


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of the shape: its column, None where nobody wants it, and the text that follows it."""

    column: str | None
    after: bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """The text before the first value, and each value with the text behind it."""

    before: bytes
    slots: tuple[Slot, ...]

    @property
    def reach(self) -> int:
        """Bytes that are looked at from the beginning of a point on, at the most."""
        return len(self.before) + sum(WIDEST + len(slot.after) for slot in self.slots) + WORD


@dataclass(frozen=True, slots=True)
class Matched:
    """The points that have a shape: which of those asked for, where each ends, and its values by column."""

    rows: NDArray[np.intp]
    ends: Ints
    columns: Mapping[str, Column]


def learn(point: bytes, kind: Kind) -> Shape | None:
    """The shape of one point, from its `<` to its closing tag; None where it has none that could be trusted."""
    if len(point) > LONGEST_POINT or not point.isascii() or any(special in point for special in _SPECIAL):
        return None
    model = _Model(point, kind)
    if not model.read():
        return None
    attributes = _attribute_spans(point, model.attributes, kind)
    texts = [(begin, end, kind.channels.get(name)) for begin, end, name in model.leaves]
    if attributes is None or not any(column for _, _, column in texts):
        return None
    spans = sorted([*attributes, *texts], key=lambda span: span[0])
    return _cut(point, spans) if len(spans) <= MOST_SLOTS else None


def matched(shape: Shape, codes: Codes, begins: Ints) -> Matched:
    """Which of the points that begin at `begins` have the shape, and their values."""
    within = np.flatnonzero(begins + shape.reach <= len(codes))
    chunks = [within[at : at + CHUNK] for at in range(0, len(within), CHUNK)] or [within]
    parts = [_matched(shape, codes, begins[rows], rows) for rows in chunks]
    return Matched(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.ends for part in parts]),
        {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns},
    )


@dataclass(slots=True)
class _Element:
    name: str
    text_at: int | None = None
    is_leaf: bool = True


@dataclass(slots=True)
class _Model:
    """What expat finds in one point: its attributes, and where the text of each leaf stands that has one."""

    point: bytes
    kind: Kind
    leaves: list[tuple[int, int, str]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    is_plain: bool = True
    _open: list[_Element] = field(default_factory=list)
    _parser: expat.XMLParserType = field(default_factory=lambda: expat.ParserCreate("utf-8"))

    def read(self) -> bool:
        """Whether the text is one well-formed element, and plain: every value a leaf, no surprise among the others."""
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        try:
            self._parser.Parse(self.point, True)  # noqa: FBT003 - expat's own signature: this is all there is
        except expat.ExpatError:
            return False
        return self.is_plain

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2].lower()
        if self._open:
            self._open[-1].is_leaf = False
            self.is_plain &= name not in self.kind.strange
        else:
            self.attributes = attributes
            self.is_plain &= not any(">" in value for value in attributes.values())
        self._open.append(_Element(name))

    def _text(self, _: str) -> None:
        if self._open[-1].text_at is None:
            self._open[-1].text_at = self._parser.CurrentByteIndex

    def _end(self, _: str) -> None:
        element = self._open.pop()
        end = self._parser.CurrentByteIndex
        if element.is_leaf and element.text_at is not None and self.point[element.text_at : end].strip():
            self.leaves.append((element.text_at, end, element.name))
        elif element.name in self.kind.channels:
            self.is_plain = False  # a value that is blank, or stands among elements


def _attribute_spans(point: bytes, attributes: Mapping[str, str], kind: Kind) -> list[Span] | None:
    """Where the values of the wanted attributes stand, none where one is absent; None where it cannot be told."""
    if not kind.attributes.keys() <= attributes.keys():
        return []
    opening = point[: point.index(b">")]
    spans: list[Span] = []
    for name, column in kind.attributes.items():
        value = attributes[name].encode()
        for quote in (b'"', b"'"):
            text = b" " + name.encode() + b"=" + quote
            if opening.count(text) == 1 and opening.count(text + value + quote) == 1:
                begin = opening.index(text) + len(text)
                spans.append((begin, begin + len(value), column))
    return spans if len(spans) == len(kind.attributes) else None


def _cut(point: bytes, spans: list[Span]) -> Shape:
    """The point in pieces; of several values for one column the first counts."""
    taken: set[str | None] = set()
    slots = []
    for (_, end, column), until in zip(spans, [*(span[0] for span in spans[1:]), len(point)], strict=True):
        slots.append(Slot(None if column in taken else column, point[end:until]))
        taken.add(column)
    return Shape(point[: spans[0][0]], tuple(slots))


@dataclass(frozen=True, slots=True)
class _Field:
    """Where the values of one slot stand, for the points that are still in the running."""

    column: str | None
    at: Ints
    lengths: Ints
    block: Codes

    def kept(self, keep: Mask) -> _Field:
        return _Field(self.column, self.at[keep], self.lengths[keep], self.block[keep])


def _matched(shape: Shape, codes: Codes, at: Ints, rows: NDArray[np.intp]) -> Matched:
    """One chunk: a piece of the shape after the other, with the points that have had all of them so far."""
    keep = stands(codes, at, shape.before)
    rows, at = rows[keep], at[keep] + len(shape.before)
    fields: list[_Field] = []
    for slot in shape.slots:
        fields.append(_field(slot, codes, at))
        at = at + fields[-1].lengths
        keep = stands(codes, at, slot.after)
        if not keep.all():
            rows, at, fields = rows[keep], at[keep], [found.kept(keep) for found in fields]
        at = at + len(slot.after)
    read = [(found.column, *_values(found, codes)) for found in fields]
    keep = np.logical_and.reduce([good for _, _, good in read])
    columns = {column: values[keep] for column, values, _ in read if column is not None}
    return Matched(rows[keep], at[keep], columns)


def _field(slot: Slot, codes: Codes, at: Ints) -> _Field:
    """The value at each place: up to the character that follows it in the shape; empty where that is too far."""
    block = windows(codes, WIDEST)[at].view(np.uint8).reshape(-1, WIDEST)
    return _Field(slot.column, at, (block == slot.after[0]).argmax(axis=1), block)


def _values(found: _Field, codes: Codes) -> tuple[Column, Mask]:
    """The values of a slot as the reader would give them, and which of their texts are harmless."""
    if found.column is None:
        outside = np.arange(WIDEST) >= found.lengths[:, None]
        return np.empty(0), np.asarray((_IS_HARMLESS[found.block] | outside).all(axis=1))
    if found.column == TIME:
        values = seconds_of_stamps(codes, found.at, found.lengths)
        return values, _complete(values, found, np.flatnonzero(np.isnan(values)))
    points = (found.block == ord(".")).argmax(axis=1)
    points = np.where((points > 0) & (points < found.lengths), points, found.lengths)
    values, known = decimals(codes, found.at, found.lengths, points)
    return values, _complete(values, found, np.flatnonzero(~known))


def _complete(values: Column, found: _Field, odd: NDArray[np.intp]) -> Mask:
    """Put in the values that need a closer look; which of all the texts are harmless."""
    good = np.ones(len(values), dtype=bool)
    texts = [found.block[row, : found.lengths[row]].tobytes() for row in odd]
    good[odd] = [HARMLESS.fullmatch(text) is not None for text in texts]
    plain = [text.decode("latin-1") for text in texts]
    values[odd] = epoch_seconds(plain) if found.column == TIME else numbers(plain)
    return good
