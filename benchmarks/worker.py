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
    """Answer orders on standard input until it ends: {"reader", "path", "what", "times"}."""
    for line in sys.stdin:
        order = json.loads(line)
        data = Path(order["path"]).read_bytes()
        try:
            if order["what"] == "memory":
                answer: dict[str, object] = {"bytes": peak_bytes(order["reader"], data)}
            else:
                answer = {"seconds": cpu_s(order["reader"], data, times=order["times"])}
        except Exception as error:  # noqa: BLE001 - a peer that stumbles is a result, not a failure of the benchmark
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
