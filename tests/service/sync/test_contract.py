"""Every provider keeps the contract against its fake, over real HTTP."""

from __future__ import annotations

import pytest

from service import sync
from service.fakes import FAKES
from tests.service.sync.contract import CHECKS

pytestmark = pytest.mark.anyio
CASES = [
    pytest.param(name, check, id=f"{name}-{title}") for title, (whom, check) in CHECKS.items() for name in sorted(whom)
]


def test_every_provider_has_a_fake_and_every_fake_a_provider():
    assert len(FAKES) == 8
    assert set(FAKES) == set(sync.providers())


def test_there_are_checks_for_every_provider():
    counted = {name: sum(name in whom for whom, _ in CHECKS.values()) for name in FAKES}
    assert min(counted.values()) > 18


@pytest.mark.parametrize(("stage", "check"), CASES, indirect=["stage"])
async def test_a_provider_keeps_the_contract(stage, check):
    await check(stage)
    assert stage.trap.seen == []
