"""`python -m benchmarks`: run every benchmark, print its tables, write them into docs/performance.md.

`--only NAME` runs one (again for more), `--no-write` leaves the page alone, `--rounds N` measures more or less often.
The exit status is 1 where a figure that was to be reached was missed, so that a release can stand on it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from benchmarks import (
    analysis,
    columns,
    deliveries,
    fit,
    history,
    imports,
    jobs,
    pages,
    parts,
    report,
    tracks,
    upload,
    webhooks,
)
from benchmarks.measure import ROUNDS


class Benchmark(Protocol):
    """What a module of this folder brings to be one of the benchmarks."""

    def __call__(self, *, rounds: int, write: bool) -> report.Outcome:
        """Measure; `rounds` is for those that run peers in turn, `write` for files beside the page."""


BENCHMARKS: Mapping[str, Benchmark] = {
    "fit": fit.run,
    "tracks": tracks.run,
    "columns": columns.run,
    "analysis": analysis.run,
    "upload": upload.run,
    "imports": imports.run,
    "parts": parts.run,
    "pages": pages.run,
    "jobs": jobs.run,
    "history": history.run,
    "webhooks": webhooks.run,
    "deliveries": deliveries.run,
}
"""Each by the name of its marks in docs/performance.md."""


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 where a figure was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHMARKS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-write", action="store_true")
    arguments = parser.parse_args(words)
    shortfall: list[str] = []
    for name in arguments.only or BENCHMARKS:
        outcome = BENCHMARKS[name](rounds=arguments.rounds, write=not arguments.no_write)
        print(f"\n{name}\n\n{outcome.text}", flush=True)
        if not arguments.no_write:
            report.write(name, outcome.text)
        shortfall += [f"MISSED {name}: {line}" for line in outcome.missed]
    print("\n" + ("\n".join(shortfall) or "every figure reached"))
    return 1 if shortfall else 0


if __name__ == "__main__":
    sys.exit(main())
