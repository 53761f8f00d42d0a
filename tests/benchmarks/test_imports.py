"""The benchmark of many files: what it sends is what it says, and a miss is told."""

from __future__ import annotations

import io
import zipfile

import pytest

import parsers
from benchmarks.imports import Figure, a_run, archive, table


@pytest.mark.parametrize(
    ("figure", "missed"),
    [
        (Figure("a", 0.19, "s", most=0.2), False),
        (Figure("a", 0.21, "s", most=0.2), True),
        (Figure("a", 1001, "files/s", least=1000), False),
        (Figure("a", 999, "files/s", least=1000), True),
        (Figure("a", 999, "files/s"), False),
    ],
)
def test_a_figure_is_held_to_what_was_wanted(figure: Figure, missed: bool) -> None:
    assert figure.missed is missed
    assert figure.wanted() in table([figure])


def test_the_archive_holds_a_run_a_day() -> None:
    with zipfile.ZipFile(io.BytesIO(archive([3, 4]))) as made:
        runs = [parsers.parse(made.read(name))[0] for name in made.namelist()]
    assert (runs[1].started_at - runs[0].started_at).days == 1
    assert all(3500 < run.record_count < 3700 for run in runs)
    assert parsers.parse(a_run(3, seconds=1200))[0].record_count < 1300
