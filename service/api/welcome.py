"""GET /: what this is and where to go on, as a small page for browsers and as plain text for everything else."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from service.api import reference
from service.ingest import PROGRAM_VERSION

_HISTORY = "/v1/athletes/me/risk-history"
_TEXT, _HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"


def answer(request: Request) -> Response:
    """The page or the text, with the addresses of this very service in it."""
    base = str(request.base_url).rstrip("/")
    what, upload = request.app.description, f"curl -F file=@run.fit {base}/v1/athletes/me/uploads"
    if "text/html" not in request.headers.get("accept", ""):
        return Response(_as_text(what, upload, base=base), 200, media_type=_TEXT)
    return Response(_as_page(what, upload), 200, {"Content-Security-Policy": reference.POLICY}, _HTML)


def _as_text(what: str, upload: str, *, base: str) -> str:
    return (
        f"crampwatch {PROGRAM_VERSION}\n\n{what}\n\n"
        f"  upload   {upload}\n  history  {base}{_HISTORY}\n  docs     {base}/docs\n"
    )


def _as_page(what: str, upload: str) -> str:
    return reference.page(
        "crampwatch",
        f"<h1>crampwatch {reference.escaped(PROGRAM_VERSION)}</h1><p>{reference.escaped(what)}</p>"
        f"<p>Upload a run: <code>{reference.escaped(upload)}</code></p>"
        f'<p>Look at the <a href="{_HISTORY}">risk history</a>, or read the <a href="/docs">API reference</a>.</p>',
    )
