"""A stage a provider: its fake behind a real socket, and our side of the line set up by the fake's own variables."""

from __future__ import annotations

import pytest

from tests.service.sync.stage import staged


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def stage(request):
    async with staged(request.param) as made:
        yield made
