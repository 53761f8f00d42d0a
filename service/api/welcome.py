"""GET / for whatever is no browser: what this is and where to go on, as plain text. Browsers get the pages."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from service.ingest import PROGRAM_VERSION

_HISTORY = "/v1/athletes/me/risk-history"


def answer(request: Request) -> Response:
    """The text, with the addresses of this very service in it."""
    base = str(request.base_url).rstrip("/")
    text = (
        f"crampwatch {PROGRAM_VERSION}\n\n{request.app.description}\n\n"
        f"  upload   curl -F file=@run.fit {base}/v1/athletes/me/uploads\n"
        f"  history  {base}{_HISTORY}\n  docs     {base}/docs\n"
    )
    return Response(text, 200, media_type="text/plain; charset=utf-8")
