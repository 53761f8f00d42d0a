"""The seed of the batches, told at the end of a run: a fixed one, or a fresh one with CRAMPWATCH_FUZZ_SEED=fresh."""

from __future__ import annotations

import os
import secrets

import pytest

SEED = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Take the seed that was asked for: CI asks for a fresh one, to look where no run has looked before."""
    asked = os.environ.get("CRAMPWATCH_FUZZ_SEED", "2026")
    config.stash[SEED] = secrets.randbelow(10**6) if asked == "fresh" else int(asked)


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """What this run's cases are drawn from."""
    return pytestconfig.stash[SEED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the seed, so that a case can be had again."""
    if SEED in config.stash:
        terminalreporter.write_line(
            f"fuzzed from seed {config.stash[SEED]}; again: python -m fuzz --seed {config.stash[SEED]}"
        )
