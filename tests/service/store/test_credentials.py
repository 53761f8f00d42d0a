"""What an API key looks like."""

from __future__ import annotations

import re
import string

import pytest

from service.store import credentials


def test_a_key_is_the_mark_thirty_letters_and_six_check_digits() -> None:
    keys = {credentials.make() for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert re.fullmatch(r"cw_[0-9A-Za-z]{36}", key)
        assert credentials.is_sound(key)


def test_every_single_typo_is_seen() -> None:
    key = credentials.make()
    letters = string.digits + string.ascii_letters
    for at in range(3, len(key)):
        for letter in letters:
            changed = key[:at] + letter + key[at + 1 :]
            assert credentials.is_sound(changed) == (changed == key)


def test_two_letters_in_the_wrong_order_are_seen() -> None:
    key = credentials.make()
    for at in range(3, len(key) - 1):
        swapped = key[:at] + key[at + 1] + key[at] + key[at + 2 :]
        assert credentials.is_sound(swapped) == (swapped == key)


@pytest.mark.parametrize("text", ["", "cw_", "cw_" + "0" * 36, "sk_" + "0" * 36, "cw_" + "٣" * 36, "cw_" + "0" * 500])
def test_what_is_no_key_is_none(text: str) -> None:
    assert not credentials.is_sound(text)
    assert not credentials.is_sound(credentials.make() + "\n")


def test_the_hash_is_of_the_key_and_tells_nothing_of_it() -> None:
    first, second = credentials.make(), credentials.make()
    assert re.fullmatch(r"[0-9a-f]{64}", credentials.digest(first))
    assert credentials.digest(first) == credentials.digest(first) != credentials.digest(second)
