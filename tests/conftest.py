"""What every folder of tests may use: the PostgreSQL server with fresh databases, and a place in an S3 server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from fixtures import s3
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


@pytest.fixture(scope="session")
def s3_server() -> Iterator[s3.S3]:
    """One server a test process. Tests marked `s3` alone ask for it, and `make test-s3` installs it: no skipping."""
    with s3.server() as running:
        yield running


@pytest.fixture
def s3_url(s3_server: s3.S3, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty place in it, with an environment in which a client finds the server."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server.fresh_url()
