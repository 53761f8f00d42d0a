"""The formats: every module or folder here with a `FORMAT` record is one; nothing has to be registered."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from parsers.format import Format

SHARED = frozenset({"points", "scan", "shape", "xml"})
"""Modules that formats share; every other one must have a record."""


@cache
def formats() -> tuple[Format, ...]:
    """Every format of this folder, by id. Raises TypeError on a missing record, RuntimeError on an id used twice."""
    found: dict[str, Format] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if module.name in SHARED:
            continue
        record = getattr(importlib.import_module(f"{__name__}.{module.name}"), "FORMAT", None)
        if not isinstance(record, Format):
            raise TypeError(f"{__name__}.{module.name} has no FORMAT record")
        if record.id in found:
            raise RuntimeError(f"the format {record.id!r} is there twice")
        found[record.id] = record
    return tuple(found.values())
