"""When keys were last used: kept in memory and written once a minute, so that no call waits for it."""

from __future__ import annotations

import threading
from datetime import datetime

from sqlalchemy import Engine

from service.store import keys
from service.store.engine import write


class Sightings:
    """The last use of each key since the last writing, and which keys have been in use here at all."""

    def __init__(self) -> None:
        self._unwritten: dict[str, datetime] = {}
        self._digests: dict[str, str] = {}
        self._guard = threading.Lock()

    def note(self, key_id: str, *, digest: str, at: datetime) -> None:
        """Nothing; the key was used."""
        with self._guard:
            self._unwritten[key_id] = at
            self._digests[digest] = key_id

    def knows(self, digest: str) -> bool:
        """True where the key of this hash was valid here before."""
        return digest in self._digests

    def write(self, engine: Engine) -> None:
        """Nothing; the uses are in the database. Raises Unavailable and NoSpace, and forgets nothing then."""
        with self._guard:
            uses = dict(self._unwritten)
        if not uses:
            return
        with write(engine) as db:
            keys.note_uses(db, uses)
        with self._guard:
            for key_id, at in uses.items():
                if self._unwritten.get(key_id) == at:
                    del self._unwritten[key_id]
