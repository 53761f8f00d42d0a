"""A set of cases read ten times over: a process that reads for weeks must neither grow nor get slower."""

from __future__ import annotations

import gc
import multiprocessing
import resource
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from fuzz.cases import Case, judged
from fuzz.kinds import kinds

PASSES = 10
MOST_GROWTH_BYTES = 20 * 2**20
MOST_SLOWDOWN = 1.5
"""CPU time of the quickest of the last three passes over that of the quickest of the first three."""
CHAIN_EVERY = 50


@dataclass(frozen=True, slots=True)
class Growth:
    """What ten passes over the same cases did: memory after the first and the last, and CPU seconds of each."""

    cases: int
    first_bytes: int
    last_bytes: int
    passes_s: tuple[float, ...]

    @property
    def bytes(self) -> int:
        """What the passes after the first added."""
        return self.last_bytes - self.first_bytes

    @property
    def slowdown(self) -> float:
        """How much longer the last passes took than the first."""
        return min(self.passes_s[-3:]) / min(self.passes_s[:3])

    def is_well(self) -> bool:
        """Whether both bounds are kept."""
        return self.bytes <= MOST_GROWTH_BYTES and self.slowdown <= MOST_SLOWDOWN

    def sentence(self) -> str:
        """The figures, for people."""
        return (
            f"{self.cases:,} cases read {len(self.passes_s)} times: {self.bytes / 2**20:+.1f} MiB after the first pass "
            f"({self.last_bytes / 2**20:.0f} in all), the last passes took {self.slowdown:.2f} of the first"
        )


def measured(cases: int, *, seed: int) -> Growth:
    """The figures of so many cases, in equal shares of every kind, in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_passes, args=(cases, seed, theirs))
    process.start()
    theirs.close()
    try:
        found = ours.recv()
        assert isinstance(found, Growth)  # noqa: S101 - what `_passes` sends
        return found
    finally:
        process.join()


def _passes(cases: int, seed: int, answer: Connection) -> None:
    chosen = list(kinds().values())
    memory, took = [], []
    for _ in range(PASSES):
        spent = 0.0
        for number in range(cases):
            kind = chosen[number % len(chosen)]
            data = Case(kind.id, seed, number).data()
            began = time.process_time()
            judged(data, kind, chain=number % CHAIN_EVERY == 0)
            spent += time.process_time() - began
        gc.collect()
        took.append(spent)
        memory.append(_resident_bytes())
    answer.send(Growth(cases, memory[0], memory[-1], tuple(took)))
    answer.close()


def _resident_bytes() -> int:
    """Memory that the process holds now; where the system does not tell, the most it ever held."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path of ours
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
