"""Locks: one holder at a time, also between processes, and free the moment the holder is dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine

from service.store.locks import try_hold

ROOT = Path(__file__).resolve().parents[3]
HOLDER = (
    "import sys\n"
    "from service.store.engine import make_engine\n"
    "from service.store.locks import try_hold\n"
    "held = try_hold(make_engine(sys.argv[1]), 'one', for_life=True)\n"
    "print(held is not None, flush=True)\n"
    "sys.stdin.read()\n"
)


def test_a_lock_has_one_holder_until_it_is_released(empty: Engine) -> None:
    held = try_hold(empty, "one", for_life=True)
    assert held is not None
    assert held.is_alive()
    assert try_hold(empty, "one") is None
    other = try_hold(empty, "two")
    assert other is not None, "another name is another lock"
    held.release()
    again = try_hold(empty, "one")
    assert again is not None
    again.release()
    other.release()


def test_a_killed_process_holds_nothing(url: str, empty: Engine) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    assert try_hold(empty, "one") is None
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    held = None
    for _ in range(10_000):  # the server needs a moment to see that its client is gone
        held = held or try_hold(empty, "one")
    assert held is not None
    held.release()
