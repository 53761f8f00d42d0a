"""The Format record: all that the reader has to know of a format, and the limits that hold for every one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parsers.activity import Activity

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes past which a file is refused, in bytes and counts; the defaults are those of docs/limits."""

    file_bytes: int = 25 * MIB
    unpacked_bytes: int = 100 * MIB
    archive_bytes: int = 1024 * MIB
    archive_entries: int = 50_000
    compression_ratio: int = 200
    ratio_from_bytes: int = 1_000_000
    messages: int = 3_000_000
    xml_depth: int = 32
    xml_attributes: int = 64
    xml_text_bytes: int = 64 * KIB


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Format:
    """One format, found by the folder scan of `parsers.formats`.

    `sniff(head)` scores the first 4 KiB from 0 (not mine) to 100 (surely mine). `parse(data, limits)` returns every
    activity in file order; it may raise anything: the reader turns it into a ParseError.
    `title` and `extensions` are for people and for downloads, never for deciding.
    """

    id: str
    title: str
    extensions: tuple[str, ...]
    media_type: str
    sniff: Callable[[bytes], int]
    parse: Callable[[bytes, Limits], tuple[Activity, ...]]
