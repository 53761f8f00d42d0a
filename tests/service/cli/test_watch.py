"""`crampwatch watch` as a process: what is there, what comes, what is not whole yet, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes
from service.cli.loads.found import found_at
from service.cli.loads.watched import Watched

from .test_import import ROOT, asked, command, environment, served, until

RUNS = tuple(fit(on(600 + day, minutes(6, 2.8), step_s=10.0)) for day in range(6))


@contextmanager
def watching(tmp_path: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            command("watch", tmp_path / "inbox", "--settle", "0.3", *words),
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment(tmp_path) | {"PYTHONUNBUFFERED": "1"},
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def said(tmp_path: Path) -> str:
    return (tmp_path / "said").read_text()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_what_is_there_and_what_comes_is_taken_in_and_bad_files_stop_nothing(tmp_path: Path, inbox: Path) -> None:
    (inbox / "old.fit").write_bytes(RUNS[0])
    os.utime(inbox / "old.fit", (0, 0))
    (inbox / "bad.fit").write_bytes(RUNS[0][:200])
    with watching(tmp_path) as process:
        until(lambda: "created   old.fit" in said(tmp_path))
        until(lambda: "rejected  bad.fit (truncated)" in said(tmp_path))
        (inbox / "new.fit").write_bytes(RUNS[1])
        deep = inbox / "watch" / "deep.fit"
        deep.parent.mkdir()
        deep.write_bytes(RUNS[2])
        (tmp_path / "aside.fit").write_bytes(RUNS[3])
        (tmp_path / "aside.fit").rename(inbox / "moved.fit")
        for name in ("new.fit", "watch/deep.fit", "moved.fit"):
            until(lambda name=name: f"created   {name}" in said(tmp_path))
        (inbox / "bad.fit").write_bytes(RUNS[4])
        until(lambda: "created   bad.fit" in said(tmp_path))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert said(tmp_path).count("bad.fit (truncated)") == 1
    assert asked(tmp_path, "SELECT DISTINCT via FROM files") == [("watch",)]
    assert asked(tmp_path, "SELECT count(*) FROM activities") == [(5,)]
    assert "Traceback" not in said(tmp_path)


def test_a_file_that_is_still_written_is_waited_for(tmp_path: Path, inbox: Path) -> None:
    with watching(tmp_path, "--settle", "1.5") as process:
        until(lambda: "watching" in said(tmp_path))
        growing = inbox / "growing.fit"
        step = len(RUNS[0]) // 8 + 1
        paused = threading.Event()
        with growing.open("wb", buffering=0) as file:
            for first in range(0, len(RUNS[0]), step):
                file.write(RUNS[0][first : first + step])
                paused.wait(0.3)  # slower than it looks, quicker than it settles
        (inbox / "download.fit.part").write_bytes(RUNS[1])
        until(lambda: "growing.fit" in said(tmp_path))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    assert "created   growing.fit" in said(tmp_path)
    assert "rejected" not in said(tmp_path)
    assert asked(tmp_path, "SELECT count(*) FROM activities") == [(1,)]


def test_what_its_owner_deleted_is_not_taken_in_again(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.fit").write_bytes(RUNS[0])
    with watching(tmp_path) as process:
        until(lambda: "created   a.fit" in said(tmp_path))
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    (activity,) = asked(tmp_path, "SELECT id FROM activities")[0]
    with served(tmp_path) as address:
        assert httpx.delete(f"{address}/v1/activities/{activity}", trust_env=False).status_code == 204
    (inbox / "b.fit").write_bytes(RUNS[1])
    with watching(tmp_path) as process:
        until(lambda: "created   b.fit" in said(tmp_path))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert "a.fit" not in said(tmp_path)


def watched(inbox: Path) -> Watched:
    return Watched(inbox, 2.0, None, threading.Event())  # type: ignore[arg-type]  # nothing is stored here


def test_a_file_is_whole_when_it_has_not_changed_for_long_enough(inbox: Path) -> None:
    path = inbox / "a.fit"
    path.write_bytes(b"12")
    folder = watched(inbox)
    folder._see([found_at(path, root=inbox)], 10.0)
    assert folder._whole(11.9) == []
    assert [one.shown for one in folder._whole(12.0)] == ["a.fit"]
    path.write_bytes(b"1234")
    assert folder._whole(12.1) == []
    assert folder._whole(14.0) == []
    assert [one.bytes for one in folder._whole(14.1)] == [4]


def test_a_file_that_was_moved_here_is_whole_at_once_and_one_that_went_is_forgotten(inbox: Path) -> None:
    path = inbox / "a.fit"
    path.write_bytes(b"12")
    os.utime(path, (0, 0))
    folder = watched(inbox)
    folder._see([found_at(path, root=inbox)], 10.0)
    assert [one.shown for one in folder._whole(10.0)] == ["a.fit"]
    path.unlink()
    assert folder._whole(10.0) == []
    assert folder.pending == {}


@pytest.mark.parametrize("name", [".a.fit", "a.fit.part", "a.crdownload", "a.fit~", "a.TMP"])
def test_a_name_of_an_unfinished_file_is_passed_over(inbox: Path, name: str) -> None:
    (inbox / name).write_bytes(b"x")
    folder = watched(inbox)
    folder._see([found_at(inbox / name, root=inbox)], 10.0)
    assert folder.pending == {}
