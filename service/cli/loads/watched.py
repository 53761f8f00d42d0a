"""A folder whose files are taken in as they come: those that are there first, then each new one once it is whole.

A file is whole when it has not changed for some seconds, or was old when it appeared (it was moved there). What went
wrong with one is said once, and again only when the file has changed.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from watchfiles import watch

from service import settings
from service.cli.loads import show
from service.cli.loads.found import Found, found_at, found_below
from service.cli.loads.results import Tally
from service.cli.loads.store import Store
from service.cli.terminal import complain, harmless_name, remark
from service.errors import NoSpace, Unavailable
from service.ingest import MANY_FILES
from service.logs import configure

LOOK_MS = 200
RESCAN_S = 60.0
"""Every so often the whole folder is looked through: not every file system tells of changes."""

PAUSE_S = 5.0
"""After the store could not be reached."""

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", "~")
"""How programs name a file that they have not written to its end."""


def run(folder: Path, *, athlete: str, settle_s: float) -> int:
    """Watch until SIGTERM or SIGINT, then end with 0. Raises Unavailable and NotFound at the start."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    chosen = settings.load()
    configure(level="error", style=chosen.log_format)
    store = Store(chosen, athlete=athlete, via="watch")
    try:
        remark(f"watching {harmless_name(str(folder))} (Ctrl-C stops it)")
        Watched(folder, settle_s, store, stop).follow()
    finally:
        store.close()
    return 0


@dataclass(slots=True)
class Watched:
    """What is known of the folder. `pending` has files that may not be whole, and when each was last seen to change."""

    folder: Path
    settle_s: float
    store: Store
    stop: threading.Event
    pending: dict[Path, tuple[Found, float]] = field(default_factory=dict)
    done: dict[Path, Found] = field(default_factory=dict)
    rescan_at_s: float = 0.0
    not_before_s: float = 0.0

    def follow(self) -> None:
        """Take in what is there and what comes, until told to stop."""
        for changes in watch(
            self.folder,
            watch_filter=None,
            stop_event=self.stop,
            rust_timeout=LOOK_MS,
            debounce=LOOK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            now_s = time.monotonic()
            if now_s >= self.rescan_at_s:  # once at the start, when changes are heard already
                self.rescan_at_s = now_s + RESCAN_S
                self._see(found_below([self.folder]), now_s)
            self._see((found_at(Path(path), root=self.folder) for _, path in changes), now_s)
            whole = self._whole(now_s)
            if whole and now_s >= self.not_before_s:
                self._take_in(whole)

    def _see(self, files: Iterable[Found | None], now_s: float) -> None:
        for one in files:
            if one is None or _is_unfinished(one) or self.done.get(one.path) == one:
                continue
            before = self.pending.get(one.path)
            if before is None or before[0] != one:
                self.pending[one.path] = (one, now_s)

    def _whole(self, now_s: float) -> list[Found]:
        """The files that are whole by now, the oldest first; those that have changed, or are gone, are seen anew."""
        whole = []
        for path, (seen, since_s) in list(self.pending.items()):
            is_old = time.time() - seen.changed_ns / 1e9 >= self.settle_s
            if not is_old and now_s - since_s < self.settle_s:
                continue
            present = found_at(path, root=self.folder)
            if present is None:
                del self.pending[path]
            elif present != seen:
                self.pending[path] = (present, now_s)
            else:
                whole.append(seen)
        return sorted(whole, key=lambda one: (one.changed_ns, one.shown))

    def _take_in(self, files: Sequence[Found]) -> None:
        """Take files in, one after the other; a store that cannot be reached now is asked again later."""
        many = len(files) > MANY_FILES
        tally = Tally()
        try:
            for one in files:
                if self.stop.is_set():
                    return
                self._take(one, tally, events=not many)
            if many:
                self.store.tell(tally.counters())
            self.store.catch_up(events=not many)
        except (NoSpace, Unavailable) as wrong:
            complain(f"crampwatch: {wrong.message}")
            self.not_before_s = time.monotonic() + PAUSE_S

    def _take(self, one: Found, tally: Tally, *, events: bool) -> None:
        for result in self.store.receive(one, tick=lambda _: None, events=events):
            tally.add(result)
            if result.outcome == "rejected":
                complain(f"{show.line(result)} {result.detail or ''}")
            elif result.activity_id is not None and result.outcome != "duplicate":
                sys.stdout.write(show.line(result) + "\n")
                sys.stdout.flush()
        self.pending.pop(one.path, None)
        self.done[one.path] = one


def _is_unfinished(one: Found) -> bool:
    hidden = any(part.startswith(".") for part in Path(one.shown).parts)
    return hidden or one.path.name.lower().endswith(UNFINISHED)
