"""Bytes of a watch file to an Activity; imports nobody of this project.

The face: what the rest of the house may use. `parse` reads one file, `course` the way in it, `members` opens archives,
and none raises anything but ParseError.
"""

from parsers.activity import Activity, Device, DeviceTotals, Lap, Note, Pause, Streams
from parsers.archive import Member, Outline, members, outline
from parsers.course import Course, course
from parsers.errors import (
    ArchiveUnsafe,
    BadXml,
    Corrupt,
    EmptyFile,
    NotUsable,
    ParseError,
    TooLarge,
    TooManyMessages,
    UnknownType,
)
from parsers.format import Format, Limits
from parsers.formats import formats
from parsers.reader import parse, sniff
from parsers.sports import SPORTS, sport_of
from parsers.strava_export import STRAVA_TABLE, Hint, table_hints
from parsers.wrapping import unwrap

__all__ = [
    "SPORTS",
    "STRAVA_TABLE",
    "Activity",
    "ArchiveUnsafe",
    "BadXml",
    "Corrupt",
    "Course",
    "Device",
    "DeviceTotals",
    "EmptyFile",
    "Format",
    "Hint",
    "Lap",
    "Limits",
    "Member",
    "NotUsable",
    "Note",
    "Outline",
    "ParseError",
    "Pause",
    "Streams",
    "TooLarge",
    "TooManyMessages",
    "UnknownType",
    "course",
    "formats",
    "members",
    "outline",
    "parse",
    "sniff",
    "sport_of",
    "table_hints",
    "unwrap",
]
