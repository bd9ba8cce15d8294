"""Enrollments that were refused when they should have gone out, each a row with its reason and when it may be asked again; and
those that wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from connector.store.intents import NAMES, Intent
from connector.store.texts import storable


def refuse_enrollment(conn: Connection, number: int, reason: str, at: datetime, again_at: datetime) -> None:
    """End an enrollment as refused: it uses no episode up, and is not proposed again before `again_at`.

    What is accepted stays so.
    """
    conn.execute(
        text(
            "UPDATE intent SET state = 'refused', reason = :reason, lease_until = NULL, finished_at = :at,"
            " again_at = :again_at WHERE id = :id AND kind = 'enroll' AND state <> 'accepted'"
        ),
        {"id": number, "reason": storable(reason), "at": at, "again_at": again_at},
    )


def refusals(conn: Connection, contact: int) -> Sequence[Intent]:
    """The tracks whose newest enrollment of a contact was refused, in the order of refusal. Read-only."""
    newest = text(
        f"SELECT {NAMES} FROM intent WHERE contact = :contact AND kind = 'enroll' AND state = 'refused'"  # noqa: S608
        " AND NOT EXISTS (SELECT FROM intent AS later WHERE later.contact = intent.contact AND later.kind = 'enroll'"
        "  AND later.track = intent.track AND later.id > intent.id) ORDER BY finished_at, id"
    )
    return [Intent(**row) for row in conn.execute(newest, {"contact": contact}).mappings()]


def waiting_to_enter(conn: Connection, contact: int) -> Sequence[Intent]:
    """The enrollments of a contact that wait for their time, or for a person, oldest first. Read-only."""
    waiting = text(
        f"SELECT {NAMES} FROM intent WHERE contact = :contact AND kind = 'enroll' AND state IN ('pending', 'held')"  # noqa: S608
        " ORDER BY id"
    )
    return [Intent(**row) for row in conn.execute(waiting, {"contact": contact}).mappings()]
