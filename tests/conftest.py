"""What every folder of tests may use: the PostgreSQL server, and fresh databases on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from fixtures.postgres import NoPostgres, Postgres, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server a test process (with xdist one each). Without any the tests are skipped, but in CI they fail."""
    with ExitStack() as open_ones:
        try:
            running = open_ones.enter_context(server())
        except NoPostgres as missing:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(missing))
        yield running


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    with postgres.database() as url:
        yield url
