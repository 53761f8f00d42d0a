"""How stored things are told: the voice for an athlete, and an event as the feed shows it and a webhook sends it.

One place, so that whoever missed a webhook reads the same in the feed. What may not live here: HTTP, and the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from service import examine

if TYPE_CHECKING:
    from service.store.athletes import AthleteRow
    from service.store.events import EventRow


class Listening(Protocol):
    """Who is spoken to, and when."""

    @property
    def language(self) -> str:
        """The tag of the language that is liked best."""

    @property
    def now(self) -> datetime:
        """The moment; the age of an athlete is judged by its year."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who did not say what language is liked."""

    now: datetime
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Voice:
    """How an athlete is spoken to: language, units, and whether amounts are hidden.

    `without_basis` says that the profile has neither mass nor sweat rate: an assessment that gave amounts by one, when
    it did, no longer shows them. What stands on the runner's own log and weighings is shown.
    """

    language: str
    units: str
    hide_amounts: bool
    without_basis: bool

    @classmethod
    def of(cls, athlete: AthleteRow, listener: Listening) -> Voice:
        """The voice for an athlete; the age is judged by the year."""
        hidden = examine.profile_of(asdict(athlete)).amounts_hidden(listener.now.year)
        unknown = athlete.mass_kg is None and athlete.sweat_rate_l_per_h is None
        return cls(listener.language, athlete.units, hidden, unknown)

    def render(self, assessment: Mapping[str, Any]) -> dict[str, Any]:
        """The assessment with its texts."""
        return examine.render(
            assessment,
            language=self.language,
            units=self.units,
            hide_amounts=self.hide_amounts,
            without_basis=self.without_basis,
        )

    def headline(self, headline: Mapping[str, Any] | None) -> str | None:
        """The one sentence of a list row; None where the activity was never assessed."""
        if headline is None:
            return None
        return examine.render_headline(
            {"headline": headline, "reminders": []},
            language=self.language,
            units=self.units,
            hide_amounts=self.hide_amounts,
        )


def utc(at: datetime) -> str:
    """RFC 3339 with a Z; whole seconds without a fraction.

    >>> utc(datetime(2026, 10, 4, 7, 0, 12, tzinfo=UTC))
    '2026-10-04T07:00:12Z'
    """
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def event(row: EventRow, *, voice: Voice | None) -> dict[str, Any]:
    """An Event, as the feed shows it and a webhook sends it; without a voice (nobody is there) it has no headline."""
    data = dict(row.data)
    headline = data.pop("headline", None)
    levels = {name: data.pop(name, None) for name in ("previous_level", "level")}
    return {
        "sequence": row.sequence,
        "id": row.id,
        "type": row.type,
        "created_at": utc(row.created_at),
        "athlete_id": row.athlete_id,
        "activity_id": row.activity_id,
        "external_id": row.external_id,
        "headline": None if voice is None else voice.headline(headline),
        **levels,
        "data": data,
    }
