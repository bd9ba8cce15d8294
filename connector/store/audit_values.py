"""What the store shows of the values that people hold, counted by PostgreSQL itself. All of it read-only.

Archived records do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, FromClause, and_, false, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from connector.store.audit import Some, by_score, few, scored, some
from connector.store.schema import company, record


@dataclass(frozen=True, slots=True)
class HeldValue:
    """A raw value that people hold under one name of one source."""

    value: str
    people: Some


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field lives: a name of a source, or, with `company`, a property of the associated company."""

    source: str
    name: str
    company: bool = False


_OLD = (
    "SELECT contact FROM record WHERE source = 'hubspot' AND NOT archived AND trim(raw ->> :name) <> ''"
    " AND (changed_on ->> :name)::timestamptz < :before"
)
_NEVER_HELD = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE EXISTS (SELECT FROM record WHERE source = :source)"
    " AND NOT EXISTS (SELECT FROM record WHERE source = :source AND jsonb_exists(raw, name)) ORDER BY name"
)


def old_values(conn: Connection, name: str, before: datetime, limit: int) -> Some:
    """Contacts whose value of a HubSpot property last changed before then; who has one of unknown age is left out."""
    return some(conn, _OLD, limit, name=name, before=before)


def held_values(conn: Connection, place: Place, limit: int) -> Sequence[HeldValue]:
    """The raw values of one place that are not blank, the most frequent first."""
    value = func.trim(_raw(place))
    query = (
        select(value, func.count(), few(record.c.contact, limit))
        .select_from(scored(_with_companies() if place.company else record, record.c.contact))
        .where(record.c.source == place.source, record.c.archived.is_(False), value != "")
        .group_by(value)
        .order_by(func.count().desc(), value)
    )
    return [HeldValue(held, Some(count, tuple(worst))) for held, count, worst in conn.execute(query)]


def empty_fields(conn: Connection, fields: Mapping[str, Sequence[Place]], limit: int) -> Mapping[str, Some]:
    """Who holds nothing at any of a field's places, by field."""
    if not fields:
        return {}
    filled = [
        func.coalesce(func.bool_or(or_(false(), *map(_is_filled, places))), False).label(f"field_{n}")
        for n, places in enumerate(fields.values())
    ]
    people = (
        select(record.c.contact, *filled)
        .select_from(_with_companies())
        .where(record.c.archived.is_(False))
        .group_by(record.c.contact)
        .subquery()
    )
    columns: list[ColumnElement[Any]] = []
    for is_filled in people.c[1:]:
        columns += [
            func.count().filter(~is_filled),
            func.array_agg(by_score(people.c.contact), type_=ARRAY(BigInteger)).filter(~is_filled),
        ]
    row = conn.execute(select(*columns).select_from(scored(people, people.c.contact))).one()
    return {field: Some(row[2 * n], tuple((row[2 * n + 1] or ())[:limit])) for n, field in enumerate(fields)}


def never_held(conn: Connection, source: str, names: Sequence[str]) -> Sequence[str]:
    """Those of these names that no record of a source was ever read with, not even empty; none while it has no record."""
    return conn.scalars(_NEVER_HELD, {"source": source, "names": list(names)}).all()


def _with_companies() -> FromClause:
    return record.outerjoin(
        company, and_(record.c.source == "hubspot", company.c.id == record.c.raw["associatedcompanyid"].astext)
    )


def _raw(place: Place) -> ColumnElement[str]:
    held: ColumnElement[str] = (company if place.company else record).c.raw[place.name].astext
    return held


def _is_filled(place: Place) -> ColumnElement[bool]:
    return and_(record.c.source == place.source, func.trim(_raw(place)) != "")
