"""The peers, each in an environment where it can live, and the processes in which they are measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / ".bench-venv"
REQUIREMENTS = ROOT / "requirements"


@dataclass(frozen=True, slots=True)
class Peer:
    """A reader by its name in `readers` or `track_readers`, and the environment it runs in: None is ours."""

    name: str
    environment: str | None = None


OURS = Peer("crampwatch")
WHOLE = Peer("crampwatch, whole parse")
PEERS = (
    Peer("fitparse", "bench-fitparse"),  # owns the folder that python-fitparse owns, too
    Peer("python-fitparse", "bench"),
    Peer("fitdecode", "bench"),
    Peer("garmin-fit-sdk", "bench"),
    Peer("fitfast", "bench"),
    Peer("pyfitparsernative", "bench"),
)
TRACK_PEERS = (
    Peer("gpxpy", "bench"),
    Peer("tcxreader", "bench"),
    Peer("lxml, a tree and nothing else", "bench"),
    Peer("pyogrio, position, altitude and time", "bench"),
    Peer("expat, tokenising and nothing else", "bench"),
)


def python_of(environment: str | None) -> Path:
    """The interpreter of an environment, which is made from its locked requirements where it is not there yet.

    Raises:
        RuntimeError: the peers cannot be installed here; the message says why.

    """
    if environment is None:
        return Path(sys.executable)
    folder = ENVIRONMENTS / environment
    python, stamp = folder / "bin" / "python", folder / ".installed"
    requirements = REQUIREMENTS / f"{environment}.txt"
    if stamp.exists() and stamp.stat().st_mtime >= requirements.stat().st_mtime:
        return python
    try:
        venv.create(folder, with_pip=True, clear=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError("its environment could not be made (ensurepip failed)") from error
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    done = subprocess.run([*pip, str(requirements)], check=False, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise RuntimeError(f"its environment could not be installed ({last})")
    stamp.touch()
    return python


@dataclass(slots=True)
class Process:
    """A peer's process, ready for orders."""

    peer: Peer
    _child: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self._child = subprocess.Popen(
            [str(python_of(self.peer.environment)), str(ROOT / "benchmarks" / "worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT) if self.peer.environment is None else ""},
        )

    def ask(self, path: Path, *, what: str, times: int = 1, small: Path | None = None) -> dict[str, Any]:
        """The worker's answer to one order; `small` is a file to begin with where memory is asked for."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        order = {"reader": self.peer.name, "path": str(path), "what": what, "times": times, "small": str(small)}
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        return json.loads(line) if line else {"error": "its process died"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(timeout=60)


def started(stack: ExitStack, peers: Iterable[Peer]) -> list[Process]:
    """A process for every peer that can be installed, for as long as the stack lasts; the others are named."""
    found = []
    for peer in peers:
        try:
            found.append(stack.enter_context(Process(peer)))
        except (RuntimeError, OSError) as error:
            print(f"left out: {peer.name}, as {error}")
    return found
