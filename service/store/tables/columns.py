"""What the tables are made of: the types of columns, the checks, and the names of constraints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    MetaData,
    String,
    TypeDecorator,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def as_micros(at: datetime) -> int:
    """Whole microseconds since 1970 of an aware time; exact, also before 1970.

    >>> as_micros(datetime(2026, 10, 4, 7, 0, 12, 250_000, tzinfo=UTC))
    1791097212250000
    """
    return (at - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC time that `as_micros` came from."""
    return _EPOCH + micros * _MICROSECOND


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, kept as whole microseconds since 1970.

    SQLite has no time type (SQLAlchemy writes text without a zone there), PostgreSQL has one that is shown in the
    session's zone. One integer sorts, compares and pages alike on both, and loses nothing.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Microseconds for the database; a naive time raises TypeError."""
        return None if value is None else as_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # likewise
        """The aware time for the program."""
        return None if value is None else from_micros(value)


metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID: Final = String(30)
SHA256: Final = String(64)
WORD: Final = String(64)
NAME: Final = String(200)
DOCUMENT: Final = JSON(none_as_null=True)


def one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    """The check that a column holds one of a closed set of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def between(column: str, low: float, high: float) -> CheckConstraint:
    """The check that a column lies within bounds, both included."""
    return CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=column)


def of_athlete(**options: Any) -> Column[str]:
    """The column of the athlete whose row it is, and with whom it goes."""
    return Column("athlete_id", ID, ForeignKey("athletes.id", ondelete="CASCADE"), nullable=False, **options)
