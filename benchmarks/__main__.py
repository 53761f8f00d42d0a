"""`python -m benchmarks`: measure every reader on every file, print the ratios, write docs/performance.md.

`--no-write` leaves the page alone, `--rounds N` measures more or less often. The exit status is 1 where a figure that
was to be reached was missed, so that a release can stand on it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import report
from benchmarks.generate import steady_run
from benchmarks.measure import ROUNDS, Case, measure
from benchmarks.peers import OURS, PEERS, ROOT, WHOLE, Process

CORPUS = Path(os.environ.get("CRAMPWATCH_CORPUS") or ROOT.parent / "shared" / "corpus")
FOUR_HOURS_S = 4 * 3600
MADE_TARGETS = {"fitparse": 1100.0, "garmin-fit-sdk": 330.0, "fitfast": 9.0}
REAL_TARGETS = {"fitparse": 320.0, "garmin-fit-sdk": 100.0, "fitfast": 2.5}
REAL = {
    "a real run of 75 min, Forerunner 965": "fit_garmin_fr965_stamina.fit",
    "a real run of 67 min, Fenix 6S": "fit_garmin_fenix6_run_vo2.fit",
}


def cases(folder: Path) -> Iterator[Case]:
    """The files to measure on: the made run of four hours, and the real ones where they are to be had."""
    made = folder / "four_hours.fit"
    made.write_bytes(steady_run(FOUR_HOURS_S))
    yield Case("a made run of 4 h at 1 Hz", made, MADE_TARGETS)
    for name, file in REAL.items():
        if (CORPUS / file).exists():
            yield Case(name, CORPUS / file, REAL_TARGETS)
        else:
            print(f"left out: {name}, as {file} is not in the corpus folder")


def processes(stack: ExitStack) -> list[Process]:
    """A process for ours and for every peer that can be installed; the others are named."""
    found = []
    for peer in (OURS, WHOLE, *PEERS):
        try:
            found.append(stack.enter_context(Process(peer)))
        except (RuntimeError, OSError) as error:
            print(f"left out: {peer.name}, as {error}")
    return found


def main() -> int:
    """Measure, print, write; 1 where a figure was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-write", action="store_true")
    arguments = parser.parse_args()
    results: report.Results = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        readers = processes(stack)
        for case in cases(Path(folder)):
            found = measure(case, readers, rounds=arguments.rounds)
            results.append((case, found))
            print(f"\n{report.table(case, found)}", flush=True)
        text = "\n\n".join(report.table(case, found) for case, found in results)
    if not arguments.no_write:
        report.write("fit", f"{text}\n\nMeasured with Python {platform.python_version()} on {platform.machine()}.")
        report.PICTURE.write_text(report.picture(results), encoding="utf-8")
    shortfall = report.missed(results)
    print("\n" + ("\n".join(f"MISSED {line}" for line in shortfall) or "every figure reached"))
    return 1 if shortfall else 0


if __name__ == "__main__":
    sys.exit(main())
