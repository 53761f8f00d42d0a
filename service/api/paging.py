"""The parameters that every list takes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from service.store.cursor import MAX_LIMIT

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description=f"How many items at most, 1 to {MAX_LIMIT}.")]
Cursor = Annotated[
    str | None,
    Query(max_length=500, description="`next_cursor` of the page before, unchanged; absent: the first page."),
]
