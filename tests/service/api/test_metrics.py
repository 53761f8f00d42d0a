"""What the service counts about itself, and who may read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.ingest import PROGRAM_VERSION
from service.metrics import Metrics
from service.settings import Settings

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


def test_a_gauge_is_read_when_somebody_looks(fresh: Any) -> None:
    depth = {"queued": 3.0}
    fresh.app.state.house.metrics.watch("jobs", "Jobs by state", label="state", reading=lambda: depth)
    assert value(fresh.get("/metrics").text, 'crampwatch_jobs{state="queued"}') == 3
    depth["queued"] = 0
    assert value(fresh.get("/metrics").text, 'crampwatch_jobs{state="queued"}') == 0
    with pytest.raises(ValueError, match="crampwatch_jobs"):
        fresh.app.state.house.metrics.watch("jobs", "Twice", label="state", reading=lambda: depth)


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
