"""Field values of like messages as numpy columns, whatever definitions they came under.

The rows of a definition are a view on the file where they stand at one distance from each other, else they are
gathered by one fancy index; a field is then a strided view of the rows, converted only when somebody asks for it.
Missing (each base type has its own sentinel) is NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column
from parsers.errors import TooManyMessages
from parsers.formats.fit import profile
from parsers.formats.fit.walk import COMPRESSED, Definition, FieldSlot, Offsets, Walk

TIMESTAMP = 253
STRING = 0x07

PLENTY_OF_RECORDS = 200_000
"""Records up to which nothing is asked: 55 hours at one a second."""
WEEK_OF_RECORDS = 7 * 86_400
"""Records up to which a file must have SMALL_RECORD_BYTES for each: the longest races take six days."""
SMALL_RECORD_BYTES, FULL_RECORD_BYTES = 8, 24
"""Beyond a week it needs FULL_RECORD_BYTES: a million of five bytes each would fill the memory with columns."""
MOST_TICKS = 200_000
"""Events, and messages of heart beats."""
MOST_OTHERS = 10_000
"""Laps, sessions, devices, descriptions: messages that are looked at one by one."""


@dataclass(frozen=True, slots=True)
class BaseType:
    """A base type: the numpy code without byte order, its size and the value that means missing (None: NaN does)."""

    code: str
    size: int
    invalid: int | None


BASE_TYPES: Mapping[int, BaseType] = MappingProxyType(
    {
        0x00: BaseType("u1", 1, 0xFF),
        0x01: BaseType("i1", 1, 0x7F),
        0x02: BaseType("u1", 1, 0xFF),
        0x03: BaseType("i2", 2, 0x7FFF),
        0x04: BaseType("u2", 2, 0xFFFF),
        0x05: BaseType("i4", 4, 0x7FFFFFFF),
        0x06: BaseType("u4", 4, 0xFFFFFFFF),
        0x08: BaseType("f4", 4, None),
        0x09: BaseType("f8", 8, None),
        0x0A: BaseType("u1", 1, 0),
        0x0B: BaseType("u2", 2, 0),
        0x0C: BaseType("u4", 4, 0),
        0x0D: BaseType("u1", 1, 0xFF),
        0x0E: BaseType("i8", 8, 0x7FFFFFFFFFFFFFFF),
        0x0F: BaseType("u8", 8, 0xFFFFFFFFFFFFFFFF),
        0x10: BaseType("u8", 8, 0),
    }
)
"""Base types by their number: the low five bits, as the rest of the byte only says that the order matters."""


@dataclass(frozen=True, slots=True)
class Group:
    """The messages of one definition: `offsets` their header bytes, `rows` their places among all of their kind."""

    definition: Definition
    offsets: Offsets
    rows: NDArray[np.intp] | slice
    buffer: bytes | NDArray[np.void]
    first: int
    stride: int

    def raw(self, slot: FieldSlot, code: str, *, size: int, width: int = 1) -> NDArray[np.generic]:
        """A field as it stands: n values, or n × `width` where it is an array; a view."""
        order = ">" if self.definition.big_endian else "<"
        at, strides = self.first + slot.start, (self.stride, size)
        shape = (len(self.offsets), width)
        got: NDArray[np.generic] = np.ndarray(shape, order + code, self.buffer, at, strides)
        return got[:, 0] if width == 1 else got


class Table:
    """All data messages of one number in one file, in file order."""

    __slots__ = ("groups", "offsets")

    def __init__(self, data: bytes, parts: list[tuple[Definition, Offsets]]) -> None:
        if len(parts) == 1:
            self.offsets = parts[0][1]
            places: list[NDArray[np.intp] | slice] = [slice(None)]
        else:
            together = np.concatenate([offsets for _, offsets in parts]) if parts else np.empty(0, np.int32)
            order = np.argsort(together, kind="stable")
            rank = np.empty(len(order), dtype=np.intp)
            rank[order] = np.arange(len(order))
            self.offsets = together[order]
            ends = np.cumsum([len(offsets) for _, offsets in parts], dtype=np.intp).tolist()
            places = [rank[end - len(offsets) : end] for end, (_, offsets) in zip(ends, parts, strict=True)]
        self.groups = tuple(
            _group(data, definition, offsets, place) for (definition, offsets), place in zip(parts, places, strict=True)
        )

    def __len__(self) -> int:
        return len(self.offsets)

    def column(self, number: int, *, scale: float = 1.0, offset: float = 0.0) -> Column | None:
        """A field as raw / scale - offset, its first element where it is an array; None where no message has it."""
        found = ((group, group.definition.slots(number)) for group in self.groups)
        return self._merged(found, scale=scale, offset=offset)

    def developer_column(self, index: int, number: int, base: int, *, scale: float, offset: float) -> Column | None:
        """A developer field likewise; its base type comes from its description."""
        found = (
            (
                group,
                [
                    FieldSlot(slot.start, slot.size, base)
                    for at, field, slot in group.definition.developer_slots()
                    if (at, field) == (index, number)
                ],
            )
            for group in self.groups
        )
        return self._merged(found, scale=scale, offset=offset)

    def developer_fields(self) -> list[tuple[int, int]]:
        """The developer fields that any message has, as (developer data index, field number), as they appear."""
        keys = ((at, field) for group in self.groups for at, field, _ in group.definition.developer_slots())
        return list(dict.fromkeys(keys))

    def matrix(self, number: int) -> Column | None:
        """An array field as n × its greatest width of raw numbers, NaN where missing; None where no message has it."""
        found = []
        for group in self.groups:
            for slot in group.definition.slots(number)[:1]:
                base = _base(slot)
                if base is not None:
                    raw = group.raw(slot, base.code, size=base.size, width=slot.size // base.size)
                    found.append((group, _cleared(raw.reshape(len(group.offsets), -1), base, 1.0)))
        if not found:
            return None
        merged = np.full((len(self), max(values.shape[1] for _, values in found)), np.nan)
        for group, values in found:
            merged[group.rows, : values.shape[1]] = values
        return merged

    def texts(self, number: int) -> list[str | None]:
        """A string field of every message, None where empty."""
        texts: list[str | None] = [None] * len(self)
        for group in self.groups:
            rows = range(len(self))[group.rows] if isinstance(group.rows, slice) else group.rows.tolist()
            for slot in group.definition.slots(number)[:1]:
                if slot.base & 0x1F == STRING and slot.size:
                    raw = group.raw(slot, f"V{slot.size}", size=slot.size)
                    for row, value in zip(rows, raw.tolist(), strict=True):
                        texts[row] = _text(value)
        return texts

    def _merged(self, found: Iterable[tuple[Group, list[FieldSlot]]], *, scale: float, offset: float) -> Column | None:
        """One column from those of the groups, at the given places of each."""
        merged: Column | None = None
        for group, slots in found:
            values = _first_known(group, slots, scale, offset)
            if values is None:
                continue
            if isinstance(group.rows, slice):
                return values
            if merged is None:
                merged = np.full(len(self), np.nan)
            merged[group.rows] = values
        return merged


def refuse_crowds(number: int, count: int, *, size: int) -> None:
    """Nothing, or TooManyMessages for more messages of one kind than a watch writes into a file of `size` bytes."""
    if number == profile.RECORD:
        least = SMALL_RECORD_BYTES if count <= WEEK_OF_RECORDS else FULL_RECORD_BYTES
        crowd = count > PLENTY_OF_RECORDS and count * least > size
    else:
        crowd = count > (MOST_TICKS if number in (profile.EVENT, profile.HEART) else MOST_OTHERS)
    if crowd:
        raise TooManyMessages("too_many_messages", "The file holds more messages of a kind than any watch writes.")


def tables(data: bytes, walk: Walk, wanted: frozenset[int]) -> dict[int, Table]:
    """The wanted messages of a file by number; numbers without a message are not there."""
    chosen = {i for i, definition in enumerate(walk.shapes) if definition.number in wanted}
    parts: dict[int, list[tuple[Definition, Offsets]]] = {}
    for shape, offsets in walk.groups(chosen).items():
        definition = walk.shapes[shape]
        parts.setdefault(definition.number, []).append((definition, offsets))
    for number, found in parts.items():
        refuse_crowds(number, sum(len(offsets) for _, offsets in found), size=len(data))
    return {number: Table(data, found) for number, found in parts.items()}


def timestamps(data: bytes, walk: Walk, table: Table) -> Column:
    """The time of each message of `table`, in seconds as the file counts them, NaN where it has none."""
    own = table.column(TIMESTAMP)
    times = np.full(len(table), np.nan) if own is None else own
    if walk.compressed:
        at, told = _compressed_times(data, walk)
        if len(at):
            place = np.minimum(np.searchsorted(at, table.offsets), len(at) - 1)
            times = np.where(at[place] == table.offsets, told[place], times)
    return times


def _compressed_times(data: bytes, walk: Walk) -> tuple[Offsets, Column]:
    """Header bytes and times of the messages that bear five bits of their time in the header.

    Such a time is the first one not before the last known time that ends in those bits; a full timestamp in any
    message sets the clock anew.
    """
    timed = {i for i, definition in enumerate(walk.shapes) if definition.slots(TIMESTAMP)}
    setters = Table(data, [(walk.shapes[i], found) for i, found in walk.groups(timed).items()])
    clock = setters.column(TIMESTAMP)
    known = np.zeros(0, dtype=bool) if clock is None else ~np.isnan(clock)
    short = walk.heads >= COMPRESSED
    set_at, set_to = setters.offsets[known], np.zeros(0) if clock is None else clock[known]
    at = np.concatenate((set_at, walk.offsets[short]))
    order = np.argsort(at, kind="stable")
    is_set = np.concatenate((np.ones(len(set_at), dtype=bool), np.zeros(int(short.sum()), dtype=bool)))[order]
    value = np.concatenate((set_to, (walk.heads[short] & 31).astype(np.float64)))[order]
    times = np.diff(value, prepend=0.0)
    times %= 32
    times[is_set] = 0.0
    np.cumsum(times, out=times)
    bases = np.concatenate(([0.0], value[is_set] - times[is_set]))
    del value  # a week of records makes every column here a large one
    times += bases[np.cumsum(is_set, dtype=np.int32)]
    return at[order][~is_set], times[~is_set]


def _group(data: bytes, definition: Definition, offsets: Offsets, rows: NDArray[np.intp] | slice) -> Group:
    size = definition.size
    stride = int(offsets[1] - offsets[0]) if len(offsets) > 1 else size
    if int(offsets[-1] - offsets[0]) == stride * (len(offsets) - 1) and bool((np.diff(offsets) == stride).all()):
        return Group(definition, offsets, rows, data, int(offsets[0]), stride)
    everywhere: NDArray[np.void] = np.ndarray((len(data) - size + 1,), f"V{size}", data, 0, (1,))
    return Group(definition, offsets, rows, everywhere[offsets], 0, size)


def _base(slot: FieldSlot) -> BaseType | None:
    """The slot's base type; None for strings, for unknown types and for sizes that are no multiple of it."""
    base = BASE_TYPES.get(slot.base & 0x1F)
    return base if base is not None and slot.size and slot.size % base.size == 0 else None


def _first_known(group: Group, slots: list[FieldSlot], scale: float, offset: float) -> Column | None:
    """The values at a place; where a message has the field at several, the first that is not missing."""
    first: Column | None = None
    for slot in slots:
        values = _numbers(group, slot, scale, offset)
        if values is not None:
            first = values if first is None else np.where(np.isnan(first), values, first)
    return first


def _numbers(group: Group, slot: FieldSlot, scale: float, offset: float) -> Column | None:
    base = _base(slot)
    if base is None:
        return None
    values = _cleared(group.raw(slot, base.code, size=base.size), base, scale)
    if offset:
        values -= offset
    return values


def _cleared(raw: NDArray[np.generic], base: BaseType, scale: float) -> Column:
    """Raw values over their scale, NaN for the base type's sentinel and for infinities."""
    values: Column
    if base.invalid is None:
        with np.errstate(invalid="ignore", over="ignore"):  # a signalling NaN is a NaN like any other
            values = np.divide(raw, scale, dtype=np.float64)
        missing = ~np.isfinite(values)
    else:
        values = np.divide(raw, scale, dtype=np.float64)
        missing = raw == base.invalid
    if missing.any():
        values[missing] = np.nan
    return values


def _text(raw: bytes) -> str | None:
    """A string as it may be shown: up to its NUL, what is no UTF-8 replaced, control characters gone."""
    text = raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    return "".join(letter for letter in text if letter.isprintable()).strip() or None
