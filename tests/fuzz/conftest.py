"""The seed of today's fresh batches, drawn anew for each run and told at its end."""

from __future__ import annotations

import secrets

import pytest

SEED = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed."""
    config.stash[SEED] = secrets.randbelow(10**6)


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
