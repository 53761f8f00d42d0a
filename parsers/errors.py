"""What can be wrong with a file: one family, each with a stable code.

    ParseError
    ├── EmptyFile            empty
    ├── UnknownType          unknown_type
    ├── TooLarge             too_large, too_large_unpacked
    ├── ArchiveUnsafe        archive_unsafe
    ├── Corrupt              corrupt_header, corrupt_definition, corrupt_data, truncated, crc_mismatch
    ├── TooManyMessages      too_many_messages
    ├── BadXml               xml_malformed, xml_forbidden, xml_limit, encoding
    └── NotUsable            not_activity, no_usable_points, no_time

Nothing else leaves this package: `parsers.reader` folds every stray exception of a format into one of these. The HTTP
status of a code is none of this package's business: `service.api.problems` has the table.
"""

from __future__ import annotations

from typing import ClassVar


class ParseError(Exception):
    """A file that cannot become an activity, said in a sentence that a runner understands.

    `code` is stable and documented under docs/errors; `offset` is the byte (XML: the line, see `where`) at which the
    trouble was met, or None. Trying again never helps: the file has to change. Messages never repeat file content.
    """

    codes: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, code: str, message: str, *, format: str | None = None, offset: int | None = None) -> None:  # noqa: A002 - the field's name on the wire
        if code not in self.codes:
            raise ValueError(f"{code!r} is no code of {type(self).__name__}")
        super().__init__(message)
        self.code = code
        self.message = message
        self.format = format
        self.offset = offset

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.message, self.format, self.offset))


def _rebuild(kind: type[ParseError], code: str, message: str, format: str | None, offset: int | None) -> ParseError:  # noqa: A002
    return kind(code, message, format=format, offset=offset)


class EmptyFile(ParseError):
    """Not a single byte."""

    codes = frozenset({"empty"})


class UnknownType(ParseError):
    """None of the known formats, judged by content."""

    codes = frozenset({"unknown_type"})


class TooLarge(ParseError):
    """Over a size limit, as it came or unpacked."""

    codes = frozenset({"too_large", "too_large_unpacked"})


class ArchiveUnsafe(ParseError):
    """An archive with a path, a link, a cipher, a nesting, an overlap or a count that is refused."""

    codes = frozenset({"archive_unsafe"})


class Corrupt(ParseError):
    """The right format, broken beyond salvage."""

    codes = frozenset({"corrupt_header", "corrupt_definition", "corrupt_data", "truncated", "crc_mismatch"})


class TooManyMessages(ParseError):
    """More messages than any watch writes."""

    codes = frozenset({"too_many_messages"})


class BadXml(ParseError):
    """XML that is malformed, uses what is forbidden (DOCTYPE, entities), or passes a limit."""

    codes = frozenset({"xml_malformed", "xml_forbidden", "xml_limit", "encoding"})


class NotUsable(ParseError):
    """A sound file that holds no activity, or none with usable points."""

    codes = frozenset({"not_activity", "no_usable_points", "no_time"})
