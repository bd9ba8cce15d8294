"""What a workflow of the portal hears of our writes: whoever is written so may enter it, so it counts like an enrollment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from connector.store.intents import FREE

#: How many of them went out in the sliding 24 h before `:now`; what a person approved does not count. SQL.
HEARD = (
    "(SELECT count(*) FROM intent AS loud WHERE loud.heard AND loud.state = 'accepted'"
    " AND loud.finished_at > :since AND loud.approved_at IS NULL)"
)

#: Why what is heard waits.
HEARD_BEYOND = "a workflow hears it, and more enrollments in 24 h than the guard allows"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A write or a hand-over that is about to be made."""

    id: int
    kind: str
    contact: int
    payload: Mapping[str, Any] = field(repr=False)


_WAITING = text(
    "SELECT id, kind, contact, payload FROM intent WHERE state = 'pending' AND approved_at IS NULL"
    " AND (kind = 'handover' OR (kind = 'write' AND source = 'hubspot'"
    "  AND jsonb_exists_any(payload -> 'values', CAST(:names AS text[])))) ORDER BY id"
)
_MARK = text(
    "UPDATE intent SET heard = id = ANY(CAST(:ids AS bigint[])) WHERE state = 'pending'"
    " AND heard IS DISTINCT FROM (id = ANY(CAST(:ids AS bigint[])))"
)
_HOLD = text(
    "UPDATE intent SET state = 'held', expires_at = NULL, sending_at = NULL,"  # noqa: S608
    f" reason = '{HEARD_BEYOND}'"
    f" WHERE state = 'pending' AND heard AND approved_at IS NULL AND {FREE} AND id NOT IN ("
    "  SELECT id FROM intent WHERE state = 'pending' AND heard AND approved_at IS NULL ORDER BY id LIMIT ("
    f"   SELECT greatest(0, :cap - count(*) - {HEARD}) FROM intent WHERE kind = 'enroll' AND approved_at IS NULL"
    "    AND sending_at > :since AND state IN ('accepted', 'sending', 'unknown', 'parked')))"
)


def waiting_for(conn: Connection, names: Collection[str]) -> list[Waiting]:
    """Writes to HubSpot that wait and name one of these properties, and hand-overs, oldest first. Read-only."""
    return [Waiting(**row) for row in conn.execute(_WAITING, {"names": sorted(names)}).mappings()]


def hold_heard_beyond(conn: Connection, heard: Collection[int], cap_per_24h: int, now: datetime) -> int:
    """Remember which of what waits is `heard`; beyond the guard's enrollments hold the rest of it. Returns how many.

    What a person approved is neither counted nor held.
    """
    conn.execute(_MARK, {"ids": sorted(heard)})
    return conn.execute(_HOLD, {"cap": cap_per_24h, "since": now - timedelta(hours=24)}).rowcount
