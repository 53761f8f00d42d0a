"""A database, empty or migrated, and a folder of blobs for each test: once on SQLite, once on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from fixtures.postgres import Postgres
from service.store import activities, assessments, athletes, files, records, tables
from service.store.activities import Content
from service.store.blobs import Blobs
from service.store.engine import make_engine, write
from service.store.ids import new_id
from service.store.migrate import upgrade
from service.store.records import RecordRow
from service.store.scope import Scope
from service.store.tables import metadata

NOW = datetime(2026, 10, 4, 7, 0, 12, tzinfo=UTC)


def sha(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "crampwatch.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> Iterator[str]:
    """One that the tests share in turn: it is emptied in a millisecond, while a fresh one takes a quarter second."""
    with postgres.database() as url:
        engine = make_engine(url)
        upgrade(engine)
        engine.dispose()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path}/crampwatch.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def empty(url: str) -> Iterator[Engine]:
    """An engine on an empty database."""
    made = make_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def engine(backend: str, request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Engine]:
    """An engine on a migrated database without rows; whoever changes the schema takes `own_engine`."""
    if backend == "sqlite":
        made = make_engine(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'migrated.db')}")
        yield made
    else:
        made = make_engine(request.getfixturevalue("migrated_postgres"))
        with write(made) as db:
            db.exec_driver_sql("; ".join(f"DELETE FROM {name.name}" for name in reversed(metadata.sorted_tables)))  # noqa: S608  # our own names
        yield made
    made.dispose()


@pytest.fixture
def own_engine(empty: Engine) -> Engine:
    """An engine on a migrated database of the test's own."""
    upgrade(empty)
    return empty


@pytest.fixture
def db(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes."""
    with write(engine) as connection:
        yield connection


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(f"file://{tmp_path}/blobs")


@dataclass(frozen=True)
class Source:
    """One record of a run, and the id that somebody knows it by."""

    sha256: str
    part: int = 0
    origin: str | None = None
    external_id: str | None = None


def insert(
    db: Connection, athlete_id: str, *, activity_id: str, now: datetime, content: Content, source: Source
) -> None:
    """An activity with its only record."""
    activities.insert(db, athlete_id, activity_id=activity_id, now=now, content=content)
    started_at, summary = datetime.fromisoformat(content.document["started_at"]), content.document["summary"]
    record = RecordRow(
        activity_id=activity_id,
        sha256=source.sha256,
        part=source.part,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=summary["elapsed_s"]),
        distance_m=summary["distance_m"],
        family="foot",
        rank=99,
        apart=False,
        origin=source.origin,
        external_id=source.external_id,
    )
    records.add(db, athlete_id, record)


@dataclass
class Seed:
    """Makes rows with as little said as the test cares about."""

    files: int = 0
    now: datetime = NOW
    made: list[str] = field(default_factory=list)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def athlete(self, db: Connection, **fields: Any) -> str:
        external_id = fields.pop("external_id", None)
        return athletes.create(db, now=self.tick(), fields=fields, external_id=external_id).id

    def file(self, db: Connection, athlete_id: str, sha256: str | None = None) -> str:
        self.files += 1
        sha256 = sha256 or sha(self.files)
        files.add(
            db, athlete_id, sha256=sha256, size=1000, filename="run.fit", format_id="fit", via="upload", now=self.tick()
        )
        return sha256

    def content(self, *, started_at: datetime = NOW, digest: str = sha(99), **fields: Any) -> Content:
        options = {name: fields.pop(name) for name in ("edits", "note", "external_id", "state") if name in fields}
        document = {
            "name": "Morning run",
            "sport": "running",
            "sub_sport": "generic",
            "started_at": started_at.isoformat().replace("+00:00", "Z"),
            "utc_offset_s": 7200,
            "summary": {"distance_m": 10012.4, "moving_s": 3298, "elapsed_s": 3391},
        }
        return Content(document | fields, options.pop("state", {"laps": []}), digest, **options)

    def activity(
        self,
        db: Connection,
        athlete_id: str,
        *,
        source: Source | None = None,
        assessed: dict[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        activity_id = new_id("act", self.tick())
        source = source or Source(self.file(db, athlete_id))
        content = self.content(**fields)
        insert(db, athlete_id, activity_id=activity_id, now=self.now, content=content, source=source)
        if assessed is not None:
            self.assess(db, athlete_id, activity_id, **assessed)
        return activity_id

    def rest(self, db: Connection, athlete_id: str, *, activity_id: str, upload_id: str) -> None:
        """One row in each table that hangs on the athlete and that nothing else here fills."""
        key_id, reassessment_id, at = new_id("key", self.tick()), new_id("rea", self.tick()), self.now
        hangs_on = {"activity_id": activity_id, "revision": 1}
        rows: dict[str, dict[str, Any]] = {
            "api_keys": {"id": key_id, "prefix": "cw_", "sha256": key_id, "role": "athlete", "all_athletes": False},
            "api_key_athletes": {"key_id": key_id, "athlete_id": athlete_id},
            "cramp_reports": {**hangs_on, "answer": "none", "document": {"answer": "none"}, "answered_at": at},
            "run_logs": {**hangs_on, "document": {}, "updated_at": at},
            "upload_files": {"upload_id": upload_id, "position": 0, "name": "a", "key": "incoming/a", "bytes": 1},
            "reassessments": {
                "id": reassessment_id,
                "athlete_id": athlete_id,
                "status": "queued",
                "ruleset_version": "1",
                "total": 1,
                "done": 0,
                "changed": 0,
                "requested_at": at,
            },
            "reassessment_items": {
                "reassessment_id": reassessment_id,
                "activity_id": activity_id,
                "started_at": at,
                "difference": {},
            },
        }
        rows["api_keys"]["created_at"] = at
        theirs = {"athlete_id": athlete_id, "provider": "polar"}
        rows |= {
            "connections": {**theirs, "id": new_id("con", at), "external_id": "1", "state": "active"},
            "oauth_states": {**theirs, "state_sha256": key_id, "expires_at": at},
            "triage_seen": {"athlete_id": athlete_id, "actor": "local", "seen_at": at},
        }
        rows["connections"]["connected_at"] = at
        (record, *_) = records.of(db, [activity_id], scope=Scope.of(athlete_id))
        rows["arrivals"] = {"athlete_id": athlete_id, "sha256": record.sha256, "part": record.part, "via": "watch"}
        rows["arrivals"]["received_at"] = at
        for name, values in rows.items():
            db.execute(sa.insert(tables.metadata.tables[name]).values(values))

    def assess(self, db: Connection, athlete_id: str, activity_id: str, **fields: Any) -> str:
        digest = fields.pop("digest", None)
        return assessments.adopt(
            db, activity_id, athlete_id=athlete_id, now=self.tick(), document=assessment(**fields), digest=digest
        )


def assessment(**fields: Any) -> dict[str, Any]:
    """A document in the contract's shape; `warnings` may be plain codes."""
    document: dict[str, Any] = {
        "ruleset_version": "2026.1",
        "status": "scored",
        "headline": {"text_key": "headline-low", "params": {"km": 10}},
        "score": 11,
        "forecast_score": 11,
        "level": "low",
        "points_level": "low",
        "level_source": "points",
        "warnings": [],
        "receipt": {"result_sha256": sha(fields.pop("result", 1))},
    }
    document |= fields
    document["warnings"] = [{"code": code} for code in document["warnings"]]
    return document


@pytest.fixture
def seed() -> Seed:
    return Seed()
