"""What the parser tests share: the folder of real files, which is not part of the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("CRAMPWATCH_CORPUS") or ROOT.parent / "shared" / "corpus")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real watch files, or a skip."""
    if not (CORPUS / "manifest.csv").is_file():
        pytest.skip(f"no corpus of real files at {CORPUS.name}: set CRAMPWATCH_CORPUS")
    return CORPUS
