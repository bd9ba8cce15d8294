"""Positions in the ledger: numbers from one sequence, given under the writer lock, so they show in their order."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text


def position(conn: Connection) -> int:
    """The newest position; 0 before the first. The caller holds the writer lock: then nothing below is still to come."""
    newest: int = conn.scalar(text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ledger_position"))
    return newest


def take_positions(conn: Connection, count: int) -> range:
    """The next `count` positions, at least one. The caller holds the writer lock: nobody else takes any meanwhile."""
    last: int = conn.execute(
        text("SELECT setval('ledger_position', nextval('ledger_position') + :more)"), {"more": count - 1}
    ).scalar_one()
    return range(last - count + 1, last + 1)


def mark_changed(conn: Connection, contacts: Collection[int]) -> None:
    """Note that there is something new about these contacts: they are judged anew. The caller holds the writer lock."""
    if contacts:
        conn.execute(
            text("UPDATE contact SET changed = nextval('ledger_position') WHERE id = ANY(:ids)"),
            {"ids": sorted(contacts)},
        )


def mark_judged_on(conn: Connection, sources: Collection[str]) -> None:
    """Note the same of everybody on these sources who was judged before. The caller holds the writer lock."""
    if sources:
        conn.execute(
            text(
                "UPDATE contact SET changed = nextval('ledger_position')"
                " WHERE EXISTS (SELECT FROM record WHERE contact = id AND source = ANY(:sources))"
                " AND EXISTS (SELECT FROM verdict WHERE contact = id)"
            ),
            {"sources": sorted(sources)},
        )
