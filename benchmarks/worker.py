"""One reader in a process of its own: measures what it is told to, and answers in JSON, a line each.

Started by `benchmarks.peers` as a plain script, in whichever environment has the reader.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from pathlib import Path

from readers import READERS as FIT_READERS
from track_readers import TRACK_READERS

READERS = {**TRACK_READERS, **FIT_READERS}


def cpu_s(reader: str, data: bytes, *, times: int) -> float:
    """The least CPU time of so many runs, in seconds."""
    read, best = READERS[reader], float("inf")
    for _ in range(times):
        began = time.process_time_ns()
        read(data)
        best = min(best, (time.process_time_ns() - began) / 1e9)
    return best


def resident_bytes(reader: str, small: bytes, data: bytes) -> int | None:
    """The most memory that the process took for the file; None where the system does not tell.

    Only the first call in a process counts: later ones find room that the first has left. What the reader imports is
    there before, as it has read a small file.
    """
    READERS[reader](small)
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted from here
        before = _status("VmRSS")
        READERS[reader](data)
        return max(0, _status("VmHWM") - before)
    except OSError:
        return None


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def peak_bytes(reader: str, data: bytes) -> int:
    """The most memory that Python and numpy held over what they held before."""
    READERS[reader](data)
    gc.collect()
    tracemalloc.start()
    READERS[reader](data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    """Answer orders on standard input until it ends: {"reader", "path", "what", "times", "small"}."""
    for line in sys.stdin:
        order = json.loads(line)
        data = Path(order["path"]).read_bytes()
        try:
            if order["what"] == "memory":
                resident = resident_bytes(order["reader"], Path(order["small"]).read_bytes(), data)
                answer: dict[str, object] = {"resident_bytes": resident, "bytes": peak_bytes(order["reader"], data)}
            else:
                answer = {"seconds": cpu_s(order["reader"], data, times=order["times"])}
        except Exception as error:  # noqa: BLE001 - a peer that stumbles is a result, not a failure of the benchmark
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
