"""FIT files into columns: ours beside every reader that people use. It draws docs/performance.svg as well."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import report
from benchmarks.generate import steady_run
from benchmarks.measure import Case, measure
from benchmarks.peers import OURS, PEERS, WHOLE, started
from fixtures.corpus import CORPUS
from parsers import parse

FOUR_HOURS_S = 4 * 3600
MADE_TARGETS = {"fitparse": 1100.0, "garmin-fit-sdk": 330.0, "fitfast": 9.0}
MADE_BYTES = 3_000_000
REAL_TARGETS = {"fitparse": 320.0, "garmin-fit-sdk": 100.0, "fitfast": 2.5}
REAL = {
    "a real run of 75 min, Forerunner 965": "fit_garmin_fr965_stamina.fit",
    "a real run of 67 min, Fenix 6S": "fit_garmin_fenix6_run_vo2.fit",
}


def cases(folder: Path) -> Iterator[Case]:
    """The files to measure on: the made run of four hours, and the real ones where they are to be had."""
    made, small = folder / "four_hours.fit", folder / "minute.fit"
    made.write_bytes(steady_run(FOUR_HOURS_S))
    small.write_bytes(steady_run(60))
    yield Case("a made run of 4 h at 1 Hz", made, FOUR_HOURS_S, small, MADE_TARGETS, MADE_BYTES)
    for name, file in REAL.items():
        if (CORPUS / file).exists():
            records = sum(activity.record_count for activity in parse((CORPUS / file).read_bytes()))
            yield Case(name, CORPUS / file, records, small, REAL_TARGETS)
        else:
            print(f"left out: {name}, as {file} is not in the corpus folder")


def run(*, rounds: int, write: bool) -> report.Outcome:
    """Every reader on every file; the picture is drawn where `write` is set."""
    results: report.Results = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        readers = started(stack, (OURS, WHOLE, *PEERS))
        results = [(case, measure(case, readers, rounds=rounds)) for case in cases(Path(folder))]
        tables = [report.table(case, found) for case, found in results]
    if write:
        report.FIT_PICTURE.write_text(report.picture(results, of="FIT readers"), encoding="utf-8")
    foot = f"Measured with Python {platform.python_version()} on {platform.machine()}."
    return report.Outcome("\n\n".join([*tables, foot]), tuple(report.missed(results)))
