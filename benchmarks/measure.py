"""Interleaved measuring: every reader once, then every reader again, so that a busy moment hits both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.peers import Process

ROUNDS = 5
ENOUGH_S = 0.25
"""CPU time that a reader gets in each round; a slow one runs once."""


@dataclass(frozen=True, slots=True)
class Case:
    """A file to read, and by how many times we have to be faster than whom.

    `small` is a minute of the same format, with which a reader begins before its memory is measured; `most_bytes` is
    what Python and numpy may hold for us.
    """

    name: str
    path: Path
    records: int
    small: Path
    targets: Mapping[str, float] = field(default_factory=dict)
    most_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What one reader did on one case: CPU seconds (median over the rounds of each round's best), or why not.

    `peak_bytes` is what Python and numpy held, `resident_bytes` what the whole process took.
    """

    reader: str
    seconds: float | None = None
    peak_bytes: int | None = None
    resident_bytes: int | None = None
    error: str | None = None


def measure(case: Case, processes: Sequence[Process], *, rounds: int = ROUNDS) -> list[Measured]:
    """CPU time of every reader on the case, then the memory of each, in a fresh process."""
    found: dict[str, list[float]] = {}
    errors: dict[str, str] = {}
    times = {process.peer.name: 1 for process in processes}
    for turn in range(rounds + 1):
        for process in processes:
            name = process.peer.name
            if name in errors:
                continue
            answer = process.ask(case.path, what="time", times=times[name])
            if "error" in answer:
                errors[name] = str(answer["error"])
            elif turn == 0:  # the warm-up: imports and caches; it tells how often a round may repeat
                times[name] = max(1, min(100, int(ENOUGH_S / max(answer["seconds"], 1e-6))))
            else:
                found.setdefault(name, []).append(float(answer["seconds"]))
    return [_measured(case, process, found.get(process.peer.name, []), errors) for process in processes]


def _measured(case: Case, process: Process, found: list[float], errors: Mapping[str, str]) -> Measured:
    name = process.peer.name
    if name in errors:
        return Measured(name, error=errors[name])
    with Process(process.peer) as fresh:
        memory = fresh.ask(case.path, what="memory", small=case.small)
    held, resident = memory.get("bytes"), memory.get("resident_bytes")
    return Measured(
        name,
        median(found),
        held if isinstance(held, int) else None,
        resident if isinstance(resident, int) else None,
    )
