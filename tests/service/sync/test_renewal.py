"""A token is renewed before its end, once for everybody, and kept before it is used."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from service import sync
from service.sync.failures import NeedsReauth
from service.sync.provider import Tokens
from tests.service.sync.stage import NOW, Vault, days, staged

pytestmark = pytest.mark.anyio


async def used(stage, connection, vault):
    async def work(one):
        return one.tokens.access

    return await sync.with_tokens(stage.provider, connection, stage.setup, stage.wire, keeper=vault, work=work)


@pytest.mark.parametrize(("left_s", "renewed"), [(3600, False), (61, False), (59, True), (-5, True)])
async def test_a_token_near_its_end_is_renewed_first(left_s, renewed):
    async with staged("strava") as stage:
        tokens = replace(stage.connection.tokens, expires_at=NOW + days(left_s / 86400))
        vault = Vault(tokens)
        access = await used(stage, replace(stage.connection, tokens=tokens), vault)
        assert (access != tokens.access) is renewed
        assert len(vault.kept) == int(renewed)


async def test_a_token_without_an_end_or_a_renewal_is_used_until_it_is_refused():
    async with staged("strava") as stage:
        tokens = Tokens(stage.connection.bearer, None, NOW - days(1))
        vault = Vault(tokens)
        assert await used(stage, replace(stage.connection, tokens=tokens), vault) == tokens.access


async def test_twenty_workers_renew_once_and_all_use_what_was_kept():
    async with staged("wahoo") as stage:
        tokens = replace(stage.connection.tokens, expires_at=NOW)
        vault = Vault(tokens)
        connection = replace(stage.connection, tokens=tokens)
        accesses = await asyncio.gather(*(used(stage, connection, vault) for _ in range(20)))
        assert set(accesses) == {vault.tokens.access}
        assert stage.fake.refreshes == 1


async def test_a_token_refused_after_a_renewal_is_not_renewed_again():
    async with staged("strava") as stage:
        vault, calls = stage.vault(), []

        async def refused(connection):
            calls.append(connection.tokens.access)
            raise NeedsReauth("no", may_refresh=True)

        with pytest.raises(NeedsReauth):
            await sync.with_tokens(
                stage.provider, stage.connection, stage.setup, stage.wire, keeper=vault, work=refused
            )
        assert len(set(calls)) == len(calls) == 2
        assert stage.fake.refreshes == 1


async def test_a_connection_that_was_taken_away_meanwhile_needs_the_athlete():
    async with staged("strava") as stage:
        stage.fake.expire(stage.run.user)
        with pytest.raises(NeedsReauth) as wrong:
            await sync.with_tokens(
                stage.provider,
                stage.connection,
                stage.setup,
                stage.wire,
                keeper=Vault(None),
                work=lambda connection: stage.fetch(connection=connection),
            )
        assert not wrong.value.may_refresh


async def test_a_refresh_token_that_is_not_given_anew_stays():
    async with staged("strava") as stage:
        stage.fake.granted = lambda user, access, renewal: {"access_token": access, "expires_in": 10}
        stage.fake.rotates = False
        fresh = await sync.refresh(stage.provider, stage.setup, stage.wire, stage.connection.tokens)
        assert fresh.refresh == stage.connection.tokens.refresh
        assert fresh.access != stage.connection.tokens.access


async def test_no_representation_shows_a_token():
    async with staged("strava") as stage:
        assert stage.connection.bearer not in repr(stage.connection)
        assert stage.connection.tokens.refresh not in repr(stage.connection)
