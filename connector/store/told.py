"""Whether the ledger has an act already, by its key and time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from connector.store.events import key_number

_TOLD = text(
    "SELECT EXISTS (SELECT FROM unnest(CAST(:contacts AS bigint[]), CAST(:moments AS timestamptz[])) AS asked (contact, at)"
    " JOIN event ON event.contact = asked.contact AND event.key = :key AND event.happened_at = asked.at)"
)


def any_told(conn: Connection, key: str, acts: Sequence[tuple[int, datetime]]) -> bool:
    """Whether any of these contacts has an act of this key at that very moment. Read-only."""
    if not acts:
        return False
    contacts, moments = zip(*acts, strict=True)
    return bool(conn.scalar(_TOLD, {"contacts": list(contacts), "moments": list(moments), "key": key_number(key)}))
