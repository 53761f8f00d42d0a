"""The kinds of cases: what a file of each kind is made from, how, and how it is read.

A seed file is one of `fixtures/` or of the corpus of real files (absent in a fresh clone: then fewer seeds).
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import TypeVar

import parsers
from fuzz import fit_mutations, json_mutations, wrapping_mutations, xml_mutations
from parsers import Activity, ParseError
from parsers.format import DEFAULT_LIMITS
from parsers.wrapping import unwrap

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("CRAMPWATCH_CORPUS") or ROOT.parent / "shared" / "corpus")
REGRESSIONS = ROOT / "fixtures" / "fuzz"
MOST_SEED_BYTES = 6_000_000
WHOLE_CHANCE = 0.004
"""How often a whole seed file is scratched anywhere, instead of a shortened one being changed with sense."""

Part = TypeVar("Part")
Made = Callable[[Random], bytes]
Found = tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of case. `make(rng)` gives its bytes; `read(data)` the activities of each file in it, or ParseError."""

    id: str
    suffix: str
    make: Made
    read: Callable[[bytes], tuple[Found, ...]]


def read_file(data: bytes) -> tuple[Found, ...]:
    """The activities of the one file."""
    return (parsers.parse(data),)


def read_archive(data: bytes) -> tuple[Found, ...]:
    """The activities of each file of an archive that can be read; a refusal of the archive is raised."""
    found: list[Found] = []
    for member in parsers.members(io.BytesIO(data)):
        if isinstance(member.data, bytes):
            try:
                found.append(parsers.parse(member.data))
            except ParseError:
                continue
    return tuple(found)


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its id; formats that are not there yet are left out."""
    there = {record.id for record in parsers.formats()}
    every = (
        Kind("fit", ".fit", _maker("fit", fit_mutations.taken_apart, fit_mutations.mutated), read_file),
        Kind("gpx", ".gpx", _maker("gpx", xml_mutations.taken_apart, xml_mutations.mutated), read_file),
        Kind("tcx", ".tcx", _maker("tcx", xml_mutations.taken_apart, xml_mutations.mutated), read_file),
        Kind("streams", ".bin", _json_maker(), read_file),
        Kind("wrapping", ".bin", _wrapping_maker(), read_archive),
    )
    return {kind.id: kind for kind in every if kind.id in there | {"wrapping"}}


def _maker(
    name: str, taken_apart: Callable[[bytes], list[Part]], mutated: Callable[[list[list[Part]], Random], bytes]
) -> Made:
    """Makes cases of a format, its seeds taken apart when the first one is asked for."""
    parts: list[list[Part]] = []

    def make(rng: Random) -> bytes:
        if not parts:
            parts.extend(made for data in seed_files(name) if (made := taken_apart(data)))
        if rng.random() < WHOLE_CHANCE:
            return fit_mutations.cut_or_scratched(rng.choice(seed_files(name)), rng)
        return mutated(parts, rng)

    return make


def _json_maker() -> Made:
    seeds: list[object] = []

    def make(rng: Random) -> bytes:
        if not seeds:
            seeds.extend(json_mutations.seeds())
        return json_mutations.mutated(seeds, rng)

    return make


def _wrapping_maker() -> Made:
    seeds: list[bytes] = []

    def make(rng: Random) -> bytes:
        if not seeds:
            seeds.extend(data[:40_000] for name in ("fit", "gpx", "tcx") for data in seed_files(name)[:6])
        return wrapping_mutations.mutated(seeds, rng)

    return make


@cache
def seed_files(name: str) -> tuple[bytes, ...]:
    """The seed files of a format: made ones, real ones, and what once escaped; the smallest first."""
    paths = (
        *(ROOT / "fixtures" / name).glob("*valid/*"),
        *CORPUS.glob(f"{name}_*"),
        *REGRESSIONS.glob(f"{name}_*"),
    )
    return tuple(
        sorted(
            {data for data in _contents(paths) if 0 < len(data) < MOST_SEED_BYTES}, key=lambda data: (len(data), data)
        )
    )


def _contents(paths: Iterable[Path]) -> Iterable[bytes]:
    for path in paths:
        if path.suffix != ".json" and path.is_file():
            try:
                yield unwrap(path.read_bytes(), limits=DEFAULT_LIMITS)
            except ParseError:
                continue
