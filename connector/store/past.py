"""Whose property histories are still to be read."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from connector.store.schema import past_to_read


def count_to_read(conn: Connection) -> int:
    """How many there are. Read-only."""
    count: int = conn.execute(select(func.count()).select_from(past_to_read)).scalar_one()
    return count
