"""A page on its way out: a template filled, packed, under a policy that lets nothing in from elsewhere.

Every value that a template writes is escaped by Jinja; no template may mark one as safe. There is no script and no
style in a page itself, so the policy allows none.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from babel.lists import format_list
from fastapi import Request
from starlette.responses import Response

from service.api.access import Visit
from service.ingest import PROGRAM_VERSION
from service.settings import Settings
from service.store.athletes import ME, AthleteRow
from service.web import bar, catalogue
from service.web.assets import accepts_gzip, assets
from service.web.shown import Shown

_HTML = "text/html; charset=utf-8"
DONE: Final = "crampwatch-done"
"""The cookie that tells the next page what was done just now; it is no secret, and that page takes it back."""
DONE_S: Final = 60
_PACKED_FROM_BYTES = 1000
_LEVEL_OF_PACKING = 4


def policy(settings: Settings) -> str:
    """The content security policy of every page: this origin alone, and the tile server where one is set."""
    tiles = urlsplit(settings.map_tiles)
    images = f"'self' {tiles.scheme}://{tiles.netloc}" if settings.map_tiles else "'self'"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _policies(settings: Settings) -> dict[str, str]:
    """What a page may load, and what its links tell: without any referrer its own forms would come from nowhere."""
    return {"Content-Security-Policy": policy(settings), "Referrer-Policy": "same-origin"}


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def fill(
    request: Request,
    template: str,
    *,
    settings: Settings,
    language: str,
    athlete: AthleteRow | None = None,
    own: str | None = None,
    units: str = "metric",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """The page of a template, in the athlete's units where it is about one, else in `units`."""
    spoken = catalogue.negotiated(language)
    shown = Shown(units, None) if athlete is None else Shown(athlete.units, athlete.timezone)
    body = (
        _templates()
        .get_template(template)
        .render(
            {
                "t": _sayer(spoken, shown.units),
                "f": shown,
                "asset": assets().address,
                "has_asset": assets().has,
                "language": spoken,
                "listed": partial(format_list, locale=spoken),
                "borders_from": {word: low for word, low, _ in bar.BORDERS},
                "athlete": athlete,
                "athlete_path": _own_path(settings, own) if athlete is None else path_of(athlete),
                "version": PROGRAM_VERSION,
                "auth": settings.auth,
                "here": request.url.path,
                "place": place_of(request.url.path),
                "role": None,
                "me": None,
                "is_behind": False,
                **context,
            }
        )
    )
    answered = _packed(request, body.encode(), status, {**_policies(settings), **(headers or {})})
    if just_done(request):
        answered.delete_cookie(DONE, path="/", httponly=True, samesite="strict")
    return answered


def just_done(request: Request) -> str:
    """What was done just before this page; empty: nothing. It is told once, and neither by an address nor by a link."""
    return request.cookies.get(DONE, "")


def page(request: Request, visit: Visit, template: str, *, athlete: AthleteRow | None = None, **more: Any) -> Response:
    """The page of a template for a visit; one that names athletes is told which is the visitor's own (`me`)."""
    return fill(
        request,
        template,
        settings=visit.house.settings,
        language=visit.language,
        athlete=athlete,
        own=visit.caller.athlete_id,
        role=visit.caller.role,
        **more,
    )


def path_of(athlete: AthleteRow) -> str:
    """The address under which an athlete's pages lie."""
    return f"/athletes/{athlete.id}"


def place_of(path: str) -> str:
    """Which part of the navigation an address belongs to.

    >>> place_of("/athletes/me/history"), place_of("/activities/act_1"), place_of("/webhooks"), place_of("/coach")
    ('history', 'runs', 'settings', 'coach')
    """
    last = path.rstrip("/").rpartition("/")[2]
    if last in ("history", "coach", "settings", "sign-in"):
        return last
    inner = any(part in path for part in ("/connections/", "/reassessments/"))
    return "settings" if inner or path.startswith(("/webhooks", "/settings")) else "runs"


def _own_path(settings: Settings, own: str | None) -> str | None:
    """Where a page that is about nobody leads back to: the caller's own runs, where there are such."""
    return f"/athletes/{ME}" if own is not None or settings.auth == "local" else None


def _sayer(language: str, units: str) -> Callable[..., str]:
    speaker = catalogue.speaker(language, units)

    def say(key: str, **params: Any) -> str:
        return speaker.say(key, params)

    return say


def _packed(request: Request, body: bytes, status: int, headers: Mapping[str, str]) -> Response:
    told = {**headers, "Vary": "Accept-Encoding, HX-Request"}
    if len(body) < _PACKED_FROM_BYTES or not accepts_gzip(request):
        return Response(body, status, told, _HTML)
    packed = gzip.compress(body, _LEVEL_OF_PACKING, mtime=0)
    return Response(packed, status, told | {"Content-Encoding": "gzip"}, _HTML)
