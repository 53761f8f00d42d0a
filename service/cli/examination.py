"""What the doctor looks at. Each look says how it found things in one sentence, and, where that is bad, what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import orjson
from rich.text import Text
from sqlalchemy import Engine

from service import settings
from service.cli.terminal import console
from service.errors import BadSettings, ServiceError
from service.ingest import PROGRAM_VERSION
from service.jobs.queue import Queue
from service.settings import Settings
from service.store import migrate
from service.store.blobs import Blobs
from service.store.engine import make_engine, ping
from service.vault import Vault

Verdict = Literal["well", "note", "wrong"]

LEAST_FREE_BYTES: Final = 1 << 30
MARKS: Final[dict[Verdict, tuple[str, str]]] = {
    "well": ("ok   ", "green"),
    "note": ("note ", "yellow"),
    "wrong": ("wrong", "red"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing was found; `advice` says what to do, where something is to be done."""

    what: str
    verdict: Verdict
    words: str
    advice: str | None = None


def run(*, as_json: bool) -> int:
    """The exit code, once all findings are printed: 0 where nothing is wrong."""
    found = list(findings())
    if as_json:
        sys.stdout.write(orjson.dumps([asdict(one) for one in found], option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _tell(found)
    return int(any(one.verdict == "wrong" for one in found))


def _tell(found: list[Finding]) -> None:
    out = console()
    for one in found:
        mark, colour = MARKS[one.verdict]
        out.print(Text.assemble((mark, colour), "  ", (f"{one.what}: ", "bold"), one.words), soft_wrap=True)
        if one.advice is not None:
            out.print(Text(f"       {one.advice}"), soft_wrap=True)


def findings() -> Iterator[Finding]:
    """Everything that was looked at, in the order in which one thing stands on another."""
    yield Finding("program", "well", f"crampwatch {PROGRAM_VERSION} on Python {sys.version.split()[0]}")
    yield _fitparse()
    try:
        chosen = settings.load()
    except BadSettings as wrong:
        yield Finding("settings", "wrong", wrong.message, "Mend the variable that is named; docs/settings.md has them.")
        return
    yield Finding("settings", "well", f"auth={chosen.auth}, address {chosen.host}:{chosen.port}")
    yield from _folder(chosen)
    for look in (_blobs, _sync):
        yield from _guarded(look, chosen)
    yield from _guarded(_database, chosen)


def _guarded(look: Callable[[Settings], Iterator[Finding]], chosen: Settings) -> Iterator[Finding]:
    """The findings of a look; one that cannot be carried out is a finding as well."""
    try:
        yield from look(chosen)
    except ServiceError as wrong:
        yield Finding(look.__name__.strip("_"), "wrong", wrong.message, "See that it can be reached, and look again.")


def _fitparse() -> Finding:
    """The two packages own one folder; whichever was installed last has broken the other."""
    try:
        found = version("fitparse")
    except PackageNotFoundError:
        return Finding("packages", "well", "fitparse, which shares a folder with python-fitparse, is not installed")
    return Finding(
        "packages",
        "wrong",
        f"fitparse {found} is installed beside python-fitparse, in the same folder",
        "Uninstall both, then install python-fitparse again.",
    )


def _folder(chosen: Settings) -> Iterator[Finding]:
    folder = chosen.data_dir.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        yield Finding("data folder", "wrong", f"{there} cannot be written", "Give the user of the service the folder.")
        return
    free = shutil.disk_usage(there).free
    words = f"{folder}, {free / 2**30:.1f} GiB free"
    if free < LEAST_FREE_BYTES:
        yield Finding("data folder", "wrong", words, "Make room: uploads are refused once the disk is full.")
    elif not folder.exists():
        yield Finding("data folder", "note", f"{folder} is not there yet", "`crampwatch serve` makes it.")
    else:
        yield Finding("data folder", "well", words)


def _database(chosen: Settings) -> Iterator[Finding]:
    if chosen.database_url.startswith("sqlite") and not Path(chosen.database_url.removeprefix("sqlite:///")).exists():
        yield Finding("database", "note", "there is none yet", "`crampwatch migrate` or `crampwatch serve` makes it.")
        return
    with _engine(chosen) as engine:
        ping(engine)
        if not migrate.is_current(engine):
            yield Finding("database", "wrong", "its schema is older than this program", "Run `crampwatch migrate`.")
            return
        yield Finding("database", "well", f"{engine.dialect.name}, schema current")
        yield _jobs(engine)


@contextmanager
def _engine(chosen: Settings) -> Iterator[Engine]:
    engine = make_engine(chosen.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _jobs(engine: Engine) -> Finding:
    queue = Queue(engine)
    try:
        dead = queue.page(state="dead", limit=200, cursor=None)
        waiting = queue.page(state="queued", limit=200, cursor=None)
    finally:
        queue.close()
    count = f"{len(dead.items)}{'+' if dead.next_cursor else ''}"
    if dead.items:
        return Finding(
            "jobs", "wrong", f"{count} given up", "`crampwatch jobs` lists them, `crampwatch jobs retry` tries again."
        )
    return Finding("jobs", "well", f"none given up, {len(waiting.items)}{'+' if waiting.next_cursor else ''} queued")


def _blobs(chosen: Settings) -> Iterator[Finding]:
    if chosen.blob_url.startswith("file://") and not chosen.data_dir.exists():
        return
    next(iter(Blobs(chosen.blob_url).list()), None)
    yield Finding("files", "well", "the store of files answers")


def _sync(chosen: Settings) -> Iterator[Finding]:
    if not chosen.data_dir.exists() and not chosen.secret_keys:
        return
    vault = Vault.of(chosen)
    on = ", ".join(sorted(vault.services)) or "none"
    yield Finding("sync services", "well", f"on: {on}")
    half = sorted(set(chosen.providers) & set(vault.off))
    for name in half:
        needs = "docs/sync says what it needs"
        yield Finding("sync services", "note", f"{name} is named in the settings, but off: a secret is missing", needs)
    if vault.services and not chosen.public_url:
        advice = "Set CRAMPWATCH_PUBLIC_URL to the https address of this service."
        yield Finding("sync services", "note", "they are not told where this service is reached", advice)
