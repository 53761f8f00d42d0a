"""Accounts at sync services, what these send, and whom we send to."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from service.store.tables.columns import DOCUMENT, ID, NAME, SHA256, WORD, UtcTime, metadata, of_athlete, one_of

CONNECTION_STATES: Final = ("active", "broken")
INBOX_STATES: Final = ("new", "waiting", "done", "ignored", "dead")
DELIVERY_STATES: Final = ("pending", "delivered", "dead")

# An athlete's account at a service. The tokens are encrypted, bound to athlete and service.
connections = Table(
    "connections",
    metadata,
    Column("id", ID, primary_key=True),
    of_athlete(),
    Column("provider", WORD, nullable=False),
    # the service's own id of the person: what its events name
    Column("external_id", NAME, nullable=False),
    Column("state", WORD, nullable=False),
    Column("access_token", LargeBinary),
    Column("refresh_token", LargeBinary),
    # None: good until it is refused
    Column("expires_at", UtcTime),
    Column("scope", String(500)),
    Column("connected_at", UtcTime, nullable=False),
    Column("refreshed_at", UtcTime),
    # while somebody refreshes the tokens, until when
    Column("refresh_held_until", UtcTime),
    Column("last_event_at", UtcTime),
    Column("reconciled_at", UtcTime),
    Column("broken_because", WORD),
    UniqueConstraint("athlete_id", "provider"),
    one_of("state", CONNECTION_STATES),
)

Index("ix_connections_external", connections.c.provider, connections.c.external_id)

# A consent under way: what the service has to bring back with the athlete.
oauth_states = Table(
    "oauth_states",
    metadata,
    Column("state_sha256", SHA256, primary_key=True),
    of_athlete(),
    Column("provider", WORD, nullable=False),
    # the secret half of PKCE, encrypted
    Column("verifier", LargeBinary),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

# Events as services sent them, once each, until they are worked off; kept a while for whoever asks what came.
inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("provider", WORD, nullable=False),
    Column("dedupe", String(300), nullable=False),
    Column("kind", WORD, nullable=False),
    Column("user", NAME, nullable=False),
    Column("activity", NAME),
    Column("at", UtcTime),
    Column("hint", DOCUMENT),
    Column("received_at", UtcTime, nullable=False, index=True),
    Column("state", WORD, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("problem", WORD),
    Column("done_at", UtcTime),
    UniqueConstraint("provider", "dedupe"),
    one_of("state", INBOX_STATES),
)

Index("ix_inbox_due", inbox.c.provider, inbox.c.state, inbox.c.due_at)

# Calls as services made them, without their secrets, for a while: a later program may read more of them.
webhook_calls = Table(
    "webhook_calls",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("provider", WORD, nullable=False),
    Column("received_at", UtcTime, nullable=False, index=True),
    Column("headers", DOCUMENT, nullable=False),
    Column("body", LargeBinary, nullable=False),
    # how many were read out of it when it came
    Column("events", Integer, nullable=False),
    # whom they name, a line each, with a line's end before the first and behind the last
    Column("users", Text, nullable=False),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", ID, primary_key=True),
    # whose it is: an API key's id, or `local`
    Column("owner", ID, nullable=False, index=True),
    Column("url", String(2000), nullable=False),
    # the types of events that are sent
    Column("events", DOCUMENT, nullable=False),
    # ids of athletes; None: all that the owner may see
    Column("athletes", DOCUMENT),
    # encrypted; two while a rotation is under way
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("failing_since", UtcTime),
    Column("disabled_at", UtcTime),
    Column("disabled_because", WORD),
    # the last event of the feed that was looked at for it
    Column("sequence", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    # until when the subscriber is left alone
    Column("not_before", UtcTime),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", ID, primary_key=True),
    Column("endpoint_id", ID, ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), nullable=False),
    # None: a test
    Column("sequence", BigInteger),
    Column("athlete_id", ID, index=True),
    Column("type", WORD, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", WORD, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("last_at", UtcTime),
    Column("last_status", SmallInteger),
    Column("problem", WORD),
    Column("took_ms", Integer),
    UniqueConstraint("endpoint_id", "sequence"),
    one_of("state", DELIVERY_STATES),
)

Index("ix_deliveries_endpoint", deliveries.c.endpoint_id, deliveries.c.created_at.desc(), deliveries.c.id.desc())
Index("ix_deliveries_due", deliveries.c.endpoint_id, deliveries.c.state, deliveries.c.due_at)
