"""One pass over the message headers of a FIT file: where each message stands, and which definition it follows.

Nothing is decoded here. A message costs one table look-up and one append; stretches in which the same few messages
repeat (a second's record, or record and heart beat in turn) are counted by a strided numpy compare instead. What a
field means is `columns`'s business, what a file means is `activity`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parsers.errors import TooManyMessages

Offsets = NDArray[np.int32]

COMPRESSED = 0x80
DEFINITION = 0x40
DEVELOPER = 0x20

_STRETCH_BYTES = 2048  # how far the plain loop goes before it looks for a repetition
_LONGEST_STRETCH_BYTES = 8 * _STRETCH_BYTES
_PENDING = 1 << 16  # offsets kept as Python integers before they are packed: 2 MiB at most
_LOOK_BACK = 12  # like messages in a row (times the period) that make a repetition likely
_PERIODS = (1, 2, 3, 4)
_FIRST_WINDOW = 256  # repetitions compared before the rest of the file is
_WORTH_WHILE = 64  # messages a compare must gain, or the next one waits longer
_MAX_SHAPES = 10_000  # unlike definitions; real files hold at most 60
_FEW = 256  # definition messages up to which a mask for each is quicker than a search over all

_LOCAL = np.array([(head >> 5) & 3 if head & COMPRESSED else head & 15 for head in range(256)], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class FieldSlot:
    """Where a field stands in a data message: `start` counts from the message's header byte."""

    start: int
    size: int
    base: int


@dataclass(frozen=True, slots=True)
class Definition:
    """The content of one definition message, whatever its local number: what a data message of it looks like.

    `triples` and `developer_triples` are the bytes as they stand (number, size, base type or developer index); they
    are read by `slots` when somebody wants a field. `size` is a data message's length with its header byte.
    """

    number: int
    big_endian: bool
    triples: bytes
    developer_triples: bytes
    size: int

    def slots(self, number: int) -> list[FieldSlot]:
        """The places of a field, in order; real files (Zwift) define one twice."""
        numbers = self.triples[0::3]
        found, index = [], numbers.find(number)
        while index >= 0:
            start = 1 + sum(self.triples[1 : 3 * index : 3])
            found.append(FieldSlot(start, self.triples[3 * index + 1], self.triples[3 * index + 2]))
            index = numbers.find(number, index + 1)
        return found

    def developer_slots(self) -> list[tuple[int, int, FieldSlot]]:
        """Each developer field as (developer data index, field number, place); its base type stands elsewhere: -1."""
        start, found = 1 + sum(self.triples[1::3]), []
        for at in range(0, len(self.developer_triples), 3):
            number, size, index = self.developer_triples[at : at + 3]
            found.append((index, number, FieldSlot(start, size, -1)))
            start += size
        return found


@dataclass(frozen=True, slots=True)
class Walk:
    """Every message of one file that is whole.

    `offsets` are the header bytes of the data messages, ascending; `heads` those bytes. `shapes` are the unlike
    definitions; `changes` says from which data message on (row 0) which local number (row 1) follows which shape
    (row 2). `stopped` is None at a proper end, else `cut` (in a data message), `cut_definition` or `undefined_message`,
    met at byte `end`.
    """

    shapes: tuple[Definition, ...]
    changes: NDArray[np.int32]
    offsets: Offsets
    heads: NDArray[np.uint8]
    end: int
    stopped: str | None = None

    @property
    def compressed(self) -> bool:
        """Whether any message bears its time in its header."""
        return bool(len(self.heads)) and int(self.heads.max()) >= COMPRESSED

    def groups(self, wanted: Iterable[int]) -> dict[int, Offsets]:
        """For each wanted shape (by index) that has messages: where they stand, ascending."""
        wanted = set(wanted)
        pieces: dict[int, list[Offsets]] = {}
        few = self.changes.shape[1] <= _FEW
        for shape, found in self._few_changes(wanted) if few else self._many_changes():
            if len(found) and shape in wanted:
                pieces.setdefault(shape, []).append(found)
        return {shape: found[0] if len(found) == 1 else np.concatenate(found) for shape, found in pieces.items()}

    def _few_changes(self, wanted: set[int]) -> Iterator[tuple[int, Offsets]]:
        """Shapes and messages, one piece for each definition message of a wanted shape."""
        local = _LOCAL[self.heads]
        starts, numbers, shapes = self.changes.tolist()
        for at, (start, number, shape) in enumerate(zip(starts, numbers, shapes, strict=True)):
            if shape not in wanted:
                continue
            later = (starts[i] for i in range(at + 1, len(starts)) if numbers[i] == number)
            stop = next(later, len(local))
            if start < stop:
                yield shape, self.offsets[start:stop][local[start:stop] == number]

    def _many_changes(self) -> Iterator[tuple[int, Offsets]]:
        """Shapes and messages, one piece for each shape of each stretch of messages."""
        starts, numbers, shapes = self.changes.astype(np.int64)
        order = np.lexsort((starts, numbers))
        turn = len(self.heads) + 1
        keys = numbers[order] * turn + starts[order]
        for first in range(0, len(self.heads), _PENDING):
            local = _LOCAL[self.heads[first : first + _PENDING]].astype(np.int64)
            asked = local * turn + np.arange(first, first + len(local))
            owner = shapes[order][np.searchsorted(keys, asked, side="right") - 1]
            by_shape = np.argsort(owner, kind="stable")
            present, begins = np.unique(owner[by_shape], return_index=True)
            for shape, rows in zip(present.tolist(), np.split(by_shape, begins[1:]), strict=True):
                yield shape, self.offsets[first + rows]


@dataclass(slots=True)
class _Ledger:
    """What the pass has noted so far."""

    limit: int
    shapes: dict[tuple[object, ...], int] = field(default_factory=dict)
    definitions: list[Definition] = field(default_factory=list)
    changes: list[NDArray[np.int32]] = field(default_factory=list)
    recent: list[int] = field(default_factory=list)
    packed: list[Offsets] = field(default_factory=list)
    messages: int = 0
    changed: int = 0

    def check(self, pending: int) -> None:
        """Refuse more messages than the limit, definitions counted."""
        if self.messages + self.changed + pending > self.limit:
            raise TooManyMessages(
                "too_many_messages", f"The file holds more than {self.limit:,} messages, more than any watch writes."
            )

    def pack(self, offsets: list[int] | Offsets) -> None:
        """Take over the offsets of the data messages that come next."""
        if len(offsets):
            self.packed.append(np.asarray(offsets, dtype=np.int32))
            self.messages += len(offsets)

    def note(self, definition: Definition, *, local: int, pending: int) -> None:
        """From the message after those packed and `pending` on, the local number follows this definition."""
        key = (definition.number, definition.big_endian, definition.triples, definition.developer_triples)
        shape = self.shapes.setdefault(key, len(self.definitions))
        if shape == len(self.definitions):
            if shape == _MAX_SHAPES:
                raise TooManyMessages("too_many_messages", "The file defines more kinds of messages than any watch.")
            self.definitions.append(definition)
        self.recent += (self.messages + pending, local, shape)
        self.changed += 1
        if len(self.recent) >= _PENDING:
            self.check(pending)
            self.pack_changes()

    def pack_changes(self) -> None:
        """Pack what was noted of definitions."""
        self.changes.append(np.array(self.recent, dtype=np.int32).reshape(-1, 3).T)
        self.recent = []


def walk(data: bytes, start: int, end: int, *, limit: int) -> Walk:
    """The messages of `data[start:end]`, up to the first that is not whole or follows no definition.

    Raises:
        TooManyMessages: over `limit` messages, definitions counted.

    """
    ledger, sizes, pending = _Ledger(limit), [0] * 256, list[int]()
    append, stretch, pos, stopped = pending.append, _STRETCH_BYTES, start, None
    while pos < end:
        stop = min(end, pos + stretch)
        while pos < stop and (size := sizes[data[pos]]):
            append(pos)
            pos += size
        if pos < stop:
            after, definition = _definition(data, pos, end)
            if definition is None:
                definition_here = data[pos] & (COMPRESSED | DEFINITION) == DEFINITION
                stopped = "cut_definition" if definition_here else "undefined_message"
                break
            ledger.note(definition, local=data[pos] & 15, pending=len(pending))
            _set_size(sizes, data[pos] & 15, definition.size)
            pos = after
            continue
        ledger.check(len(pending))
        repeated = _repetition(data, pending, pos=pos, end=end) if pos < end else None
        if repeated is not None or len(pending) >= _PENDING:
            ledger.pack(pending)
            pending.clear()
        if repeated is not None:
            gained, pos = repeated
            ledger.pack(gained)
            stretch = _STRETCH_BYTES if len(gained) >= _WORTH_WHILE else min(stretch * 2, _LONGEST_STRETCH_BYTES)
    if pos > end and pending:
        pos, stopped = pending.pop(), "cut"
    ledger.pack(pending)
    return _finished(data, ledger, end=pos, stopped=stopped)


def _set_size(sizes: list[int], local: int, size: int) -> None:
    """Let every header byte of a local number lead over a message of that size; the first four may be compressed."""
    sizes[local] = size
    if local < 4:
        first = COMPRESSED | local << 5
        sizes[first : first + 32] = [size] * 32


def _finished(data: bytes, ledger: _Ledger, *, end: int, stopped: str | None) -> Walk:
    ledger.check(0)
    ledger.pack_changes()
    offsets = np.concatenate(ledger.packed) if ledger.packed else np.empty(0, dtype=np.int32)
    return Walk(
        shapes=tuple(ledger.definitions),
        changes=np.concatenate(ledger.changes, axis=1),
        offsets=offsets,
        heads=np.frombuffer(data, dtype=np.uint8)[offsets],
        end=end,
        stopped=stopped,
    )


def _definition(data: bytes, pos: int, end: int) -> tuple[int, Definition | None]:
    """The definition message at `pos` and the byte after it; None where none stands there or the file ends in it."""
    fields = pos + 6
    if fields > end or data[pos] & (COMPRESSED | DEFINITION) != DEFINITION:
        return pos, None
    big_endian = data[pos + 2] != 0
    number = int.from_bytes(data[pos + 3 : pos + 5], "big" if big_endian else "little")
    after = fields + 3 * data[pos + 5]
    triples, developer = data[fields:after], b""
    if data[pos] & DEVELOPER:
        if after >= end:
            return pos, None
        fields = after + 1
        after = fields + 3 * data[after]
        developer = data[fields:after]
    if after > end:
        return pos, None
    size = 1 + sum(triples[1::3]) + sum(developer[1::3])
    return after, Definition(number, big_endian, triples, developer, size)


def _repetition(data: bytes, recent: list[int], *, pos: int, end: int) -> tuple[Offsets, int] | None:
    """Offsets of the messages from `pos` on that repeat the last few, and the byte after them; None: no repetition."""
    heads = bytes([data[at] for at in recent[-_LOOK_BACK - _PERIODS[-1] :]])
    for period in _PERIODS:
        if len(heads) >= _LOOK_BACK + period and heads[-_LOOK_BACK:] == heads[-_LOOK_BACK - period : -period]:
            first = recent[-period]
            steps, stride = [at - first for at in recent[-period:]], pos - first
            most = max(end - pos, 0) // stride
            count = _repeats(np.frombuffer(data, np.uint8), steps, heads[-period:], pos=pos, stride=stride, most=most)
            turns = np.arange(pos, pos + stride * count, stride, dtype=np.int32)
            if period > 1:
                turns = (turns[:, None] + np.array(steps, dtype=np.int32)).ravel()
            return turns, pos + stride * count
    return None


def _repeats(buffer: NDArray[np.uint8], steps: list[int], heads: bytes, *, pos: int, stride: int, most: int) -> int:
    """How many times, at most `most`, the header bytes `heads` stand at `pos + steps`, each `stride` after the last."""
    for window in (min(_FIRST_WINDOW, most), most):
        count = window
        for step, head in zip(steps, heads, strict=True):
            strange = buffer[pos + step : pos + step + stride * count : stride] != head
            if strange.any():
                count = int(strange.argmax())
        if count < window:
            return count
    return most
