"""Limits: n bytes pass, n + 1 do not, with and without a Content-Length; nothing is left behind."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from service.api.intake import IN_MEMORY_BYTES, Gauge
from service.settings import Settings

FILE, ARCHIVE, JSON = 1000, 3000, 500
"""The limits of `small_api`."""


def as_stream(data: bytes, *, piece: int = 100) -> AsyncIterator[bytes]:
    """A body without a Content-Length, in small pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), piece):
            yield data[start : start + piece]

    return pieces()


def open_files() -> set[str]:
    """What this process holds open that has no name any more: temporary files."""
    held = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if "(deleted)" in target:
            held.add(f"{entry.name}:{target}")
    return held


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(("size", "status"), [(FILE, 415), (FILE + 1, 413), (50 * FILE, 413)])
@pytest.mark.parametrize("way", ["body", "form"])
def test_a_file_passes_at_its_limit_and_not_one_byte_beyond(
    small_api: Any, problem_of: Any, way: str, size: int, status: int, *, announced: bool
) -> None:
    """415: it came in whole, and its content is of no known format."""
    data = b"x" * size
    headers = {}
    if way == "form":
        data = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + data + b"\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
    content = data if announced else as_stream(data)
    answer = small_api.post("/v1/athletes/me/uploads", content=content, headers=headers)
    problem_of(answer, status, "unknown_type" if status == 415 else "too_large")


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(("size", "status"), [(ARCHIVE, 422), (ARCHIVE + 1, 413)])
def test_an_archive_may_be_larger_than_a_file(small_api: Any, size: int, status: int, *, announced: bool) -> None:
    data = b"PK\x03\x04".ljust(size, b"\0")
    answer = small_api.post("/v1/athletes/me/uploads", content=data if announced else as_stream(data))
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(("size", "status"), [(JSON, 201), (JSON + 1, 413), (100 * JSON, 413)])
def test_a_json_body_has_its_own_limit(
    small_api: Any, problem_of: Any, size: int, status: int, *, announced: bool
) -> None:
    data = b'{"name": "n"}'.ljust(size)
    answer = small_api.post(
        "/v1/athletes",
        content=data if announced else as_stream(data),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status
    if status == 413:
        problem_of(answer, 413, "too_large")


def test_a_body_that_nobody_asked_for_is_limited_too(small_api: Any, problem_of: Any) -> None:
    problem_of(small_api.request("GET", "/healthz", content=b"x" * (JSON + 1)), 413, "too_large")


def test_a_length_that_is_a_lie_does_not_help(small_api: Any) -> None:
    answer = small_api.post(
        "/v1/athletes/me/uploads", content=as_stream(b"x" * (FILE + 1)), headers={"Content-Length": "10"}
    )
    assert answer.status_code == 413


def test_more_parts_than_allowed_are_refused(small_api: Any, problem_of: Any) -> None:
    parts = [("file", (f"{n}.fit", b"x")) for n in range(5)]
    problem_of(small_api.post("/v1/athletes/me/uploads", files=parts), 400, "bad_multipart")
    problem_of(small_api.post("/v1/athletes/me/uploads", files=parts[:4]), 422, "nothing_accepted")


def test_more_than_a_watch_file_unpacked_is_refused(api: Any, problem_of: Any) -> None:
    bomb = gzip.compress(b"\0" * 101 * 1024 * 1024, compresslevel=1)
    assert len(bomb) < 1024 * 1024
    problem_of(api.upload(api.athlete(), bomb), 413, "too_large_unpacked")


def test_an_announced_size_is_refused_before_the_rest_is_sent() -> None:
    gauge = Gauge(Settings(max_file_bytes=FILE))
    gauge.add(b"x", announced=FILE)
    with pytest.raises(Exception, match="larger than"):
        gauge.add(b"x", announced=FILE + 1)


@pytest.mark.parametrize("outcome", ["stored", "refused", "malformed", "too large", "disconnected"])
def test_no_temporary_file_is_left(
    api: Any, watch_file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    athlete, before = api.athlete(), open_files()
    large = b"\0" * (2 * IN_MEMORY_BYTES)

    async def cut() -> AsyncIterator[bytes]:
        yield large
        raise ConnectionError

    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    path = f"/v1/athletes/{athlete}/uploads"
    match outcome:
        case "stored":
            api.post(path, files=[("file", ("a.fit", watch_file("fit/valid/fast_start.fit"))), ("file", ("b", large))])
        case "refused":
            api.post(path, content=large)
        case "malformed":
            api.post(path, content=head + large, headers=form)
        case "too large":
            api.post(path, content=as_stream(b"\0" * (26 * 1024 * 1024), piece=1024 * 1024))
        case "disconnected":
            assert api.post(path, content=cut()).status_code == 500  # what the test's transport makes of it
    assert list(tmp_path.iterdir()) == []
    assert open_files() - before == set()


def zipped(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


@pytest.mark.parametrize("way", ["body", "form", "nested"])
def test_temporary_files_lie_in_the_data_folder(
    *, api: Any, athlete: str, watch_file: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str
) -> None:
    """The folder of the system may be memory, or not there: the root of the container is read-only."""
    run = watch_file("fit/valid/fast_start.fit")
    inner = zipped(run=run) if way == "nested" else bytes(2 * IN_MEMORY_BYTES)
    archive = zipped(run=run, other=inner)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    address = f"/v1/athletes/{athlete}/uploads"
    if way == "form":
        answer = api.post(address, files={"file": ("a.zip", archive)})
    else:
        answer = api.post(address, content=archive)
    assert answer.status_code == 201, answer.text
    assert answer.json()["duplicates"] == (1 if way == "nested" else 0)
    assert not list(api.settings.temporary_dir.iterdir())
