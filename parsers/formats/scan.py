"""A text scan in front of the guarded XML pass: the points that repeat one shape are read at once, by numpy.

What is scanned is taken out of the document, and what is left goes through the same pass and the same handlers as any
other document: the head, the laps and segments, each point of another shape, and of every stretch of like points the
first of each shape and the last. So everything but the values of like points is read by one code, and the pass proves
that the document is well-formed: what was taken out repeats, byte for byte around harmless values, an element that the
pass has seen in the same place.

Where nothing can be taken out, or the pass does not like what is left, the whole document is read by the pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column
from parsers.errors import BadXml
from parsers.format import Limits
from parsers.formats import xml
from parsers.formats.points import TIME, Block
from parsers.formats.shape import Kind, Matched, learn, matched
from parsers.windows import Codes, Ints, Mask, stands

Read = TypeVar("Read")
MOST_SHAPES = 8
MOST_MODELS = 16
"""Points that are looked at as a model; a file whose points differ that much is no export of a watch."""
FEWEST = 8
"""Fewer like points in a row are not worth their mark."""
WIDEST_GAP = 256
PIECE = 1 << 17
"""Bytes that are searched at a time; they and what is made of them stay in the processor's cache."""
PLAIN_CODECS = frozenset({"utf-8", "utf-8-sig", "ascii", "iso8859-1", "iso8859-15", "cp1252"})
"""Encodings in which an ASCII byte is always that character."""
MARK = "taken-out"
CLOSED = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?xml", b"?>"))


@dataclass(frozen=True, slots=True)
class Reduced:
    """A document without its like points, a mark `<?taken-out 3?>` in the place of each stretch, and the stretches."""

    text: bytes
    blocks: tuple[Block, ...]


def kind(
    tag: bytes,
    reader: xml.Reader,
    *,
    attributes: Mapping[str, str],
    channels: Mapping[str, str],
    idle: frozenset[str] = frozenset(),
) -> Kind:
    """The points of a format whose reader is given; `idle` are elements of which it takes nothing inside a point."""
    handled = frozenset({*reader.opens, *reader.texts, *reader.ends})
    return Kind(tag, attributes, channels, handled - channels.keys() - idle)


def read(data: bytes, kind: Kind, through: Callable[[bytes, tuple[Block, ...]], Read], *, limits: Limits) -> Read:
    """What `through` makes of the document without its like points, or of the whole one.

    `through(text, blocks)` is a full pass over a text, with `blocks` in the places of the marks; where it refuses what
    is left of a document, it is to say of the whole one why.
    """
    small = reduced(data, kind) if limits.xml_text_bytes >= WIDEST_GAP else None
    if small is not None:
        try:
            return through(small.text, small.blocks)
        except BadXml:
            pass  # the same again, and then with the right line
    return through(data, ())


def reduced(data: bytes, kind: Kind) -> Reduced | None:
    """The document without its like points, or None where it has none, or something that could hide them."""
    if not _is_plain(data):
        return None
    codes = np.frombuffer(data, np.uint8)
    begins = _begins(codes, b"<" + kind.tag)
    if len(begins) < FEWEST:
        return None
    stops = np.append(begins[1:], len(data))
    like = _alike(data, begins, stops, kind)
    return _cut(data, begins, like, _ranges(_like_the_one_before(like, codes, stops)))


def _is_plain(data: bytes) -> bool:
    try:
        return xml.encoding_of(data) in PLAIN_CODECS
    except BadXml:
        return False


def _begins(codes: Codes, opening: bytes) -> Ints:
    """Where each point begins."""
    found = []
    for start in range(0, len(codes) - len(opening), PIECE):
        piece = codes[start : min(start + PIECE + 1, len(codes) - len(opening) + 1)]
        at = start + np.flatnonzero((piece[:-1] == opening[0]) & (piece[1:] == opening[1]))
        found.append(at[stands(codes, at, opening)])
    return np.concatenate(found) if found else np.empty(0, np.int64)


@dataclass(slots=True)
class _Alike:
    """For every point of the file the number of its shape, -1 where it has none, where it ends, and its values.

    `gap` is the blank between two points.
    """

    shape: NDArray[np.int64]
    ends: Ints
    columns: dict[str, Column] = field(default_factory=dict)
    gap: bytes | None = None

    def note(self, number: int, rows: NDArray[np.intp], found: Matched) -> None:
        """That the points `rows` have the shape of this number."""
        self.shape[rows] = number
        self.ends[rows] = found.ends
        for name, values in found.columns.items():
            self.columns.setdefault(name, np.full(len(self.shape), np.nan))[rows] = values


def _alike(data: bytes, begins: Ints, stops: Ints, kind: Kind) -> _Alike:
    """The points by shape; the first that has none of the shapes so far is the model of the next."""
    codes = np.frombuffer(data, np.uint8)
    like = _Alike(np.full(len(begins), -1), np.zeros(len(begins), np.int64))
    closing = b"</" + kind.tag + b">"
    left, shapes = np.arange(len(begins)), 0
    for _ in range(MOST_MODELS):
        if not len(left) or shapes == MOST_SHAPES:
            break
        point, closed, gap = data[begins[left[0]] : stops[left[0]]].partition(closing)
        shape = learn(point + closed, kind) if closed else None
        if shape is not None:
            if like.gap is None and len(gap) <= WIDEST_GAP and not gap.strip():
                like.gap = gap
            found = matched(shape, codes, begins[left])
            like.note(shapes, left[found.rows], found)
            shapes += 1
        left = left[1:][like.shape[left[1:]] < 0]
    return like


def _like_the_one_before(like: _Alike, codes: Codes, stops: Ints) -> Mask:
    """The points to be taken out: of each stretch all but the first of every shape and the last."""
    joined = np.zeros(len(stops), dtype=bool)
    if like.gap is None:
        return joined
    near = np.flatnonzero((like.shape[:-1] >= 0) & (like.shape[1:] >= 0) & (like.ends + len(like.gap) == stops)[:-1])
    joined[near[stands(codes, like.ends[near], like.gap)]] = True
    stretch = np.cumsum(np.append(True, ~joined[:-1]))
    _, firsts = np.unique(stretch * (MOST_SHAPES + 1) + like.shape, return_index=True)
    joined[firsts] = False
    return joined


def _ranges(chosen: Mask) -> NDArray[np.intp]:
    """First and last + 1 of each range of chosen points that is long enough."""
    padded = np.concatenate(([False], chosen, [False]))
    ranges = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
    return ranges[ranges[:, 1] - ranges[:, 0] >= FEWEST]


def _cut(data: bytes, begins: Ints, like: _Alike, ranges: NDArray[np.intp]) -> Reduced | None:
    """The document with a mark for each range of points, or None where a mark could stand inside something else."""
    pieces, at = [], 0
    for number, (first, last) in enumerate(ranges.tolist()):
        pieces += [data[at : begins[first]], f"<?{MARK} {number}?>".encode()]
        at = int(begins[last])
    pieces.append(data[at:])
    if len(pieces) == 1 or not _is_open(b"".join(pieces[::2])):
        return None
    return Reduced(b"".join(pieces), tuple(_block(like, first, last) for first, last in ranges.tolist()))


def _block(like: _Alike, first: int, last: int) -> Block:
    columns = {name: column[first:last] for name, column in like.columns.items()}
    time = columns.pop(TIME, np.full(last - first, np.nan))
    return Block(time, {name: column for name, column in columns.items() if not np.isnan(column).all()})


def _is_open(text: bytes) -> bool:
    """Whether every comment, section and declaration is closed before the next `<`, so that none can hold a point."""
    for mark in (b"<!", b"<?"):
        at = text.find(mark)
        while at >= 0:
            inside = text[at : text.find(b"<", at + 1) % (len(text) + 1)]
            if not any(inside.startswith(begin) and end in inside[len(begin) :] for begin, end in CLOSED):
                return False
            at = text.find(mark, at + 1)
    return True
