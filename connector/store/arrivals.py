"""When webhooks came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from connector.store.schema import delivery


def last_delivery(conn: Connection, platform: str) -> datetime | None:
    """When the newest delivery of a platform's came that is still kept; None if there is none. Read-only."""
    query = select(func.max(delivery.c.received_at)).where(delivery.c.platform == platform)
    at: datetime | None = conn.scalar(query)
    return at
