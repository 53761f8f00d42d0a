"""The wanted messages of one file of the chain, ready to be asked for fields."""

from __future__ import annotations

from dataclasses import dataclass

from parsers.activity import Column
from parsers.errors import TooManyMessages
from parsers.format import Limits
from parsers.formats.fit.chain import Chain, Extent, chain
from parsers.formats.fit.columns import Table, tables, timestamps
from parsers.formats.fit.profile import WANTED
from parsers.formats.fit.walk import Walk, walk

MOST_FILES = 500
"""Files with content in one chain; real ones hold at most 7."""
PLENTY_OF_RECORDS = 300_000
"""Records up to which nothing is asked: three and a half days at one a second."""
FEWEST_RECORD_BYTES = 16
"""Beyond them a file must be worth its records, or half a million columns of one byte each fill the memory."""


@dataclass(frozen=True, slots=True)
class Messages:
    """One file: where it stands, how its messages lie, and a table for each wanted number that occurs."""

    data: bytes
    extent: Extent
    walk: Walk
    tables: dict[int, Table]

    def __contains__(self, message: int) -> bool:
        return message in self.tables

    def count(self, message: int) -> int:
        """How many messages of that number there are."""
        return len(self.tables[message]) if message in self.tables else 0

    def column(self, message: int, field: int, *, scale: float = 1.0, offset: float = 0.0) -> Column | None:
        """A field of every message of a number, NaN where missing; None where none has it."""
        return self.tables[message].column(field, scale=scale, offset=offset) if message in self.tables else None

    def values(self, message: int, field: int, *, scale: float = 1.0) -> list[float | None]:
        """The same as Python numbers, None where missing: for the few messages that are looked at one by one."""
        column = self.column(message, field, scale=scale)
        if column is None:
            return [None] * self.count(message)
        return [value if value == value else None for value in column.tolist()]  # noqa: PLR0124 - NaN

    def texts(self, message: int, field: int) -> list[str | None]:
        """A string field of every message of a number."""
        return self.tables[message].texts(field) if message in self.tables else []

    def times(self, message: int) -> Column:
        """The time of every message of a number that occurs, as the file counts it, NaN where it has none."""
        return timestamps(self.data, self.walk, self.tables[message])

    @property
    def damage(self) -> str | None:
        """`truncated` or `crc_mismatch` where the file is not as it was written, the worse first."""
        if self.extent.truncated or self.walk.stopped:
            return "truncated"
        return "crc_mismatch" if self.extent.crc_ok is False else None


def read(data: bytes, limits: Limits) -> tuple[tuple[Messages, ...], Chain]:
    """Every file of the chain that has content, and the chain itself.

    Raises:
        Corrupt: `corrupt_header`.
        TooManyMessages: more messages, records or files than the limits allow.

    """
    links = chain(data)
    if len(links.extents) > MOST_FILES:
        raise TooManyMessages("too_many_messages", "The file is a chain of more files than any watch writes.")
    found, left = [], limits.messages
    for extent in links.extents:
        walked = walk(data, extent.start, extent.end, limit=left)
        left -= len(walked.offsets)
        found.append(Messages(data, extent, walked, tables(data, walked, WANTED)))
    return tuple(found), links


def refuse_crowds(records: int, size: int) -> None:
    """Nothing, or TooManyMessages for more records than a file of `size` bytes can honestly hold."""
    if records > PLENTY_OF_RECORDS and records * FEWEST_RECORD_BYTES > size:
        raise TooManyMessages("too_many_messages", "The file holds more records than any watch writes.", format="fit")
