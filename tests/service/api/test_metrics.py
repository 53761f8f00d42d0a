"""What the service counts about itself, and who may read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.errands import Errand
from service.errors import Unavailable
from service.ingest import PROGRAM_VERSION
from service.metrics import Metrics
from service.settings import Settings
from service.store import inbox
from service.store.engine import read, write
from service.store.inbox import NewEvent

from .conftest import Keyed, opened


def value(text: str, sample: str) -> float:
    """The value of a sample, 0 where it has not been counted yet."""
    found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
    return 0.0 if found is None else float(found[1])


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Any]:
    yield from opened(Settings(data_dir=tmp_path))


def test_requests_uploads_and_refusals_are_counted(fresh: Any, watch_file: Any) -> None:
    athlete = fresh.athlete()
    data = watch_file("fit/valid/jog.fit")
    fresh.upload(athlete, data)
    fresh.upload(athlete, data)
    fresh.upload(athlete, b"no watch file")
    fresh.request("BREW", "/v1/athletes")
    answer = fresh.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    text = answer.text
    route = 'method="POST",route="/v1/athletes/{athlete}/uploads"'
    assert value(text, f'crampwatch_requests_total{{{route},status="201"}}') == 1
    assert value(text, f'crampwatch_requests_total{{{route},status="200"}}') == 1
    assert value(text, f'crampwatch_requests_total{{{route},status="415"}}') == 1
    assert value(text, 'crampwatch_request_seconds_count{route="/v1/athletes/{athlete}/uploads"}') == 3
    outcomes = {name: value(text, f'crampwatch_uploads_total{{outcome="{name}"}}') for name in ("created", "duplicate")}
    assert outcomes == {"created": 1, "duplicate": 1}
    assert value(text, 'crampwatch_parse_errors_total{code="unknown_type"}') == 1
    assert value(text, "crampwatch_bugs_total") == 0
    assert f'crampwatch_build_info{{version="{PROGRAM_VERSION}"}} 1.0' in text
    assert 'method="other"' in text
    assert "BREW" not in text
    assert "process_resident_memory_bytes" in text


def test_a_mistake_of_ours_is_counted(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("47.8095")

    monkeypatch.setattr("service.store.athletes.page", fail)
    assert fresh.get("/v1/athletes").status_code == 500
    text = fresh.get("/metrics").text
    assert value(text, "crampwatch_bugs_total") == 1
    assert "47.8095" not in text


def test_nothing_of_anybody_is_in_it(fresh: Any, watch_file: Any) -> None:
    canary = "Kanarienvogel"
    athlete = fresh.athlete(name=canary, external_id=f"{canary}1")
    fresh.upload(athlete, watch_file("fit/valid/jog.fit"), name=f"{canary}.fit")
    fresh.upload(athlete, canary.encode(), name=f"{canary}.fit")
    fresh.get(f"/v1/athletes/{canary}?{canary}=1", headers={"Authorization": f"Bearer {canary}"})
    fresh.get(f"/{canary}")
    text = fresh.get("/metrics").text
    assert canary not in text
    assert not re.search(r"(ath|act|upl|key)_", text)


def test_a_gauge_is_read_when_somebody_looks() -> None:
    depth = {"queued": 3.0}
    metrics = Metrics(version="1")
    metrics.watch("jobs", "Jobs by state", label="state", reading=lambda: depth)
    assert value(metrics.exposed().decode(), 'crampwatch_jobs{state="queued"}') == 3
    depth["queued"] = 0
    assert value(metrics.exposed().decode(), 'crampwatch_jobs{state="queued"}') == 0
    with pytest.raises(ValueError, match="crampwatch_jobs"):
        metrics.watch("jobs", "Twice", label="state", reading=lambda: depth)


def test_the_stages_of_a_files_way_are_timed(fresh: Any, watch_file: Any) -> None:
    fresh.upload(fresh.athlete(), watch_file("fit/valid/jog.fit"))
    text = fresh.get("/metrics").text
    stages = ("unpack", "parse", "examine", "put_away", "store")
    counts = {stage: value(text, f'crampwatch_ingest_seconds_count{{stage="{stage}"}}') for stage in stages}
    assert counts == dict.fromkeys(stages, 1)
    spent = [value(text, f'crampwatch_ingest_seconds_sum{{stage="{stage}"}}') for stage in stages]
    assert min(spent) > 0


def test_what_waits_and_what_was_given_up_is_told(fresh: Any) -> None:
    house = fresh.app.state.house
    before = fresh.get("/metrics").text
    for sample in ('jobs{state="queued"}', 'jobs{state="dead"}', 'inbox_events{state="open"}'):
        assert f"crampwatch_{sample} 0.0" in before
    events = [NewEvent("polar", f"run{number}", "created", "475", f"run{number}", None, {}) for number in range(3)]
    now = datetime.now(UTC)
    with write(house.engine) as db:
        inbox.add(db, events, now=now)
        house.queue.enqueue(db, Errand("unheard-of", ("x",)))
    with read(house.engine) as db:
        first = inbox.due(db, "polar", now=now, limit=1)[0]
    with write(house.engine) as db:
        inbox.close(db, first.id, state="dead", now=now, problem="sync_gone")
    text = fresh.get("/metrics").text
    assert value(text, 'crampwatch_jobs{state="queued"}') == 1
    assert 0 <= value(text, 'crampwatch_oldest_job_seconds{state="queued"}') < 60
    assert value(text, 'crampwatch_inbox_events{state="open"}') == 2
    assert value(text, 'crampwatch_inbox_events{state="dead"}') == 1
    assert value(text, 'crampwatch_deliveries{state="pending"}') == 0


def test_a_database_that_is_away_leaves_the_rest_to_be_read(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise Unavailable("The database cannot be reached.")

    for name in ("jobs.queue.Queue.depths", "store.inbox.counts", "store.deliveries.counts"):
        monkeypatch.setattr(f"service.{name}", away)
    text = fresh.get("/metrics").text
    assert "crampwatch_jobs{" not in text
    assert "crampwatch_bugs_total 0.0" in text


def test_two_applications_count_apart() -> None:
    first, second = Metrics(version="1"), Metrics(version="2")
    first.bug()
    assert value(first.exposed().decode(), "crampwatch_bugs_total") == 1
    assert value(second.exposed().decode(), "crampwatch_bugs_total") == 0


def test_with_keys_an_admin_reads_it_or_everybody_where_the_operator_says_so(
    keyed: Any, tmp_path: Path, problem_of: Any
) -> None:
    problem_of(keyed.api.get("/metrics"), 401, "unauthorized")
    problem_of(keyed.holder("ingest").get("/metrics"), 403, "forbidden")
    keyed.api.get("/v1/athletes", headers={"Authorization": "Bearer cw_typo"})
    text = keyed.holder("admin").get("/metrics").text
    assert value(text, 'crampwatch_refused_keys_total{why="mistyped"}') == 1
    assert value(text, 'crampwatch_refused_keys_total{why="missing"}') == 1
    for api in opened(Settings(data_dir=tmp_path, auth="keys", metrics_access="anyone")):
        assert api.get("/metrics").status_code == 200
        assert Keyed(api).holder("admin").get("/metrics").status_code == 200
