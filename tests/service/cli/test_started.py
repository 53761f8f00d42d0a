"""A command that the program prints can be typed as it stands."""

import shlex
import sys

import pytest

from service.cli.started import as_typed


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    path = tmp_path / "a venv" / "bin" / "crampwatch"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_script_that_is_not_on_the_path_is_named_from_here(script):
    assert as_typed(str(script)) == as_typed("a venv/bin/crampwatch") == "'a venv/bin/crampwatch'"


def test_a_script_elsewhere_is_named_in_full(script, tmp_path, monkeypatch):
    below = tmp_path / "work"
    below.mkdir()
    monkeypatch.chdir(below)
    assert as_typed(str(script)) == shlex.quote(str(script))


def test_a_script_on_the_path_goes_by_its_name(script, monkeypatch):
    monkeypatch.setenv("PATH", f"/bin:{script.parent}")
    assert as_typed(str(script)) == "crampwatch"


def test_another_crampwatch_on_the_path_is_not_this_one(script, tmp_path, monkeypatch):
    other = tmp_path / "other" / "crampwatch"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert as_typed(str(script)) == "'a venv/bin/crampwatch'"


def test_a_module_is_started_by_its_interpreter(script):
    assert as_typed("/somewhere/service/cli/__main__.py") == f"{shlex.quote(sys.executable)} -m service.cli"
