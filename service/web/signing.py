"""Signing in with a key: the browser gets a session in its place, and gives it back on the way out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from anyio import to_thread
from fastapi import Request
from starlette.responses import Response

from service.api import browsers, gate
from service.api.access import House, house_of, preferred_language
from service.api.permissions import READERS
from service.errors import Unauthorized
from service.store import credentials, engine, keys, sessions
from service.store.keys import KeyRow
from service.web import pages
from service.web.forms import Filled
from service.web.routes import page_of, page_router, problem_of, see

router = page_router()


@router.get("/sign-in")
async def sign_in(request: Request, to: str = "") -> Response:
    """The form that asks for a key; without keys there is nothing to sign in to."""
    if house_of(request).settings.auth == "local":
        return see("/")
    return _form(request, to=to)


@router.post("/sign-in")
async def signed_in(request: Request, form: Filled) -> Response:
    """A session for the holder of a valid key, and on to where they wanted to go."""
    house, to = house_of(request), form.text("to") or ""
    if house.settings.auth == "local":
        return see("/")
    shown = gate.Credential.key((form.text("key") or "").strip())
    try:
        row = await gate.holder_of(request, house, shown)
    except Unauthorized:
        return _form(request, to=to, status=401, refused="unknown" if shown.is_sound else "mistyped")
    if isinstance(row, Response):
        return page_of(request, problem_of(row), of=row)
    if row.role not in READERS:
        return _form(request, to=to, status=403, refused="ingest")
    answered = see(_inside(to))
    browsers.hand_out(answered, await to_thread.run_sync(_start, house, row), settings=house.settings)
    return answered


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """The session is over, here and in the browser."""
    digest = browsers.session_of(request)
    if digest is not None:
        await to_thread.run_sync(_end, house_of(request), digest)
    answered = see("/sign-in")
    browsers.take_back(answered)
    return answered


def _form(request: Request, *, to: str, status: int = 200, refused: str | None = None) -> Response:
    return pages.fill(
        request,
        "sign_in.html",
        settings=house_of(request).settings,
        language=preferred_language(request.headers.get("accept-language", "")),
        status=status,
        to=_inside(to),
        refused=refused,
    )


def _inside(address: str) -> str:
    """An address of this service, as it was asked for; the start page for anything that might lead elsewhere.

    >>> _inside("/activities/act_1?x=1"), _inside("//elsewhere.example"), _inside("https://elsewhere.example")
    ('/activities/act_1?x=1', '/home', '/home')
    """
    plain = all(" " < letter <= "~" and letter != "\\" for letter in address)
    return address if plain and address.startswith("/") and not address.startswith("//") else "/home"


def _start(house: House, row: KeyRow) -> str:
    session, now = browsers.fresh(), datetime.now(UTC)
    expires_at = now + timedelta(days=house.settings.session_days)
    with engine.write(house.engine, wait_s=house.settings.database_timeout_s) as db:
        sessions.start(db, row.id, sha256=credentials.digest(session), now=now, expires_at=expires_at)
        keys.note_uses(db, {row.id: now})
    return session


def _end(house: House, digest: str) -> None:
    with engine.write(house.engine, wait_s=house.settings.database_timeout_s) as db:
        sessions.end(db, digest)
