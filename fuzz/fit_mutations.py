"""FIT files changed where it hurts: header, definitions, sizes, local types, times, developer fields, chains.

A seed file is taken apart into its messages once; a case changes a few of them and puts a file together again, most
times with a good checksum, so that what is behind the checksum is met too.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Literal, TypeVar

from fastcrc import crc16

HEADER = 14
MOST_MESSAGES = 320
BASES = (0, 1, 2, 7, 10, 13, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89, 0x8B, 0x8C, 0x8E, 0x8F, 0x90, 0xFF, 0x1F, 0x60)
NUMBERS = (0, 2, 18, 19, 20, 21, 23, 26, 27, 34, 132, 206, 207, 312, 0xFF00, 0xFFFF)
"""Messages that the reader looks at, and some that it does not."""
FIELDS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 39, 53, 73, 78, 253, 254, 255)
WIDTHS = (1, 1, 2, 2, 4, 4, 8)


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition message: what data messages of its local type look like from here on."""

    head: int
    reserved: int
    big: int
    number: int
    fields: tuple[tuple[int, int, int], ...]
    developer: tuple[tuple[int, int, int], ...] = ()

    @property
    def order(self) -> Literal["little", "big"]:
        """The byte order of its numbers."""
        return "big" if self.big & 1 else "little"

    def size(self) -> int:
        """Bytes of a data message behind its header."""
        return sum(field[1] for field in (*self.fields, *self.developer))

    def packed(self) -> bytes:
        """The message as it stands in a file."""
        order = ">" if self.big & 1 else "<"
        out = bytes((self.head, self.reserved, self.big)) + struct.pack(f"{order}HB", self.number, len(self.fields))
        out += b"".join(map(bytes, self.fields))
        if self.head & 0x20:
            out += bytes((len(self.developer),)) + b"".join(map(bytes, self.developer))
        return out


@dataclass(frozen=True, slots=True)
class Data:
    """A data message, and the definition that held for it in the seed file."""

    head: int
    payload: bytes
    shape: Definition

    def packed(self) -> bytes:
        """The message as it stands in a file."""
        return bytes((self.head,)) + self.payload


Message = Definition | Data
Messages = list[Message]
Like = TypeVar("Like", Definition, Data)


def taken_apart(data: bytes) -> Messages:
    """The messages of the first file in the bytes, as far as they are whole; a long middle is left out."""
    if len(data) < HEADER or data[8:12] != b".FIT":
        return []
    stated = int.from_bytes(data[4:8], "little")
    at, end = data[0], min(len(data), data[0] + stated) if stated else len(data)
    shapes: dict[int, Definition] = {}
    found: Messages = []
    while at < end:
        head = data[at]
        if head & 0xC0 == 0x40:
            made = _definition(data, at)
            if made is None:
                break
            shapes[head & 15] = made
            found.append(made)
            at += len(made.packed())
            continue
        shape = shapes.get((head >> 5) & 3 if head & 0x80 else head & 15)
        if shape is None or at + 1 + shape.size() > end:
            break
        found.append(Data(head, data[at + 1 : at + 1 + shape.size()], shape))
        at += 1 + shape.size()
    return _shortened(found)


def _definition(data: bytes, at: int) -> Definition | None:
    try:
        order = ">" if data[at + 2] & 1 else "<"
        number, count = struct.unpack_from(f"{order}HB", data, at + 3)
        fields, after = _triples(data, at + 6, count)
        developer = _triples(data, after + 1, data[after])[0] if data[at] & 0x20 else ()
    except (IndexError, struct.error):
        return None
    return Definition(data[at], data[at + 1], data[at + 2], number, fields, developer)


def _triples(data: bytes, at: int, count: int) -> tuple[tuple[tuple[int, int, int], ...], int]:
    end = at + 3 * count
    if end > len(data):
        raise IndexError(end)
    return tuple((data[i], data[i + 1], data[i + 2]) for i in range(at, end, 3)), end


def _shortened(found: Messages) -> Messages:
    """The first and last messages; of the middle the definitions alone, so that the end means what it meant."""
    half = MOST_MESSAGES // 2
    if len(found) <= MOST_MESSAGES:
        return found
    middle = [message for message in found[half:-half] if isinstance(message, Definition)]
    return [*found[:half], *middle[-half:], *found[-half:]]


def mutated(seeds: list[Messages], rng: Random) -> bytes:
    """A file made of one of the seeds (now and then of several) and a few changes."""
    messages = list(rng.choice(seeds))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 5, 9))):
        if messages:
            rng.choice(CHANGES)(messages, rng)
    data = put_together(messages, rng)
    while rng.random() < 0.12:
        data += put_together(list(rng.choice(seeds)), rng)
    return data


def put_together(messages: Messages, rng: Random) -> bytes:
    """The file: now and then with an odd header, a wrong checksum, too much or too little at its end."""
    body = b"".join(message.packed() for message in messages)
    if rng.random() < 0.06:
        body = cut_or_scratched(body, rng)
    size = (
        len(body) if rng.random() < 0.92 else rng.choice((0, len(body) - 1, len(body) + 1, 2**32 - 1, len(body) // 2))
    )
    length = HEADER if rng.random() < 0.9 else rng.choice((12, 12, 13, 0, 15, 40, 255))
    header = struct.pack("<BBHI4s", length, rng.choice((0x10, 0x20, 0xFF)), 2195, size % 2**32, b".FIT")
    if length >= HEADER:
        crc = crc16.arc(header) if rng.random() < 0.8 else rng.choice((0, 0xFFFF))
        header = (header + struct.pack("<H", crc)).ljust(length, b"\0")
    whole = header + body
    chance = rng.random()
    if chance < 0.85:
        whole += struct.pack("<H", crc16.arc(whole))
    elif chance < 0.95:
        whole += rng.randbytes(2)
    if rng.random() < 0.05:
        whole = whole[: rng.randrange(len(whole) + 1)]
    return whole + (rng.randbytes(rng.randrange(40)) if rng.random() < 0.04 else b"")


def cut_or_scratched(body: bytes, rng: Random) -> bytes:
    """Bytes with a few of them changed, taken out or put in, wherever they are."""
    out = bytearray(body)
    for _ in range(rng.randrange(1, 9)):
        at = rng.randrange(len(out) + 1)
        what = rng.randrange(4)
        if what == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif what == 1 and at < len(out):
            out[at] = rng.choice((0, 1, 0x40, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif what == 2:
            del out[at : at + rng.randrange(1, 30)]
        else:
            out[at:at] = rng.randbytes(rng.randrange(1, 12))
    return bytes(out)


def _integer(width: int, rng: Random) -> int:
    top = 1 << 8 * width
    return rng.choice((0, 1, top - 1, top - 2, top // 2, top // 2 - 1, top // 2 + 1, rng.randrange(top))) % top


def _some(messages: Messages, kind: type[Like], rng: Random) -> tuple[int, Like] | None:
    """A message of the kind and its place, if there is one: the first from a random place on."""
    begin: int = rng.randrange(len(messages))
    for at in (*range(begin, len(messages)), *range(begin)):
        message = messages[at]
        if isinstance(message, kind):
            return at, message
    return None


def _change_definition(messages: Messages, rng: Random) -> None:
    """One thing of a definition, its data messages left as they are or brought along."""
    found = _some(messages, Definition, rng)
    if found is None:
        return
    at, old = found
    new = rng.choice(DEFINITION_CHANGES)(old, rng)
    messages[at] = new
    if new.size() != old.size() and rng.random() < 0.7:
        for later in range(at + 1, len(messages)):
            message = messages[later]
            if isinstance(message, Data) and message.shape is old:
                padded = message.payload[: new.size()].ljust(new.size(), bytes((rng.randrange(256),)))
                messages[later] = Data(message.head, padded, new)


def _other_field(old: Definition, rng: Random) -> Definition:
    fields = list(old.fields)
    if fields:
        at = rng.randrange(len(fields))
        number, size, base = fields[at]
        fields[at] = rng.choice(
            (
                (rng.choice(FIELDS), size, base),
                (number, rng.choice((0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 255)), base),
                (number, size, rng.choice(BASES)),
            )
        )
    return replace(old, fields=tuple(fields))


def _fewer_fields(old: Definition, rng: Random) -> Definition:
    fields = [field for field in old.fields if rng.random() < 0.7]
    return replace(old, fields=tuple(fields))


def _more_fields(old: Definition, rng: Random) -> Definition:
    more = [(rng.choice(FIELDS), rng.choice(WIDTHS), rng.choice(BASES)) for _ in range(rng.choice((1, 1, 3, 40)))]
    more += rng.sample(old.fields, min(2, len(old.fields)))
    return replace(old, fields=(*old.fields, *more)[:255])


def _more_developer_fields(old: Definition, rng: Random) -> Definition:
    more = tuple((rng.randrange(6), rng.choice(WIDTHS), rng.choice((0, 0, 1, 255))) for _ in range(rng.randrange(1, 5)))
    return replace(old, head=old.head | 0x20, developer=(*old.developer, *more)[:255])


def _other_number(old: Definition, rng: Random) -> Definition:
    return replace(old, number=rng.choice(NUMBERS))


def _other_order(old: Definition, rng: Random) -> Definition:
    return replace(old, big=rng.choice((old.big ^ 1, 0xFF, 2)), reserved=rng.randrange(256))


def _other_local(old: Definition, rng: Random) -> Definition:
    return replace(old, head=0x40 | old.head & 0x20 | rng.randrange(16))


DEFINITION_CHANGES: tuple[Callable[[Definition, Random], Definition], ...] = (
    _other_field,
    _other_field,
    _fewer_fields,
    _more_fields,
    _more_developer_fields,
    _other_number,
    _other_order,
    _other_local,
)


def _change_value(messages: Messages, rng: Random) -> None:
    """A field of one data message, or of a stretch of them, becomes 0, missing, huge or anything."""
    found = _some(messages, Data, rng)
    if found is None:
        return
    at, _ = found
    for later in range(at, min(len(messages), at + rng.choice((1, 1, 1, 5, 400)))):
        message = messages[later]
        if isinstance(message, Data) and message.shape.fields:
            messages[later] = replace(message, payload=_with_odd_field(message, rng))


def _with_odd_field(message: Data, rng: Random) -> bytes:
    chosen, start = rng.randrange(len(message.shape.fields)), 0
    for _, size, _ in message.shape.fields[:chosen]:
        start += size
    size = message.shape.fields[chosen][1]
    width = min(size, 8)
    value = _integer(width, rng).to_bytes(width, rng.choice(("little", "big"))) if width else b""
    payload = message.payload
    return payload[:start] + value.ljust(size, b"\xff")[:size] + payload[start + size :]


def _change_times(messages: Messages, rng: Random) -> None:
    """The timestamps from one message on are moved: a little, back, by days, or out of all bounds."""
    found = _some(messages, Data, rng)
    if found is None:
        return
    at, _ = found
    by = rng.choice((1, -1, -30, 31, 3600, -3600, 86_400, 20 * 86_400, -(2**31), 2**31, 10**9, rng.randrange(2**32)))
    for later in range(at, min(len(messages), at + rng.choice((1, 2, 50, 1000)))):
        message = messages[later]
        if isinstance(message, Data):
            messages[later] = replace(message, payload=_moved(message, by))


def _moved(message: Data, by: int) -> bytes:
    start, order = 0, message.shape.order
    for number, size, _ in message.shape.fields:
        if number == 253 and size == 4:
            old = int.from_bytes(message.payload[start : start + 4], order)
            return message.payload[:start] + ((old + by) % 2**32).to_bytes(4, order) + message.payload[start + 4 :]
        start += size
    return message.payload


def _change_head(messages: Messages, rng: Random) -> None:
    """Another local type, or a compressed time in the header of one message or of all that follow."""
    found = _some(messages, Data, rng)
    if found is None:
        return
    at, _ = found
    compressed = rng.random() < 0.6
    for later in range(at, min(len(messages), at + rng.choice((1, 1, 40)))):
        message = messages[later]
        if isinstance(message, Data):
            head = 0x80 | (message.head & 3) << 5 | rng.randrange(32) if compressed else rng.randrange(256)
            messages[later] = replace(message, head=head)


def _drop(messages: Messages, rng: Random) -> None:
    at = rng.randrange(len(messages))
    del messages[at : at + rng.choice((1, 1, 2, 10, 100))]


def _repeat(messages: Messages, rng: Random) -> None:
    at = rng.randrange(len(messages))
    messages[at:at] = messages[at : at + rng.choice((1, 1, 3, 40))] * rng.choice((1, 1, 2, 10))


def _swap(messages: Messages, rng: Random) -> None:
    first, second = rng.randrange(len(messages)), rng.randrange(len(messages))
    messages[first], messages[second] = messages[second], messages[first]


def _move_stretch(messages: Messages, rng: Random) -> None:
    at, many = rng.randrange(len(messages)), rng.choice((1, 5, 60))
    stretch = messages[at : at + many]
    del messages[at : at + many]
    to = rng.randrange(len(messages) + 1)
    messages[to:to] = stretch


def _cut_payload(messages: Messages, rng: Random) -> None:
    found = _some(messages, Data, rng)
    if found is not None:
        at, message = found
        messages[at] = replace(message, payload=message.payload[: rng.randrange(len(message.payload) + 1)])


def _insert_message(messages: Messages, rng: Random) -> None:
    """A definition and a few messages of a kind that the reader looks at, with fields and values by chance."""
    fields = tuple(
        (rng.choice(FIELDS), rng.choice((*WIDTHS, 3, 12, 16)), rng.choice(BASES)) for _ in range(rng.randrange(8))
    )
    if rng.random() < 0.7:
        fields = ((253, 4, 0x86), *fields)
    shape = Definition(0x40 | rng.randrange(16), 0, rng.randrange(2), rng.choice(NUMBERS), fields)
    stamp = _some_time(messages, rng)
    made: Messages = [shape]
    for count in range(rng.choice((1, 1, 2, 30))):
        payload = b"".join(
            _integer(min(size, 8), rng).to_bytes(min(size, 8), "little").ljust(size, b"\1") for _, size, _ in fields
        )
        if fields[:1] == ((253, 4, 0x86),):
            payload = ((stamp + count) % 2**32).to_bytes(4, "big" if shape.big else "little") + payload[4:]
        made.append(Data(shape.head & 15, payload, shape))
    at = rng.randrange(len(messages) + 1)
    messages[at:at] = made


def _some_time(messages: Messages, rng: Random) -> int:
    """A time of the file, or of no time at all."""
    found = _some(messages, Data, rng)
    if found is None or rng.random() < 0.2:
        return rng.randrange(2**32)
    (_, message), start = found, 0
    for number, size, _ in message.shape.fields:
        if number == 253 and size == 4:
            return int.from_bytes(message.payload[start : start + 4], message.shape.order)
        start += size
    return 1_000_000_000


def _describe_developer_field(messages: Messages, rng: Random) -> None:
    """A developer field's description, sound or not: its index, number, base type, name, units, native field."""
    name = rng.choice((b"form\0", b"\xff\xfe\0", b"a" * 60, b"", b"Heart Rate\0", "Höhe".encode("utf-16-le")))
    fields = [(0, 1, 2), (1, 1, 2), (2, 1, 2), (3, len(name), 7), (8, 4, 7), (14, 2, 0x84), (15, 1, 2)]
    rng.shuffle(fields)
    values = {
        0: bytes((rng.choice((0, 0, 1, 255)),)),
        1: bytes((rng.choice((0, 1, 2, 5, 255)),)),
        2: bytes((rng.choice(BASES),)),
        3: name,
        8: rng.choice((b"bpm\0", b"\0\0\0\0", b"\xc3\x28ab")),
        14: struct.pack("<H", rng.choice((20, 18, 0xFFFF))),
        15: bytes((rng.choice((3, 4, 5, 2, 78, 255)),)),
    }
    kept = tuple(field for field in fields if rng.random() < 0.9)
    shape = Definition(0x40 | rng.randrange(16), 0, 0, 206, kept)
    described: Messages = [shape, Data(shape.head & 15, b"".join(values[number] for number, _, _ in kept), shape)]
    at = rng.choice((0, rng.randrange(len(messages) + 1)))
    messages[at:at] = described


CHANGES: tuple[Callable[[Messages, Random], None], ...] = (
    _change_definition,
    _change_definition,
    _change_definition,
    _change_value,
    _change_value,
    _change_times,
    _change_times,
    _change_head,
    _drop,
    _repeat,
    _swap,
    _move_stretch,
    _cut_payload,
    _insert_message,
    _insert_message,
    _describe_developer_field,
)
