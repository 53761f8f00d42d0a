"""Every question about an athlete's data says whose it is, and a foreign thing looks like one that is not there."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from types import ModuleType

import pytest
from sqlalchemy import Connection

from service import store
from service.errors import NotFound
from service.store import (
    activities,
    arrivals,
    assessments,
    athletes,
    audit,
    connections,
    cramp_reports,
    deliveries,
    endpoints,
    erasures,
    events,
    exports,
    files,
    history,
    keys,
    reassessments,
    records,
    risk_summary,
    run_logs,
    summaries,
    tombstones,
    traces,
    triage,
    uploads,
    waiting,
)
from service.store.arrivals import ArrivalRow
from service.store.connections import LockedTokens
from service.store.deliveries import NewDelivery
from service.store.scope import Scope
from service.store.timeline import Filters
from service.store.uploads import NewItem
from service.store.waiting import WaitingFile

from .conftest import NOW, Seed, Source, assessment

ROWS = (
    activities,
    arrivals,
    assessments,
    athletes,
    audit,
    connections,
    cramp_reports,
    erasures,
    deliveries,
    events,
    exports,
    files,
    history,
    keys,
    reassessments,
    records,
    risk_summary,
    run_logs,
    summaries,
    tombstones,
    triage,
    traces,
    uploads,
    waiting,
)

OTHERS = {
    "backup",
    "blobs",
    "calls",
    "credentials",
    "cursor",
    "damage",
    "desk",
    "endpoints",
    "engine",
    "expiry",
    "idempotency",
    "ids",
    "inbox",
    "queued",
    "locks",
    "migrate",
    "removals",
    "scope",
    "sessions",
    "scrub",
    "streams",
    "tables",
    "timeline",
    "wholeness",
    "within",
}
"""Modules without a question about athletes; `removals` and `wholeness` are the store's own housekeeping."""

NO_ATHLETE = {
    "cramp_reports.red_flags": "reads a report that somebody has asked for",
    "athletes.create": "makes one",
    "reassessments.ahead": "the worker's way through all that a reassessment is about",
    "reassessments.advance": "how far that has come",
    "reassessments.mark": "likewise",
    "reassessments.settled": "likewise",
    "athletes.ensure_me": "the one athlete of a server without keys",
    "athletes.find_me": "likewise",
    "athletes.stale_ones": "whoever is to be caught up with, for the worker",
    "activities.level_word": "asks no database",
    "events.forget_old": "the feed of everybody grows old",
    "erasures.honour": "everybody of whom it is written that they were erased",
    "connections.relock": "another lock for the same tokens, for the operator's new key",
    "keys.create": "keys are the operator's; whom one reaches is named in it",
    "keys.demand_fitting": "asks no database",
    "keys.get": "keys are the operator's",
    "keys.find_by_digest": "who calls is not known before",
    "keys.page": "keys are the operator's",
    "keys.revoke": "keys are the operator's",
    "keys.any_made": "keys are the operator's",
    "keys.note_uses": "keys are the operator's",
    "deliveries.absent": "asks no database",
    "deliveries.counts": "how many there are, of whomever",
    "deliveries.add": "whoever walks the feed for an endpoint has asked for whom",
    "deliveries.due": "the worker's way through what it sends",
    "deliveries.next_due_at": "likewise",
    "deliveries.note": "what came of it",
    "deliveries.withdraw": "likewise",
    "deliveries.forget_old": "the log of everybody grows old",
}


def public_functions(module: ModuleType) -> dict[str, Callable[..., object]]:
    short = module.__name__.rpartition(".")[2]
    return {
        f"{short}.{name}": found
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and not name.startswith("_")
    }


FUNCTIONS = {name: found for module in ROWS for name, found in public_functions(module).items()}


def test_every_module_of_the_store_is_known_here() -> None:
    found = {module.name for module in pkgutil.iter_modules(store.__path__)}
    assert found == {module.__name__.rpartition(".")[2] for module in ROWS} | OTHERS | {"upsert"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_on_an_athletes_data_takes_the_athlete_or_a_scope_without_a_default(name: str) -> None:
    parameters = inspect.signature(FUNCTIONS[name]).parameters
    whose = [parameters[one] for one in ("athlete_id", "scope") if one in parameters]
    assert bool(whose) != (name in NO_ATHLETE)
    assert all(parameter.default is inspect.Parameter.empty for parameter in whose)


CRAMP = {"answer": "cramp_stopped", "episodes": [{"muscle": "calf", "at_m": 8000.0}]}


@dataclass
class Theirs:
    """One athlete with one of everything."""

    athlete_id: str
    activity_id: str
    upload_id: str
    sha256: str
    reassessment_id: str = "rea_none"
    endpoint_id: str = "whe_none"
    delivery_id: str = "dlv_none"


@pytest.fixture
def theirs(db: Connection, seed: Seed) -> Theirs:
    athlete_id = seed.athlete(db, external_id="them")
    sha256 = seed.file(db, athlete_id)
    activity_id = seed.activity(
        db, athlete_id, source=Source(sha256, 0, "caller", "r1"), assessed={"digest": {"score": 1}}
    )
    (record,) = records.of(db, [activity_id], scope=Scope.of(athlete_id))
    arrivals.add(db, athlete_id, record, ArrivalRow("polar", "polar", "p1", NOW))
    gone = seed.activity(db, athlete_id, source=Source(sha256, 1, "strava", "s1"))
    activities.delete(db, gone, athlete_id=athlete_id, now=seed.now)
    uploads.start(db, athlete_id, upload_id="upl_1", now=NOW, import_name="spring")
    waiting.add(db, athlete_id, upload_id="upl_1", files=[WaitingFile(0, "a.fit", "incoming/key", 7)])
    audit.note(db, now=NOW, actor=audit.LOCAL, action="activity.deleted", athlete_id=athlete_id, subject=gone)
    uploads.add_items(db, "upl_1", athlete_id=athlete_id, items=[NewItem("a.fit", "created", 0, activity_id)])
    events.append(db, athlete_id, type="upload.done", now=NOW)
    cramp_reports.put(db, activity_id, athlete_id=athlete_id, document=CRAMP, now=NOW)
    run_logs.put(db, activity_id, athlete_id=athlete_id, document={"fluid_ml": 400.0}, now=NOW)
    athletes.mark_stale(db, athlete_id, since=NOW)
    connections.put(db, athlete_id, provider="polar", external_id="475", tokens=LockedTokens(b"1"), now=NOW)
    asked = reassessments.request(db, athlete_id=athlete_id, ruleset_version="2", now=NOW)
    run = {"activity_id": activity_id, "athlete_id": athlete_id, "now": NOW}
    adopted, proposed = assessment(score=12, result=7), assessment(score=13, result=8)
    assessments.adopt(db, **run, document=adopted, digest={"score": 1}, reassessment_id=asked.id)
    reassessments.propose(db, asked.id, **run, document=proposed, digest={}, difference={"warnings": {}})
    hears = {
        "owner": "local",
        "url": "https://a.example/",
        "types": ["*"],
        "athletes": None,
        "secret": b"1",
        "now": NOW,
    }
    endpoint = endpoints.add(db, endpoints.new_endpoint_id(NOW), **hears)
    news = [NewDelivery(1, athlete_id, "upload.done", "{}")]
    (delivery_id,) = deliveries.add(db, endpoint.id, news=news, now=NOW)
    return Theirs(athlete_id, activity_id, "upl_1", sha256, asked.id, endpoint.id, delivery_id)


Question = Callable[[Connection, Theirs, str, Scope], object]

QUESTIONS: dict[str, Question] = {
    "athletes.get": lambda db, t, _, s: athletes.get(db, t.athlete_id, scope=s),
    "athletes.find_by_external_id": lambda db, _, __, s: athletes.find_by_external_id(db, "them", scope=s),
    "athletes.some": lambda db, t, _, s: athletes.some(db, [t.athlete_id], scope=s),
    "athletes.page": lambda db, _, __, s: athletes.page(db, scope=s, limit=9, external_id="them").items,
    "activities.get": lambda db, t, _, s: activities.get(db, t.activity_id, scope=s),
    "activities.state": lambda db, t, _, s: activities.state(db, t.activity_id, scope=s),
    "activities.find_by_external_id": lambda db, _, a, __: activities.find_by_external_id(db, a, external_id="r1"),
    "activities.page": lambda db, _, a, __: activities.page(db, a, filters=Filters(), limit=9).items,
    "activities.starts": lambda db, _, a, __: activities.starts(db, a, filters=Filters(), limit=9).items,
    "history.digest_of": lambda db, t, _, s: history.digest_of(db, t.activity_id, scope=s),
    "assessments.current": lambda db, t, _, s: assessments.current(db, [t.activity_id], scope=s),
    "assessments.page": lambda db, t, _, s: assessments.page(db, t.activity_id, scope=s, limit=9).items,
    "activities.some": lambda db, t, _, s: activities.some(db, [t.activity_id], scope=s),
    "activities.existing": lambda db, t, a, _: activities.existing(db, a, ids=[t.activity_id]),
    "arrivals.of": lambda db, t, _, s: arrivals.of(db, [t.activity_id], scope=s),
    "arrivals.doors": lambda db, t, a, _: arrivals.doors(db, a, sha256=t.sha256, part=0),
    "audit.page": lambda db, _, __, s: audit.page(db, scope=s, limit=9).items,
    "exports.files": lambda db, _, a, __: exports.files(db, a, limit=9).items,
    "exports.logs": lambda db, _, a, __: exports.logs(db, a, limit=9).items,
    "exports.reports": lambda db, _, a, __: exports.reports(db, a, limit=9).items,
    "files.find": lambda db, t, a, _: files.find(db, a, sha256=t.sha256),
    "files.hashes": lambda db, _, a, __: files.hashes(db, a),
    "files.known": lambda db, t, a, _: files.known(db, a, hashes=[t.sha256]),
    "files.activities_of": lambda db, t, a, _: files.activities_of(db, a, sha256=t.sha256),
    "files.sources_of": lambda db, t, _, s: files.sources_of(db, [t.activity_id], scope=s),
    "history.page": lambda db, _, a, __: history.page(db, a, filters=Filters(), limit=9).items,
    "history.digests": lambda db, _, a, __: history.digests(db, a, before=NOW + timedelta(days=1)),
    "history.any_between": lambda db, _, a, __: history.any_between(
        db, a, after=NOW - timedelta(days=1), until=NOW + timedelta(days=1)
    ),
    "reassessments.get": lambda db, t, _, s: reassessments.get(db, t.reassessment_id, scope=s),
    "reassessments.items": lambda db, t, _, s: reassessments.items(db, t.reassessment_id, scope=s, limit=9).items,
    "reassessments.alike": lambda db, t, _, s: reassessments.alike(db, t.reassessment_id, scope=s),
    "reassessments.under_way": lambda db, _, a, __: reassessments.under_way(db, a, ruleset_version="2", since=NOW),
    "reassessments.proposals": lambda db, t, _, s: reassessments.proposals(db, t.reassessment_id, scope=s, limit=9),
    "reassessments.adopted_from": lambda db, t, _, s: reassessments.adopted_from(db, t.reassessment_id, scope=s),
    "connections.of": lambda db, _, a, __: connections.of(db, a),
    "connections.page": lambda db, _, __, s: connections.page(db, scope=s, limit=9).items,
    "connections.find": lambda db, _, a, __: connections.find(db, a, provider="polar"),
    "connections.of_user": lambda db, _, __, s: connections.of_user(db, "polar", user="475", scope=s),
    "connections.unreconciled": lambda db, _, __, s: connections.unreconciled(
        db, provider="polar", before=NOW + timedelta(days=1), limit=9, scope=s
    ),
    "records.from_origin": lambda db, _, a, __: records.from_origin(db, a, origin="caller", limit=9),
    "records.of_file": lambda db, t, a, _: records.of_file(db, a, sha256=t.sha256),
    "records.of": lambda db, t, _, s: records.of(db, [t.activity_id], scope=s),
    "records.overlapping": lambda db, _, a, __: records.overlapping(db, a, start=NOW, end=NOW + timedelta(hours=1)),
    "records.find": lambda db, _, a, __: records.find(db, a, origin="caller", external_id="r1"),
    "risk_summary.sums": lambda db, _, a, __: risk_summary.sums(db, a, filters=Filters(), bucket="week", zone=UTC),
    "risk_summary.cramp_positions": lambda db, _, a, __: risk_summary.cramp_positions(db, a, filters=Filters()),
    "triage.cases": lambda db, _, __, s: triage.cases(db, scope=s, actor="local", since=None, now=NOW),
    "summaries.some": lambda db, t, _, s: summaries.some(db, [t.athlete_id], scope=s),
    "tombstones.is_buried": lambda db, t, a, _: tombstones.is_buried(db, a, sha256=t.sha256, part=1),
    "tombstones.parts_of": lambda db, t, a, _: tombstones.parts_of(db, a, sha256=t.sha256),
    "tombstones.is_buried_id": lambda db, _, a, __: tombstones.is_buried_id(db, a, origin="strava", external_id="s1"),
    "uploads.of_import": lambda db, _, a, __: uploads.of_import(db, a, name="spring"),
    "waiting.files": lambda db, t, _, s: waiting.files(db, t.upload_id, scope=s),
    "uploads.get": lambda db, t, _, s: uploads.get(db, t.upload_id, scope=s),
    "uploads.items": lambda db, t, _, s: uploads.items(db, t.upload_id, scope=s, limit=9).items,
    "cramp_reports.get": lambda db, t, _, s: cramp_reports.get(db, t.activity_id, scope=s),
    "cramp_reports.some": lambda db, t, _, s: cramp_reports.some(db, [t.activity_id], scope=s),
    "run_logs.get": lambda db, t, _, s: run_logs.get(db, t.activity_id, scope=s),
    "run_logs.some": lambda db, t, _, s: run_logs.some(db, [t.activity_id], scope=s),
    "deliveries.get": lambda db, t, _, s: deliveries.get(db, t.delivery_id, scope=s),
    "deliveries.page": lambda db, t, _, s: deliveries.page(db, t.endpoint_id, scope=s, limit=9).items,
    "deliveries.still_there": lambda db, t, _, s: deliveries.still_there(db, {t.athlete_id}, scope=s),
    "events.page": lambda db, _, __, s: events.page(db, scope=s, limit=9).items,
    "events.latest": lambda db, _, __, s: events.latest(db, scope=s, type="upload.done", limit=9),
}

CHANGES: dict[str, Question] = {
    "activities.replace": lambda db, t, a, _: activities.replace(
        db, t.activity_id, athlete_id=a, now=NOW, content=Seed().content(note="mine now")
    ),
    "activities.claim": lambda db, t, a, _: activities.claim(
        db, t.activity_id, athlete_id=a, sha256=t.sha256, external_id="mine now", now=NOW
    ),
    "activities.absorb": lambda db, t, a, _: activities.absorb(
        db, t.activity_id, athlete_id=a, into=t.activity_id, now=NOW
    ),
    "reassessments.propose": lambda db, t, a, _: reassessments.propose(
        db,
        t.reassessment_id,
        activity_id=t.activity_id,
        athlete_id=a,
        document=assessment(result=3),
        digest={},
        difference=None,
        now=NOW,
    ),
    "activities.rename": lambda db, t, a, _: activities.rename(
        db, t.activity_id, athlete_id=a, name="mine now", by="polar", now=NOW
    ),
    "connections.keep_tokens": lambda db, _, a, __: connections.keep_tokens(
        db, a, provider="polar", tokens=LockedTokens(b"x"), now=NOW
    ),
    "connections.hold": lambda db, _, a, __: connections.hold(db, a, provider="polar", now=NOW),
    "connections.break_": lambda db, _, a, __: connections.break_(db, a, provider="polar", because="x"),
    "connections.mend": lambda db, _, a, __: connections.mend(db, a, provider="polar"),
    "connections.saw_event": lambda db, _, a, __: connections.saw_event(db, a, provider="polar", now=NOW),
    "connections.reconciled": lambda db, _, a, __: connections.reconciled(db, a, provider="polar", now=NOW),
    "connections.remove": lambda db, _, a, __: connections.remove(db, a, provider="polar"),
    "connections.end_consent": lambda db, _, __, s: connections.end_consent(
        db, provider="polar", state_sha256="0" * 64, now=NOW, scope=s
    ),
    "deliveries.again": lambda db, t, _, s: deliveries.again(db, t.delivery_id, scope=s, now=NOW),
    "records.set_apart": lambda db, t, a, _: records.set_apart(db, a, sha256=t.sha256, part=0),
    "activities.delete": lambda db, t, a, _: activities.delete(db, t.activity_id, athlete_id=a, now=NOW),
    "activities.lock": lambda db, t, a, _: activities.lock(db, t.activity_id, athlete_id=a),
    "activities.touch": lambda db, t, a, _: activities.touch(db, t.activity_id, athlete_id=a, now=NOW),
    "cramp_reports.put": lambda db, t, a, _: cramp_reports.put(
        db, t.activity_id, athlete_id=a, document={"answer": "none"}, now=NOW
    ),
    "cramp_reports.delete": lambda db, t, a, _: cramp_reports.delete(db, t.activity_id, athlete_id=a, now=NOW),
    "cramp_reports.ask": lambda db, t, a, _: cramp_reports.ask(db, t.activity_id, athlete_id=a, reason="long", now=NOW),
    "run_logs.put": lambda db, t, a, _: run_logs.put(db, t.activity_id, athlete_id=a, document={}, now=NOW),
    "run_logs.delete": lambda db, t, a, _: run_logs.delete(db, t.activity_id, athlete_id=a, now=NOW),
    "assessments.adopt": lambda db, t, a, _: assessments.adopt(
        db, t.activity_id, athlete_id=a, now=NOW, document=assessment(score=99, result=9), digest=None
    ),
    "uploads.add_items": lambda db, t, a, _: uploads.add_items(
        db, t.upload_id, athlete_id=a, items=[NewItem("x", "rejected")]
    ),
    "uploads.go_on": lambda db, t, a, _: uploads.go_on(db, t.upload_id, athlete_id=a, told={}),
    "waiting.forget": lambda db, t, a, _: waiting.forget(db, a, upload_id=t.upload_id, now=NOW),
    "uploads.finish": lambda db, t, a, _: uploads.finish(db, t.upload_id, athlete_id=a, now=NOW),
}

OF_THEMSELVES = {
    "activities.insert",
    "arrivals.add",
    "arrivals.withdraw",
    "athletes.caught_up",
    "athletes.erase",
    "audit.note",
    "erasures.erase",
    "keys.forget_athlete",
    "traces.forget",
    "athletes.lock",
    "athletes.mark_stale",
    "athletes.stale",
    "athletes.update",
    "deliveries.forget",
    "events.append",
    "events.forget",
    "files.add",
    "reassessments.request",
    "reassessments.withdraw",
    "connections.begin_consent",
    "connections.let_go",
    "connections.put",
    "records.add",
    "tombstones.bury_id",
    "records.demand_free",
    "records.forget",
    "records.move",
    "summaries.put_in",
    "triage.see",
    "summaries.taken_out",
    "tombstones.bury",
    "tombstones.lift",
    "tombstones.lift_id",
    "uploads.start",
    "waiting.add",
}
"""Changes of the very athlete they are given, who is all they name."""


def test_every_function_is_asked_here() -> None:
    assert set(QUESTIONS) | set(CHANGES) | OF_THEMSELVES | set(NO_ATHLETE) == set(FUNCTIONS)


def answer(question: Question, db: Connection, theirs: Theirs, athlete_id: str, scope: Scope) -> object:
    try:
        return question(db, theirs, athlete_id, scope)
    except NotFound as error:
        return error.message


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_the_owner_sees_it_and_to_others_it_is_as_if_it_were_not_there(
    db: Connection, seed: Seed, theirs: Theirs, name: str
) -> None:
    question, other = QUESTIONS[name], seed.athlete(db)
    nowhere = Theirs("ath_none", "act_none", "upl_none", "0" * 64)
    absent = answer(question, db, nowhere, other, Scope.of(other))
    foreign = answer(question, db, theirs, other, Scope.of(other))
    own = answer(question, db, theirs, theirs.athlete_id, Scope.of(theirs.athlete_id))
    anyone = answer(question, db, theirs, theirs.athlete_id, Scope.everyone())
    assert foreign == absent
    assert own == anyone != absent


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_nobody_changes_what_is_not_theirs(db: Connection, seed: Seed, theirs: Theirs, name: str) -> None:
    other = seed.athlete(db)
    asked = [question for one, question in QUESTIONS.items() if one != "athletes.page"]
    before = [answer(question, db, theirs, theirs.athlete_id, Scope.everyone()) for question in asked]
    with pytest.raises(NotFound):
        CHANGES[name](db, theirs, other, Scope.of(other))
    after = [answer(question, db, theirs, theirs.athlete_id, Scope.everyone()) for question in asked]
    assert after == before
