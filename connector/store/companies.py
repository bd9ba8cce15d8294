"""Companies, once each, under their own ids; contacts point at them by `associatedcompanyid`. Part of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.schema import company


def unknown(conn: Connection) -> tuple[str, ...]:
    """Ids that contacts point at and that were never read, oldest first. Read-only."""
    rows = conn.execute(
        text(
            "SELECT DISTINCT r.raw ->> 'associatedcompanyid' AS id FROM record r "
            "WHERE r.source = 'hubspot' AND r.raw ->> 'associatedcompanyid' IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM company c WHERE c.id = r.raw ->> 'associatedcompanyid') ORDER BY 1"
        )
    )
    return tuple(row.id for row in rows)


def of_our_contacts(conn: Connection, ids: Sequence[str]) -> tuple[str, ...]:
    """Those of `ids` that are known here because a contact points at them. Read-only."""
    if not ids:
        return ()
    rows = conn.execute(text("SELECT id FROM company WHERE id = ANY(:ids) ORDER BY id"), {"ids": list(ids)})
    return tuple(row.id for row in rows)


def keep(conn: Connection, values: Mapping[str, Mapping[str, str | None]], read_at: datetime) -> int:
    """Store what was read, and mark the contacts of those that changed for a new judgement. Returns how many changed."""
    statement = insert(company)
    changed = conn.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"raw": statement.excluded.raw, "read_at": read_at},
            where=company.c.raw != statement.excluded.raw,
        ).returning(company.c.id),
        [{"id": one, "raw": dict(those), "read_at": read_at} for one, those in values.items()],
    )
    ids = [row.id for row in changed]
    if ids:
        conn.execute(
            text(
                "UPDATE contact SET changed = nextval('ledger_position') WHERE id IN (SELECT contact FROM record "
                "WHERE source = 'hubspot' AND raw ->> 'associatedcompanyid' = ANY(:ids))"
            ),
            {"ids": ids},
        )
    return len(ids)


def values_of(conn: Connection, ids: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
    """Company values by id, under the portal's own property names. Read-only."""
    if not ids:
        return {}
    rows = conn.execute(text("SELECT id, raw FROM company WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.raw for row in rows}
