"""Files of 5 MB made to hurt: each is answered within 5 s of CPU and 64 MB, with a ParseError or with activities."""

from __future__ import annotations

import struct
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from fixtures.fit_writer import Writer, chained
from parsers import Limits, ParseError, parse
from parsers.formats.fit.columns import refuse_crowds

BEGAN = 1_100_000_000
SIZE = 5_000_000
CPU_S = 5.0
MEMORY = 64 * 1024 * 1024


def wrapped(body: bytes) -> bytes:
    """A header before the bytes and no checksum behind them, which is legal."""
    return struct.pack("<BBHI4s", 12, 0x20, 2195, len(body), b".FIT") + body


def definition(local: int, number: int, *fields: tuple[int, int, int]) -> bytes:
    """A definition message."""
    writer = Writer()
    writer.define(local, number, list(fields))
    return bytes(writer.body)


def two_byte_messages(number: int, *, mixed: bool) -> bytes:
    """2.5 million messages of a header and one byte, of one kind or of two in no order."""
    count = SIZE // 2
    body = np.full((count, 2), 0x50, dtype=np.uint8)
    body[:, 0] = np.random.default_rng(1).integers(0, 2, count) if mixed else 0
    return wrapped(definition(0, number, (3, 1, 2)) + definition(1, number, (3, 1, 2)) + body.tobytes())


def two_byte_messages_with_time() -> bytes:
    """2.5 million records that bear their time in the header, each a second after the one before."""
    count = SIZE // 2
    body = np.full((count, 2), 0x50, dtype=np.uint8)
    body[:, 0] = 0x80 | np.arange(count) % 32
    start = definition(1, 21, (253, 4, 0x86)) + b"\x01" + struct.pack("<I", BEGAN)
    return wrapped(start + definition(0, 20, (3, 1, 2)) + body.tobytes())


def records_of_all_channels() -> bytes:
    """As many records as there may be, with every channel."""
    kinds = [(253, 4, 0x86), (3, 1, 2), (4, 1, 2), (13, 1, 1), (2, 2, 0x84), (6, 2, 0x84), (7, 2, 0x84)]
    layout = np.dtype([("head", "u1"), ("at", "<u4"), ("b", "u1", 3), ("h", "<u2", 3)])
    rows = np.zeros(200_000, dtype=layout)
    rows["at"] = BEGAN + np.arange(200_000)
    rows["b"], rows["h"] = 80, 3000
    return wrapped(definition(0, 20, *kinds) + rows.tobytes())


WEEK = 7 * 86_400


def week(*layout: tuple[str, str], fields: tuple[tuple[int, int, int], ...], head: int = 0, times: str = "") -> bytes:
    """A week at one record a second, in records of eight bytes or a little more, as many as fit."""
    kinds = [("head", "u1"), *([] if head else [("at", "<u4")]), *layout]
    rows = np.zeros(min(WEEK, (SIZE - 200) // np.dtype(kinds).itemsize), dtype=np.dtype(kinds))  # type: ignore[arg-type]
    for place, (name, kind) in enumerate(layout):
        rows[name] = 80 + np.arange(len(rows)) // (50 * place + 50) % (40 if kind == "u1" else 4000)
    if head:
        rows["head"] = head | np.arange(len(rows)) % 32
    else:
        rows["at"] = BEGAN + np.arange(len(rows)) // (2 if times == "twice" else 1)
    if times == "shuffled":
        rows = rows[np.random.default_rng(3).permutation(len(rows))]
    if times == "two kinds":
        rows["head"] = np.arange(len(rows)) % 2
    start = definition(2, 21, (253, 4, 0x86)) + b"\x02" + struct.pack("<I", BEGAN)
    known = [*([] if head else [(253, 4, 0x86)]), *fields]
    return wrapped(start + definition(0, 20, *known) + definition(1, 20, *known) + rows.tobytes())


SMALL = (("a", "u1"), ("b", "u1"), ("c", "u1"))
SMALL_FIELDS = ((3, 1, 2), (4, 1, 2), (13, 1, 1))
PLACES = (("lat", "<i4"), ("lon", "<i4"))


def week_of_developer_fields() -> bytes:
    """Seven bytes of developer fields a record, its time in the header."""
    writer = Writer()
    for number in range(7):
        writer.developer_field(f"f{number}", number=number, base="uint8", units="")
    writer.define(1, 21, [(253, 4, 0x86)])
    writer.define(0, 20, [], developer=[(number, 1, 0) for number in range(7)])
    rows = np.full(WEEK, 7, dtype=np.dtype([("head", "u1"), ("rest", "u1", 7)]))
    rows["head"] = 0x80 | np.arange(WEEK) % 32
    return wrapped(bytes(writer.body) + b"\x01" + struct.pack("<I", BEGAN) + rows.tobytes())


def zero_field_messages() -> bytes:
    return wrapped(definition(0, 20) + b"\0" * SIZE)


def many_definitions() -> bytes:
    """4,000 definitions of 255 fields, no two alike, each with a record."""
    parts = []
    for turn in range(4000):
        fields = [((turn + at) % 253, 1, 2) for at in range(254)] + [(turn // 253, 1, 2)]
        parts.append(definition(0, 20, *fields) + b"\0" + b"\x50" * 255)
    return wrapped(b"".join(parts))


def smallest_definitions() -> bytes:
    return wrapped(b"".join(b"\x40\0\0" + struct.pack("<H", turn % 65536) + b"\0" for turn in range(SIZE // 6)))


def definitions_and_records_in_turn() -> bytes:
    pair = definition(0, 20, (253, 4, 0x86), (3, 1, 2)) + b"\0" + struct.pack("<IB", BEGAN, 80)
    return wrapped(pair * (SIZE // 4 // len(pair)))  # a quarter, as counting its memory takes long


def unlike_records() -> bytes:
    """Each record under a definition of its own."""
    parts = []
    for turn in range(9000):
        fields = [(253, 4, 0x86), (3, 1, 2), (turn % 250, 1, 2), (turn // 250, 1, 2)]
        parts.append(definition(0, 20, *fields) + b"\0" + struct.pack("<IBBB", BEGAN + turn, 80, 1, 1))
    return wrapped(b"".join(parts))


def developer_fields_everywhere() -> bytes:
    """255 developer fields of one byte, described, in every record."""
    writer = Writer()
    for number in range(255):
        writer.developer_field(f"f{number}", number=number, base="uint8", units="")
    writer.define(0, 20, [(253, 4, 0x86), (7, 1, 2)], developer=[(number, 1, 0) for number in range(255)])
    rows = np.full(18_000, 7, dtype=np.dtype([("head", "u1"), ("at", "<u4"), ("rest", "u1", 256)]))
    rows["head"], rows["at"], rows["rest"] = 0, BEGAN + np.arange(18_000), 7
    return wrapped(bytes(writer.body) + rows.tobytes())


def of_kind(number: int, size: int, *fields: tuple[int, int, int], payload: bytes) -> Callable[[], bytes]:
    """Records of two minutes, then as many messages of one kind as fit."""

    def made() -> bytes:
        records = b"".join(b"\0" + struct.pack("<IB", BEGAN + at, 80) for at in range(120))
        head = definition(0, 20, (253, 4, 0x86), (3, 1, 2)) + records + definition(1, number, *fields)
        return wrapped(head + (b"\x01" + payload) * ((SIZE - len(head)) // (size + 1)))

    return made


def alternating_timer_events() -> bytes:
    records = b"".join(b"\0" + struct.pack("<IB", BEGAN + at * 30_000, 80) for at in range(29))
    head = (
        definition(0, 20, (253, 4, 0x86), (3, 1, 2)) + records + definition(1, 21, (253, 4, 0x86), (0, 1, 0), (1, 1, 0))
    )
    rows = np.zeros(700_000, dtype=np.dtype([("head", "u1"), ("at", "<u4"), ("what", "u1", 2)]))
    rows["head"], rows["at"] = 1, BEGAN + np.arange(700_000)
    rows["what"][:, 1] = np.arange(700_000) % 2
    return wrapped(head + rows.tobytes())


def chained_scraps() -> bytes:
    writer = Writer()
    for at in range(2):
        writer.write("record", timestamp=BEGAN + at, heart_rate=80)
    scrap = writer.finish()
    return scrap * (SIZE // len(scrap))


def noise() -> bytes:
    return wrapped(definition(0, 20, (253, 4, 0x86)) + np.random.default_rng(2).bytes(SIZE))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "two_byte_records": lambda: two_byte_messages(20, mixed=False),
    "two_byte_records_of_two_kinds": lambda: two_byte_messages(20, mixed=True),
    "two_byte_unknown_messages": lambda: two_byte_messages(0xFF00, mixed=False),
    "two_byte_sessions": lambda: two_byte_messages(18, mixed=False),
    "two_byte_events": lambda: two_byte_messages(21, mixed=True),
    "two_byte_records_with_time": two_byte_messages_with_time,
    "records_of_all_channels": records_of_all_channels,
    "week_of_small_records": lambda: week(*SMALL, fields=SMALL_FIELDS),
    "week_of_two_kinds": lambda: week(*SMALL, fields=SMALL_FIELDS, times="two kinds"),
    "week_out_of_order": lambda: week(*SMALL, fields=SMALL_FIELDS, times="shuffled"),
    "week_of_doubled_seconds": lambda: week(*SMALL, fields=SMALL_FIELDS, times="twice"),
    "week_of_speeds": lambda: week(*SMALL[:1], ("s", "<u2"), fields=((3, 1, 2), (6, 2, 0x84))),
    "week_of_distances": lambda: week(("d", "<u4"), fields=((5, 4, 0x86),)),
    "week_of_places": lambda: week(*PLACES, fields=((0, 4, 0x85), (1, 4, 0x85))),
    "week_of_four_channels": lambda: week(
        *SMALL, ("s", "<u2"), ("h", "<u2"), fields=(*SMALL_FIELDS, (6, 2, 0x84), (2, 2, 0x84))
    ),
    "week_with_time_in_the_header": lambda: week(
        *SMALL, ("s", "<u2"), ("h", "<u2"), fields=(*SMALL_FIELDS, (6, 2, 0x84), (2, 2, 0x84)), head=0x80
    ),
    "week_of_developer_fields": week_of_developer_fields,
    "zero_field_messages": zero_field_messages,
    "4000_definitions_of_255_fields": many_definitions,
    "smallest_definitions": smallest_definitions,
    "definitions_and_records_in_turn": definitions_and_records_in_turn,
    "unlike_records": unlike_records,
    "developer_fields_everywhere": developer_fields_everywhere,
    "laps": of_kind(19, 8, (253, 4, 0x86), (2, 4, 0x86), payload=struct.pack("<II", BEGAN + 9, BEGAN)),
    "sessions": of_kind(18, 8, (253, 4, 0x86), (2, 4, 0x86), payload=struct.pack("<II", BEGAN + 9, BEGAN)),
    "descriptions": of_kind(206, 3, (0, 1, 2), (1, 1, 2), (2, 1, 2), payload=b"\x01\x02\x02"),
    "devices": of_kind(23, 2, (0, 1, 2), (27, 1, 7), payload=b"\0x"),
    "files": of_kind(0, 2, (0, 1, 0), (8, 1, 7), payload=b"\x04x"),
    "beats": of_kind(132, 24, (253, 4, 0x86), (6, 8, 2), (10, 12, 13), payload=struct.pack("<I", BEGAN) + b"\x50" * 20),
    "timer_events": alternating_timer_events,
    "1000_chained_empty_files": lambda: Writer().finish() * 1000,
    "chained_empty_files": lambda: Writer().finish() * (SIZE // 16),
    "chained_scraps": chained_scraps,
    "noise": noise,
    "truncated_length": lambda: wrapped(b"")[:4] + b"\xff\xff\xff\xff.FIT" + b"\0" * SIZE,
}
CODES = {
    "two_byte_records": {"too_many_messages", "no_time"},
    "zero_field_messages": {"too_many_messages"},
    "1000_chained_empty_files": {"corrupt_data"},
    "chained_empty_files": {"too_many_messages"},
    "chained_scraps": {"too_many_messages"},
    "sessions": {"too_many_messages"},
    "laps": {"too_many_messages"},
    "timer_events": {"too_many_messages"},
    "smallest_definitions": {"too_many_messages"},
    "two_byte_records_with_time": {"too_many_messages"},
    "truncated_length": {"corrupt_data"},
    "two_byte_sessions": {"too_many_messages"},
    "two_byte_unknown_messages": {"no_usable_points"},
    "records_of_all_channels": {"ok"},
    "week_of_small_records": {"ok"},
    "week_of_two_kinds": {"ok"},
    "week_out_of_order": {"ok"},
    "week_of_doubled_seconds": {"ok"},
    "week_of_speeds": {"ok"},
    "week_of_distances": {"ok"},
    "week_of_places": {"ok"},
    "week_of_four_channels": {"ok"},
    "week_with_time_in_the_header": {"ok"},
    "developer_fields_everywhere": {"ok"},
    "unlike_records": {"ok"},
}


def outcome(data: bytes) -> str:
    """The code of the refusal, or `ok`."""
    try:
        parse(data)
    except ParseError as error:
        return error.code
    return "ok"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_neither_time_nor_memory(name: str) -> None:
    data = HOSTILE[name]()
    assert len(data) <= SIZE + 100
    began = time.process_time()
    code = outcome(data)
    assert time.process_time() - began < CPU_S
    assert code in CODES.get(name, {code})
    tracemalloc.start()
    try:
        assert outcome(data) == code
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def test_a_week_at_one_record_a_second_is_an_activity() -> None:
    (run,) = parse(week(*SMALL, fields=SMALL_FIELDS))
    assert len(run.streams) == WEEK
    assert run.streams.time_s[-1] == WEEK - 1


@pytest.mark.parametrize(
    ("count", "size", "refused"),
    [
        (200_000, 400_000, False),
        (200_001, 400_000, True),
        (200_001, 8 * 200_001, False),
        (WEEK, 8 * WEEK, False),
        (WEEK, 8 * WEEK - 1, True),
        (WEEK + 1, 8 * (WEEK + 1), True),
        (WEEK + 1, 24 * (WEEK + 1), False),
    ],
)
def test_a_file_must_be_worth_its_records(count: int, size: int, refused: bool) -> None:
    if refused:
        with pytest.raises(ParseError, match="more messages of a kind"):
            refuse_crowds(20, count, size=size)
    else:
        refuse_crowds(20, count, size=size)


def test_the_message_limit_is_the_callers() -> None:
    data = two_byte_messages(20, mixed=True)
    with pytest.raises(ParseError) as refused:
        parse(data, limits=Limits(messages=1000))
    assert refused.value.code == "too_many_messages"


def test_a_thousand_chained_good_files_need_no_recursion() -> None:
    writer = Writer()
    for at in range(3):
        writer.write("record", timestamp=BEGAN + at, heart_rate=80)
    assert outcome(chained(*[writer.finish()] * 1000)) == "too_many_messages"
    assert len(parse(chained(*[writer.finish()] * 400))) == 400
