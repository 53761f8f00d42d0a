"""When to try again, and when not: values by table, with chance and time as arguments."""

from __future__ import annotations

import random

import pytest

from service import sync
from service.sync.failures import Gone, NeedsReauth, NotReady, ProviderDown, RateLimited, UnsafeURL, Unusable
from service.sync.waiting import (
    DELIVERY_WAITS_S,
    LONGEST_WAIT_S,
    MOST_ATTEMPTS,
    Again,
    Breaker,
    Delivered,
    GiveUp,
    Unsubscribed,
    after_delivery,
    full_jitter_s,
    next_step,
)

STRAVA, POLAR = sync.providers()["strava"], sync.providers()["polar"]


def step(error, *, attempt=1, provider=STRAVA, chance=0.5, scale=1.0):
    return next_step(error, attempt=attempt, provider=provider, chance=lambda: chance, scale=scale)


@pytest.mark.parametrize("error", [Gone("x"), Unusable("x"), UnsafeURL("x"), NeedsReauth("x", may_refresh=False)])
def test_what_does_not_pass_is_given_up_at_once(error):
    assert step(error) == GiveUp()
    assert not error.may_retry


def test_a_file_that_is_not_ready_waits_as_the_service_needs():
    waits = [step(NotReady("x"), attempt=attempt) for attempt in (1, 2, 3, 4)]
    assert waits == [Again(300.0), Again(900.0), Again(2700.0), GiveUp()]


def test_a_run_that_never_was_is_given_up_quietly():
    assert step(NotReady("x", then_gone=True), attempt=4) == GiveUp(quietly=True)


def test_a_rate_limit_waits_as_long_as_was_asked_and_a_little_more():
    assert step(RateLimited("x", after_s=100), chance=0.0) == Again(100.0)
    assert step(RateLimited("x", after_s=100), chance=0.5) == Again(105.0)


def test_a_service_that_is_down_is_tried_with_full_jitter_a_number_of_times():
    assert step(ProviderDown("x"), chance=0.0) == Again(0.0)
    assert step(ProviderDown("x"), attempt=MOST_ATTEMPTS) == GiveUp()


def test_the_scale_shortens_every_wait_alike():
    assert step(NotReady("x"), scale=0.001) == Again(0.3)
    assert step(RateLimited("x", after_s=100), chance=0.0, scale=0.01) == Again(1.0)
    assert step(ProviderDown("x"), scale=0.001) == Again(0.015)


def test_full_jitter_fills_its_whole_range():
    seeded = random.Random(7)  # noqa: S311 - waits, no secrets
    drawn = [full_jitter_s(3, chance=seeded.random) for _ in range(2000)]
    assert 0 <= min(drawn) < 2
    assert 118 < max(drawn) < 120
    assert 55 < sum(drawn) / len(drawn) < 65
    assert full_jitter_s(10_000, chance=lambda: 1.0) == LONGEST_WAIT_S


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_call_decide():
    breaker = Breaker()
    for _ in range(4):
        breaker = breaker.failed(0.0)
    assert breaker.allows(0.0)
    breaker = breaker.failed(0.0)
    assert [breaker.allows(now_s) for now_s in (0.0, 59.9, 60.0)] == [False, False, True]
    trial = breaker.calling(60.0)
    assert not trial.allows(60.0)
    worse = trial.failed(60.0)
    assert [worse.allows(now_s) for now_s in (60.0, 179.9, 180.0)] == [False, False, True]
    assert worse.calling(180.0).succeeded() == Breaker()


def test_a_success_between_failures_keeps_it_closed():
    breaker = Breaker()
    for _ in range(20):
        breaker = breaker.failed(0.0).failed(0.0).succeeded()
    assert breaker.allows(0.0)


def test_a_breaker_never_stays_open_for_longer_than_an_hour_and_scales():
    breaker = Breaker()
    for _ in range(200):
        breaker = breaker.failed(0.0)
    assert breaker.open_until_s == 3600.0
    assert Breaker(failures=4).failed(0.0, scale=0.001).open_until_s == 0.06


def test_a_breaker_that_is_closed_knows_no_trial():
    assert Breaker().calling(0.0) == Breaker()


@pytest.mark.parametrize(
    ("status", "attempt", "asked_s", "step"),
    [
        (200, 1, None, Delivered()),
        (204, 9, None, Delivered()),
        (410, 1, None, Unsubscribed()),
        (500, 1, None, Again(2.5)),
        (500, 2, None, Again(150.0)),
        (302, 1, None, Again(2.5)),
        (404, 9, None, Again(43200.0)),
        (None, 1, None, Again(2.5)),
        (429, 1, 60.0, Again(60.0)),
        (503, 2, 60.0, Again(150.0)),
        (500, 1, 60.0, Again(2.5)),
        (500, 10, None, GiveUp()),
        (None, 10, None, GiveUp()),
    ],
)
def test_a_delivery_is_repeated_over_days_unless_it_is_taken_or_unwanted(status, attempt, asked_s, step):
    assert after_delivery(status, attempt=attempt, chance=lambda: 0.0, asked_s=asked_s) == step


def test_the_attempts_of_a_delivery_take_three_days_at_most_and_scale():
    assert 2.5 * 86400 < sum(DELIVERY_WAITS_S) < 3.5 * 86400
    assert after_delivery(500, attempt=1, chance=lambda: 1.0, scale=0.001) == Again(0.005)
