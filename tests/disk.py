"""What lies on the disk while a service goes on writing and removing."""

from __future__ import annotations

import os
from pathlib import Path

WALKS = 50
"""So often is a folder walked anew when something went away meanwhile."""


def paths(folder: Path) -> set[Path]:
    """Every file below the folder; what goes away meanwhile may be among them or not."""
    return {Path(place, name) for place, _, names in os.walk(folder) for name in names}


def files(folder: Path) -> dict[Path, bytes]:
    """Every file below the folder with its bytes, of one walk in which nothing went away.

    Raises: AssertionError if there is no file, or if something went away during each of the walks.
    """
    for _ in range(WALKS):
        try:
            found = {Path(place, name): Path(place, name).read_bytes() for place, name in _walked(folder)}
        except FileNotFoundError:
            continue
        assert found, f"nothing lies below {folder}"
        return found
    raise AssertionError(f"{folder} did not hold still over {WALKS} walks")


def holding(folder: Path, *marks: str | bytes) -> list[str]:
    """The names of the files below the folder in whose bytes or path under it one of the marks stands."""
    wanted = [mark.encode() if isinstance(mark, str) else mark for mark in marks]
    return [
        path.name
        for path, data in files(folder).items()
        if any(mark in data or mark in os.fsencode(path.relative_to(folder)) for mark in wanted)
    ]


def _walked(folder: Path) -> list[tuple[str, str]]:
    def gone(failure: OSError) -> None:
        raise failure

    return [(place, name) for place, _, names in os.walk(folder, onerror=gone) for name in names]
