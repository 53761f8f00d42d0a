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
from parsers import parse

FOUR_HOURS_S = 4 * 3600.0
MADE_GPX, MADE_TCX = {"gpxpy": 25.0}, {"tcxreader": 12.0}
REAL_GPX = {"gpxpy": 15.0}
REAL = {"a real trail run, Strava's export": ("gpx_strava_trail_30k.gpx", REAL_GPX)}
OTHERS = {".gpx": "tcxreader", ".tcx": "gpxpy"}
"""Who cannot read a file of the format."""


def cases(folder: Path) -> Iterator[Case]:
    """Four hours at 1 Hz in either format, and a real export where it is to be had."""
    for suffix, write, targets in ((".gpx", gpx, MADE_GPX), (".tcx", tcx, MADE_TCX)):
        made, small = folder / f"run{suffix}", folder / f"minute{suffix}"
        made.write_bytes(write(_hills(FOUR_HOURS_S)))
        small.write_bytes(write(_hills(60.0)))
        yield Case(f"a made run of 4 h at 1 Hz, {suffix[1:].upper()}", made, _records(made), small, targets)
    for name, (file, targets) in REAL.items():
        if (CORPUS / file).exists():
            yield Case(name, CORPUS / file, _records(CORPUS / file), folder / "minute.gpx", targets)
        else:
            print(f"left out: {name}, as {file} is not in the corpus folder")


def _hills(seconds: float) -> Run:
    ground = tuple(Stretch(3.0, seconds=seconds / 4, grade=grade) for grade in (0.0, 0.03, -0.03, 0.0))
    return Run(ground, heart_rate=((0.0, 120.0), (seconds, 160.0)), speed_noise=0.05, altitude_noise_m=0.3)


def _records(path: Path) -> int:
    return sum(activity.record_count for activity in parse(path.read_bytes()))


def able(peer: Peer, case: Case) -> bool:
    """Whether the peer reads the format of the case."""
    return peer.name != OTHERS[case.path.suffix] and not (
        peer.name.startswith("pyogrio") and case.path.suffix == ".tcx"
    )


def run(*, rounds: int, write: bool) -> report.Outcome:
    """Every reader on every file that it can read; the picture is drawn where `write` is set."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        readers = started(stack, (WHOLE, *TRACK_PEERS))
        results = [
            (case, measure(case, [one for one in readers if able(one.peer, case)], rounds=rounds))
            for case in cases(Path(folder))
        ]
        tables = [report.table(case, found, ours=WHOLE.name) for case, found in results]
    if write:
        report.TRACKS_PICTURE.write_text(report.picture(results, of="GPX and TCX readers"), encoding="utf-8")
    return report.Outcome("\n\n".join(tables), tuple(report.missed(results, ours=WHOLE.name)))
