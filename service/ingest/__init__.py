"""The hall's other half: a received file becomes an examined, stored activity, once; and is examined again on demand.

Nothing here commits, and nothing here knows of HTTP: a door opens the transaction, and hands the errands that come back
to the jobs in the same one.
"""

from parsers import STRAVA_TABLE, Hint, table_hints
from service.ingest.again import (
    TakenOut,
    change,
    examine_again,
    remove,
    remove_record,
    retitle,
    unmerge,
    verify,
)
from service.ingest.arrival import (
    CALLER,
    Outcome,
    Received,
    Stored,
    Told,
    already,
    as_sent,
    files_of,
    known_hashes,
    limits_of,
    mistake_at,
    outcome_of,
    outline_of,
    parse,
    refusal,
    unpack,
)
from service.ingest.catching_up import (
    REACH,
    Again,
    assess_again,
    follow_up,
    late_catch_up,
    take_in_again,
    take_in_proposal,
)
from service.ingest.further import come_again, is_news
from service.ingest.knowledge import PROGRAM_VERSION, Known, known_of
from service.ingest.naming import NAME_LENGTH, is_plain, shown_name
from service.ingest.noting import MANY_FILES, Order, fault_of, finish, is_import, note, tell_rejected
from service.ingest.restoring import columns_of, restore
from service.ingest.storing import Prepared, keep, prepare, store, take_back

__all__ = [
    "CALLER",
    "MANY_FILES",
    "NAME_LENGTH",
    "PROGRAM_VERSION",
    "REACH",
    "STRAVA_TABLE",
    "Again",
    "Hint",
    "Known",
    "Order",
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
    "columns_of",
    "come_again",
    "examine_again",
    "fault_of",
    "files_of",
    "finish",
    "follow_up",
    "is_import",
    "is_news",
    "is_plain",
    "keep",
    "known_hashes",
    "known_of",
    "late_catch_up",
    "limits_of",
    "mistake_at",
    "note",
    "outcome_of",
    "outline_of",
    "parse",
    "prepare",
    "refusal",
    "remove",
    "remove_record",
    "restore",
    "retitle",
    "shown_name",
    "store",
    "table_hints",
    "take_back",
    "take_in_again",
    "take_in_proposal",
    "tell_rejected",
    "unmerge",
    "unpack",
    "verify",
]
