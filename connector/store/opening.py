"""Opening batches: those who matched a track already when Trellis began, or when a change was rolled
back, and enter it only if a person says so (promise 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from connector.store.position import mark_changed

_WAITS = "matched AND at_baseline AND NOT passed_over"


@dataclass(frozen=True, slots=True)
class Opening:
    """How many people matched a track when Trellis began, or a change was rolled back, and have not left it since."""

    track: str
    people: int


def openings(conn: Connection) -> Sequence[Opening]:
    """The opening batches that wait for a person, by track. Read-only."""
    statement = text(f"SELECT track, count(*) FROM track_state WHERE {_WAITS} GROUP BY track ORDER BY track")  # noqa: S608
    return [Opening(*row) for row in conn.execute(statement)]


def approve_opening(conn: Connection, track: str, most: int | None = None) -> int:
    """Let those who wait in the opening batch of a track enter it; with `most`, the best of them by score. How many.

    They match like everybody else from now on, and are judged anew: consent, dose, calendar and guard have their say. The
    caller holds the writer lock.
    """
    statement = text(
        "UPDATE track_state SET at_baseline = false WHERE track = :track AND contact IN ("  # noqa: S608
        f" SELECT contact FROM track_state JOIN verdict USING (contact) WHERE track = :track AND {_WAITS}"
        " ORDER BY score DESC NULLS LAST, exact DESC, contact LIMIT :most) RETURNING contact"
    )
    contacts = list(conn.scalars(statement, {"track": track, "most": most}))
    mark_changed(conn, contacts)
    return len(contacts)


def discard_opening(conn: Connection, track: str) -> int:
    """Ask no more about the opening batch of a track; returns how many were in it. They enter once they have left and match
    again, as before. The caller holds the writer lock.
    """
    statement = text(f"UPDATE track_state SET passed_over = true WHERE track = :track AND {_WAITS}")  # noqa: S608
    return conn.execute(statement, {"track": track}).rowcount
