"""The total boundary: bytes go in, activities or one ParseError come out, whatever the bytes are.

Chooses the format by content alone. No format knows of wrappings, and nobody above this module sees another exception
of a format than ParseError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from parsers.activity import Activity, Note
from parsers.errors import Corrupt, EmptyFile, NotUsable, ParseError, TooLarge, UnknownType
from parsers.format import DEFAULT_LIMITS, MIB, Format, Limits
from parsers.formats import formats
from parsers.wrapping import Unwrapped, is_zip, unwrapped

HEAD = 4096
Made = TypeVar("Made")


def parse(data: bytes, *, name: str = "", limits: Limits = DEFAULT_LIMITS) -> tuple[Activity, ...]:
    """Every activity of one file, plain or gzipped, in file order; at least one.

    `name` is a hint for people and decides nothing. Raises ParseError and nothing else.
    """
    del name
    plain = bounded(data, limits)
    chosen = _best(plain.data)
    if chosen is None:
        raise _unknown(plain.data)
    activities = guarded(chosen.id, lambda: chosen.parse(plain.data, limits))
    if not activities:
        raise NotUsable("not_activity", "The file holds no activity.", format=chosen.id)
    return tuple(_with_notes(activity, plain.notes) for activity in activities)


def sniff(data: bytes) -> str | None:
    """The id of the format that the content shows, through a gzip wrapping, or None."""
    try:
        chosen = _best(bounded(data, DEFAULT_LIMITS).data)
    except ParseError:
        return None
    return None if chosen is None else chosen.id


def bounded(data: bytes, limits: Limits) -> Unwrapped:
    """The plain bytes, neither none nor too many."""
    if len(data) > limits.file_bytes:
        raise TooLarge("too_large", f"The file is larger than {limits.file_bytes // MIB} MiB.")
    plain = unwrapped(data, limits=limits)
    if not plain.data:
        raise EmptyFile("empty", "The file is empty.")
    return plain


def _best(data: bytes) -> Format | None:
    """The format that is surest of the file's first bytes, or None if none claims it."""
    head = data[:HEAD]
    scored = [(record.sniff(head), record) for record in formats()]
    score, chosen = max(scored, key=lambda pair: pair[0], default=(0, None))
    return chosen if score > 0 else None


def _unknown(data: bytes) -> UnknownType:
    if is_zip(data):
        return UnknownType("unknown_type", "This is an archive, not a watch file: its files are read one by one.")
    return UnknownType("unknown_type", "This is none of the file types that watches write: FIT, GPX or TCX.")


def guarded(kind: str, work: Callable[[], Made]) -> Made:
    """What `work` makes of the bytes of a format. Invariant: only ParseError leaves, and it names the format.

    Wide on purpose, the one place for all formats: they read hostile bytes through foreign libraries, and whatever
    those raise means that the file could not be read. The cause stays chained for whoever counts such strays.
    """
    try:
        return work()
    except ParseError as error:
        error.format = error.format or kind
        raise
    except EOFError as error:
        raise Corrupt("truncated", "The file ends before an activity could be read.", format=kind) from error
    except Exception as error:
        raise Corrupt("corrupt_data", "The file is damaged and could not be read.", format=kind) from error


def _with_notes(activity: Activity, notes: tuple[Note, ...]) -> Activity:
    return replace(activity, notes=(*notes, *activity.notes)) if notes else activity
