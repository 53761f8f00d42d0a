"""Blobs: written once, whole and on the disk, under keys that nobody from outside can shape."""

from __future__ import annotations

import errno
import gc
import io
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from service.errors import NoSpace, Unavailable
from service.store import blobs
from service.store.blobs import (
    Blobs,
    checked_key,
    checked_prefix,
    digest_of,
    incoming_key,
    incoming_prefix,
    original_key,
    streams_key,
)
from service.store.damage import BlobMissing

ATHLETE = "ath_" + "0" * 26
OTHER = "ath_" + "1" * 26
ACTIVITY = "act_" + "0" * 26
DATA = bytes(range(256)) * 40
KEY = original_key(ATHLETE, digest_of(DATA))


@pytest.fixture(params=["file", "memory", pytest.param("s3", marks=pytest.mark.s3)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "s3":
        return Blobs(request.getfixturevalue("s3_url"))
    return Blobs("memory:///" if request.param == "memory" else f"file://{tmp_path}/blobs")


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_what_was_put_comes_back(store: Blobs) -> None:
    assert not store.exists(KEY)
    assert store.put(KEY, DATA) is True
    assert store.exists(KEY)
    assert store.get(KEY) == DATA
    assert store.size(KEY) == len(DATA)
    assert b"".join(store.stream(KEY, chunk_bytes=1000)) == DATA
    assert store.get_range(KEY, start=255, length=3) == b"\xff\x00\x01"


def test_the_second_time_is_fine_and_is_not_new(store: Blobs) -> None:
    store.put(KEY, DATA)
    assert store.put(KEY, DATA) is False
    assert store.get(KEY) == DATA


def test_a_file_is_put_from_its_beginning_and_opened_to_seek_in(store: Blobs, tmp_path: Path) -> None:
    upload_id = "upl_" + "0" * 26
    key, again = incoming_key(ATHLETE, upload_id, 0), incoming_key(ATHLETE, upload_id, 11)
    with (tmp_path / "sent").open("w+b") as file:
        file.write(DATA)
        store.put_file(key, file)
        assert file.tell() == len(DATA)
    store.put_file(again, io.BytesIO(DATA))
    with store.opened(key, spool_dir=tmp_path) as found:
        assert found.seek(0, 2) == len(DATA)
        found.seek(255)
        assert found.read(3) == b"\xff\x00\x01"
    assert files_below(tmp_path / "blobs" / ".tmp") == set()
    assert store.delete_prefix(incoming_prefix(ATHLETE, upload_id)) == 2
    with pytest.raises(BlobMissing), store.opened(key, spool_dir=tmp_path):
        pass


@pytest.mark.parametrize("position", [-1, 1_000_000])
def test_a_place_that_no_upload_has_is_no_key(position: int) -> None:
    with pytest.raises(ValueError, match="key of a blob"):
        incoming_key(ATHLETE, "upl_" + "0" * 26, position)


@pytest.mark.parametrize("ask", ["get", "size", "stream"])
def test_a_blob_that_is_not_there_is_named(store: Blobs, ask: str) -> None:
    with pytest.raises(BlobMissing, match=ATHLETE):
        getattr(store, ask)(KEY)
    with pytest.raises(BlobMissing):
        store.get_range(KEY, start=0, length=1)


def test_deleting_is_final_and_repeatable(store: Blobs) -> None:
    store.put(KEY, DATA)
    store.delete(KEY)
    store.delete(KEY)
    assert not store.exists(KEY)


def test_a_prefix_takes_an_athletes_blobs_and_nobody_elses(store: Blobs) -> None:
    mine = {original_key(ATHLETE, digest_of(bytes([n]))) for n in range(5)}
    streams = {streams_key(ATHLETE, ACTIVITY, digest_of(b"s"))}
    theirs = {original_key(OTHER, digest_of(b"o"))}
    for key in mine | streams | theirs:
        store.put(key, b"x")
    assert set(store.list()) == mine | streams | theirs
    assert set(store.list(f"originals/{ATHLETE}/")) == mine
    assert store.delete_prefix(f"originals/{ATHLETE}/") == 5
    assert store.delete_prefix(f"originals/{ATHLETE}/") == 0
    assert set(store.list()) == streams | theirs
    assert store.delete_prefix(f"streams/{ATHLETE}/{ACTIVITY}/") == 1
    assert set(store.list()) == theirs


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "originals",
        f"originals/{ATHLETE}",
        f"originals/{ATHLETE}/",
        f"originals/{ATHLETE}/..",
        f"originals/{ATHLETE}/run.fit",
        f"originals/{ATHLETE}/{'A' * 64}",
        f"originals/{ATHLETE}/{'a' * 63}",
        f"originals/{ATHLETE}/{'a' * 64}/x",
        f"originals/../{'a' * 64}",
        f"originals/{ACTIVITY}/{'a' * 64}",
        f"/originals/{ATHLETE}/{'a' * 64}",
        f"streams/{ATHLETE}/{'a' * 64}",
        f"streams/{ATHLETE}/{ATHLETE}/{'a' * 64}",
        f"other/{ATHLETE}/{'a' * 64}",
        f"originals/{ATHLETE}/{'a' * 64}\n",
    ],
)
def test_no_other_shape_becomes_a_path(store: Blobs, tmp_path: Path, key: str) -> None:
    before = files_below(tmp_path)
    for call in (checked_key, store.get, store.exists, store.delete, lambda one: store.put(one, b"x")):
        with pytest.raises(ValueError, match="key of a blob"):
            call(key)
    assert files_below(tmp_path) == before


@pytest.mark.parametrize(
    "prefix", ["", "/", "originals/", f"originals/{ATHLETE}", "originals/../", f"streams/{ATHLETE}/x/", f"a/{ATHLETE}/"]
)
def test_nothing_wider_than_one_athlete_is_deleted_at_once(store: Blobs, prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix of an athlete"):
        checked_prefix(prefix)
    with pytest.raises(ValueError, match="prefix of an athlete"):
        store.delete_prefix(prefix)


def test_file_and_folders_are_synced_before_put_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this order: the content, then each new folder's name in its parent, then the file's name in its folder."""
    store = Blobs(f"file://{tmp_path}/blobs")
    synced: list[str] = []
    sync = os.fsync

    def spy(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append("temporary" if path.parent.parent.name == ".tmp" else str(path.relative_to(tmp_path / "blobs")))
        sync(handle)

    if not Path("/proc/self/fd").exists():
        pytest.skip("asks Linux which file a handle is of")
    monkeypatch.setattr(os, "fsync", spy)
    store.put(KEY, DATA)
    assert synced == ["temporary", ".", "originals", f"originals/{ATHLETE}"]
    synced.clear()
    store.put(KEY, DATA)
    assert synced == [f"originals/{ATHLETE}"]


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, NoSpace), (errno.EDQUOT, NoSpace), (errno.EIO, Unavailable), (errno.EROFS, Unavailable)],
)
@pytest.mark.parametrize("at", [1, 2, 3, 4], ids=["content", "root", "kind", "folder"])
def test_a_fault_of_the_disk_is_told_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception], at: int
) -> None:
    store = Blobs(f"file://{tmp_path}/blobs")
    calls = iter(range(1, 100))

    def failing(_handle: int) -> None:
        if next(calls) == at:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(error):
        store.put(KEY, DATA)
    assert not files_below(tmp_path / "blobs/.tmp")
    monkeypatch.undo()
    store.put(KEY, DATA)
    assert store.get(KEY) == DATA


def test_a_blob_that_a_crash_cut_short_is_written_again(tmp_path: Path) -> None:
    """It cannot come from `put`, but a folder copied back by hand may hold one."""
    store = Blobs(f"file://{tmp_path}/blobs")
    store.put(KEY, DATA)
    (tmp_path / "blobs" / KEY).write_bytes(DATA[:10])
    assert store.put(KEY, DATA) is True
    assert store.get(KEY) == DATA


CRASHING = """
import os, sys
from service.store.blobs import Blobs
store = Blobs(sys.argv[1])
def stuck(handle):
    print("half written", flush=True)
    sys.stdin.read()
os.fsync = stuck
store.put(sys.argv[2], b"half" * 1000)
"""


def test_what_a_killed_process_left_half_written_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/blobs"
    store = Blobs(url)
    store.put(KEY, DATA)
    command = [sys.executable, "-c", CRASHING, url, original_key(OTHER, digest_of(b"x"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half written\n"
        assert store.sweep_temporary() == 0
        assert len(files_below(tmp_path / "blobs")) == 2
        writer.kill()
    assert set(store.list()) == {KEY}
    assert Blobs(url).sweep_temporary() == 1
    assert store.sweep_temporary() == 0
    assert files_below(tmp_path / "blobs") == {KEY}
    store.put(original_key(OTHER, digest_of(b"y")), b"y")


def test_the_folder_of_a_store_that_is_let_go_goes_with_it(tmp_path: Path) -> None:
    store = Blobs(f"file://{tmp_path}/blobs")
    store.put(KEY, DATA)
    del store
    gc.collect()
    assert not list((tmp_path / "blobs/.tmp").iterdir())


def test_a_write_that_is_broken_off_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Blobs(f"file://{tmp_path}/blobs")

    def broken_off(_handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", broken_off)
    with pytest.raises(KeyboardInterrupt):
        store.put(KEY, DATA)
    assert not files_below(tmp_path / "blobs")


def test_no_empty_folder_stays_behind(tmp_path: Path) -> None:
    store = Blobs(f"file://{tmp_path}/blobs")
    for key in (KEY, streams_key(ATHLETE, ACTIVITY, digest_of(DATA))):
        store.put(key, DATA)
    store.delete(KEY)
    store.delete_prefix(f"streams/{ATHLETE}/")
    assert ATHLETE not in " ".join(str(path) for path in (tmp_path / "blobs").rglob("*"))


def test_many_writers_of_one_blob_all_succeed(tmp_path: Path) -> None:
    store = Blobs(f"file://{tmp_path}/blobs")
    done: list[bool] = []
    threads = [threading.Thread(target=lambda: done.append(store.put(KEY, DATA))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 16
    assert store.get(KEY) == DATA
    assert files_below(tmp_path / "blobs") == {KEY}


def test_a_folder_that_a_removal_takes_away_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever removes the last blob of a folder removes the folder, and an upload may have been about to use it."""
    store = Blobs(f"file://{tmp_path}/blobs")
    make_folders, taken = blobs._make_folders, []

    def make_and_lose(root: Path, folder: Path) -> None:
        make_folders(root, folder)
        if folder.name == ATHLETE and len(taken) < 2:
            taken.append(folder)
            folder.rmdir()

    monkeypatch.setattr(blobs, "_make_folders", make_and_lose)
    assert store.put(KEY, DATA)
    assert store.get(KEY) == DATA


def test_check_is_quiet_where_all_is_well_and_says_where_it_is_not(store: Blobs, tmp_path: Path) -> None:
    store.check()
    assert not list(store.list())
    folder = tmp_path / "blobs"
    if folder.exists():
        shutil.rmtree(folder / ".tmp")
        with pytest.raises(Unavailable):
            store.check()


@pytest.mark.parametrize("path", ["plain", "with space", "per%cent", "ünï"])
def test_the_folder_of_an_address_is_found_however_it_is_spelled(tmp_path: Path, path: str) -> None:
    folder = tmp_path / path
    Blobs(folder.as_uri()).put(KEY, DATA)
    assert files_below(folder) == {KEY}


def test_a_file_address_with_a_host_is_refused() -> None:
    with pytest.raises(ValueError, match="three slashes"):
        Blobs("file://data/blobs")
