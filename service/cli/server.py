"""The running service: a socket, uvicorn with the guarded protocol, and what to try once it is listening."""

from __future__ import annotations

import contextlib
import socket
import sys
from importlib.metadata import version

import uvicorn

from service import logs
from service.api.protocol import guarded
from service.app import create_app
from service.cli.samples import as_typed, sample_files
from service.cli.terminal import console
from service.errors import Unavailable
from service.settings import Settings
from service.store.engine import make_engine
from service.store.migrate import upgrade

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
            console().print(self._announcement, soft_wrap=True)
            sys.stdout.flush()


def run(settings: Settings) -> None:
    """Serve until a signal ends it. Raises Unavailable where the address is taken or not this computer's."""
    listening = _listen(settings.host, settings.port)
    with contextlib.closing(listening):
        logs.configure(level=settings.log_level, style=settings.log_format)
        _migrate(settings)
        address = f"http://{_in_url(settings.host)}:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(settings),
            http=guarded(settings),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=settings.drain_timeout_s,
        )
        with contextlib.suppress(KeyboardInterrupt):
            AnnouncingServer(config, announcement=announcement(address)).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a taken port is one sentence and port 0 can be told."""
    bare = host.strip("[]")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
    except OSError as wrong:
        why = wrong.strerror or "the address cannot be used"
        raise Unavailable(
            f"cannot listen on {host}, port {port}: {why}. Stop what listens there, or choose another with --port."
        ) from wrong
    made.listen(BACKLOG)
    return made


def _migrate(settings: Settings) -> None:
    engine = make_engine(settings.database_url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


def _in_url(host: str) -> str:
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare


def announcement(address: str) -> str:
    """Where the service is, and what to try: an upload of a real file, the documentation, the history."""
    files = sample_files()
    example = as_typed(next((path for path in files if path.suffix == ".fit"), files[0])) if files else "run.fit"
    return (
        f"crampwatch {version('crampwatch')} is listening on {address} (Ctrl-C stops it)\n"
        "\n"
        f"  try      curl -F file=@{example} {address}/v1/athletes/me/uploads\n"
        f"  docs     {address}/docs\n"
        f"  history  {address}/v1/athletes/me/risk-history\n"
        f"  demo     crampwatch demo --server {address}    fills the history with made-up runs"
    )
