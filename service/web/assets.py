"""What pages load: our own files and the browser libraries that `npm ci` put into node_modules, and nothing else.

All of it is read once, packed once, and served under an address that bears the hash of everything, so that a browser
may keep it for good. A library that is not installed is left out; the pages can be read without any.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.api import answers
from service.api.gate import GuardedRoute
from service.errors import NotFound

router = APIRouter(route_class=GuardedRoute)

_FOLDER = Path(__file__).parent
_LIBRARIES: Mapping[str, str] = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "uplot.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
}
_MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, plain and packed."""

    media_type: str
    body: bytes
    packed: bytes


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by name; `tag` changes with any of them, as our modules name each other without it."""

    tag: str
    files: Mapping[str, Asset]

    def has(self, name: str) -> bool:
        """Whether the file is there: a library may not be installed."""
        return name in self.files

    def address(self, name: str) -> str:
        """Where a page finds the file. Raises KeyError."""
        _ = self.files[name]
        return f"/static/{self.tag}/{name}"


@cache
def assets() -> Assets:
    """Everything that pages load, read when it is first asked for."""
    paths = {path.name: path for path in sorted((_FOLDER / "static").iterdir())}
    installed = {name: _FOLDER / "node_modules" / path for name, path in _LIBRARIES.items()}
    paths |= {name: path for name, path in installed.items() if path.is_file()}
    bodies = {name: path.read_bytes() for name, path in paths.items()}
    digest = hashlib.sha256()
    for name, body in sorted(bodies.items()):
        digest.update(f"{name} {len(body)}\n".encode() + body)
    files = {name: _asset(name, body) for name, body in bodies.items()}
    return Assets(digest.hexdigest()[:16], files)


def _asset(name: str, body: bytes) -> Asset:
    return Asset(_MEDIA_TYPES[Path(name).suffix], body, gzip.compress(body, 9, mtime=0))


@router.get("/static/{tag}/{name}", include_in_schema=False)
async def asset(tag: str, name: str, request: Request) -> Response:
    """One file. Under the tag of another version of the program it is this version's, not to be kept."""
    there = assets()
    if name not in there.files:
        raise NotFound("There is no such file here.")
    found, etag = there.files[name], f'"{there.tag}"'
    headers = {
        "Cache-Control": _FOR_GOOD if tag == there.tag else "no-cache",
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }
    if answers.unchanged(request, etag):
        return Response(None, 304, headers)
    if not accepts_gzip(request):
        return Response(found.body, 200, headers, found.media_type)
    return Response(found.packed, 200, headers | {"Content-Encoding": "gzip"}, found.media_type)


def accepts_gzip(request: Request) -> bool:
    """Whether the caller takes a body that is packed."""
    told = request.headers.get("accept-encoding", "").replace(" ", "").lower()
    return any(
        part == "gzip" or (part.startswith("gzip;q=") and part[7:] not in ("0", "0.0")) for part in told.split(",")
    )
