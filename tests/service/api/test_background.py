"""Uploads that are worked off in the background: accepted at once, done once, whatever happens on the way."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes
from service.api import shapes
from service.catchup import CatchUp
from service.errands import CATCH_UP, Errand
from service.errors import Unavailable
from service.jobs.errands import work_off as errand
from service.jobs.workshop import CONTINUE, Workshop
from service.store import tables
from service.store.engine import read
from tests import disk

FAST, EVEN, HILLS = "fit/valid/fast_start.fit", "fit/valid/even_run.fit", "fit/valid/hills.fit"
ASYNC = {"Prefer": "respond-async"}
RUNS = tuple(fit(on(100 + day, minutes(6, 2.8), step_s=10.0)) for day in range(12))


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


TWELVE = zipped({f"{n}.fit": data for n, data in enumerate(RUNS)})


def sent(api: Any, athlete: str, data: bytes, *, name: str = "all.zip", **params: str) -> Any:
    return api.post(f"/v1/athletes/{athlete}/uploads", content=data, params={"filename": name, **params}, headers=ASYNC)


def shop_of(api: Any) -> Workshop:
    house = api.app.state.house
    return Workshop(house.settings, house.engine, house.blobs, house.queue, lambda: datetime.now(UTC))


def told(api: Any, athlete: str) -> list[dict[str, Any]]:
    """What the feed heard of the athlete, type and data."""
    with read(api.app.state.house.engine) as db:
        query = sa.select(tables.events.c.type, tables.events.c.data).where(tables.events.c.athlete_id == athlete)
        return [{"type": row.type, **row.data} for row in db.execute(query.order_by(tables.events.c.sequence))]


def incoming(api: Any) -> list[Path]:
    return sorted(disk.paths(api.settings.data_dir / "blobs" / "incoming"))


def count(api: Any, athlete: str) -> int:
    return len(api.get(f"/v1/athletes/{athlete}/activities", params={"limit": 200}).json()["items"])


def test_whoever_would_not_wait_is_told_where_to_look(api: Any, athlete: str, watch_file: Any) -> None:
    answer = sent(api, athlete, watch_file(FAST), name="run.fit")
    assert answer.status_code == 202
    upload = answer.json()
    shapes.Upload.model_validate(upload)
    assert (upload["status"], upload["total"], upload["items"]) == ("queued", 0, [])
    assert answer.headers["location"] == f"/v1/uploads/{upload['id']}"
    assert answer.headers["preference-applied"] == "respond-async"
    assert count(api, athlete) == 0
    done = api.worked_off(answer)
    assert (done["status"], done["total"], done["created"]) == ("done", 1, 1)
    item = done["items"][0]
    assert (item["name"], item["outcome"], item["activity"]["sources"][0]["via"]) == ("run.fit", "created", "upload")
    assert [warning["code"] for warning in item["activity"]["assessment"]["warnings"]] == ["fast_start"]


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("respond-async", 202),
        ("return=minimal, Respond-Async; wait=3", 202),
        ("wait=10", 200),
        ('return="respond-async-not"', 200),
    ],
)
def test_the_preference_is_read_as_rfc_7240_writes_it(api: Any, watch_file: Any, prefer: str, status: int) -> None:
    athlete = api.athlete()
    api.upload(athlete, watch_file(FAST))
    answer = api.post(f"/v1/athletes/{athlete}/uploads", content=watch_file(FAST), headers={"Prefer": prefer})
    assert answer.status_code == status


def test_ten_files_are_waited_for_and_eleven_are_not(api: Any, athlete: str) -> None:
    ten, eleven = dict(list(enumerate(RUNS))[:10]), dict(list(enumerate(RUNS))[:11])
    assert api.upload(athlete, zipped({f"{n}.fit": data for n, data in ten.items()})).status_code == 201
    answer = api.upload(athlete, zipped({f"{n}.fit": data for n, data in eleven.items()}))
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers
    form = [("file", (f"{n}.fit", data)) for n, data in eleven.items()]
    assert api.post(f"/v1/athletes/{athlete}/uploads", files=form).status_code == 202


def test_more_than_32_mib_unpacked_are_not_waited_for(api: Any, athlete: str) -> None:
    photo = random.Random(7).randbytes(9 * 1024 * 1024)  # noqa: S311 - bytes that no compressor makes small
    assert api.upload(athlete, zipped({f"{n}.jpg": photo for n in range(3)})).status_code == 200
    assert api.upload(athlete, zipped({f"{n}.jpg": photo for n in range(4)})).status_code == 202


def test_one_bad_file_spoils_no_other(api: Any, athlete: str, watch_file: Any) -> None:
    members = {"a.fit": RUNS[0], "bad.fit": watch_file(FAST)[:300], "photo.jpg": b"\xff\xd8\xff", "b.fit": RUNS[1]}
    done = api.worked_off(sent(api, athlete, zipped(members)))
    outcomes = {item["name"]: item["outcome"] for item in done["items"]}
    assert outcomes == {"a.fit": "created", "bad.fit": "rejected", "photo.jpg": "skipped", "b.fit": "created"}
    problem = next(item["problem"] for item in done["items"] if item["name"] == "bad.fit")
    assert (problem["code"], problem["status"], problem["filename"]) == ("truncated", 422, "bad.fit")
    assert problem["title"]
    assert problem["type"] == "/problems/truncated"


def test_what_waited_is_gone_when_it_is_done(api: Any, athlete: str) -> None:
    answer = sent(api, athlete, TWELVE)
    waiting = [path for path in incoming(api) if answer.json()["id"] in path.parts]
    assert [path.read_bytes() for path in waiting] == [TWELVE]
    api.worked_off(answer)
    assert [path for path in incoming(api) if answer.json()["id"] in path.parts] == []
    assert list((api.settings.data_dir / "tmp").iterdir()) == []


def test_an_erased_athletes_files_do_not_wait_and_the_errand_finds_nobody(api: Any) -> None:
    athlete = api.athlete()
    upload = sent(api, athlete, TWELVE).json()
    assert api.delete(f"/v1/athletes/{athlete}").status_code == 204
    assert [path for path in incoming(api) if athlete in path.parts] == []
    assert errand.work_off(shop_of(api), upload["id"]) is None


def test_an_archive_that_is_refused_as_a_whole_is_refused_at_once(api: Any, athlete: str, problem_of: Any) -> None:
    problem_of(sent(api, athlete, b"PK\x03\x04 no archive"), 422, "corrupt_header")
    problem_of(sent(api, athlete, zipped({})), 400, "no_file")


def test_progress_shows_while_it_is_worked_off(api: Any, athlete: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errand, "SLICE_S", -1.0)  # every turn is over after one file
    upload_id = sent(api, athlete, TWELVE).json()["id"]
    seen = []
    for _ in range(len(RUNS)):
        assert errand.work_off(shop_of(api), upload_id) is CONTINUE
        upload = api.get(f"/v1/uploads/{upload_id}").json()
        seen.append((upload["status"], upload["created"]))
    assert seen == [("running", number) for number in range(1, len(RUNS) + 1)]
    assert errand.work_off(shop_of(api), upload_id) is None
    assert errand.work_off(shop_of(api), upload_id) is None
    done = api.get(f"/v1/uploads/{upload_id}").json()
    assert (done["status"], done["total"]) == ("done", len(RUNS))
    assert [item["name"] for item in done["items"]] == [f"{n}.fit" for n in range(len(RUNS))]


def test_a_failure_in_the_middle_neither_loses_nor_doubles_an_item(
    api: Any, athlete: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away at any of the writes of the errand; the next try goes on from there."""
    upload_id = sent(api, athlete, zipped({"junk.txt": b"x", **{f"{n}.fit": RUNS[n] for n in range(4)}})).json()["id"]
    real, fails_at = errand.ingest.note, iter(range(20))
    tries = 0

    def failing(*args: Any) -> None:
        real(*args)
        if next(fails_at) % 2 == 0:
            raise Unavailable("gone")

    monkeypatch.setattr(errand.ingest, "note", failing)
    while True:
        tries += 1
        assert tries < 20
        try:
            if errand.work_off(shop_of(api), upload_id) is None:
                break
        except Unavailable:
            continue
    done = api.get(f"/v1/uploads/{upload_id}").json()
    assert tries > 4
    assert [(item["name"], item["outcome"]) for item in done["items"]] == [
        ("junk.txt", "skipped"),
        *((f"{n}.fit", "created") for n in range(4)),
    ]
    assert count(api, athlete) == 4


def test_of_two_that_work_off_the_same_upload_only_one_notes(
    api: Any, athlete: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = sent(api, athlete, zipped({f"{n}.fit": RUNS[n] for n in range(3)})).json()["id"]
    real = errand.Work._received
    others = iter([True])

    def overtaken(self: Any, *args: Any, **named: Any) -> Any:
        if next(others, False):
            assert errand.work_off(shop_of(api), upload_id) is None
        return real(self, *args, **named)

    monkeypatch.setattr(errand.Work, "_received", overtaken)
    assert errand.work_off(shop_of(api), upload_id) is None
    done = api.get(f"/v1/uploads/{upload_id}").json()
    assert [item["name"] for item in done["items"]] == ["0.fit", "1.fit", "2.fit"]
    assert done["created"] == 3


def test_many_files_are_one_event_and_few_are_an_event_a_run(api: Any, athlete: str) -> None:
    done = api.worked_off(sent(api, athlete, TWELVE))
    feed = told(api, athlete)
    assert [one["type"] for one in feed] == ["import.done"]
    assert (feed[0]["upload_id"], feed[0]["total"], feed[0]["created"]) == (done["id"], 12, 12)
    api.worked_off(sent(api, athlete, fit(on(200, minutes(6, 2.8), step_s=10.0)), name="run.fit"))
    assert [one["type"] for one in told(api, athlete)[1:]] == ["activity.assessed", "upload.done"]


def test_an_upload_of_which_nothing_could_be_read_is_told_as_such(
    api: Any, athlete: str, watch_file: Any, problem_of: Any
) -> None:
    done = api.worked_off(sent(api, athlete, watch_file(FAST)[:300], name="a.fit"))
    assert (done["total"], done["rejected"]) == (1, 1)
    problem_of(api.upload(athlete, watch_file(FAST)[:300], name="a.fit"), 422, "truncated")
    feed = told(api, athlete)
    assert [(one["type"], one["rejected"]) for one in feed] == [("upload.rejected", 1)] * 2


def test_the_parts_of_an_import_are_told_once_when_the_last_is_done(api: Any, athlete: str) -> None:
    parts = [zipped({f"{n}.fit": RUNS[n] for n in some}) for some in ((0, 1), (2, 3), (0, 4))]
    more = ({"more": "true"}, {"more": "true"}, {})
    answers = [sent(api, athlete, part, **{"import": "spring"}, **told) for part, told in zip(parts, more, strict=True)]
    for at in (2, 0, 1):
        assert told(api, athlete) == []
        done = api.worked_off(answers[at])
        assert (done["via"], done["import_name"]) == ("import", "spring")
    feed = told(api, athlete)
    assert [one["type"] for one in feed] == ["import.done"]
    assert (feed[0]["import"], len(feed[0]["uploads"]), feed[0]["total"]) == ("spring", 3, 6)
    assert (feed[0]["created"], feed[0]["duplicates"]) == (5, 1)


@pytest.mark.parametrize(
    "params",
    [{"more": "true"}, {"import": "../x"}, {"import": ""}, {"import": "a", "via": "watch"}, {"via": "strava"}],
)
def test_odd_options_of_an_import_are_refused(api: Any, athlete: str, problem_of: Any, params: dict[str, str]) -> None:
    problem_of(sent(api, athlete, TWELVE, **params), 422, "invalid_field")


def test_an_import_does_not_bring_back_what_was_deleted_and_an_upload_does(api: Any, athlete: str) -> None:
    made = api.upload(athlete, RUNS[0]).json()["items"][0]["activity"]
    assert api.delete(f"/v1/activities/{made['id']}").status_code == 204
    done = api.worked_off(sent(api, athlete, RUNS[0], name="0.fit", **{"import": "again"}))
    assert (done["skipped"], count(api, athlete)) == (1, 0)
    watched = api.upload(athlete, RUNS[0], name="0.fit", via="watch")
    assert (watched.status_code, watched.json()["skipped"]) == (200, 1)
    assert api.worked_off(sent(api, athlete, RUNS[0], name="0.fit"))["created"] == 1


def test_an_external_id_that_is_taken_is_a_refused_item(api: Any, athlete: str) -> None:
    assert api.upload(athlete, RUNS[0], external_id="r1").status_code == 201
    done = api.worked_off(sent(api, athlete, RUNS[1], name="1.fit", external_id="r1"))
    assert (done["rejected"], done["items"][0]["problem"]["code"]) == (1, "conflict")
    assert api.worked_off(sent(api, athlete, RUNS[1], name="1.fit", external_id="r2"))["created"] == 1


def test_the_history_after_an_import_is_caught_up_with_once(
    api: Any, athlete: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    real = errand.ingest.late_catch_up

    def heard(*args: Any, **named: Any) -> Any:
        asked.extend(errands := real(*args, **named))
        return errands

    monkeypatch.setattr(errand.ingest, "late_catch_up", heard)
    api.worked_off(sent(api, athlete, zipped({f"{n}.fit": RUNS[n] for n in reversed(range(12))})))
    assert asked == [Errand(CATCH_UP, (athlete, "quiet"), lane=athlete)]
    api.worked_off(sent(api, athlete, TWELVE))
    assert CatchUp(api.app.state.house.engine, api.app.state.house.blobs, lambda: datetime.now(UTC)).run(athlete)
    api.worked_off(sent(api, athlete, TWELVE))
    assert len(asked) == 2, "where all is caught up with, nobody is sent"
