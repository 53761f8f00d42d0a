"""What arrives: a file out of its wrappings, what was told with it, and what can become of it.

No question to the database here but whether the bytes are known; nothing is parsed before that is clear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from sqlalchemy import Connection

import parsers
from parsers import Activity, Hint, Limits, Member, Outline
from parsers.errors import ParseError
from service import examine
from service.errands import Errand
from service.errors import ServiceError
from service.store import files, tombstones

if TYPE_CHECKING:
    from service.settings import Settings

NAMED_BY: Final = "name_by"
"""Beside a `name` that a provider gave, its name: the provider may change it, until a person says another."""

CALLER: Final = "caller"
"""The origin of an `external_id` that whoever uploads has given."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told with a file: it outranks what the file says.

    `sport` is as `examine.sport_named` gives it; `conditions` has the field names of the API. `hint` is what an archive
    says of the file: it comes before the file, and after a person. `external_id` is the id by which `origin` (the
    caller, or a provider) knows the run, and `title` what a provider calls it. Whoever `repeats` what was there once (a
    service, an import, a watched folder) does not bring back what its owner deleted. `events`: whether the feed is to
    hear of each run.
    """

    external_id: str | None = None
    sport: str | None = None
    conditions: Mapping[str, float] = field(default_factory=dict)
    hint: Hint | None = None
    origin: str = CALLER
    title: str | None = None
    repeats: bool = False
    events: bool = True

    @property
    def callers_id(self) -> str | None:
        """The id that the activity itself bears: the caller's, never a provider's."""
        return self.external_id if self.origin == CALLER else None

    def edits(self, found: Sequence[Activity]) -> dict[str, Any]:
        """The told values as a person's edits of each activity of the file."""
        sport, conditions = examine.told_with(self.hint, found, sport=self.sport, conditions=self.conditions)
        name = self.title if self.hint is None else self.hint.name
        by = self.origin if name is not None and name == self.title else None
        given = {"name": name, NAMED_BY: by, **sport_edits(sport), "conditions": conditions}
        return {name: value for name, value in given.items() if value}


def sport_edits(sport: str | None) -> dict[str, str | None]:
    """A told sport as edits: the sport that lists show and filter by, and the sub-sport beside it."""
    named, _, sub_sport = (sport or "").partition("/")
    return {"sport": named or None, "sub_sport": sub_sport or None}


def told_sport(edits: Mapping[str, Any]) -> str | None:
    """The sport of the edits as `examine` takes it."""
    return "/".join(filter(None, (edits.get("sport"), edits.get("sub_sport")))) or None


@dataclass(frozen=True, slots=True)
class Received:
    """One file out of its wrapping. `sha256` is of `content`: two gzips of the same bytes are the same file."""

    name: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one activity of a file, or of a file without any.

    `outcome` is `created`, `duplicate`, `merged`, `skipped` or `rejected`; `error` says why not, for the last two. It
    is the call's where the file was sound, but came with another run's `external_id`.
    """

    name: str
    part: int
    outcome: str
    activity_id: str | None = None
    error: ParseError | ServiceError | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a file's activities, in the order of the file, and what is to be done about later runs."""

    outcomes: tuple[Outcome, ...]
    errands: tuple[Errand, ...] = ()


def outcome_of(error: ParseError, *, name: str, archived: bool) -> str:
    """What one file of many is that could not be read: `skipped` where it never was to be an activity.

    A bulk export is full of settings, sleep, courses and photos; those are not errors. What is named like a watch file,
    or was sent by itself, and is none of the known formats inside, was meant to be one (apart from the `._` files that
    a Mac puts beside each).
    """
    if error.code == "not_activity" or (archived and error.code == "no_time"):
        return "skipped"
    named_so = name.lower().removesuffix(".gz").endswith((".fit", ".gpx", ".tcx"))
    meant = not archived or (named_so and not name.rpartition("/")[2].startswith("._"))
    return "skipped" if error.code in {"unknown_type", "empty"} and not meant else "rejected"


def refusal(error: ParseError, *, name: str, archived: bool) -> Outcome:
    """The outcome of a file that could not be read.

    The error is a fresh copy: the traceback of the one that was raised would keep the bytes of each refused file alive.
    """
    return Outcome(name, 0, outcome_of(error, name=name, archived=archived), error=copy(error))


def mistake_at(name: str) -> Outcome:
    """The outcome of a file at which we fail by a mistake of our own: the others are none the worse for it."""
    told = "Something unexpected happened in the service with this file; nothing of it was stored."
    return Outcome(name, 0, "rejected", error=ServiceError(told, code="internal"))


def as_sent(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """The outcomes of one delivery: a course is passed over among others; by itself, it was sent to be a run."""
    only = outcomes[0] if len(outcomes) == 1 else None
    if only is None or not isinstance(only.error, ParseError):
        return outcomes
    return (replace(only, outcome=outcome_of(only.error, name=only.name, archived=only.error.code != "no_time")),)


def limits_of(settings: Settings) -> Limits:
    """The parsers' limits as the operator has set them."""
    return Limits(
        file_bytes=settings.max_file_bytes,
        unpacked_bytes=settings.max_unpacked_bytes,
        archive_bytes=settings.max_archive_bytes,
        archive_entries=settings.max_archive_entries,
        compression_ratio=settings.max_compression_ratio,
        ratio_from_bytes=settings.ratio_from_bytes,
    )


def files_of(
    file: BinaryIO, *, name: str, limits: Limits, spool_dir: Path | None = None, skip: int = 0
) -> Iterator[Member]:
    """The files in what was sent: itself, or the members of an archive, without the first `skip`.

    A member may be a ParseError instead of bytes. Raises ParseError where the archive as a whole is refused.
    """
    return parsers.members(file, name=name, limits=limits, spool_dir=spool_dir, skip=skip)


def outline_of(file: BinaryIO, *, limits: Limits) -> Outline:
    """How many files there are in what was sent, and of how many bytes, by its own word; nothing is unpacked.

    Raises ParseError where the archive as a whole is refused.
    """
    return parsers.outline(file, limits=limits)


def unpack(data: bytes, *, name: str, limits: Limits) -> Received:
    """The file without its gzip, and its hash. Raises ParseError, also where no format knows the content.

    Such a file (a photo, a text: an archive may hold fifty thousand) has to cost no query and no hash.
    """
    content = parsers.unwrap(data, limits=limits)
    if parsers.sniff(content) is None:
        parsers.parse(content, name=name, limits=limits)  # says in its own words why not
    return Received(name, content, hashlib.sha256(content).hexdigest())


def known_hashes(db: Connection, athlete_id: str) -> set[str]:
    """The hashes of all files of the athlete: whoever has many to store asks `already` of these alone."""
    return files.hashes(db, athlete_id)


def already(db: Connection, athlete_id: str, received: Received, *, told: Told) -> tuple[Outcome, ...]:
    """The duplicates, where the athlete has every activity of these bytes; empty where there is anything to do.

    What its owner deleted is `skipped` where the sender merely repeats itself, and something to do where not.
    """
    known = files.activities_of(db, athlete_id, sha256=received.sha256)
    buried = tombstones.parts_of(db, athlete_id, sha256=received.sha256) - known.keys()
    if buried and not told.repeats:
        return ()
    done = {part: Outcome(received.name, part, "duplicate", known[part]) for part in known}
    done |= {part: Outcome(received.name, part, "skipped") for part in buried}
    return tuple(done[part] for part in sorted(done))


def parse(received: Received, *, limits: Limits) -> tuple[Activity, ...]:
    """Every activity of the file, in its order. Raises ParseError."""
    return examine.read(received.content, name=received.name, limits=limits)
