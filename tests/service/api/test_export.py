"""Taking everything along: what is in the archive, under which names, and how little of it lies in memory."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import pytest
import sqlalchemy as sa

from service.api import export as export_module
from service.api.access import Caller, Visit
from service.api.documents import HISTORY_FIELDS
from service.api.export import pieces
from service.store import athletes, tables
from service.store.blobs import original_key
from service.store.engine import write
from service.store.scope import Scope

FILES = ("fit/valid/jog.fit", "fit/valid/even_run.fit", "fit/valid/fast_start.fit")


def archive(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    opened = zipfile.ZipFile(io.BytesIO(answer.content))
    assert opened.testzip() is None
    return opened


def lines(opened: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in opened.read(name).splitlines()]


def test_everything_that_is_kept_is_in_it(api: Any, watch_file: Any) -> None:
    athlete = api.athlete(name="Zoë", mass_kg=70)
    runs = [api.run(athlete, name) for name in FILES]
    house = api.app.state.house
    now = datetime.now(UTC)
    with write(house.engine) as db:
        report = {"answer": "near", "document": {"answer": "near", "stitch": True}, "answered_at": now, "revision": 1}
        db.execute(sa.insert(tables.cramp_reports).values(activity_id=runs[0]["id"], **report))
        log = {"document": {"fluid_ml": 500}, "updated_at": now, "revision": 1}
        db.execute(sa.insert(tables.run_logs).values(activity_id=runs[1]["id"], **log))
    answer = api.get(f"/v1/athletes/{athlete}/export")
    assert answer.headers["content-disposition"] == f'attachment; filename="crampwatch-{athlete}.zip"'
    opened = archive(answer)
    hashes = {hashlib.sha256(watch_file(name)).hexdigest() for name in FILES}
    originals = [name for name in opened.namelist() if name.startswith("originals/")]
    assert {hashlib.sha256(opened.read(name)).hexdigest() for name in originals} == hashes
    assert sorted(name for name in opened.namelist() if name not in originals) == [
        "activities.jsonl",
        "athlete.json",
        "cramp_reports.jsonl",
        "history.csv",
        "run_logs.jsonl",
    ]
    assert json.loads(opened.read("athlete.json")) == api.get(f"/v1/athletes/{athlete}").json()
    told = {one["id"]: one for one in lines(opened, "activities.jsonl")}
    assert told == {run["id"]: api.get(f"/v1/activities/{run['id']}").json() for run in runs}
    [report] = lines(opened, "cramp_reports.jsonl")
    assert (report["activity_id"], report["answer"], report["stitch"]) == (runs[0]["id"], "near", True)
    [log] = lines(opened, "run_logs.jsonl")
    assert (log["activity_id"], log["fluid_ml"]) == (runs[1]["id"], 500)
    table = list(csv.reader(io.StringIO(opened.read("history.csv").decode())))
    asked = api.get(f"/v1/athletes/{athlete}/risk-history?order=asc", headers={"Accept": "text/csv"}).text
    assert table == list(csv.reader(io.StringIO(asked)))
    assert table[0] == list(HISTORY_FIELDS)
    assert len(table) == 4


def test_somebody_with_nothing_takes_the_profile_along(api: Any) -> None:
    opened = archive(api.get(f"/v1/athletes/{api.athlete()}/export"))
    assert lines(opened, "activities.jsonl") == []
    assert len(opened.read("history.csv").splitlines()) == 1


def test_lists_longer_than_a_page_are_whole(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_module, "_PAGE", 1)
    athlete = api.athlete()
    for name in FILES:
        api.run(athlete, name)
    opened = archive(api.get(f"/v1/athletes/{athlete}/export"))
    assert len(lines(opened, "activities.jsonl")) == 3
    assert len(opened.read("history.csv").splitlines()) == 4
    assert len([name for name in opened.namelist() if name.startswith("originals/")]) == 3


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "C:\\Windows\\run.fit", "/etc/run.fit", "a/../../b.fit", "ru\x00n.fit", "", "…/лес.fit"],
)
def test_no_name_in_it_leads_anywhere(api: Any, watch_file: Any, name: str) -> None:
    athlete = api.athlete()
    assert api.upload(athlete, watch_file("fit/valid/jog.fit"), name=name).status_code == 201
    house = api.app.state.house
    with write(house.engine) as db:  # as an older version, or another door, might have stored it
        db.execute(sa.update(tables.files).where(tables.files.c.athlete_id == athlete).values(filename=name or "x"))
    opened = archive(api.get(f"/v1/athletes/{athlete}/export"))
    for entry in opened.namelist():
        path = PurePosixPath(entry)
        assert entry.isascii()
        assert entry.isprintable()
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert "\\" not in entry
        assert len(path.parts) <= 2
        assert len(entry) < 120


def test_a_file_that_is_lost_is_named_and_the_rest_is_there(api: Any) -> None:
    athlete = api.athlete()
    lost = api.run(athlete)["sources"][0]["sha256"]
    api.run(athlete, "fit/valid/jog.fit")
    api.app.state.house.blobs.delete(original_key(athlete, lost))
    opened = archive(api.get(f"/v1/athletes/{athlete}/export"))
    assert len([name for name in opened.namelist() if name.startswith("originals/")]) == 1
    assert lost in opened.read("missing.txt").decode()


def test_it_is_made_while_it_is_sent_and_holds_no_transaction_open(api: Any, watch_file: Any) -> None:
    """Much is put away, and little is held at any moment; a writer gets through between any two pieces."""
    athlete = api.athlete()
    house = api.app.state.house
    megabyte = b"".join(hashlib.sha256(bytes([number // 256, number % 256])).digest() for number in range(32768))
    api.run(athlete)
    with write(house.engine) as db:
        row = athletes.get(db, athlete, scope=Scope.everyone())
        for number in range(8):
            data = bytes([number]) + megabyte
            digest = hashlib.sha256(data).hexdigest()
            house.blobs.put(original_key(athlete, digest), data)
            known = {"athlete_id": athlete, "sha256": digest, "bytes": len(data), "filename": "x.fit", "format": "fit"}
            db.execute(sa.insert(tables.files).values(**known, via="upload", received_at=row.created_at))
    visit = Visit(house, Caller.local(), datetime.now(UTC), None, "en")
    sizes = []
    for piece in pieces(visit, row):
        sizes.append(len(piece))
        if len(sizes) % 20 == 0:
            with write(house.engine, wait_s=0.1) as db:
                db.execute(sa.update(tables.athletes).where(tables.athletes.c.id == athlete).values(name="x"))
    assert sum(sizes) > 8_000_000
    assert max(sizes) < 600_000


def test_an_export_of_somebody_else_is_not_there(api: Any, problem_of: Any) -> None:
    problem_of(api.get("/v1/athletes/ath_01k6p7e5000000000000000000/export"), 404, "not_found")
