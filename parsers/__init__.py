"""Bytes of a watch file to an Activity; imports nobody of this project.

The face: what the rest of the house may use. `parse` reads one file, `members` opens archives, and neither raises
anything but ParseError.
"""

from parsers.activity import Activity, Device, DeviceTotals, Lap, Note, Pause, Streams
from parsers.archive import Member, members
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
from parsers.wrapping import unwrap

__all__ = [
    "SPORTS",
    "Activity",
    "ArchiveUnsafe",
    "BadXml",
    "Corrupt",
    "Device",
    "DeviceTotals",
    "EmptyFile",
    "Format",
    "Lap",
    "Limits",
    "Member",
    "NotUsable",
    "Note",
    "ParseError",
    "Pause",
    "Streams",
    "TooLarge",
    "TooManyMessages",
    "UnknownType",
    "formats",
    "members",
    "parse",
    "sniff",
    "sport_of",
    "unwrap",
]
