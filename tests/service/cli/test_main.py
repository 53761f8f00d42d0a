"""The command as it is installed: help, version, usage errors; quick, and never a traceback."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from service.cli import app

COMMANDS = (
    "doctor",
    "reassess",
    "analyse",
    "serve",
    "demo",
    "import",
    "watch",
    "migrate",
    "verify",
    "export",
    "scrub",
    "athlete",
    "key",
)


def _run(*words, **more):
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *words], capture_output=True, text=True, check=False, timeout=60, **more
    )


def test_help_names_every_command_and_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['crampwatch', '--help']\n"
        "from service.cli import main\n"
        "try: main()\n"
        "finally: print([name for name in ('numpy', 'lxml', 'fastapi', 'sqlalchemy', 'httpx', 'rich', 'pydantic') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip().endswith("[]")
    assert [name for name in COMMANDS if f"\n  {name} " not in done.stdout] == []


def test_the_version_is_the_installed_packages():
    from importlib.metadata import version

    done = _run("--version")
    assert (done.returncode, done.stdout) == (0, f"crampwatch {version('crampwatch')}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output


USAGE = {
    "no command of ours": ["fly"],
    "an unknown option": ["analyse", "--fast", "run.fit"],
    "no file": ["analyse"],
    "a file that is not there": ["analyse", "no/such/run.fit"],
    "a folder": ["analyse", "."],
    "stdin twice": ["analyse", "-", "-"],
    "a mass that nobody has": ["analyse", "--mass-kg", "3000", "-"],
    "a mass that is no number": ["analyse", "--mass-kg", "heavy", "-"],
    "more than full sun": ["analyse", "--sun", "2", "-"],
    "unknown units": ["analyse", "--units", "furlongs", "-"],
    "no such zone": ["analyse", "--timezone", "Mars/Olympus", "-"],
    "a zone that leads outside": ["analyse", "--timezone", "../../etc/passwd", "-"],
    "nothing to verify": ["verify"],
    "a document that is not there": ["verify", "no/such/document.json"],
    "a role that is none": ["key", "add", "--role", "owner"],
    "a key without a role": ["key", "add"],
    "no key to revoke": ["key", "revoke"],
    "an athlete with a name of two lines": ["athlete", "add", "--name", "two\nlines"],
    "a port out of range": ["serve", "--port", "70000"],
    "an address that is not loopback": ["serve", "--host", "0.0.0.0", "--port", "0"],  # noqa: S104 - it is refused
}


@pytest.mark.parametrize("case", USAGE)
def test_a_usage_error_is_a_sentence_and_exit_code_2(case):
    done = _run(*USAGE[case])
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_a_hostile_file_name_in_a_complaint_steers_nothing():
    done = _run("analyse", "no\x1b]0;owned\x07such\u202e.fit")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr
    assert "\u202e" not in done.stderr
