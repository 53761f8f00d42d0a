"""Uploads: every way in, every outcome."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from service.api import shapes
from tests import disk

ON_BOTH = True

FAST, EVEN, HILLS = "fit/valid/fast_start.fit", "fit/valid/even_run.fit", "fit/valid/hills.fit"


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def files(*parts: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", part) for part in parts]


def outcomes(answer: Any) -> list[str]:
    return [item["outcome"] for item in answer.json()["items"]]


def activity_ids(api: Any, athlete: str) -> list[str]:
    return [one["id"] for one in api.get(f"/v1/athletes/{athlete}/activities", params={"limit": 200}).json()["items"]]


def test_a_raw_body_becomes_an_activity_with_an_assessment(api: Any, athlete: str, watch_file: Any) -> None:
    answer = api.upload(athlete, watch_file(FAST), name="morning.fit")
    assert answer.status_code == 201
    upload = answer.json()
    shapes.Upload.model_validate(upload)
    assert (upload["status"], upload["total"], upload["created"]) == ("done", 1, 1)
    item = upload["items"][0]
    assert (item["name"], item["part"], item["outcome"], item["problem"]) == ("morning.fit", 0, "created", None)
    activity = item["activity"]
    assert activity["athlete_id"] == athlete
    assert activity["summary"]["distance_m"] > 1000
    assert activity["sources"][0]["filename"] == "morning.fit"
    assert activity["sources"][0]["via"] == "upload"
    assert [warning["code"] for warning in activity["assessment"]["warnings"]] == ["fast_start"]
    assert activity["assessment"]["headline"]["text"]
    assert answer.headers["location"] == f"/v1/uploads/{upload['id']}"
    assert api.get(f"/v1/activities/{activity['id']}").json() == activity
    assert api.get(answer.headers["location"]).json() == upload


def test_a_form_with_several_files_keeps_their_order(api: Any, athlete: str, watch_file: Any) -> None:
    names = [FAST, EVEN, HILLS]
    answer = api.post(
        f"/v1/athletes/{athlete}/uploads", files=files(*((Path(name).name, watch_file(name)) for name in names))
    )
    assert answer.status_code == 201
    shapes.Upload.model_validate(answer.json())
    assert [item["name"] for item in answer.json()["items"]] == ["fast_start.fit", "even_run.fit", "hills.fit"]
    assert outcomes(answer) == ["created"] * 3


@pytest.mark.parametrize(
    ("wrap", "name"),
    [
        (lambda data: data, "run.fit"),
        (gzip.compress, "run.fit.gz"),
        (lambda data: gzip.compress(data[:5000]) + gzip.compress(data[5000:]), "run.fit.gz"),
        (lambda data: zipped({"export/run.fit": data}), "export.zip"),
        (lambda data: zipped({"run.fit.gz": gzip.compress(data)}), "export.zip"),
        (lambda data: zipped({"inner.zip": zipped({"run.fit": data})}), "export.zip"),
    ],
)
def test_the_same_bytes_in_any_wrapping_are_one_activity(
    api: Any, athlete: str, watch_file: Any, wrap: Any, name: str
) -> None:
    data = watch_file(FAST)
    first = api.upload(athlete, wrap(data), name=name)
    assert (first.status_code, outcomes(first)) == (201, ["created"])
    again = api.upload(athlete, data)
    assert (again.status_code, outcomes(again)) == (200, ["duplicate"])
    assert again.json()["items"][0]["activity"]["id"] == first.json()["items"][0]["activity"]["id"]
    assert len(activity_ids(api, athlete)) == 1


def test_the_same_file_for_two_athletes_is_two_activities(api: Any, watch_file: Any) -> None:
    one, two = api.athlete(), api.athlete()
    assert api.upload(one, watch_file(FAST)).status_code == 201
    assert api.upload(two, watch_file(FAST)).status_code == 201
    assert activity_ids(api, one) != activity_ids(api, two)


@pytest.mark.parametrize("name", ["fit/valid/chained.fit", "fit/valid/multisport.fit"])
def test_a_file_with_several_activities_gives_several_items(api: Any, athlete: str, watch_file: Any, name: str) -> None:
    first = api.upload(athlete, watch_file(name))
    parts = [item["part"] for item in first.json()["items"]]
    assert first.status_code == 201
    assert len(parts) >= 2
    assert parts == sorted(set(parts))
    assert len(activity_ids(api, athlete)) == len(parts)
    again = api.upload(athlete, watch_file(name))
    assert (again.status_code, outcomes(again)) == (200, ["duplicate"] * len(parts))


@pytest.mark.parametrize(
    ("name", "declared"),
    [("photo.jpg", "image/jpeg"), ("run.gpx", "application/gpx+xml"), ("", "text/html"), ("run", "application/zip")],
)
def test_the_content_decides_what_a_file_is(api: Any, athlete: str, watch_file: Any, name: str, declared: str) -> None:
    answer = api.post(
        f"/v1/athletes/{athlete}/uploads?filename={name}",
        content=watch_file(FAST),
        headers={"Content-Type": declared},
    )
    assert answer.status_code == 201
    assert answer.json()["items"][0]["activity"]["sources"][0]["format"] == "fit"


@pytest.mark.parametrize(
    ("headers", "query", "shown"),
    [
        ({"Content-Disposition": 'attachment; filename="lauf.fit"'}, "", "lauf.fit"),
        ({"Content-Disposition": "attachment; filename*=UTF-8''l%C3%A4ufe.fit"}, "", "läufe.fit"),
        ({"Content-Disposition": 'attachment; filename="a.fit"'}, "?filename=b.fit", "b.fit"),
        ({}, "?filename=../../etc/passwd", "passwd"),
        ({}, "?filename=C%3A%5Cruns%5Ca.fit", "a.fit"),
        ({}, "?filename=a%00b%E2%80%AEtif.fit", "abtif.fit"),
        ({}, "?filename=" + "x" * 300, "x" * 200),
        ({}, "", ""),
    ],
)
def test_a_clients_name_is_only_ever_a_text(
    *, api: Any, athlete: str, watch_file: Any, headers: dict[str, str], query: str, shown: str
) -> None:
    before = disk.paths(api.settings.data_dir)
    answer = api.post(f"/v1/athletes/{athlete}/uploads{query}", content=watch_file(FAST), headers=headers)
    assert answer.json()["items"][0]["name"] == shown
    new = disk.paths(api.settings.data_dir) - before
    assert {path.parent.parent.name for path in new} | {path.parent.parent.parent.name for path in new} >= {"originals"}
    assert [path for path in new if not {"originals", "streams"} & set(path.parts)] == []


def test_what_is_told_with_a_file_outranks_it(api: Any, athlete: str, watch_file: Any) -> None:
    told = {"external_id": "run-1", "temperature_c": "29.5", "humidity_pct": "60", "wind_kmh": "5", "sun": "1"}
    answer = api.post(f"/v1/athletes/{athlete}/uploads", files=files(("a.fit", watch_file(FAST))), data=told)
    activity = answer.json()["items"][0]["activity"]
    assert activity["external_id"] == "run-1"
    conditions = activity["conditions"]
    assert (conditions["temperature_c"], conditions["humidity_pct"], conditions["sun"]) == (29.5, 60, 1)
    assert conditions["source"] == "given"
    assert conditions["wbgt_c"] > 25


def test_a_told_sport_is_the_sport(api: Any, athlete: str, watch_file: Any) -> None:
    assert api.run(athlete, EVEN, sport="cycling")["sport"] == "cycling"


@pytest.mark.parametrize(
    ("word", "sport", "sub_sport"),
    [("Run", "running", "generic"), ("TrailRun", "running", "trail"), ("trail_running", "running", "trail")],
)
@pytest.mark.parametrize("way", ["upload", "patch"])
def test_a_sport_goes_by_any_usual_name(
    *, api: Any, athlete: str, word: str, sport: str, sub_sport: str, way: str
) -> None:
    activity = api.run(athlete, EVEN, **({"sport": word} if way == "upload" else {}))
    address = f"/v1/activities/{activity['id']}"
    if way == "patch":
        activity = api.patch(address, json={"sport": word}).json()
    assert (activity["sport"], activity["sub_sport"]) == (sport, sub_sport)
    assert activity["assessment"]["status"] == "scored"
    assert api.get(f"/v1/athletes/{athlete}/activities", params={"sport": "Running"}).json()["items"] != []
    assert api.get(f"/v1/athletes/{athlete}/activities", params={"sport": "Ride"}).json()["items"] == []
    back = api.patch(address, json={"sport": None}).json()
    assert (back["sport"], back["sub_sport"]) == ("running", "generic")


def test_a_misspelt_sport_never_costs_a_run_its_score(api: Any, athlete: str, problem_of: Any) -> None:
    activity = api.run(athlete, EVEN)
    refused = problem_of(api.patch(f"/v1/activities/{activity['id']}", json={"sport": "runing"}), 422, "invalid_field")
    assert "cycling" in refused["detail"]
    assert refused["errors"][0]["field"] == "sport"
    problem_of(api.get(f"/v1/athletes/{athlete}/activities", params={"sport": "runing"}), 422, "invalid_field")


@pytest.mark.parametrize(
    "told",
    [
        {"temperature_c": "nan"},
        {"temperature_c": "1e999"},
        {"temperature_c": "61"},
        {"temperature_c": ""},
        {"sun": "2"},
        {"humidity_pct": "-1"},
        {"external_id": ""},
        {"external_id": "a\u202eb"},
        {"sport": "Running Fast"},
        {"sport": "runing"},
        {"sport": "Other"},
        {"temprature_c": "20"},
    ],
)
@pytest.mark.parametrize("way", ["form", "query"])
def test_an_option_out_of_range_or_misspelt_is_refused(
    *, api: Any, athlete: str, watch_file: Any, problem_of: Any, told: dict[str, str], way: str
) -> None:
    path = f"/v1/athletes/{athlete}/uploads"
    if way == "form":
        answer = api.post(path, files=files(("a.fit", watch_file(FAST))), data=told)
    else:
        answer = api.post(path, content=watch_file(FAST), params=told)
    refused = problem_of(answer, 422, "invalid_field")
    assert next(iter(told)) in refused["detail"]
    assert [wrong["field"] for wrong in refused["errors"]] == list(told)
    assert activity_ids(api, athlete) == []


def test_an_external_id_belongs_to_one_run(api: Any, athlete: str, watch_file: Any, problem_of: Any) -> None:
    api.run(athlete, FAST, external_id="mine")
    problem_of(api.upload(athlete, watch_file(EVEN), external_id="mine"), 409, "conflict")
    assert len(activity_ids(api, athlete)) == 1
    same = api.upload(athlete, watch_file(FAST), external_id="mine")
    assert (same.status_code, outcomes(same)) == (200, ["duplicate"])
    problem_of(api.upload(athlete, watch_file(FAST), external_id="other"), 409, "conflict")
    two = files(("a.fit", watch_file(EVEN)), ("b.fit", watch_file(HILLS)))
    problem_of(api.post(f"/v1/athletes/{athlete}/uploads?external_id=x", files=two), 422, "invalid_field")


@pytest.mark.parametrize("name", [FAST, "fit/valid/chained.fit"])
def test_an_external_id_may_come_after_the_bytes(
    *, api: Any, athlete: str, watch_file: Any, problem_of: Any, name: str
) -> None:
    first = [item["activity"] for item in api.upload(athlete, watch_file(name)).json()["items"]]
    again = api.upload(athlete, watch_file(name), external_id="later")
    assert (again.status_code, set(outcomes(again))) == (200, {"duplicate"})
    named = [item["activity"]["external_id"] for item in again.json()["items"]]
    assert named == ["later", *[None] * (len(first) - 1)]
    address = f"/v1/activities/{first[0]['id']}"
    assert api.get(address).json()["external_id"] == "later"
    assert api.patch(address, json={"name": "n"}, headers={"If-Match": '"1-' + "0" * 32 + '"'}).status_code == 412
    problem_of(api.upload(athlete, watch_file(EVEN), external_id="later"), 409, "conflict")
    problem_of(api.upload(athlete, watch_file(name), external_id="another"), 409, "conflict")


def test_the_external_id_of_another_run_is_not_given_to_known_bytes(
    api: Any, athlete: str, watch_file: Any, problem_of: Any
) -> None:
    api.run(athlete, FAST, external_id="taken")
    even = api.run(athlete, EVEN)
    problem_of(api.upload(athlete, watch_file(EVEN), external_id="taken"), 409, "conflict")
    assert api.get(f"/v1/activities/{even['id']}").json()["external_id"] is None


def test_a_part_that_comes_back_leaves_the_external_id_where_it_was(api: Any, athlete: str, watch_file: Any) -> None:
    data = watch_file("fit/valid/chained.fit")
    first = [item["activity"] for item in api.upload(athlete, data, external_id="mine").json()["items"]]
    assert [one["external_id"] for one in first] == ["mine", *[None] * (len(first) - 1)]
    api.delete(f"/v1/activities/{first[1]['id']}")
    back = api.upload(athlete, data, external_id="mine")
    assert back.status_code == 201
    assert [item["activity"]["external_id"] for item in back.json()["items"]].count("mine") == 1


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("fit/invalid/zero_bytes.fit", 400, "empty"),
        ("fit/invalid/zeros.fit", 415, "unknown_type"),
        ("fit/invalid/web_page.fit", 415, "unknown_type"),
        ("fit/invalid/course.fit", 422, "not_activity"),
        ("fit/invalid/settings.fit", 422, "not_activity"),
        ("fit/invalid/one_record.fit", 422, "no_usable_points"),
        ("gpx/invalid/course.gpx", 422, "no_time"),
        ("gpx/invalid/doctype_bomb.gpx", 422, "xml_forbidden"),
        ("gpx/invalid/deep.gpx", 422, "xml_limit"),
        ("gpx/invalid/bad_bytes.gpx", 422, "encoding"),
        ("gpx/invalid/zero_bytes.gpx", 400, "empty"),
    ],
)
def test_a_single_refused_file_is_its_own_problem_and_leaves_nothing(
    *, api: Any, athlete: str, watch_file: Any, problem_of: Any, name: str, status: int, code: str
) -> None:
    for answer in (
        api.upload(athlete, watch_file(name), name="x.fit"),
        api.post(f"/v1/athletes/{athlete}/uploads", files=files(("x.fit", watch_file(name)))),
        api.upload(athlete, zipped({"x.fit": watch_file(name)}), name="x.zip") if code == "no_time" else None,
    ):
        if answer is not None:
            document = problem_of(answer, status, code)
            assert document["filename"] == "x.fit"
    assert activity_ids(api, athlete) == []
    assert [path for path in disk.paths(api.settings.data_dir / "blobs") if athlete in str(path)] == []


@pytest.mark.parametrize("name", ["fit/valid/truncated.fit", "fit/valid/crc_mismatch.fit"])
def test_a_damaged_file_with_a_usable_minute_is_salvaged_with_a_note(api: Any, athlete: str, name: str) -> None:
    activity = api.run(athlete, name)
    assert Path(name).stem in [note["code"] for note in activity["assessment"]["data_quality"]]


def test_one_bad_file_among_many_spoils_nothing(api: Any, athlete: str, watch_file: Any) -> None:
    answer = api.post(
        f"/v1/athletes/{athlete}/uploads",
        files=files(
            ("a.fit", watch_file(FAST)),
            ("garbage.fit", b"no watch file"),
            ("empty.fit", b""),
            ("settings.fit", watch_file("fit/invalid/settings.fit")),
            ("b.fit", watch_file(EVEN)),
            ("again.fit", watch_file(FAST)),
        ),
    )
    assert answer.status_code == 201
    upload = answer.json()
    shapes.Upload.model_validate(upload)
    assert outcomes(answer) == ["created", "rejected", "rejected", "skipped", "created", "duplicate"]
    counts = {name: upload[name] for name in ("total", "created", "duplicates", "merged", "skipped", "rejected")}
    assert counts == {"total": 6, "created": 2, "duplicates": 1, "merged": 0, "skipped": 1, "rejected": 2}
    assert [item["problem"] and item["problem"]["code"] for item in upload["items"]] == [
        None, "unknown_type", "empty", "not_activity", None, None,
    ]  # fmt: skip
    assert upload["items"][1]["problem"]["filename"] == "garbage.fit"


def test_several_files_that_are_all_refused_are_one_problem_with_the_items(
    api: Any, athlete: str, problem_of: Any
) -> None:
    answer = api.post(f"/v1/athletes/{athlete}/uploads", files=files(("a.fit", b"x"), ("b.fit", b"")))
    document = problem_of(answer, 422, "nothing_accepted")
    assert [item["problem"]["code"] for item in document["items"]] == ["unknown_type", "empty"]


def test_what_never_was_to_be_an_activity_is_skipped_in_an_archive(api: Any, athlete: str, watch_file: Any) -> None:
    export = {
        "activities/1.fit.gz": gzip.compress(watch_file(FAST)),
        "media/photo.jpg": b"\xff\xd8\xff\xe0 a photo",
        "profile.csv": b"a,b\n",
        "sleep.fit": watch_file("fit/invalid/settings.fit"),
        "broken.fit": b"\x0e\x10",
    }
    answer = api.upload(athlete, zipped(export), name="export.zip")
    assert answer.status_code == 201
    assert outcomes(answer) == ["created", "skipped", "skipped", "skipped", "rejected"]
    assert [item["name"] for item in answer.json()["items"]] == [
        "1.fit.gz",
        "photo.jpg",
        "profile.csv",
        "sleep.fit",
        "broken.fit",
    ]


@pytest.mark.parametrize(
    ("content", "outcome"),
    [(b"x", "skipped"), (b"\x0e\x10" + bytes(6) + b".FIT", "rejected"), (b"<gpx></gpx>", "skipped")],
    ids=["text", "fit", "gpx"],
)
def test_thousands_of_files_without_an_activity_cost_no_query_each(
    *, api: Any, athlete: str, content: bytes, outcome: str
) -> None:
    """An archive of 4.6 MB may hold 49,000 of them, and has to be worked off in seconds all the same."""
    statements: list[str] = []
    engine = api.app.state.house.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        upload = api.worked_off(
            api.upload(athlete, zipped({f"{n}.txt": content for n in range(2500)}), name="many.zip")
        )
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert [item["outcome"] for item in upload["items"]] == [outcome] * 200
    assert len(statements) < 150
    assert (upload["total"], upload[outcome]) == (2500, 2500)
    rest = api.get(f"/v1/uploads/{upload['id']}/items", params={"cursor": upload["next_cursor"], "limit": 200})
    assert rest.json()["items"][0]["name"] == "200.txt"


def test_an_archive_of_nothing_is_refused(api: Any, athlete: str, problem_of: Any) -> None:
    problem_of(api.upload(athlete, zipped({}), name="x.zip"), 400, "no_file")


def test_an_archive_that_climbs_out_of_its_folder_is_refused(
    api: Any, athlete: str, watch_file: Any, problem_of: Any
) -> None:
    answer = api.upload(athlete, zipped({"../../../tmp/evil.fit": watch_file(FAST)}), name="x.zip")
    problem_of(answer, 422, "archive_unsafe")


def test_a_deleted_run_comes_back_by_an_explicit_upload(api: Any, athlete: str, watch_file: Any) -> None:
    first = api.run(athlete, FAST)
    assert api.delete(f"/v1/activities/{first['id']}").status_code == 204
    assert activity_ids(api, athlete) == []
    again = api.upload(athlete, watch_file(FAST))
    assert (again.status_code, outcomes(again)) == (201, ["created"])
    assert again.json()["items"][0]["activity"]["id"] != first["id"]


def test_only_the_deleted_part_of_a_file_comes_back(api: Any, athlete: str, watch_file: Any) -> None:
    first = api.upload(athlete, watch_file("fit/valid/chained.fit")).json()["items"]
    api.delete(f"/v1/activities/{first[-1]['activity']['id']}")
    again = api.upload(athlete, watch_file("fit/valid/chained.fit"))
    assert again.status_code == 201
    assert outcomes(again) == ["duplicate"] * (len(first) - 1) + ["created"]


def test_an_upload_remembers_a_deleted_activity_as_null(api: Any, athlete: str, watch_file: Any) -> None:
    upload = api.upload(athlete, watch_file(FAST)).json()
    api.delete(f"/v1/activities/{upload['items'][0]['activity']['id']}")
    found = api.get(f"/v1/uploads/{upload['id']}").json()
    assert (found["created"], found["items"][0]["activity"]) == (1, None)


def test_items_come_in_pages(api: Any, athlete: str, watch_file: Any) -> None:
    parts = files(*((f"{n}.fit", watch_file(FAST)) for n in range(5)))
    upload = api.post(f"/v1/athletes/{athlete}/uploads", files=parts).json()
    path = f"/v1/uploads/{upload['id']}/items"
    found: list[Any] = []
    cursor = None
    while True:
        page = api.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        shapes.UploadItemPage.model_validate(page)
        assert len(page["items"]) <= 2
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == upload["items"]


FORM = "multipart/form-data; boundary=b"
HALF = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf'


def field(name: str, value: bytes, more: str = "") -> bytes:
    """A form of one part."""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"--b\r\n", "multipart/form-data", "bad_multipart"),
        (b"", FORM, "no_file"),
        (b"garbage", FORM, "bad_multipart"),
        (HALF, FORM, "bad_multipart"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", FORM, "bad_multipart"),
        (field("sun", b"1"), FORM, "no_file"),
        (field("fil", b"x", '; filename="a"'), FORM, "no_file"),
        (field("sport", b"x" * 5000), FORM, "bad_multipart"),
    ],
)
def test_a_malformed_form_is_refused(
    *, api: Any, athlete: str, problem_of: Any, content: bytes, kind: str, code: str
) -> None:
    answer = api.post(f"/v1/athletes/{athlete}/uploads", content=content, headers={"Content-Type": kind})
    problem_of(answer, 400, code)


@pytest.mark.parametrize("upload", ["upl_01k6p7e5000000000000000000", "act_01k6p7e5000000000000000000", "x"])
def test_an_upload_that_is_not_there_is_not_found(api: Any, problem_of: Any, upload: str) -> None:
    problem_of(api.get(f"/v1/uploads/{upload}"), 404, "not_found")
    problem_of(api.get(f"/v1/uploads/{upload}/items"), 404, "not_found")


def test_a_stranger_is_refused_before_the_body_is_read(api: Any, problem_of: Any) -> None:
    async def body() -> Any:
        raise AssertionError("read")
        yield b""

    answer = api.post("/v1/athletes/ath_01k6p7e5000000000000000000/uploads", content=body())
    problem_of(answer, 404, "not_found")
