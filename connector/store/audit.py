"""What the store shows of the state that the platforms' data are in, counted by PostgreSQL itself. All of it read-only.

Wherever people are named, it is by our own number, and the highest scores come first: those are missed most. Records that
are archived on their platform do not count, but for consent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    func,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from connector.store.schema import record, verdict

Contacts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """How many groups of contacts that may be one person there are, and the largest few."""

    count: int
    worst: Sequence[Contacts]


@dataclass(frozen=True, slots=True)
class Some:
    """How many contacts, and the few with the highest scores."""

    count: int
    worst: Contacts


@dataclass(frozen=True, slots=True)
class Said:
    """What records say of consent, by source: (archived, has an address, value by name); and who has records that say so."""

    records: Mapping[str, tuple[bool, bool, Mapping[str, str | None]]]
    people: Some


#: Who of some `people` has the highest score, as an array; and how many they are.
_SOME = (
    "WITH people AS MATERIALIZED ({people}) SELECT (SELECT count(*) FROM people), ARRAY(SELECT contact FROM people"
    " LEFT JOIN verdict USING (contact) ORDER BY exact DESC NULLS LAST, contact LIMIT :limit)"
)
#: The first few of some `groups`, and how many they are.
_GROUPS = (
    "WITH groups AS MATERIALIZED ({groups}) SELECT contacts, (SELECT count(*) FROM groups) FROM groups"
    " ORDER BY cardinality(contacts) DESC, contacts LIMIT :limit"
)
_AT_TWO_IDS = (
    "SELECT DISTINCT array_agg(contact ORDER BY contact) AS contacts FROM record"
    " WHERE source = :source AND email_key IS NOT NULL AND NOT archived GROUP BY email_key HAVING count(*) > 1"
)
_OVER_PLATFORMS = (
    "SELECT DISTINCT array_agg(DISTINCT contact) AS contacts FROM record WHERE email_key IS NOT NULL AND NOT archived"
    " GROUP BY email_key HAVING count(DISTINCT contact) > 1 AND count(*) = count(DISTINCT source)"
)
_ALIKE = (
    "SELECT DISTINCT array_agg(DISTINCT contact) AS contacts FROM ("
    "  SELECT contact, email_key, replace(split_part(split_part(email_key, '@', 1), '+', 1), '.', '') AS mailbox,"
    "   split_part(email_key, '@', 2) AS domain FROM record WHERE email_key IS NOT NULL AND NOT archived) AS addresses"
    " WHERE mailbox <> '' GROUP BY mailbox, domain HAVING count(DISTINCT email_key) > 1 AND count(DISTINCT contact) > 1"
)
_ADDITIONAL = (
    "SELECT DISTINCT ARRAY[owner.contact, other.contact] AS contacts FROM ("
    "  SELECT contact, lower(trim(address)) AS address FROM record,"
    "   string_to_table(raw ->> 'hs_additional_emails', ';') AS address WHERE source = 'hubspot' AND NOT archived) AS owner"
    " JOIN record AS other ON other.email_key = owner.address AND other.contact <> owner.contact AND NOT other.archived"
)
_MEMBERSHIPS = (
    "SELECT contact FROM record WHERE source <> 'hubspot' AND NOT archived GROUP BY contact HAVING count(*) > 1"
)
_AT_ONE_PLATFORM = (
    "SELECT contact FROM record WHERE NOT archived GROUP BY contact"
    " HAVING bool_and(split_part(source, ':', 1) = :platform)"
)
_PRESENT = "SELECT DISTINCT contact FROM record WHERE NOT archived"
_SILENT = (
    "SELECT contact.id AS contact FROM contact"
    " LEFT JOIN (SELECT contact, max(happened_at) AS at FROM event"
    "   WHERE kind NOT IN (SELECT id FROM word WHERE text = ANY(:not_hers)) GROUP BY contact) AS acts"
    "  ON acts.contact = contact.id"
    " LEFT JOIN (SELECT contact, max(at::timestamptz) AS at FROM record, jsonb_each_text(changed_on) AS turned (name, at)"
    "   WHERE name <> ALL(:ours) GROUP BY contact) AS turns ON turns.contact = contact.id"
    " LEFT JOIN (SELECT contact, max(modified_at) AS at FROM record WHERE NOT EXISTS ("
    "   SELECT FROM written WHERE written.contact = record.contact AND written.source = record.source) GROUP BY contact"
    "  ) AS touched ON touched.contact = contact.id"
    " WHERE contact.id IN (SELECT contact FROM record WHERE NOT archived)"
    " AND coalesce(greatest(acts.at, turns.at, touched.at), contact.created_at) < :before"
)


def sources(conn: Connection) -> Sequence[str]:
    """Every source of which a record is kept."""
    return conn.scalars(select(record.c.source).distinct().order_by(record.c.source)).all()


def present(conn: Connection) -> int:
    """How many contacts have a record that is not archived."""
    return some(conn, _PRESENT, 0).count


def at_two_ids(conn: Connection, source: str, limit: int) -> Groups:
    """Contacts who share an address, as identities are compared by, at two ids of one source."""
    return _groups(conn, _AT_TWO_IDS, limit, source=source)


def over_platforms(conn: Connection, limit: int) -> Groups:
    """Contacts who share an address, each on another source, and could not be united."""
    return _groups(conn, _OVER_PLATFORMS, limit)


def alike_addresses(conn: Connection, limit: int) -> Groups:
    """Contacts whose addresses differ only by dots or by what follows a plus: perhaps one person, perhaps not."""
    return _groups(conn, _ALIKE, limit)


def additional_addresses(conn: Connection, limit: int) -> Groups:
    """Contacts one of whom has the other's address as an additional one at HubSpot: (who has it, whose it is)."""
    return _groups(conn, _ADDITIONAL, limit)


def several_members(conn: Connection, limit: int) -> Some:
    """Contacts who are members of more than one audience."""
    return some(conn, _MEMBERSHIPS, limit)


def at_one_platform(conn: Connection, platform: str, limit: int) -> Some:
    """Contacts whom only this platform (``hubspot``, ``mailchimp``) knows."""
    return some(conn, _AT_ONE_PLATFORM, limit, platform=platform)


def silent(conn: Connection, before: datetime, limit: int, *, ours: Collection[str], not_hers: Collection[str]) -> Some:
    """Contacts who did nothing, and of whom no value changed, since `before`.

    What we write ourselves (names `ours`) is no change, nor are acts of the kinds `not_hers`; where nothing else is known,
    she counts as changed when we first saw her.
    """
    return some(conn, _SILENT, limit, before=before, ours=list(ours), not_hers=list(not_hers))


def consent_said(conn: Connection, names: Mapping[str, Sequence[str]], limit: int) -> Sequence[Said]:
    """What everybody's records say of consent, archived ones too; people who say the same are told together. `names` are
    the raw names that speak of it, by source.
    """
    of_sources = [
        select(
            record.c.contact,
            literal(source).label("source"),
            func.jsonb_build_array(
                record.c.archived, record.c.email_key.is_not(None), *(record.c.raw[name].astext for name in own)
            ).label("said"),
        ).where(record.c.source == source)
        for source, own in names.items()
    ]
    if not of_sources:
        return []
    rows = union_all(*of_sources).subquery()
    people = (
        select(rows.c.contact, func.jsonb_object_agg(rows.c.source, rows.c.said).label("said"))
        .group_by(rows.c.contact)
        .subquery()
    )
    query = (
        select(people.c.said, func.count(), few(people.c.contact, limit))
        .select_from(scored(people, people.c.contact))
        .group_by(people.c.said)
    )
    return [
        Said(
            {
                source: (archived, addressed, dict(zip(names[source], values, strict=True)))
                for source, (archived, addressed, *values) in said.items()
            },
            Some(count, tuple(worst)),
        )
        for said, count, worst in conn.execute(query)
    ]


def best(conn: Connection, contacts: Sequence[int], limit: int) -> Contacts:
    """Those of these contacts with the highest scores."""
    return some(conn, "SELECT unnest(CAST(:contacts AS bigint[])) AS contact", limit, contacts=list(contacts)).worst


def some(conn: Connection, people: str, limit: int, **told: object) -> Some:
    """The contacts that a query of a column `contact` gives, counted; `told` are its parameters."""
    count, worst = conn.execute(text(_SOME.format(people=people)), {**told, "limit": limit}).one()
    return Some(count, tuple(worst))


def _groups(conn: Connection, groups: str, limit: int, **told: object) -> Groups:
    rows = conn.execute(text(_GROUPS.format(groups=groups)), {**told, "limit": limit}).all()
    return Groups(rows[0][1] if rows else 0, [tuple(row.contacts) for row in rows])


def few(contact: ColumnElement[int], limit: int) -> ColumnElement[Any]:
    """The contacts of a group with the highest scores; the query is one over `scored` people."""
    return func.array_agg(by_score(contact), type_=ARRAY(BigInteger))[1:limit]


def by_score(contact: ColumnElement[int]) -> ColumnElement[Any]:
    """The contacts of a group in the order of their scores."""
    return aggregate_order_by(contact, verdict.c.exact.desc().nulls_last(), contact)


def scored(people: FromClause, contact: ColumnElement[int]) -> FromClause:
    """People with their newest verdicts, where they have one."""
    return people.outerjoin(verdict, verdict.c.contact == contact)
