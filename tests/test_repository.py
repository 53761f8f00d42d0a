"""What lies in the repository is fit to be cloned anywhere: no traces of one machine, locked requirements, no stubs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BINARY = {".fit", ".png", ".gz", ".zip", ".bin"}
MADE_DATA = {".gpx", ".tcx"}
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
NEVER_FOLDERS = {".venv", ".s3-venv", ".git", "data", "dist", "build", ".hypothesis", "node_modules"}


def tracked() -> list[Path]:
    """What git knows of and has not lost; without git, what lies in the folder apart from what the targets make."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        names = [name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")]
    paths = [ROOT / name for name in names if not NEVER_FOLDERS & set(Path(name).parts) and "cache" not in name]
    return [path for path in paths if path.is_file()]


TRACKED = tracked()
TEXTS = [
    path
    for path in TRACKED
    if path.suffix not in BINARY | MADE_DATA and ROOT / "fixtures" / "streams" not in path.parents
]
PAGES = [path for path in TRACKED if path.suffix == ".md"]
SHIPPED = [path for path in TRACKED if path.suffix == ".py" and path.parts[len(ROOT.parts)] != "tests"]
HERE = Path(__file__).resolve()
PAGES_OF_NO_ONE = {("tests/benchmarks/test_report.py", "page.md")} | {
    ("docs/architecture.md", f"docs/{folder}/x.md") for folder in ("errors", "formats", "rules", "sync")
}
"""Names that stand for any page, or that a test gives to pages of its own."""


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    search = re.compile(pattern).search
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        if path != HERE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if search(line)
    ]


def test_there_are_files_to_look_at():
    assert len(TEXTS) > 100
    assert len(SHIPPED) > 50


def test_no_path_of_this_machine_is_written_down():
    home = re.escape(str(Path.home())) if Path.home() != Path("/root") else "/root/"
    places = [re.escape(str(ROOT)), home, r"/home/\w+/", r"/Users/\w+/", r"[A-Z]:\\Users\\"]
    assert lines_with("|".join(places), TEXTS) == []


def test_every_text_is_utf8_with_a_last_line_end_and_no_tabs_where_none_belong():
    wrong = []
    for path in TEXTS:
        data = path.read_bytes()
        text = data.decode("utf-8")
        if data and not text.endswith("\n"):
            wrong.append(f"{path.name}: no line end at the end")
        if "\r" in text:
            wrong.append(f"{path.name}: carriage return")
        if "\t" in text and path.name != "Makefile":
            wrong.append(f"{path.name}: tab")
    assert wrong == []


def test_there_are_lock_files_for_running_testing_building_and_comparing():
    assert {path.name for path in LOCKS} >= {"runtime.txt", "test.txt", "build.txt", "bench.txt"}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_and_locked_by_hash(path):
    entries = path.read_text().replace("\\\n", " ").splitlines()
    assert entries
    loose = [entry for entry in entries if not re.match(r"^[a-z0-9._\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)]
    assert loose == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_names_no_address(path):
    assert lines_with(r"://|--index-url|--extra-index-url|--find-links|--trusted-host| @ ", [path]) == []


def test_what_runs_is_locked_alike_for_running_and_for_testing():
    def pins(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / name).read_text()
        return dict(re.findall(r"^([a-z0-9._-]+)(?:\[\S+\])?==(\S+)", text, re.MULTILINE))

    runtime, test = pins("runtime.txt"), pins("test.txt")
    assert {name: test.get(name) for name in runtime} == runtime


def test_every_dependency_of_the_project_is_in_the_lock():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = (ROOT / "requirements" / "runtime.txt").read_text()
    names = [re.split(r"[<>=!~\[ ]", entry)[0].replace(".", "-") for entry in project["dependencies"]]
    assert [name for name in names if not re.search(rf"^{name}(\[\S+\])?==", locked, re.MULTILINE)] == []


def names_of_pages(text: str) -> set[str]:
    """The Markdown files that a text names, without addresses and patterns."""
    return {name for name in re.findall(r"(?<![\w*<>{}/.:-])[\w./-]*\w\.md\b", text) if "://" not in name}


def is_there(name: str) -> bool:
    """Whether a file of the repository bears that name; folders, where they are told, have to fit."""
    return any(f"/{path.relative_to(ROOT).as_posix()}".endswith(f"/{name.lstrip('./')}") for path in PAGES)


def test_every_page_that_a_text_names_is_in_the_repository():
    named = {(path, name) for path in TEXTS if path != HERE for name in names_of_pages(path.read_text())}
    assert len(named) > 50
    absent = [(path.relative_to(ROOT).as_posix(), name) for path, name in named if not is_there(name)]
    assert sorted(each for each in absent if each not in PAGES_OF_NO_ONE) == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("see `docs/api.md`.", {"docs/api.md"}),
        ("(rules.md 2.4)", {"rules.md"}),
        ("docs/errors/{code}.md and *.md", set()),
    ],
)
def test_the_search_for_pages_finds_them(text, seen):
    assert names_of_pages(text) == seen


def test_shipped_code_has_no_promises_in_place_of_work():
    assert lines_with(r"\b(TODO|FIXME|XXX|HACK)\b", SHIPPED) == []


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A body that is nothing but `pass`, `...` or NotImplementedError; protocols and overloads are none."""
    body = [step for step in node.body if not (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))]
    if any(isinstance(step, ast.Raise) and "NotImplementedError" in ast.unparse(step) for step in body):
        return True
    if any("overload" in ast.unparse(mark) or "abstract" in ast.unparse(mark) for mark in node.decorator_list):
        return False
    return all(isinstance(step, ast.Pass) for step in body) and not ast.get_docstring(node)


def stubs(source: str) -> list[int]:
    """Lines of functions without a body, apart from those of a Protocol."""
    tree = ast.parse(source)
    protocols = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
    ]
    exempt = {inner for protocol in protocols for inner in ast.walk(protocol)}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node not in exempt and _is_stub(node)
    ]


def test_shipped_code_has_no_empty_functions():
    found = {path.relative_to(ROOT).as_posix(): stubs(path.read_text()) for path in SHIPPED}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("def f():\n    raise NotImplementedError", [1]),
        ("def f():\n    pass", [1]),
        ("def f():\n    ...", [1]),
        ("def f():\n    return 1", []),
        ("class P(Protocol):\n    def f(self): ...", []),
    ],
)
def test_the_search_for_empty_functions_finds_them(source, seen):
    assert stubs(source) == seen


def test_exemptions_from_the_linters_bear_a_code():
    bare = r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)"
    assert lines_with(bare, [path for path in TRACKED if path.suffix == ".py"]) == []


def test_what_is_started_directly_may_be_executed():
    scripts = [path for path in TRACKED if path.read_bytes()[:2] == b"#!"]
    assert ROOT / ".ci" / "run" in scripts
    assert [path.name for path in scripts if not os.access(path, os.X_OK)] == []


def test_ci_runs_the_readmes_test_command_first():
    steps = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("make ")]
    assert steps == ["make test", "make test-s3", "make golden", "make browser", "make check"]


def test_ci_asks_for_broken_files_that_no_run_has_seen():
    assert "export CRAMPWATCH_FUZZ_SEED=fresh" in (ROOT / ".ci" / "run").read_text()


def test_the_image_is_built_in_two_stages_and_runs_without_rights():
    text = (ROOT / "Dockerfile").read_text()
    first, _, last = text.rpartition("\nFROM ")
    assert first.count("\nFROM ") == 1
    assert re.search(r"^FROM python:3\.11\.\d+-slim\S* AS build$", first, re.MULTILINE)
    assert "--require-hashes -r requirements/runtime.txt" in first
    assert re.search(r"^USER \d+:\d+$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "/healthz" in last
    assert re.search(r'^CMD \["crampwatch", "serve"\]$', last, re.MULTILINE)
    assert "pip install" not in last


def test_migrations_are_part_of_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) >= {
        "parsers",
        "service",
        "migrations",
    }


def test_the_licence_is_the_one_that_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
