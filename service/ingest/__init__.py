"""The hall's other half: a received file becomes an examined, stored activity, once; and is examined again on demand.

Nothing here commits, and nothing here knows of HTTP: a door opens the transaction, and hands the errands that come back
to the jobs in the same one.
"""

from service.ingest.again import TakenOut, change, examine_again, remove, unmerge, verify
from service.ingest.arrival import (
    CALLER,
    Outcome,
    Received,
    Told,
    already,
    as_sent,
    files_of,
    known_hashes,
    limits_of,
    outcome_of,
    parse,
    refusal,
    unpack,
)
from service.ingest.catching_up import REACH, Again, assess_again, follow_up, take_in_again, take_in_proposal
from service.ingest.knowledge import PROGRAM_VERSION, Known, known_of
from service.ingest.restoring import columns_of, restore
from service.ingest.storing import Prepared, Stored, claim, keep, prepare, store, take_back

__all__ = [
    "CALLER",
    "PROGRAM_VERSION",
    "REACH",
    "Again",
    "Known",
    "Outcome",
    "Prepared",
    "Received",
    "Stored",
    "TakenOut",
    "Told",
    "already",
    "as_sent",
    "assess_again",
    "change",
    "claim",
    "columns_of",
    "examine_again",
    "files_of",
    "follow_up",
    "keep",
    "known_hashes",
    "known_of",
    "limits_of",
    "outcome_of",
    "parse",
    "prepare",
    "refusal",
    "remove",
    "restore",
    "store",
    "take_back",
    "take_in_again",
    "take_in_proposal",
    "unmerge",
    "unpack",
    "verify",
]
