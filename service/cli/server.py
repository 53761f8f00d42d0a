"""The running service: a socket, uvicorn with the guarded protocol, and what to try once it is listening."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from importlib.metadata import version
from types import FrameType

import uvicorn
from fastapi import FastAPI

from service import logs, settings
from service.api.protocol import guarded
from service.app import create_app, drain, has_ended
from service.cli.database import bring_up_to_date
from service.cli.keyring import first_key
from service.cli.process import leave_at_once, settle_memory
from service.cli.started import as_typed
from service.cli.terminal import console
from service.errors import Unavailable
from service.samples import example
from service.settings import Settings

BACKLOG = 2048


class AnnouncingServer(uvicorn.Server):
    """uvicorn's server that says where it is, once it is there."""

    def __init__(self, config: uvicorn.Config, *, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then tell."""
        await super().startup(sockets)
        if self.started:
            settle_memory()
            console().print(self._announcement, soft_wrap=True)
            sys.stdout.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in good order: not ready from this moment on, and exit status 0 instead of dying by the signal."""
        drain(self.config.app)  # type: ignore[arg-type]  # `run` put a FastAPI there
        super().handle_exit(sig, frame)
        self._captured_signals.clear()


def run(chosen: Settings) -> None:
    """Serve until a signal ends it. Raises Unavailable where the address is taken or not this computer's."""
    listening = listen(chosen.host, chosen.port)
    with contextlib.closing(listening):
        logs.configure(level=chosen.log_level, style=chosen.log_format)
        bring_up_to_date(chosen)
        key = first_key(chosen) if chosen.auth == "keys" else None
        address = f"http://{_in_url(chosen.host)}:{listening.getsockname()[1]}"
        told = announcement(address, auth=chosen.auth, key=key)
        app = create_app(chosen)
        config = uvicorn.Config(
            app,
            http=guarded(chosen),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=chosen.drain_timeout_s,
        )
        with contextlib.suppress(KeyboardInterrupt):
            AnnouncingServer(config, announcement=told).run(sockets=[listening])
        if not has_ended(app):
            leave_at_once()


def prepared() -> FastAPI:
    """The app over the migrated store of the settings, for who calls it without a socket. Raises BadSettings."""
    chosen = settings.load(log_level="warning", role="api")
    logs.configure(level=chosen.log_level, style=chosen.log_format)
    bring_up_to_date(chosen)
    return create_app(chosen)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is one sentence, and port 0 can be told.

    It names TCP itself: asyncio takes Nagle's delay off no other, and answers would wait 40 ms for an
    acknowledgement.
    """
    bare = host.strip("[]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((bare, port))
        made.listen(BACKLOG)
    except OSError as wrong:
        made.close()
        why = os.strerror(wrong.errno) if wrong.errno and wrong.errno > 0 else "the address cannot be used"
        raise Unavailable(
            f"cannot listen on {host}, port {port}: {why}. Stop what listens there, or choose another with --port."
        ) from wrong
    return made


def _in_url(host: str) -> str:
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare


def announcement(address: str, *, auth: str = "local", key: str | None = None) -> str:
    """Where the service is, and what to try: an upload of a real file, the documentation, the history."""
    head = f"crampwatch {version('crampwatch')} is listening on {address} (Ctrl-C stops it)\n\n"
    return head + (_with_keys(address, key) if auth == "keys" else _without_keys(address))


def _without_keys(address: str) -> str:
    return (
        f"  try      curl -F file=@{example()} {address}/v1/athletes/me/uploads\n"
        f"  look     {address}/    in a browser: runs, history, settings\n"
        f"  docs     {address}/docs\n"
        f"  history  {address}/v1/athletes/me/risk-history\n"
        f"  demo     {as_typed()} demo --server {address}    fills the history with made-up runs"
    )


def _with_keys(address: str, key: str | None) -> str:
    """`key` is the one of the first start: whoever reads this first makes keys of their own with it."""
    first = f"  key      {key}\n           an admin's, shown this once: keep it, or make another and revoke it\n"
    told = f"-H 'Authorization: Bearer {key or '$KEY'}'"
    return (
        (first if key is not None else f"  keys     {as_typed()} key add --role admin    makes one\n")
        + f"  try      curl {told} {address}/v1/keys\n"
        + f"  docs     {address}/docs\n"
        + "  Keys travel with each call: let a proxy that speaks TLS stand in front of other machines."
    )
