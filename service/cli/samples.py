"""The made-up runs of `fixtures/`: what `demo` uploads and what `serve` names in its example."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "fixtures"
"""Beside `service` in a checkout; an installed package has no fixtures."""

SUFFIXES = frozenset({".fit", ".gpx", ".tcx", ".gz", ".zip"})


def sample_files(folder: Path = FOLDER) -> list[Path]:
    """Every good watch file of the fixtures, by format and name; none where there are no fixtures."""
    found = (path for path in folder.glob("*/valid/**/*") if path.is_file())
    return sorted(path for path in found if path.suffix in SUFFIXES)


def as_typed(path: Path) -> str:
    """The path as one would type it here: relative where it lies under the working directory."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative
