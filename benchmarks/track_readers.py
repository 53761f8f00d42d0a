"""How each reader turns the bytes of a GPX or TCX file into columns or objects: the peers, and two lower bounds.

Runs in the environment of the peer, like `readers`; ours is the whole parse there. Each gives what it makes, so that
nothing is measured which was never made; a file of the other format is an error, and its row says so.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def gpxpy(data: bytes) -> list[Any]:
    """The library of most Python programs for GPX: an object a point."""
    import gpxpy as library  # noqa: PLC0415 - only where this reader lives

    return list(library.parse(data.decode()).tracks)


def tcxreader(data: bytes) -> list[Any]:
    """The reader of TCX files on the package index: an object a point; it opens files alone."""
    from tcxreader.tcxreader import TCXReader  # noqa: PLC0415 - only where this reader lives

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.tcx")
        path.write_bytes(data)
        return list(TCXReader().read(str(path), only_gps=False).trackpoints)


def lxml(data: bytes) -> list[Any]:
    """The tree alone, in the safe mode; no value is taken from it."""
    from lxml import etree  # noqa: PLC0415 - only where this reader lives

    guarded = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return list(etree.fromstring(data, guarded))


def pyogrio(data: bytes) -> list[Any]:
    """GDAL's columns of a GPX file: points, altitude and time, no heart rate."""
    from pyogrio.raw import read  # noqa: PLC0415 - only where this reader lives

    _, _, points, columns = read(data, layer="track_points", columns=["ele", "time"])
    return [points, *columns]


def expat(data: bytes) -> list[Any]:
    """The C parser under ours with nobody listening: well-formed or not."""
    from xml.parsers import expat as library  # noqa: PLC0415 - only where this reader lives

    return [library.ParserCreate().Parse(data, True)]  # noqa: FBT003 - expat takes no names


TRACK_READERS: dict[str, Callable[[bytes], list[Any]]] = {
    "gpxpy": gpxpy,
    "tcxreader": tcxreader,
    "lxml, a tree and nothing else": lxml,
    "pyogrio, position, altitude and time": pyogrio,
    "expat, tokenising and nothing else": expat,
}
