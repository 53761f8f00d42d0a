"""Pages of a list, and the opaque cursor that leads from one to the next.

A cursor holds the sort key of the last row that was shown (never an offset), so that rows may come and go between two
pages without one being shown twice or left out. It is no secret and no right: every page still asks for the athlete.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import orjson
import sqlalchemy as sa

from service.errors import BadCall
from service.store.tables import UtcTime, as_micros, from_micros

MAX_LIMIT: Final = 200

_CHECK_BYTES: Final = 6

Row = TypeVar("Row")
Key = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in their order, and where to go on; `next_cursor` None: these were the last."""

    items: tuple[Row, ...]
    next_cursor: str | None


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES, person=b"crampwatchcursor").digest()


def encode(listing: str, key: Key) -> str:
    """A cursor behind the row with this sort key; `listing` names the list and its order.

    >>> decode("history:desc", encode("history:desc", (1, "act_1")), (int, str))
    (1, 'act_1')
    """
    body = orjson.dumps([listing, *key])
    return base64.urlsafe_b64encode(_check(body) + body).rstrip(b"=").decode()


def decode(listing: str, cursor: str, shape: tuple[type[int | str], ...]) -> Key:
    """The sort key that `encode` put in.

    Raises BadCall (`bad_cursor`) for anything that `encode` did not make for this very listing and key shape.
    """
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = orjson.loads(raw[_CHECK_BYTES:])
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError) as error:
        raise _bad() from error
    if not isinstance(found, list) or found[:1] != [listing] or tuple(type(part) for part in found[1:]) != shape:
        raise _bad()
    key = tuple(found[1:])
    if encode(listing, key) != cursor:  # the check bytes are wrong, or the same bytes are spelled in another way
        raise _bad()
    return key


def _bad() -> BadCall:
    return BadCall("This cursor does not belong to this list; ask for the first page without one.", code="bad_cursor")


@dataclass(frozen=True, slots=True)
class Keyset:
    """A list's name and order: the columns it is sorted by, the last of them unique within the list."""

    listing: str
    columns: tuple[sa.ColumnElement[Any], ...]
    descending: bool = False

    def page(
        self,
        db: sa.Connection,
        query: sa.Select[Any],
        *,
        limit: int,
        cursor: str | None,
        make: Callable[[sa.RowMapping], Row],
    ) -> Page[Row]:
        """The next `limit` rows of `query`, which selects at least the columns of the order.

        Raises BadCall: `bad_cursor`, or `bad_request` for a limit outside 1 to 200.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise BadCall(f"A list can be asked for 1 to {MAX_LIMIT} rows at a time.")
        if cursor is not None:
            query = query.where(self._beyond(cursor))
        order = [column.desc() if self.descending else column.asc() for column in self.columns]
        rows = db.execute(query.order_by(*order).limit(limit + 1)).mappings().all()
        more = len(rows) > limit
        return Page(tuple(make(row) for row in rows[:limit]), self._behind(rows[limit - 1]) if more else None)

    def _behind(self, row: sa.RowMapping) -> str:
        values = (row[column] for column in self.columns)
        key = tuple(as_micros(value) if isinstance(value, datetime) else value for value in values)
        return encode(self.listing, key)

    def _beyond(self, cursor: str) -> sa.ColumnElement[bool]:
        shape = tuple(int if isinstance(column.type, (UtcTime, sa.Integer)) else str for column in self.columns)
        key = decode(self.listing, cursor, shape)
        there = sa.tuple_(*self.columns)
        here = sa.tuple_(*map(_bound, self.columns, key))
        return there < here if self.descending else there > here


def _bound(column: sa.ColumnElement[Any], value: int | str) -> sa.ColumnElement[Any]:
    typed = from_micros(value) if isinstance(column.type, UtcTime) and isinstance(value, int) else value
    return sa.literal(typed, column.type)
