"""The pass over the headers finds what a plain loop finds, whatever repeats and wherever the file ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fit_writer import Writer
from parsers.errors import TooManyMessages
from parsers.formats.fit.chain import chain
from parsers.formats.fit.walk import walk

MANY = 3_000_000
Found = tuple[list[int], list[int], int, str | None]


def plain(data: bytes, start: int, end: int) -> Found:
    """Offsets, the definition's byte each follows, where reading ended and why, one message at a time."""
    sizes: dict[int, tuple[int, int]] = {}
    offsets, owners, pos = [], [], start
    while pos < end:
        head = data[pos]
        local = (head >> 5) & 3 if head & 0x80 else head & 15
        if head & 0x80 or not head & 0x40:
            if local not in sizes:
                return offsets, owners, pos, "undefined_message"
            size, owner = sizes[local]
            if pos + size > end:
                return offsets, owners, pos, "cut"
            offsets.append(pos)
            owners.append(owner)
            pos += size
            continue
        if pos + 6 > end:
            return offsets, owners, pos, "cut_definition"
        after = pos + 6 + 3 * data[pos + 5]
        size = 1 + sum(data[pos + 7 : after : 3])
        if head & 0x20:
            if after >= end:
                return offsets, owners, pos, "cut_definition"
            first = after + 1
            after = first + 3 * data[after]
            size += sum(data[first + 1 : after : 3])
        if after > end:
            return offsets, owners, pos, "cut_definition"
        sizes[local] = (size, pos)
        pos = after
    return offsets, owners, pos, None


def ours(data: bytes, start: int, end: int) -> Found:
    """The same from `walk`, owners told by the bytes of their definition."""
    found = walk(data, start, end, limit=MANY)
    owner = np.full(len(found.offsets), -1)
    for shape, offsets in found.groups(range(len(found.shapes))).items():
        rows = np.searchsorted(found.offsets, offsets)
        assert (owner[rows] == -1).all()
        owner[rows] = shape
    return found.offsets.tolist(), owner.tolist(), found.end, found.stopped


def same(data: bytes, start: int, end: int) -> None:
    """Assert that both agree, owners compared by what the definitions say."""
    offsets, owners, stop, why = plain(data, start, end)
    got_offsets, got_owners, got_stop, got_why = ours(data, start, end)
    assert (got_offsets, got_stop, got_why) == (offsets, stop, why)
    shapes = walk(data, start, end, limit=MANY).shapes
    for shape, at in zip(got_owners, owners, strict=True):
        assert shapes[shape].triples == data[at + 6 : at + 6 + 3 * data[at + 5]]


def test_every_real_file_is_walked_as_by_a_plain_loop(corpus_fit: Path) -> None:
    data = corpus_fit.read_bytes()
    for extent in chain(data).extents if data else ():
        for end in (extent.end, extent.end - 1, extent.start + (extent.end - extent.start) // 3, extent.start + 7):
            if extent.start <= end <= extent.end:
                same(data, extent.start, end)


def messages(pattern: list[int], *, sizes: dict[int, int]) -> bytes:
    """Definitions of these payload sizes by local number, then a data message for each number of the pattern."""
    writer = Writer()
    for local, size in sizes.items():
        writer.define(local, 20, [(0, size, 0x0D)])
    for at, local in enumerate(pattern):
        writer.data(local, bytes((at * 7 + i) % 256 for i in range(sizes[local])))
    return bytes(writer.body)


@pytest.mark.parametrize("period", [[1], [1, 2], [1, 2, 1, 3], [3, 3, 2], [1, 2, 3, 4, 5]])
@pytest.mark.parametrize("broken_at", [None, 700, 1500])
def test_repeating_messages_are_counted_up_to_the_first_other_one(period: list[int], broken_at: int | None) -> None:
    pattern = (period * 3000)[:3000]
    if broken_at is not None:
        pattern[broken_at] = 5
    data = messages(pattern, sizes={1: 11, 2: 40, 3: 1, 4: 250, 5: 8})
    for cut in (0, 1, 5, 600):
        same(data, 0, len(data) - cut)


@settings(max_examples=60, deadline=None)
@given(
    pattern=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    times=st.integers(1, 300),
    sizes=st.lists(st.integers(0, 60), min_size=4, max_size=4),
    cut=st.integers(0, 200),
)
def test_any_pattern_is_walked_as_by_a_plain_loop(pattern: list[int], times: int, sizes: list[int], cut: int) -> None:
    data = messages(pattern * times, sizes=dict(enumerate(sizes)))
    same(data, 0, max(len(data) - cut, 0))


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_walked_as_by_a_plain_loop(data: bytes) -> None:
    same(data, 0, len(data))


def test_a_local_number_defined_anew_hundreds_of_times_leads_each_message_to_its_own_definition() -> None:
    writer = Writer()
    for turn in range(600):
        writer.define(turn % 3, 20, [(turn % 200, 2, 0x84), (turn % 7, 1, 0x02)])
        for _ in range(turn % 4):
            writer.data(turn % 3, b"abc")
            writer.data(0, b"abc")
    same(bytes(writer.body), 0, len(writer.body))


def test_more_messages_than_the_limit_are_refused_in_every_guise() -> None:
    definition = b"\x40\0\0\x14\0\x01\x03\x01\x02"
    for data in (definition + b"\0\x50" * 500, definition * 500, (definition + b"\0\x50") * 250):
        assert len(walk(data, 0, len(data), limit=501).offsets) <= 500
        with pytest.raises(TooManyMessages):
            walk(data, 0, len(data), limit=400)
