"""One entry runs every benchmark, writes what each has to say into its own part of the page, and fails on a miss."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks import __main__ as entry
from benchmarks import columns, jobs, parts, report, upload
from benchmarks.upload import Figure
from service.store import engine, migrate, tables

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
STORED = (tables.athletes, tables.files, tables.activities)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


@pytest.mark.parametrize("name", entry.BENCHMARKS)
def test_every_benchmark_has_its_marks_on_the_page(name: str) -> None:
    text = PAGE.read_text()
    assert text.count(f"<!-- {name}: begin -->") == text.count(f"<!-- {name}: end -->") == 1


@pytest.mark.parametrize(("missed", "status"), [((), 0), (("a: 3 ms, at most 2 wanted",), 1)])
def test_a_missed_figure_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missed: tuple[str, ...], status: int
) -> None:
    monkeypatch.setattr(
        entry, "BENCHMARKS", {"one": lambda rounds, write: report.Outcome(f"{rounds} rounds, {write}", missed)}
    )
    assert entry.main(["--no-write", "--rounds", "2"]) == status
    printed = capsys.readouterr().out
    assert "2 rounds, False" in printed
    assert ("MISSED one: a: 3 ms" in printed) is bool(missed)


FOUND = {"crampwatch": (4.0, 2.0, 1.0), "numpy archive": (9.0, 30.0, 5.0)}


@pytest.mark.parametrize(
    ("ours", "count"), [((5.9, 9.0, 1.9), 0), ((6.1, 9.0, 1.9), 1), ((5.9, 9.0, 2.1), 1), ((7.0, 9.0, 3.0), 2)]
)
def test_a_codec_over_its_limits_is_missed(ours: tuple[float, float, float], count: int) -> None:
    assert len(columns.missed({**FOUND, "crampwatch": ours})) == count


def test_the_table_of_codecs_sets_the_others_against_ours() -> None:
    assert "| numpy archive | 9.00 | 30.00 | 15.0 | 5.00 | 5.0 |" in columns.table(FOUND)


@pytest.mark.parametrize(
    ("median_ms", "limit_ms", "missed"), [(24.0, 25.0, False), (26.0, 25.0, True), (99.0, None, False)]
)
def test_an_upload_over_its_limit_is_missed(median_ms: float, limit_ms: float | None, missed: bool) -> None:
    one = Figure("x", 10, median_ms, median_ms, limit_ms)
    assert one.missed is missed
    assert f"| x | 10 | {median_ms:.1f} |" in upload.table([one])


@pytest.mark.parametrize(("best_ms", "limit_ms", "count"), [(0.9, 1.0, 0), (1.1, 1.0, 1), (9.0, None, 0)])
def test_a_part_over_its_limit_is_missed(best_ms: float, limit_ms: float | None, count: int) -> None:
    found = [parts.Figure("an answer", 1.5, best_ms, limit_ms)]
    assert len(parts.missed(found)) == count
    assert f"| an answer | 1.50 | {best_ms:.2f} |" in parts.table(found)


def test_the_parts_do_what_they_say() -> None:
    found = parts.measured("an answer", parts.scaled_answer)
    assert 0 < found.best_ms <= found.median_ms


@pytest.mark.parametrize(
    ("value", "bound", "is_least", "missed"),
    [
        (299, 300, True, True),
        (301, 300, True, False),
        (5.1, 5, False, True),
        (4.9, 5, False, False),
        (1, None, True, False),
    ],
)
def test_a_figure_of_jobs_outside_its_bound_is_missed(
    value: float, bound: float | None, is_least: bool, missed: bool
) -> None:
    one = jobs.Figure("x", value, "jobs/s", bound, is_least=is_least)
    assert one.missed is missed
    assert jobs.table([one]).endswith(f"jobs/s | {one.wanted} |")


def test_what_receives_a_file_stores_it_once_for_each_athlete(tmp_path: Path) -> None:
    db = engine.make_engine(f"sqlite:///{tmp_path / 'rows.db'}")
    migrate.upgrade(db)
    receive = parts.reception((FIXTURES / "fit" / "valid" / "jog.fit").read_bytes(), db)
    receive(0)
    receive(1)
    with engine.read(db) as reading:
        assert [reading.scalar(sa.select(sa.func.count()).select_from(table)) for table in STORED] == [2, 2, 2]
    db.dispose()
