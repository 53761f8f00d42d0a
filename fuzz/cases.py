"""One case run and judged, within a bound of CPU time: the code of a refusal or `ok`, or what is wrong."""

from __future__ import annotations

import signal
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from types import FrameType

from fuzz import promises
from fuzz.kinds import Kind, kinds
from parsers import ParseError

CASE_CPU_S = 5.0
"""What a file of up to 5 MB may cost; cases are far smaller, so whatever comes near is a find."""
CHAIN_EVERY = 25
"""Of how many cases one goes through the whole examination."""
MOST_EXAMINED = 4


class _Hang(BaseException):
    """No Exception, so that no boundary takes it for the file's fault."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case by name: the same bytes on every machine that has the same seed files."""

    kind: str
    seed: int
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.seed}:{self.number}"

    def data(self) -> bytes:
        """The bytes of the file."""
        return kinds()[self.kind].make(self.random())

    def random(self) -> Random:
        """The chance of this case, from its name: numbers near each other would give like beginnings."""
        return Random(str(self))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a file: `code` is `ok` or that of its refusal; `wrong` says what must not be, or is empty."""

    code: str
    wrong: str = ""


def judged(data: bytes, kind: Kind, *, chain: bool, cpu_s: float = CASE_CPU_S) -> Verdict:
    """The file read and held against every promise; with `chain` its activities are examined too."""
    try:
        with _bounded(cpu_s), warnings.catch_warnings():
            warnings.simplefilter("error")
            return _read(data, kind, chain=chain)
    except _Hang:
        return Verdict("hang", f"it takes more than {cpu_s:g} s of CPU time")
    except promises.Broken as broken:
        return Verdict("broken", str(broken))
    except Exception as error:  # noqa: BLE001 - whatever leaves is what is looked for
        return Verdict("stray", _told(error))


def _read(data: bytes, kind: Kind, *, chain: bool) -> Verdict:
    try:
        found = kind.read(data)
    except ParseError as error:
        stray = promises.folded(error)
        return Verdict(error.code) if stray is None else Verdict("folded", _told(stray))
    for activities in found:
        promises.check(activities)
        for activity in activities[:MOST_EXAMINED] if chain else ():
            promises.check_chain(activity)
    return Verdict("ok" if found else "nothing")


def _told(error: BaseException) -> str:
    """The exception with the place where it began, on one line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error!s:.120} ({last.filename.rpartition('/')[2]}:{last.lineno} {last.name})"


@contextmanager
def _bounded(cpu_s: float) -> Iterator[None]:
    """Raises _Hang inside the block once it has used so much CPU time; only on the main thread."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
