"""How this very program was started, so that a command which it prints can be typed as it stands."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

NAME = "crampwatch"


def as_typed(script: str | None = None) -> str:
    """The beginning of a command line that starts this program again from here: `crampwatch` where PATH finds it.

    Else the path of the script, from the working directory where it lies below, or the interpreter with the module.
    """
    path = Path(script or sys.argv[0])
    if path.name != NAME:
        return f"{shlex.quote(_from_here(Path(sys.executable)))} -m service.cli"
    found = shutil.which(NAME)
    if found is not None and path.exists() and Path(found).samefile(path):
        return NAME
    return shlex.quote(_from_here(path))


def _from_here(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path.absolute()) if relative.startswith(os.pardir) else relative
