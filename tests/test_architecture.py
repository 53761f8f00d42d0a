"""Who may import whom, as docs/architecture.md tells it: the table is here, and every import is held to it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = tuple(
    sorted(
        path
        for top in ("parsers", "service", "migrations")
        for path in (ROOT / top).rglob("*.py")
        if "node_modules" not in path.parts
    )
)

ROOMS = {
    "parsers": "parsers",
    "service.analysis": "analysis",
    "service.sync": "sync",
    "service.fakes": "fakes",
    "service.store": "store",
    "service.jobs": "jobs",
    "service.api": "api",
    "service.web": "web",
    "service.cli": "cli",
    "service.app": "app",
    "service.errors": "errors",
    "service.settings": "settings",
    "service.logs": "logs",
    "service.figures": "figures",
    "service.ranking": "figures",
    "service.samples": "samples",
    "service.errands": "errands",
    "service.diary": "diary",
    "service.metrics": "metrics",
    "service.gauges": "gauges",
    "service.examine": "examine",
    "service.levels": "examine",
    "service.standing": "examine",
    "service.weighed": "examine",
    "service.ingest": "ingest",
    "service.catchup": "catchup",
    "service.reassessing": "catchup",
    "service.reception": "reception",
    "service.postbox": "postbox",
    "service.vault": "vault",
    "service.wording": "wording",
    "service.subscribers": "subscribers",
    "service.accounts": "accounts",
    "service.consents": "accounts",
    "service.replays": "accounts",
    "migrations": "migrations",
    "service": "house",
}
"""Which room a module belongs to, by the longest name that fits. `house` is the empty `service/__init__.py`."""

FACE = frozenset({"parsers", "parsers.activity", "parsers.errors"})
ALL = frozenset({"*"})

MAY: dict[str, dict[str, frozenset[str]]] = {
    "parsers": {},
    "errors": {},
    "errands": {},
    "logs": {},
    "metrics": {},
    "figures": {},
    "samples": {"errors": ALL},
    "house": {},
    "analysis": {"parsers": frozenset({"parsers.activity"})},
    "sync": {"errors": ALL},
    "fakes": {},
    "store": {"errors": ALL},
    "settings": {"errors": ALL},
    "examine": {"parsers": FACE, "analysis": ALL, "errors": ALL},
    "ingest": {"parsers": FACE, "examine": ALL, "store": ALL, "errors": ALL, "errands": ALL, "diary": ALL},
    "diary": {"store": ALL, "errors": ALL, "errands": ALL},
    "reception": {"parsers": FACE, "ingest": ALL, "store": ALL, "errors": ALL, "errands": ALL, "metrics": ALL},
    "gauges": {"metrics": ALL, "jobs": frozenset({"service.jobs.queue"}), "store": ALL, "errors": ALL},
    "postbox": {"store": ALL, "errors": ALL, "errands": ALL},
    "vault": {"sync": ALL, "errors": ALL},
    "wording": {"examine": ALL},
    "subscribers": {"sync": ALL, "vault": ALL, "wording": ALL, "store": ALL, "errors": ALL, "errands": ALL},
    "accounts": {"vault": ALL, "sync": ALL, "store": ALL, "errors": ALL, "errands": ALL},
    "catchup": {"ingest": ALL, "store": ALL, "errors": ALL, "errands": ALL},
    "jobs": {
        "catchup": ALL,
        "subscribers": ALL,
        "accounts": ALL,
        "vault": ALL,
        "reception": ALL,
        "sync": ALL,
        "store": ALL,
        "errors": ALL,
        "ingest": ALL,
        "errands": ALL,
        "settings": ALL,
        "metrics": ALL,
    },
    "api": {
        "parsers": frozenset({"parsers.errors"}),
        "examine": ALL,
        "diary": ALL,
        "ingest": ALL,
        "reception": ALL,
        "store": ALL,
        "errors": ALL,
        "errands": ALL,
        "settings": ALL,
        "sync": frozenset({"service.sync", "service.sync.provider", "service.sync.failures"}),
        "accounts": ALL,
        "vault": ALL,
        "postbox": ALL,
        "metrics": ALL,
        "wording": ALL,
        "subscribers": ALL,
        "jobs": frozenset({"service.jobs", "service.jobs.queue"}),
    },
    "app": dict.fromkeys(
        (
            *("store", "errors", "errands", "settings", "ingest", "reception", "catchup", "accounts"),
            *("vault", "postbox", "gauges"),
            *("jobs", "api", "web", "logs", "examine", "metrics", "wording", "subscribers"),
        ),
        ALL,
    ),
    "migrations": {"store": ALL},
}
MAY["web"] = {**MAY["api"], "api": ALL, "figures": ALL, "samples": ALL}
MAY["cli"] = {**MAY["app"], "app": ALL, "fakes": ALL, "figures": ALL, "samples": ALL}

FOREIGN = {
    "fastapi": ("service.api", "service.web", "service.app", "service.cli.server"),
    "sqlalchemy": ("service.store", "migrations"),
    "alembic": ("service.store", "migrations"),
    "obstore": ("service.store",),
    "httpx": ("service.sync", "service.cli", "service.fakes"),
    "httpcore": ("service.sync",),
    "h11": ("service.fakes",),
    "cryptography": ("service.sync",),
    "dbos": ("service.jobs",),
    "lxml": (),
    "fitparse": ("parsers.formats",),
    "gpxpy": ("parsers.formats", "service.export"),
    "typer": ("service.cli",),
    "rich": ("service.cli",),
    "uvicorn": ("service.cli", "service.api.protocol", "service.app"),
    "limits": ("service.api.rates",),
    "prometheus_client": ("service.metrics",),
    "pydantic": ("service.api", "service.web", "service.settings"),
    "pydantic_settings": ("service.settings",),
    "jinja2": ("service.web",),
}
"""Libraries of the outer world, and where alone they may be met."""

SESSION_TYPES = frozenset({"Connection", "Engine", "Session"})
"""What a function that is handed a transaction may name of sqlalchemy, outside `store`."""

CLOCK_CALLS = frozenset(
    {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime"}
)
"""Reading the time of day, where time has to be an argument."""

LONGEST_LINES = 400
LONG_FOR_A_REASON: dict[str, str] = {}
"""Modules over the limit, each with the reason why it is better whole."""


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module imports: from `module` the `name` (None: the module itself), at run time."""

    line: int
    module: str
    name: str | None


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in SOURCES}


def imports(source: str, *, inside_functions: bool = True) -> Iterator[Import]:
    """Every import of the source but those for type checkers alone."""
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide who is meant"
            yield from (Import(node.lineno, node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
        elif inside_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending.extend(ast.iter_child_nodes(node))


def target(found: Import) -> str:
    """The module meant: `from service.analysis import windows` means `service.analysis.windows`."""
    longer = f"{found.module}.{found.name}"
    return longer if longer in MODULES else found.module


def room_of(module: str) -> str:
    fitting = [prefix for prefix in ROOMS if module == prefix or module.startswith(prefix + ".")]
    return ROOMS[max(fitting, key=len)]


def trespasses(module: str, source: str) -> list[str]:
    """The imports of the source that the table forbids, in words."""
    here, out = room_of(module), []
    for found in imports(source):
        meant = target(found)
        if meant.partition(".")[0] not in {"parsers", "service", "migrations"} or room_of(meant) == here:
            continue
        allowed = MAY[here].get(room_of(meant), frozenset())
        if allowed != ALL and meant not in allowed:
            out.append(f"{module}:{found.line} ({here}) may not import {meant} ({room_of(meant)})")
    return out


def strangers(module: str, source: str) -> list[str]:
    """The foreign libraries met in the wrong place, in words."""
    out = []
    for found in imports(source):
        library = found.module.partition(".")[0]
        places = FOREIGN.get(library)
        if places is None or any(module == place or module.startswith(place + ".") for place in places):
            continue
        if library == "sqlalchemy" and found.name in SESSION_TYPES and not module.startswith("service.analysis"):
            continue
        out.append(f"{module}:{found.line} may not import {library}")
    return out


def clock_readings(module: str, source: str) -> list[str]:
    """Calls that read the time of day, in words."""
    modules = {"datetime", "date", "time"}
    return [
        f"{module}:{node.lineno} reads the clock"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK_CALLS
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and ast.unparse(node.func.value).rpartition(".")[2] in modules
    ]


def environment_readings(module: str, source: str) -> list[str]:
    """Looks at the environment, in words."""
    return [
        f"{module}:{node.lineno} reads the environment"
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "putenv"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and any("env" in a.name for a in node.names))
    ]


def test_there_is_source_to_read():
    assert len(SOURCES) > 50


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module):
    assert trespasses(module, MODULES[module].read_text()) == []


@pytest.mark.parametrize("module", MODULES)
def test_foreign_libraries_stay_in_their_places(module):
    assert strangers(module, MODULES[module].read_text()) == []


@pytest.mark.parametrize("module", [name for name in MODULES if room_of(name) in {"parsers", "analysis"}])
def test_parsers_and_analysis_never_look_at_the_clock(module):
    assert clock_readings(module, MODULES[module].read_text()) == []


@pytest.mark.parametrize("module", [name for name in MODULES if name != "service.settings"])
def test_only_the_settings_read_the_environment(module):
    assert environment_readings(module, MODULES[module].read_text()) == []


def test_every_module_has_a_room():
    lost = [module for module in MODULES if room_of(module) == "house" and module != "service"]
    assert lost == []


def test_no_module_imports_itself_round_a_corner():
    graph = {
        module: {
            target(found)
            for found in imports(path.read_text(), inside_functions=False)
            if target(found) in MODULES and target(found) != module
        }
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


def test_long_modules_are_named_with_a_reason():
    lengths = {module: len(path.read_text().splitlines()) for module, path in MODULES.items()}
    long = {module for module, lines in lengths.items() if lines > LONGEST_LINES}
    assert long == set(LONG_FOR_A_REASON)


def test_every_module_says_what_it_is_for():
    silent = [module for module, path in MODULES.items() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_vague_names_are_not_used():
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
    assert [module for module in MODULES if vague & set(module.split("."))] == []


TRESPASSERS = [
    ("parsers.tidy", "import service.errors"),
    ("parsers.formats.gpx", "from service import settings"),
    ("service.analysis.pace", "from parsers import parse"),
    ("service.analysis.pace", "from service.store import athletes"),
    ("service.store.athletes", "import parsers"),
    ("service.store.athletes", "from service.settings import Settings"),
    ("service.ingest", "def f():\n    from service.analysis import assess"),
    ("service.ingest", "from service.settings import Settings"),
    ("service.api.uploads", "from parsers import parse"),
    ("service.api.uploads", "from service.analysis.assess import assess"),
    ("service.cli.analyse", "from parsers.activity import Activity"),
    ("service.sync.strava", "from service.store import athletes"),
    ("service.fakes.strava", "from service.sync import signing"),
    ("service.api.webhooks", "from service.fakes import FAKES"),
]


@pytest.mark.parametrize(("module", "source"), TRESPASSERS)
def test_the_guard_sees_a_trespasser(module, source):
    assert len(trespasses(module, source)) == 1


def test_the_guard_lets_types_pass():
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from service.settings import Settings\n"
    assert trespasses("service.ingest", source) == []


@pytest.mark.parametrize(
    ("module", "source", "seen"),
    [
        ("service.ingest", "from fastapi import Request", 1),
        ("service.ingest", "from sqlalchemy import Connection", 0),
        ("service.ingest", "from sqlalchemy import select", 1),
        ("service.analysis.pace", "from sqlalchemy import Connection", 1),
        ("service.api.uploads", "import httpx", 1),
        ("service.sync.strava", "import httpx", 0),
        ("parsers.tidy", "from lxml import etree", 1),
        ("parsers.formats.tcx", "from lxml import etree", 1),
    ],
)
def test_the_guard_sees_a_stranger(module, source, seen):
    assert len(strangers(module, source)) == seen


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("datetime.now(tz=UTC)", 1),
        ("dt.datetime.utcnow()", 1),
        ("time.monotonic()", 1),
        ("date.today()", 1),
        ("activity.streams.time", 0),
        ("facts.now()", 0),
    ],
)
def test_the_guard_sees_a_look_at_the_clock(source, seen):
    assert len(clock_readings("parsers.tidy", source)) == seen


@pytest.mark.parametrize("source", ["os.environ['HOME']", "os.getenv('HOME')", "from os import environ"])
def test_the_guard_sees_a_look_at_the_environment(source):
    assert len(environment_readings("service.api.access", source)) == 1


def test_the_standard_library_is_no_stranger():
    assert FOREIGN.keys().isdisjoint(sys.stdlib_module_names)
