"""When to try again: waits with full jitter, and a breaker for a provider that is down. Values only; the worker sleeps.

Chance and time are arguments. Every wait may be scaled, so that tests go through a day of them in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from service.errors import ServiceError
from service.sync.failures import NotReady, RateLimited
from service.sync.provider import Provider

FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 6 * 3600.0
MOST_ATTEMPTS = 12
DELIVERY_WAITS_S = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Between the attempts of a delivery to a subscriber: three days in all, as Standard Webhooks recommend."""
DISABLED_AFTER_S = 36 * 3600.0
"""A subscriber that has taken nothing for so long when a delivery is given up is left alone: the attempts of one
delivery take longer than this, whatever chance says."""
EXTRA_SHARE = 0.1
"""What is added at random to a wait that somebody asked for, so that not everybody comes back at one moment."""

Chance = Callable[[], float]
"""A number from 0 up to 1."""


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more after so many seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No more attempts. `quietly`: there was nothing to be had, so nobody need look into it."""

    quietly: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """A subscriber took it."""


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """A subscriber answered 410: it wants nothing any more."""


def next_step(
    error: ServiceError, *, attempt: int, provider: Provider, chance: Chance, scale: float = 1.0
) -> Again | GiveUp:
    """What to do after the attempt of this number (from 1) failed so.

    A file that is not ready waits as the provider's page says; a rate limit as long as was asked for; what else may
    pass, with full jitter below a bound that doubles. The rest is given up at once.
    """
    if isinstance(error, NotReady):
        waits = provider.not_ready_waits_s
        if attempt > len(waits):
            return GiveUp(quietly=error.then_gone)
        return Again(scaled(waits[attempt - 1], scale))
    if not error.may_retry or attempt >= MOST_ATTEMPTS:
        return GiveUp()
    if isinstance(error, RateLimited):
        return Again(scaled(error.after_s * (1 + EXTRA_SHARE * chance()), scale))
    return Again(scaled(full_jitter_s(attempt, chance=chance), scale))


def after_delivery(
    status: int | None, *, attempt: int, chance: Chance, asked_s: float | None = None, scale: float = 1.0
) -> Delivered | Unsubscribed | Again | GiveUp:
    """What follows the attempt of this number (from 1) at a subscriber, who answered so; None: not at all.

    2xx took it and 410 wants no more; everything else, redirects too, is tried again after a wait that is drawn from
    its second half, and not before the `asked_s` of a 429 or 503.
    """
    if status is not None and 200 <= status < 300:
        return Delivered()
    if status == 410:
        return Unsubscribed()
    if attempt > len(DELIVERY_WAITS_S):
        return GiveUp()
    wait_s = DELIVERY_WAITS_S[attempt - 1] * (1 + chance()) / 2
    return Again(scaled(max(wait_s, asked_s or 0.0) if status in {429, 503} else wait_s, scale))


def full_jitter_s(
    attempt: int, *, chance: Chance, first_s: float = FIRST_WAIT_S, most_s: float = LONGEST_WAIT_S
) -> float:
    """Anything from nought to a bound that doubles with each attempt.

    >>> [full_jitter_s(n, chance=lambda: 0.5) for n in (1, 2, 3, 99)]
    [15.0, 30.0, 60.0, 10800.0]
    """
    bound_s: float = min(most_s, first_s * 2 ** min(attempt - 1, 30))
    return bound_s * chance()


def scaled(wait_s: float, scale: float) -> float:
    """A wait as long as it is to be here: `CRAMPWATCH_SYNC_WAIT_SCALE` times."""
    return wait_s * scale


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether a provider is called at all.

    Closed; after `threshold` failures in a row open for a while that doubles; then one call is let through and decides.
    Times are monotonic seconds.
    """

    failures: int = 0
    open_until_s: float | None = None
    trial: bool = False
    threshold: int = 5
    first_open_s: float = 60.0
    most_open_s: float = 3600.0

    def allows(self, now_s: float) -> bool:
        """Whether a call may be made now."""
        return self.open_until_s is None or (now_s >= self.open_until_s and not self.trial)

    def calling(self, now_s: float) -> Breaker:
        """The state while a call is under way; the one that is let through after the pause is a trial."""
        return replace(self, trial=self.open_until_s is not None and now_s >= self.open_until_s)

    def released(self) -> Breaker:
        """After a call that was broken off and tells nothing: another may try."""
        return replace(self, trial=False)

    def succeeded(self) -> Breaker:
        """The state after a call that was answered, whatever the answer was."""
        return replace(self, failures=0, open_until_s=None, trial=False)

    def failed(self, now_s: float, *, scale: float = 1.0) -> Breaker:
        """The state after a call that was not."""
        failures = self.failures + 1
        if failures < self.threshold:
            return replace(self, failures=failures, trial=False)
        open_s = min(self.most_open_s, self.first_open_s * 2 ** min(failures - self.threshold, 30))
        return replace(self, failures=failures, open_until_s=now_s + scaled(open_s, scale), trial=False)
