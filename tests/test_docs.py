"""The documentation is whole and true: every page is there, every link leads somewhere, and examples are real."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import parsers
from docs.make_settings import page as settings_page
from parsers.errors import ParseError
from parsers.format import KIB, MIB, Limits
from parsers.formats import formats
from service.analysis.rule import all_rules
from service.api.codes import KINDS
from service.errors import ServiceError
from service.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"!?\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def family(root: type) -> set[type]:
    return {root} | {kind for child in root.__subclasses__() for kind in family(child)}


def fences(page: Path, language: str) -> list[str]:
    return [body for word, body in FENCE.findall(page.read_text()) if word == language]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", title)).strip().lower() for title in titles]
    return {title.replace(" ", "-") for title in plain}


def test_there_are_pages():
    assert len(PAGES) > 40


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_has_a_page_with_its_thresholds(rule):
    page = (DOCS / "rules" / f"{rule.code}.md").read_text()
    assert [name for name in rule.thresholds if name not in page] == []
    assert rule.evidence_grade in page


@pytest.mark.parametrize("kind", formats(), ids=lambda kind: kind.id)
def test_every_format_has_a_page(kind):
    page = (DOCS / "formats" / f"{kind.id}.md").read_text()
    assert kind.title.split()[0] in page


def test_every_setting_has_its_row():
    page = (DOCS / "settings.md").read_text()
    assert [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in page] == []


def test_the_page_of_settings_is_the_one_that_the_settings_print():
    assert (DOCS / "settings.md").read_text() == settings_page()


def test_the_page_of_limits_tells_the_limits_that_hold():
    page, limits, settings = (DOCS / "limits.md").read_text(), Limits(), Settings()
    told = [
        f"{limits.file_bytes // MIB} MiB",
        f"{limits.unpacked_bytes // MIB} MiB",
        f"{limits.archive_bytes // MIB // 1024} GiB",
        f"{limits.archive_entries:,} entries",
        f"{limits.compression_ratio} times",
        f"{limits.messages:,}",
        f"{limits.xml_depth} elements deep",
        f"{limits.xml_attributes} attributes",
        f"{limits.xml_text_bytes // KIB} KiB of text",
        f"{settings.max_json_bytes // KIB} KiB",
        f"{settings.max_header_bytes // KIB} KiB, complete within {settings.header_timeout_s:.0f} s",
    ]
    assert [words for words in told if words not in page] == []
    assert (settings.max_file_bytes, settings.max_unpacked_bytes) == (limits.file_bytes, limits.unpacked_bytes)


CODES = {code for kind in family(ParseError) for code in kind.codes} | {kind.code for kind in family(ServiceError)}


@pytest.mark.parametrize("code", sorted(set(KINDS) | (CODES - {"service_error"})))
def test_every_error_code_has_a_page_that_says_what_to_do(code):
    page = (DOCS / "errors" / f"{code}.md").read_text()
    assert KINDS[code].title in page
    assert KINDS[code].do in " ".join(page.split())


@pytest.mark.parametrize("folder", ["rules", "formats", "errors"])
def test_no_page_is_about_something_that_is_no_more(folder):
    known = {
        "rules": {rule.code for rule in all_rules()},
        "formats": {kind.id for kind in formats()} | {"wrapping", "traps", "corpus"},
        "errors": set(KINDS) | CODES,
    }[folder]
    assert {path.stem for path in (DOCS / folder).glob("*.md")} - {"README"} <= known


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page):
    dead = []
    for link in LINK.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("folder", ["rules", "formats", "errors"])
def test_every_page_of_a_folder_is_named_in_its_index(folder):
    index = (DOCS / folder / "README.md").read_text()
    assert [
        path.name for path in (DOCS / folder).glob("*.md") if path.name not in index and path.stem != "README"
    ] == []


def test_every_page_of_the_documentation_is_reached_from_its_front():
    front = (DOCS / "README.md").read_text()
    reached = {path for path in DOCS.glob("*.md") if path.name in front} | {DOCS / "README.md"}
    assert {path.name for path in DOCS.glob("*.md")} - {path.name for path in reached} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_that_is_named_exists(page):
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", page.read_text()))
    named |= {word for body in fences(page, "sh") for word in re.findall(r"^make ([a-z-]+)", body, re.MULTILINE)}
    assert named - targets == set()


def test_every_page_that_the_source_names_is_there():
    sources = [path for top in ("parsers", "service", "migrations", "fixtures") for path in (ROOT / top).rglob("*.py")]
    named = {page for path in sources for page in re.findall(r"\bdocs/[\w/]+\.md", path.read_text())}
    assert named
    assert [page for page in sorted(named) if not (ROOT / page).is_file()] == []


def test_the_two_commands_come_first():
    commands = fences(ROOT / "README.md", "sh")[0]
    assert re.findall(r"^make \w+", commands, re.MULTILINE) == ["make run", "make test"]


@cache
def shown() -> tuple[str, str]:
    """The command of the explained assessment, and what it prints at 80 columns."""
    command = next(body for body in fences(ROOT / "README.md", "sh") if " analyse " in body).strip()
    words = command.split()
    assert words[0] == ".venv/bin/crampwatch"
    run = subprocess.run(
        [sys.executable, "-m", "service.cli", *words[1:]],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "80", "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return command, run.stdout.decode()


def test_the_explained_assessment_is_what_the_command_prints():
    printed = [" ".join(line.split()) for line in shown()[1].splitlines()]
    example = [" ".join(line.split()) for body in fences(ROOT / "README.md", "text") for line in body.splitlines()]
    assert len(example) > 15
    assert [line for line in example if line not in {*printed, "", "…"}] == []


def test_the_curl_line_sends_a_file_that_is_there():
    line = next(body for body in fences(ROOT / "README.md", "sh") if body.startswith("curl"))
    file = re.search(r"file=@(\S+)", line)
    assert file is not None
    assert parsers.parse((ROOT / file[1]).read_bytes())[0].sport == "running"
    assert "http://127.0.0.1:8000/v1/athletes/me/uploads" in line


def test_the_picture_follows_light_and_dark_and_can_be_read_aloud():
    picture = (DOCS / "way-of-the-data.svg").read_text()
    assert "prefers-color-scheme: dark" in picture
    assert re.search(r"<title[^>]*>.+</title>", picture)
    assert re.search(r"<desc[^>]*>.+</desc>", picture)


NEVER_SAID = (
    r"you are (dehydrated|low in)",
    r"will prevent cramps",
    r"safe to run",
    r"you had a cramp",
    r"push through the pain",
)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_says_what_nobody_can_know(page):
    text = " ".join(page.read_text().lower().split())
    assert [words for words in NEVER_SAID if re.search(words, text)] == []
