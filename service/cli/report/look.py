"""How a report may look: its width, its units, and whether only ASCII arrives. Every word of a report passes here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from service.cli.terminal import harmless

LEVEL_STYLES = {"low": "green", "moderate": "yellow", "high": "red", "very_high": "bold red"}
LEVEL_MARKS = {"low": "", "moderate": "!", "high": "!!", "very_high": "!!!"}
LABEL_WIDTH = 14


@dataclass(frozen=True, slots=True)
class Look:
    """One report's appearance; `plain` means ASCII only. Colour is never the only cue, so there is no field for it."""

    width: int = 80
    units: str = "metric"
    plain: bool = False
    zone: str | None = None

    def text(self, words: str, style: str = "") -> Text:
        """The words as rich takes them: harmless, no markup."""
        return Text(harmless(words, plain=self.plain), style=style)

    def rule(self, title: str) -> Rule:
        """A heading."""
        return Rule(self.text(title, "bold"), align="left", characters="-" if self.plain else "─", style="dim")

    def rows(self, pairs: Iterable[tuple[str, str | Text | None]], *, indent: int = 2) -> Table:
        """Label and words, one pair a row; pairs without words are left out."""
        grid = Table.grid(padding=(0, 1), pad_edge=False)
        grid.add_column(width=indent + LABEL_WIDTH, no_wrap=True)
        grid.add_column(ratio=1)
        for label, words in pairs:
            if words:
                cell = words if isinstance(words, Text) else self.text(words)
                grid.add_row(self.text(" " * indent + label, "dim"), cell)
        return grid

    def bullet(self, mark: str, words: str, *, indent: int = 2) -> Table:
        """A paragraph with a mark before it, hanging: what wraps stands under the words."""
        grid = Table.grid(padding=0)
        grid.add_column(width=indent + len(mark) + 1)
        grid.add_column(ratio=1)
        grid.add_row(self.text(" " * indent + mark), self.text(words))
        return grid

    def indented(self, words: str, style: str = "", *, indent: int = 2) -> Table:
        """A paragraph that keeps its indent when it wraps."""
        grid = Table.grid(padding=0)
        grid.add_column(width=indent)
        grid.add_column(ratio=1)
        grid.add_row("", self.text(words, style))
        return grid

    @property
    def parts(self) -> str:
        """Fillings that tell the parts of a bar apart without colour."""
        return "#=+*%@" if self.plain else "█▒▓░▚▞"

    @property
    def line(self) -> str:
        """What a window is drawn with."""
        return "=" if self.plain else "━"

    @property
    def mark(self) -> str:
        """One moment on a time line."""
        return "o" if self.plain else "●"

    @property
    def axis(self) -> str:
        """What an empty stretch of a line is drawn with."""
        return "." if self.plain else "·"

    @property
    def steps(self) -> str:
        """A cell filled by no eighth, one eighth, … eight eighths."""
        return " ...::::#" if self.plain else " ▁▂▃▄▅▆▇█"


def level_text(look: Look, level: str | None) -> Text:
    """A level in words, with marks that say the same without colour."""
    if level is None:
        return look.text("none")
    marks = LEVEL_MARKS.get(level, "")
    return look.text(f"{level.replace('_', ' ').upper()} {marks}".rstrip(), LEVEL_STYLES.get(level, ""))
