"""The made-up runs of `fixtures/`: what `demo` uploads and what `serve` names in its example."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.errors import BadCall

FOLDER = Path(__file__).resolve().parents[1] / "fixtures"
"""Beside `service` in a checkout; an installed package has no fixtures."""

_NOT_TOLD = (None, "unknown")

EXAMPLE = "fit/valid/fast_start.fit"


@dataclass(frozen=True, slots=True)
class Sample:
    """One file and the weather it was run in, as an upload takes it."""

    path: Path
    conditions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Samples:
    """Files in order of time, and the profile of the runner they are made for."""

    athlete: Mapping[str, Any]
    files: tuple[Sample, ...]

    def hashes(self) -> frozenset[str]:
        """What the service knows the files by: SHA-256 of their bytes, which are not packed."""
        return frozenset(hashlib.sha256(sample.path.read_bytes()).hexdigest() for sample in self.files)

    def untold(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """What there is to tell of the runner to a profile (`known`), so that amounts can be reckoned.

        Never what a person told: that stays.

        >>> Samples({"mass_kg": 70, "cramp_history": "ever"}, ()).untold({"mass_kg": 61, "cramp_history": "unknown"})
        {'cramp_history': 'ever'}
        """
        return {name: value for name, value in self.athlete.items() if known.get(name) in _NOT_TOLD}

    def are_all(self, sha256s: Collection[str]) -> bool:
        """Whether runs of these files are all ours. If not, somebody else runs, and the profile is theirs."""
        return not sha256s or self.hashes().issuperset(sha256s)


def made_runs(folder: Path = FOLDER) -> Samples:
    """The training history of the fixtures. Raises BadCall where there are none, as in an installed package."""
    try:
        listed = json.loads((folder / "demo.json").read_bytes())
    except FileNotFoundError:
        raise BadCall(
            "the made-up runs come with the source, not with the package: name a folder with --from"
        ) from None
    files = (Sample(folder / one["path"], one["conditions"]) for one in listed["files"])
    return Samples(listed["athlete"], tuple(files))


def are_there() -> bool:
    """Whether the made-up runs are: an installed package has none."""
    return (FOLDER / "demo.json").is_file()


def files_of(folder: Path) -> Samples:
    """The files of any folder, by name, for a runner of whom nothing is known. Raises BadCall where there are none."""
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    if not files:
        raise BadCall("there are no files in the folder that --from names")
    return Samples({}, tuple(map(Sample, files)))


def example() -> str:
    """The path of a made-up run as one would type it here, or a stand-in where there are no fixtures.

    Relative where it lies under the working directory.
    """
    path = FOLDER / EXAMPLE
    if not path.is_file():
        return "run.fit"
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative
