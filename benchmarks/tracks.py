"""GPX and TCX files into tidied activities: ours, beside the readers that people use and the least that XML costs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import report
from benchmarks.measure import Case, measure
from benchmarks.peers import TRACK_PEERS, WHOLE, Peer, started
from fixtures.corpus import CORPUS
from fixtures.generator import Run, Stretch
from fixtures.gpx_writer import gpx
from fixtures.tcx_writer import tcx

FOUR_HOURS_S = 4 * 3600.0
MADE_GPX, MADE_TCX = {"gpxpy": 25.0}, {"tcxreader": 12.0}
REAL_GPX = {"gpxpy": 15.0}
REAL = {"a real trail run, Strava's export": ("gpx_strava_trail_30k.gpx", REAL_GPX)}
OTHERS = {".gpx": "tcxreader", ".tcx": "gpxpy"}
"""Who cannot read a file of the format."""


def cases(folder: Path) -> Iterator[Case]:
    """Four hours at 1 Hz in either format, and a real export where it is to be had."""
    hills = tuple(Stretch(3.0, seconds=FOUR_HOURS_S / 4, grade=grade) for grade in (0.0, 0.03, -0.03, 0.0))
    made = Run(hills, heart_rate=((0.0, 120.0), (FOUR_HOURS_S, 160.0)), speed_noise=0.05, altitude_noise_m=0.3)
    for name, text, targets in (("run.gpx", gpx(made), MADE_GPX), ("run.tcx", tcx(made), MADE_TCX)):
        (folder / name).write_bytes(text)
        yield Case(f"a made run of 4 h at 1 Hz, {name[-3:].upper()}", folder / name, targets)
    for name, (file, targets) in REAL.items():
        if (CORPUS / file).exists():
            yield Case(name, CORPUS / file, targets)
        else:
            print(f"left out: {name}, as {file} is not in the corpus folder")


def able(peer: Peer, case: Case) -> bool:
    """Whether the peer reads the format of the case."""
    return peer.name != OTHERS[case.path.suffix] and not (
        peer.name.startswith("pyogrio") and case.path.suffix == ".tcx"
    )


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """Every reader on every file that it can read."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        readers = started(stack, (WHOLE, *TRACK_PEERS))
        results = [
            (case, measure(case, [one for one in readers if able(one.peer, case)], rounds=rounds))
            for case in cases(Path(folder))
        ]
        tables = [report.table(case, found, ours=WHOLE.name) for case, found in results]
    return report.Outcome("\n\n".join(tables), tuple(report.missed(results, ours=WHOLE.name)))
