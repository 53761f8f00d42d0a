"""Tokens under lock: readable for one athlete at one provider, by any key of the ring, and by nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.sync.tokens import CannotUnlock, Keyring, new_key

OLD, NEW = new_key(), new_key()
RING = Keyring.of([NEW, OLD])
MINE = {"athlete_id": "ath_1", "provider": "strava"}


@settings(deadline=None)
@given(st.text(max_size=300))
def test_what_was_locked_is_unlocked(text):
    locked = RING.lock(text, **MINE)
    assert RING.unlock(locked, **MINE) == text
    assert text.encode() not in locked or len(text) < 4


@pytest.mark.parametrize(
    "whose",
    [
        {"athlete_id": "ath_2", "provider": "strava"},
        {"athlete_id": "ath_1", "provider": "garmin"},
        {"athlete_id": "ath_1s", "provider": "trava"},
        {"athlete_id": "", "provider": "ath_1strava"},
    ],
)
def test_a_row_that_was_swapped_cannot_be_read(whose):
    with pytest.raises(CannotUnlock):
        RING.unlock(RING.lock("token", **MINE), **whose)


def test_a_key_is_rotated_by_putting_a_new_one_in_front():
    locked = Keyring.of([OLD]).lock("token", **MINE)
    assert RING.unlock(locked, **MINE) == "token"
    assert not RING.is_current(locked)
    again = RING.lock(RING.unlock(locked, **MINE), **MINE)
    assert RING.is_current(again)
    assert Keyring.of([NEW]).unlock(again, **MINE) == "token"
    with pytest.raises(CannotUnlock):
        Keyring.of([NEW]).unlock(locked, **MINE)


def test_a_changed_bit_anywhere_is_noticed():
    locked = RING.lock("token", **MINE)
    for at in range(len(locked)):
        spoiled = locked[:at] + bytes([locked[at] ^ 1]) + locked[at + 1 :]
        with pytest.raises(CannotUnlock):
            RING.unlock(spoiled, **MINE)


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_rubbish_is_not_unlocked(rubbish):
    with pytest.raises(CannotUnlock):
        RING.unlock(rubbish, **MINE)


def test_the_same_token_never_looks_the_same_twice():
    assert RING.lock("token", **MINE) != RING.lock("token", **MINE)


@pytest.mark.parametrize("texts", [[], [""], ["short"], ["%" * 44], ["A" * 44, "short"], ["é" * 44]])
def test_a_key_that_is_none_is_told_without_being_repeated(texts):
    with pytest.raises(ValueError, match="base64 of 32 bytes") as wrong:
        Keyring.of(texts)
    assert not any(text and text in str(wrong.value) for text in texts)


def test_neither_a_ring_nor_its_errors_show_a_key():
    assert NEW not in repr(RING)
    assert repr(RING.keys[0]) not in repr(RING)
