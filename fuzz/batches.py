"""Many cases, on as many cores as there are, each in a child that may hang, crash or eat memory without harm.

A child works off a stretch of cases and says after each how far it is. One that stands still is ended, one that dies is
noted with the case it was at, and another child goes on behind that case.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import resource
import signal
import struct
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from fuzz.cases import CHAIN_EVERY, Case, Verdict, judged
from fuzz.kinds import kinds

STRETCH = 1000
STILL_S = 120.0
"""A case that takes so long by the clock stands still outside Python, where no signal is heard."""
SPARE_BYTES = 512 * 2**20
"""Address space that a child may take beside what it has when it begins."""


@dataclass(frozen=True, slots=True)
class Find:
    """A case that must not be as it is."""

    case: Case
    verdict: Verdict


@dataclass(slots=True)
class Tally:
    """How the cases of a kind ended, by code, and those that are finds."""

    codes: Counter[str] = field(default_factory=Counter)
    finds: list[Find] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, other: Tally) -> None:
        """Take the numbers of another tally in."""
        self.codes += other.codes
        self.finds += other.finds
        self.cpu_s += other.cpu_s


@dataclass(slots=True)
class _Child:
    process: BaseProcess
    answer: Connection
    progress: mmap.mmap
    cases: range
    seen: int = -1
    seen_at: float = 0.0


def run(kind: str, *, seed: int, cases: range, cores: int | None = None) -> Iterator[Tally]:
    """The cases of a kind, worked off; a tally each time a stretch is done."""
    kinds()[kind].make(Case(kind, seed, 0).random())  # seeds are read once, here: children inherit them
    pending = [range(at, min(at + STRETCH, cases.stop)) for at in range(cases.start, cases.stop, STRETCH)][::-1]
    at_work: list[_Child] = []
    try:
        while pending or at_work:
            while pending and len(at_work) < (cores or os.cpu_count() or 1):
                at_work.append(_begun(kind, seed, pending.pop()))
            ready = set(wait([child.answer for child in at_work], timeout=1.0))
            for child in list(at_work):
                if child.answer in ready:
                    at_work.remove(child)
                    tally, rest = _ended(kind, seed, child)
                elif _stands_still(child):
                    at_work.remove(child)
                    child.process.kill()
                    tally, rest = _broken_off(kind, seed, child, "hang", f"it stood still for {STILL_S:g} s")
                else:
                    continue
                pending += [rest] if rest else []
                yield tally
    finally:
        for child in at_work:
            child.process.kill()


def _begun(kind: str, seed: int, cases: range) -> _Child:
    context = multiprocessing.get_context("fork")
    theirs, ours = context.Pipe(duplex=False)
    progress = mmap.mmap(-1, 8)
    progress[:] = struct.pack("<q", cases.start)
    process = context.Process(target=_work, args=(kind, seed, cases, progress, ours), daemon=True)
    process.start()
    ours.close()
    return _Child(process, theirs, progress, cases, seen_at=time.monotonic())


def _work(kind: str, seed: int, cases: range, progress: mmap.mmap, answer: Connection) -> None:
    """In the child: every case of the stretch, then the tally."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + SPARE_BYTES, hard))
    tally = stretch(kind, seed, cases, progress)
    answer.send(tally)
    answer.close()


def stretch(kind: str, seed: int, cases: range, progress: mmap.mmap | None = None) -> Tally:
    """The cases worked off here and now."""
    chosen, tally = kinds()[kind], Tally()
    began = time.process_time()
    for number in cases:
        if progress is not None:
            progress[:] = struct.pack("<q", number)
        case = Case(kind, seed, number)
        verdict = judged(case.data(), chosen, chain=number % CHAIN_EVERY == 0)
        tally.codes[verdict.code] += 1
        if verdict.wrong:
            tally.finds.append(Find(case, verdict))
    tally.cpu_s = time.process_time() - began
    return tally


def _address_space() -> int:
    """Bytes of address space of this process; a guess where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path of ours
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 8 * 2**30


def _ended(kind: str, seed: int, child: _Child) -> tuple[Tally, range | None]:
    try:
        return child.answer.recv(), None
    except EOFError:
        child.process.join()
        return _broken_off(kind, seed, child, "crash", f"the process ended with {child.process.exitcode}")


def _broken_off(kind: str, seed: int, child: _Child, code: str, wrong: str) -> tuple[Tally, range | None]:
    """A tally of the case that broke the child, and what is left of its stretch; what it had done is not counted."""
    at = struct.unpack("<q", child.progress[:])[0]
    tally = Tally(
        Counter({code: 1, "not counted": at - child.cases.start}), [Find(Case(kind, seed, at), Verdict(code, wrong))]
    )
    rest = range(at + 1, child.cases.stop)
    return tally, rest or None


def _stands_still(child: _Child) -> bool:
    at = struct.unpack("<q", child.progress[:])[0]
    if at != child.seen:
        child.seen, child.seen_at = at, time.monotonic()
    return time.monotonic() - child.seen_at > STILL_S
