"""The real FIT files, one test each, or one skip that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.corpus import ABSENT, CORPUS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for `corpus_fit` every FIT file of the corpus."""
    if "corpus_fit" not in metafunc.fixturenames:
        return
    files = sorted(CORPUS.glob("fit_*.fit"))
    if not files:
        missing = pytest.param(None, marks=pytest.mark.skip(reason=ABSENT))
        metafunc.parametrize("corpus_fit", [missing])
    else:
        metafunc.parametrize("corpus_fit", files, ids=[path.stem for path in files])


@pytest.fixture
def corpus() -> Path:
    """The folder of real files."""
    if not CORPUS.is_dir():
        pytest.skip(ABSENT)
    return CORPUS
