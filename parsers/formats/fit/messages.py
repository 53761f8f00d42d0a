"""The wanted messages of one file of the chain, ready to be asked for fields."""

from __future__ import annotations

import math
from dataclasses import dataclass

from parsers.activity import Column
from parsers.format import Limits
from parsers.formats.fit.chain import Chain, Extent, chain
from parsers.formats.fit.columns import Table, tables, timestamps
from parsers.formats.fit.profile import WANTED
from parsers.formats.fit.walk import Walk, walk


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

    def values(self, message: int, field: int, *, scale: float = 1.0, signed: bool = False) -> list[float | None]:
        """The same as Python numbers, for the few messages that are looked at one by one; None where missing.

        Below 0 is missing too unless `signed`: a definition may choose a signed type for what is never negative.
        """
        column = self.column(message, field, scale=scale)
        if column is None:
            return [None] * self.count(message)
        least = -math.inf if signed else 0.0
        return [value if value >= least else None for value in column.tolist()]

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
    found, left = [], limits.messages
    for extent in links.extents:
        walked = walk(data, extent.start, extent.end, limit=left)
        left -= len(walked.offsets)
        found.append(Messages(data, extent, walked, tables(data, walked, WANTED)))
    return tuple(found), links
