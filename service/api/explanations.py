"""Error codes explained: docs/errors/ and the page behind every problem's `type`, both out of the table of codes.

`python -m service.api.explanations docs/errors` writes the pages; a test holds them to the table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from service.api import reference
from service.api.codes import KINDS


def document(code: str) -> dict[str, Any]:
    """One code as a plain document."""
    kind = KINDS[code]
    return {"code": code, "status": kind.status, "title": kind.title, "means": kind.means, "do": kind.do}


def html_page(code: str) -> str:
    """One code as a page for a browser."""
    kind = KINDS[code]
    text = reference.escaped
    return reference.page(
        f"{kind.title} ({code})",
        f"<h1>{text(kind.title)}</h1><p><code>{text(code)}</code>, HTTP status {kind.status}</p>"
        f"<h2>What it means</h2><p>{text(kind.means)}</p><h2>What to do</h2><p>{text(kind.do)}</p>"
        '<p><a href="/">Start page</a> · <a href="/docs">API reference</a></p>',
    )


def markdown(code: str) -> str:
    """docs/errors/<code>.md."""
    kind = KINDS[code]
    where = "only at the start of the program" if code == "bad_settings" else f"HTTP status {kind.status}"
    return f"# {code}\n\n**{kind.title}**, {where}.\n\n## What it means\n\n{kind.means}\n\n## What to do\n\n{kind.do}\n"


def index() -> str:
    """docs/errors/README.md: every code on one line."""
    rows = [f"| [`{code}`]({code}.md) | {kind.status} | {kind.title} |" for code, kind in KINDS.items()]
    return "\n".join(
        [
            "# Errors",
            "",
            "Every error is an `application/problem+json` document with a stable `code`. Its `type` is the address",
            "where the running service explains it, `/problems/<code>`. These pages are made by",
            "`python -m service.api.explanations docs/errors`.",
            "",
            "| code | status | title |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {"README.md": index()} | {f"{code}.md": markdown(code) for code in KINDS}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
