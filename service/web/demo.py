"""The made-up runs for whoever has none at hand: stored as an upload of theirs, through the same reception as files."""

from __future__ import annotations

from dataclasses import asdict

from parsers.errors import ParseError
from service import ingest, samples
from service.api.access import Visit
from service.api.background import Delivery
from service.api.wire import UploadOptions
from service.ingest import Outcome, Told
from service.store import athletes, files, history, uploads
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
