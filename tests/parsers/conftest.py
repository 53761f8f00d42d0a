"""What the parser tests share: the folder of real files, which is not part of the repository."""

import csv
from pathlib import Path

import pytest

from fixtures.corpus import ABSENT, CORPUS

MANIFEST = CORPUS / "manifest.csv"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real watch files, or a skip."""
    if not MANIFEST.is_file():
        pytest.skip(ABSENT)
    return CORPUS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `row` runs once for each line of the corpus' manifest."""
    if "row" not in metafunc.fixturenames:
        return
    if MANIFEST.is_file():
        with MANIFEST.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        metafunc.parametrize("row", rows, ids=[row["file"] for row in rows])
    else:
        metafunc.parametrize("row", [pytest.param({}, marks=pytest.mark.skip(reason=ABSENT))])
