"""Companies, once each, under their own ids; contacts point at them by `associatedcompanyid`. Part of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.position import mark_changed
from connector.store.records import changed_texts
from connector.store.schema import company, company_sighting


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


def ids(conn: Connection) -> tuple[str, ...]:
    """All that were ever read. Read-only."""
    return tuple(conn.scalars(select(company.c.id).order_by(company.c.id)))


def of_our_contacts(conn: Connection, ids: Sequence[str]) -> tuple[str, ...]:
    """Those of `ids` that are known here because a contact points at them. Read-only."""
    if not ids:
        return ()
    rows = conn.execute(text("SELECT id FROM company WHERE id = ANY(:ids) ORDER BY id"), {"ids": list(ids)})
    return tuple(row.id for row in rows)


def keep(conn: Connection, values: Mapping[str, Mapping[str, str | None]], read_at: datetime) -> int:
    """Store what was read, log it, and mark the contacts of those that changed for a new judgement.

    Returns how many changed. The caller holds the writer lock.
    """
    known = values_of(conn, sorted(values))
    changed = {one: dict(those) for one, those in values.items() if known.get(one) != those}
    if not changed:
        return 0
    statement = insert(company)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"raw": statement.excluded.raw, "read_at": read_at}
        ),
        [{"id": one, "raw": those, "read_at": read_at} for one, those in changed.items()],
    )
    conn.execute(
        insert(company_sighting),
        [
            {"company": one, "known_at": read_at, "values": changed_texts(known.get(one, {}), those)}
            for one, those in changed.items()
        ],
    )
    contacts = conn.scalars(
        text("SELECT contact FROM record WHERE source = 'hubspot' AND raw ->> 'associatedcompanyid' = ANY(:ids)"),
        {"ids": list(changed)},
    )
    mark_changed(conn, contacts.all())
    return len(changed)


def values_of(conn: Connection, ids: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
    """Company values by id, under the portal's own property names. Read-only."""
    if not ids:
        return {}
    rows = conn.execute(text("SELECT id, raw FROM company WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.raw for row in rows}


def values_then(conn: Connection, company_id: str, known_by: datetime) -> Mapping[str, str | None]:
    """A company's values as they were known at `known_by`; empty if it had not been read. Read-only."""
    rows = conn.scalars(
        text("SELECT values FROM company_sighting WHERE company = :id AND known_at <= :known_by ORDER BY position"),
        {"id": company_id, "known_by": known_by},
    )
    return {name: value for told in rows for name, value in told.items()}


def count(conn: Connection) -> int:
    """How many companies are known. Read-only."""
    return conn.execute(select(func.count()).select_from(company)).scalar_one()
