"""What was stored can no longer be read: neither the file's fault nor the call's, so it belongs to no family of errors.

A door answers these as `internal` with an id; `verify` and `doctor` count and name them.
"""

from __future__ import annotations


class Damaged(Exception):
    """Something stored is missing or no longer what was written."""


class BlobMissing(Damaged):
    """A row names a blob that the blob store does not hold."""


class CorruptStreams(Damaged):
    """The bytes of stored streams are not what `service.store.streams` wrote."""
