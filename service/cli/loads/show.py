"""What an import shows: a bar with rate and time left while it runs, and a table at its end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from service.api.codes import KINDS
from service.cli.loads.found import Found
from service.cli.loads.results import OUTCOMES, Result, Tally
from service.cli.report import Look
from service.cli.terminal import console, is_plain

MEANINGS = {
    "created": "new activities",
    "duplicate": "the store has these very bytes",
    "merged": "another record of a run that is there",
    "skipped": "nothing to bring in, see below",
    "rejected": "could not be read, see below",
}
_SKIPPED = {
    "": "deleted here before: to have it back, upload the file by hand",
    "unknown_type": "no watch file",
    "empty": "an empty file",
    "no_time": "a way without times, which is no run",
}
_SKIPPED_ELSE = "a watch file without an activity, such as sleep, settings or monitoring"
_UNREADABLE = "Look at the rights of the file."


class _Rate(ProgressColumn):
    """Files a second."""

    def render(self, task: Task) -> Text:
        """Nothing before there is something to tell."""
        done, seconds = task.fields["done"], task.elapsed
        return Text(f"{done / seconds:,.0f} a second" if done and seconds else "", style="progress.data.speed")


class Bar:
    """The progress of some files; `aside` is what is shown beside the bar."""

    def __init__(self, progress: Progress, files: Sequence[Found]) -> None:
        total = sum(one.bytes for one in files)
        self._progress = progress
        self._before = 0
        self._at = self._done = 0
        self._task = progress.add_task("", total=max(total, 1), done=0, files=len(files), at=0)

    def at(self, bytes_of_file: int) -> None:
        """How much of the present file is behind us."""
        self._progress.update(self._task, completed=self._before + bytes_of_file)

    def one_more(self, line: str | None = None) -> None:
        """One more activity, or file without any; with a line on stdout, where there is one."""
        self._done += 1
        self._progress.update(self._task, done=self._done)
        if line is not None:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def past(self, files: Sequence[Found]) -> None:
        """These files are done."""
        self._before += sum(one.bytes for one in files)
        self._at += len(files)
        self._progress.update(self._task, completed=self._before, at=self._at)

    def says(self, words: str) -> None:
        """What is under way instead of files."""
        self._progress.update(self._task, description=words)


@contextmanager
def bar(files: Sequence[Found], *, hidden: bool) -> Iterator[Bar]:
    """A bar on stderr while the block lasts, where that is a terminal."""
    paper = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[at]} of {task.fields[files]} files"),
        _Rate(),
        TimeRemainingColumn(compact=True),
    )
    shown = Progress(*columns, console=paper, transient=True, disable=hidden or not paper.is_terminal)
    with shown:
        yield Bar(shown, files)


def line(result: Result) -> str:
    """One result in one line."""
    why = "" if result.code is None else f" ({result.code})"
    return f"{result.outcome:<9} {result.name}{why}"


def closing(tally: Tally) -> None:
    """The table of outcomes on stdout, and each rejection with its reason."""
    paper = console()
    look = Look(width=paper.width, plain=is_plain(paper.file))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("files", justify="right", no_wrap=True)
    table.add_column("")
    for outcome in OUTCOMES:
        table.add_row(outcome, f"{tally.counts[outcome]:,}", look.text(MEANINGS[outcome]))
    table.add_row("all", f"{tally.counts.total():,}", "")
    paper.print(table)
    if tally.skipped:
        paper.print()
        paper.print(_skips(tally, look))
    if not tally.rejected:
        return
    paper.print()
    reasons = Table(box=None, pad_edge=False, header_style="bold")
    reasons.add_column("rejected", overflow="fold", ratio=1)
    reasons.add_column("code", no_wrap=True)
    reasons.add_column("why, and what to do", ratio=2)
    for one in tally.rejected:
        reasons.add_row(look.text(one.name), one.code or "", look.text(_why(one)))
    paper.print(reasons)


def _skips(tally: Tally, look: Look) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("skipped", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    table.add_column("such as", overflow="fold", ratio=1)
    for code, skips in sorted(tally.skipped.items(), key=lambda pair: -pair[1].count):
        names = ", ".join(skips.names) + (", …" if skips.count > len(skips.names) else "")
        table.add_row(f"{skips.count:,}", look.text(_SKIPPED.get(code or "", _SKIPPED_ELSE)), look.text(names))
    return table


def _why(result: Result) -> str:
    kind = KINDS.get(result.code or "")
    return " ".join(filter(None, [result.detail, _UNREADABLE if kind is None else kind.do]))


def as_json(tally: Tally) -> None:
    """One document on stdout: the counters, and every result."""
    document = {**tally.counters(), "items": [one.document() for one in tally.each or ()]}
    sys.stdout.write(json.dumps(document, ensure_ascii=True, indent=2) + "\n")
