"""The made-up runs for whoever has none at hand: stored as an upload of theirs, through the same reception as files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

from sqlalchemy import Connection

from parsers.errors import ParseError
from service import ingest, samples
from service.api.access import Visit
from service.api.background import Delivery
from service.api.wire import UploadOptions
from service.errands import Errand
from service.ingest import Outcome, Told
from service.store import activities, athletes, files, history, uploads
from service.store.athletes import AthleteRow
from service.store.cursor import MAX_LIMIT
from service.store.history import Filters
from service.store.ids import new_id


def fill(visit: Visit, athlete: AthleteRow) -> str:
    """The id of the upload that the runs came in. Raises BadCall where the package has none."""
    made = samples.made_runs()
    _introduce(visit, athlete, made)
    delivery = Delivery(visit, athlete, UploadOptions.model_validate({}), new_id("upl", visit.now))
    outcomes = [one for sample in made.files for one in _received(delivery, sample)]
    with visit.writing() as db:
        uploads.start(db, athlete.id, upload_id=delivery.upload_id, now=visit.now)
        ingest.note(db, athlete.id, delivery.upload_id, outcomes)
        ingest.finish(db, athlete.id, delivery.upload_id, now=visit.now)
    return delivery.upload_id


def _received(delivery: Delivery, sample: samples.Sample) -> tuple[Outcome, ...]:
    told, name = Told(conditions=dict(sample.conditions)), sample.path.name
    data = sample.path.read_bytes()
    try:
        return delivery.reception().receive(data, name=name, told=told, now=delivery.visit.now, note=lambda *_: None)
    except ParseError as error:
        return (Outcome(name, 0, "rejected", error=error),)


def _introduce(visit: Visit, athlete: AthleteRow, made: samples.Samples) -> None:
    """Tell who runs, where no runs of somebody are and as far as no person told it."""
    with visit.writing() as db:
        listed = [row.activity_id for row in history.page(db, athlete.id, filters=Filters(), limit=MAX_LIMIT).items]
        sources = files.sources_of(db, listed, scope=visit.scope)
        if made.are_all({source.sha256 for run in listed for source in sources.get(run, ())}):
            athletes.update(db, athlete.id, now=visit.now, fields=made.untold(asdict(athlete)))


@dataclass(frozen=True, slots=True)
class Here:
    """What there is of the made-up runs: how many files, and which fields of the profile are their runner's."""

    files: int
    fields: tuple[str, ...]


def here(db: Connection, athlete: AthleteRow) -> Here | None:
    """What taking the made-up runs away would take; None where there are none."""
    there = files.known(db, athlete.id, hashes=_hashes()) if samples.are_there() else ()
    return Here(len(there), _borrowed(athlete)) if there else None


def _borrowed(athlete: AthleteRow) -> tuple[str, ...]:
    known = asdict(athlete)
    return tuple(name for name, value in samples.made_runs().athlete.items() if known[name] == value)


@cache
def _hashes() -> frozenset[str]:
    return samples.made_runs().hashes()


def take_away(visit: Visit, athlete: AthleteRow) -> None:
    """Nothing; the made-up runs are gone, and what the profile still has of their runner.

    A run that has a record of the athlete's own beside the made-up one stays.
    """
    ours = _hashes()
    with visit.writing() as db:
        there = files.known(db, athlete.id, hashes=ours)
        runs = {run for sha256 in there for run in files.activities_of(db, athlete.id, sha256=sha256).values()}
        sources = files.sources_of(db, runs, scope=visit.scope)
        errands: list[Errand] = []
        for run in sorted(runs):
            if all(source.sha256 in ours for source in sources.get(run, ())):
                row = activities.get(db, run, scope=visit.scope)
                errands += ingest.remove(db, row, now=visit.now)
                visit.note(db, "activity.deleted", athlete_id=athlete.id, subject=run)
        visit.house.send(db, tuple(dict.fromkeys(errands)))
        untold = {name: "unknown" if name == "cramp_history" else None for name in _borrowed(athlete)}
        athletes.update(db, athlete.id, now=visit.now, fields=untold)
    visit.house.sweep()
