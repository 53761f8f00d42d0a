"""The application: one FastAPI app put together from settings, with everything it holds open while it runs.

What may not live here: routes, queries, decisions. `create_app` only connects.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from service import gauges, logs
from service.api import (
    activities,
    advice,
    announcements,
    athletes,
    connections,
    diary,
    endpoints,
    events,
    export,
    history,
    jobs,
    keys,
    openapi,
    operation,
    problems,
    reassessments,
    risk_summary,
    streams,
    triage,
    uploads,
    verify,
    webhooks,
)
from service.api.access import House
from service.api.edge import Edge
from service.api.local import LocalOnly
from service.api.rounds import rounds
from service.ingest import PROGRAM_VERSION
from service.jobs import queue
from service.jobs.worker import Worker
from service.jobs.workshop import Workshop
from service.metrics import Metrics
from service.postbox import Postbox
from service.settings import Settings
from service.store import athletes as athlete_rows
from service.store import erasures, migrate, removals, scrub
from service.store.blobs import Blobs
from service.store.engine import make_engine, write
from service.vault import Vault
from service.web import rooms
from service.web.faults import ProblemPages

DESCRIPTION = (
    "Send the file of a run, get back which moments raised the risk of a cramp, why, how sure that is, and what to "
    "drink and eat next time. Training information, not medical advice."
)


def create_app(settings: Settings) -> FastAPI:
    """The application of `settings`; its lifespan migrates the database and opens the stores.

    Logging is set up too, unless it has been: structlog as it comes would print local variables of a failure. With
    `auth=local` it answers this computer alone, with `auth=keys` whoever holds a key.
    """
    if not structlog.is_configured():
        logs.configure(level=settings.log_level, style=settings.log_format)
    metrics = Metrics(version=PROGRAM_VERSION)
    app = FastAPI(
        title="crampwatch",
        version=PROGRAM_VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(settings, metrics),
        middleware=[
            Middleware(ProblemPages),
            Middleware(Edge, metrics=metrics),
            Middleware(LocalOnly)
            if settings.auth == "local"
            else Middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies),
            Middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_json_bytes),
        ],
        webhooks=announcements.router(),
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problems.install(app)
    app.include_router(webhooks.router())  # before the others: routes are tried in turn, and these come in bursts
    for router in (athletes.router, uploads.router(settings), activities.router, streams.router, history.router):
        app.include_router(router)
    for router in (diary.router, risk_summary.router, events.router, jobs.router):
        app.include_router(router)
    app.include_router(advice.router)
    app.include_router(verify.router)
    app.include_router(connections.router)
    app.include_router(triage.router)
    app.include_router(endpoints.router)
    app.include_router(reassessments.router)
    app.include_router(keys.router)
    app.include_router(export.router)
    app.include_router(operation.router)
    for router in rooms.routers(settings):
        app.include_router(router)
    openapi.describe(app)
    return app


def drain(app: FastAPI) -> None:
    """From now on `/readyz` says that no new work should be sent here; what has come is still done."""
    house: House | None = getattr(app.state, "house", None)
    if house is not None:
        house.drain()


def has_ended(app: FastAPI) -> bool:
    """Whether nothing of the application runs any more; a job that did not end in time ends with the process."""
    return getattr(app.state, "ended", True)


def _lifespan(settings: Settings, metrics: Metrics):  # type: ignore[no-untyped-def]  # FastAPI's type of it is private
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        house = await to_thread.run_sync(open_house, settings, metrics)
        app.state.house = house
        worker = None if settings.role == "api" else await to_thread.run_sync(_start_worker, house)
        try:
            async with rounds(house):
                yield
        finally:
            house.drain()
            app.state.ended = await to_thread.run_sync(close_house, house, worker)

    return lifespan


def open_house(settings: Settings, metrics: Metrics) -> House:
    """The open house: database migrated, `me` there, leftovers swept, and who was erased gone whatever came back."""
    engine = make_engine(settings.database_url, synchronous=settings.sqlite_synchronous)
    migrate.upgrade(engine)
    queue.migrate(engine)
    blobs = Blobs(settings.blob_url)
    blobs.sweep_temporary()
    _empty(settings.temporary_dir, before_s=time.time() - removals.ABANDONED_S)
    now = datetime.now(UTC)
    jobs_queue = queue.Queue(engine)
    house = House(
        settings=settings,
        engine=engine,
        blobs=blobs,
        uploads=CapacityLimiter(settings.upload_threads),
        queue=jobs_queue,
        metrics=metrics,
        vault=Vault.of(settings),
        postbox=Postbox(engine, jobs_queue.enqueue, now=lambda: datetime.now(UTC), wait_s=settings.database_timeout_s),
    )
    gauges.watch(metrics, engine, jobs_queue)
    for athlete_id in erasures.honour(engine, blobs, now=now):
        house.let_go_of(athlete_id)
    if settings.auth == "local":
        with write(engine, wait_s=settings.database_timeout_s) as db:
            athlete_rows.ensure_me(db, now=now)
    removals.ask_for_forgotten(engine, blobs, before=now - timedelta(seconds=removals.ABANDONED_S), now=now)
    house.sweep()
    scrub.scrub(engine, at_most_bytes=scrub.AT_START_BYTES)
    return house


def _start_worker(house: House) -> Worker:
    """The worker within this process, at work."""
    worker = Worker(
        Workshop(house.settings, house.engine, house.blobs, house.queue, lambda: datetime.now(UTC), house.metrics),
        threads=house.settings.worker_threads,
    )
    worker.start()
    return worker


def close_house(house: House, worker: Worker | None = None) -> bool:
    """Whether nothing runs any more; jobs get what the requests have left of the time to drain."""
    ended = worker is None or worker.stop(wait_s=house.drain_left_s())
    house.postbox.close()
    house.queue.close()
    house.engine.dispose()
    return ended


def _empty(folder: Path, *, before_s: float) -> None:
    """Nothing; the folder of temporary files is there, without those that an earlier process may have left."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < before_s:
                path.unlink()
