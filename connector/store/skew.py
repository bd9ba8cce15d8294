"""The database's clock, which decides who may call and who holds what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select


def database_now(conn: Connection) -> datetime:
    """What time it is there, whenever the transaction began. Read-only."""
    at: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
    return at
