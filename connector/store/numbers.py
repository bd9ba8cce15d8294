"""Numbers of contacts yet to be made."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

_NEXT = text(
    "SELECT setval(ids.name, nextval(ids.name) + :more)"
    " FROM (SELECT CAST(pg_get_serial_sequence('contact', 'id') AS regclass) AS name) AS ids"
)


class NewNumbers:
    """A number for each of some places, in their order: contacts stand in the order in which they were told of.

    Taken in one run when the first of them is needed, so the caller holds the writer lock.
    """

    def __init__(self, conn: Connection, places: Iterable[int]) -> None:
        self._conn = conn
        self._rank = {place: rank for rank, place in enumerate(sorted(places))}
        self._first: int | None = None

    def of(self, place: int) -> int:
        """The number for that place."""
        if self._first is None:
            more = len(self._rank) - 1
            self._first = int(self._conn.execute(_NEXT, {"more": more}).scalar_one()) - more
        return self._first + self._rank[place]
