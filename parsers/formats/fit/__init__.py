"""FIT: the binary format of Garmin's SDK, which nearly every watch writes.

`chain` finds the files in the bytes, `walk` their messages, `columns` the values; `activity` makes activities of them.
"""

from __future__ import annotations

from parsers.activity import Activity
from parsers.format import Format, Limits
from parsers.formats.fit.activity import activities
from parsers.formats.fit.chain import MAGIC, SHORTEST_HEADER
from parsers.formats.fit.profile import refuse_clash

refuse_clash()


def sniff(head: bytes) -> int:
    """100 for the four letters of a FIT header at their place, else 0."""
    return 100 if len(head) >= SHORTEST_HEADER and head[8:12] == MAGIC else 0


def parse(data: bytes, limits: Limits) -> tuple[Activity, ...]:
    """Every activity in the bytes; see `parsers.formats.fit.activity.activities`."""
    return activities(data, limits)


FORMAT = Format(
    id="fit",
    title="FIT",
    extensions=("fit",),
    media_type="application/vnd.ant.fit",
    sniff=sniff,
    parse=parse,
)
