"""The benchmark of history pages: both ways ask for the same page, and a figure that is missed is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import orm

from benchmarks import history as benchmark
from benchmarks.history import Figure
from service.store import history, migrate
from service.store.engine import make_engine, read
from service.store.history import Filters


def test_the_page_behind_the_cursor_is_the_page_at_the_offset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACTIVITIES": 400, "ATHLETES": 5, "HEAVY": 1, "HEAVY_RUNS": 160, "PAGES": 40}.items():
        monkeypatch.setattr(benchmark, name, value)
    engine = make_engine(f"sqlite:///{tmp_path}/runs.db")
    migrate.upgrade(engine)
    ids, rows_per_s = benchmark.load(engine)
    kind, compared = benchmark.mapped(), 0
    for ask in benchmark.asks(ids):
        if ask.filters != Filters():  # the offset counts other rows then
            continue
        with read(engine) as db:
            page = history.page(db, ask.athlete_id, filters=ask.filters, limit=benchmark.LIMIT, cursor=ask.cursor)
        with orm.Session(engine) as session:
            other = [one.id for one in benchmark.other(session, ask, kind)]  # type: ignore[attr-defined]  # mapped
        assert [row.activity_id for row in page.items] == other
        compared += ask.cursor is not None
    assert compared > 5
    assert rows_per_s > 0
    engine.dispose()


def test_a_figure_that_is_missed_is_named() -> None:
    good = Figure("SQLite", 30_000, (0.5,) * 99 + (9.0,), (1.0,) * 100)
    slow = Figure("PostgreSQL", 9_000, (3.0,) * 98 + (30.0,) * 2, (1.0,) * 100)
    assert benchmark.missed([good]) == ()
    assert [line.split(":")[0] for line in benchmark.missed([good, slow])] == ["PostgreSQL"] * 3
    assert len(benchmark.table([good, slow]).splitlines()) == 5
