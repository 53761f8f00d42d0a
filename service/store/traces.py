"""What names an athlete without hanging on the athlete's row, and has to be looked for when they are erased."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store import calls, deliveries, events, inbox, tables
from service.store.within import holds


def forget(db: Connection, athlete_id: str, *, keys: Collection[str], addressed_as: Collection[str]) -> None:
    """Nothing; no event, no answer kept for repetition, nothing sent or about to be sent names the athlete any more.

    Before the athlete's row goes. `keys` are the ids of keys that opened nothing else, `addressed_as` what stands in
    the athlete's addresses.
    """
    events.forget(db, athlete_id)
    _forget_answers(db, athlete_id, keys=keys, addressed_as=addressed_as)
    deliveries.forget(db, athlete_id)
    db.execute(sa.delete(tables.webhook_endpoints).where(tables.webhook_endpoints.c.owner.in_(keys)))
    _forget_what_services_sent(db, athlete_id)
    _strike_off_endpoints(db, athlete_id)


def _forget_answers(db: Connection, athlete_id: str, *, keys: Collection[str], addressed_as: Collection[str]) -> None:
    """Nothing; no answer is kept that names the athlete in its address or its body, or was given to one of the keys."""
    kept = tables.idempotency_keys
    own = [kept.c.caller.in_(keys), holds(db, kept.c.body, athlete_id.encode())]
    own += [kept.c.target.contains(f"/athletes/{name}", autoescape=True) for name in addressed_as]
    db.execute(sa.delete(kept).where(sa.or_(*own)))


def _forget_what_services_sent(db: Connection, athlete_id: str) -> None:
    """Nothing; what services told of the athlete's accounts is gone, but for one that somebody else has connected."""
    ours, others = tables.connections, tables.connections.alias()
    shared = sa.exists().where(
        others.c.provider == ours.c.provider,
        others.c.external_id == ours.c.external_id,
        others.c.athlete_id != ours.c.athlete_id,
    )
    own = sa.select(ours.c.provider, ours.c.external_id).where(ours.c.athlete_id == athlete_id, ~shared)
    for provider, user in db.execute(own).all():
        inbox.forget_user(db, provider, user=user)
        calls.forget_user(db, provider, user=user)


def _strike_off_endpoints(db: Connection, athlete_id: str) -> None:
    """Nothing; no endpoint lists the athlete. One that listed nobody else hears of nobody."""
    table = tables.webhook_endpoints
    listed = db.execute(sa.select(table.c.id, table.c.athletes).where(table.c.athletes.is_not(None)))
    for endpoint_id, named in listed.all():
        if athlete_id in named:
            left = [one for one in named if one != athlete_id]
            db.execute(sa.update(table).where(table.c.id == endpoint_id).values(athletes=left))
