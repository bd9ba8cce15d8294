"""Finding contacts: by what people call them, by a platform's ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from connector.store.schema import contact, identity, record, verdict, word
from connector.store.texts import email_key, storable

_DIGITS_OF_A_BIGINT = 19


#: So many of those who are called the same are named.
_CALLED_THE_SAME = 10


def find_contact(conn: Connection, email_or_id: str) -> int | None:
    """The one whom somebody means; None if nobody, or more than one, is called so. See `find_contacts`. Read-only."""
    found = find_contacts(conn, email_or_id)
    return found[0] if len(found) == 1 else None


def find_contacts(conn: Connection, email_or_id: str) -> tuple[int, ...]:
    """Whom somebody may mean: an e-mail address; ``#12``, our own number; ``hubspot:501``; or a platform's bare id.

    At most ten; several have one address where somebody stands twice on a platform under it. Ids of merged records lead to
    the one they were merged into. Read-only.
    """
    asked = storable(email_or_id.strip())
    if "@" in asked:
        query = select(record.c.contact).where(record.c.email_key == email_key(asked))
    elif asked.startswith("#"):
        own = asked[1:]
        number = int(own) if own.isdecimal() and len(own) < _DIGITS_OF_A_BIGINT else 0
        query = select(contact.c.id).where(contact.c.id == number)
    else:
        source, _, bare = asked.rpartition(":")
        query = select(identity.c.contact).where(identity.c.platform_id == bare)
        if source:
            query = query.where(identity.c.source == source)
    return tuple(sorted(conn.scalars(query.distinct().limit(_CALLED_THE_SAME))))


def contacts_of(conn: Connection, source: str, ids: Sequence[str]) -> Mapping[str, int]:
    """Contacts by a platform's record ids, old ids of merged records included. Read-only."""
    query = select(identity.c.platform_id, identity.c.contact).where(
        identity.c.source == source, identity.c.platform_id == func.any(list(ids))
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def contacts_by_hash(conn: Connection, source: str, hashes: Sequence[str]) -> Mapping[str, int]:
    """Contacts by Mailchimp's subscriber hashes. Read-only."""
    query = select(record.c.member_hash, record.c.contact).where(
        record.c.source == source, record.c.member_hash == func.any(list(hashes))
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def held_values(
    conn: Connection, source: str, contacts: Sequence[int]
) -> Mapping[int, tuple[str, Mapping[str, str | None]]]:
    """What a source holds now, as far as we know, by contact: (record id, raw values). Read-only."""
    query = select(record.c.contact, record.c.platform_id, record.c.raw).where(
        record.c.source == source, record.c.contact == func.any(list(contacts)), record.c.archived.is_(False)
    )
    return {number: (platform_id, raw) for number, platform_id, raw in conn.execute(query)}


def count_contacts(conn: Connection) -> int:
    """How many contacts there are. Read-only."""
    return conn.execute(select(func.count()).select_from(contact)).scalar_one()


def count_modified(conn: Connection, source: str, since: datetime, until: datetime) -> int:
    """How many records of a source, as we know them, were last modified in [since, until]. Read-only."""
    query = select(func.count()).where(
        record.c.source == source, record.c.archived.is_(False), record.c.modified_at.between(since, until)
    )
    return conn.execute(query).scalar_one()


def newest_moment(conn: Connection, source: str) -> datetime | None:
    """The latest change of any record of a source that we have seen, by the platform's own clock. Read-only."""
    at: datetime | None = conn.scalar(select(func.max(record.c.modified_at)).where(record.c.source == source))
    return at


def moments_of(conn: Connection, source: str, ids: Sequence[str]) -> Mapping[str, datetime]:
    """When these records were last modified, as we know them. Read-only."""
    query = select(record.c.platform_id, record.c.modified_at).where(
        record.c.source == source, record.c.platform_id == func.any(list(ids))
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def count_stages(conn: Connection) -> Mapping[str, int]:
    """How many contacts stand in each stage or state by their newest verdict. Read-only."""
    counts = select(verdict.c.stage, func.count().label("contacts")).group_by(verdict.c.stage).subquery()
    query = select(word.c.text, counts.c.contacts).join(counts, counts.c.stage == word.c.id)
    return {row[0]: row[1] for row in conn.execute(query)}


def rank(conn: Connection, score: int) -> tuple[int, int]:
    """How many contacts' newest verdicts have a higher score than this, and how many have one at all. Read-only."""
    query = select(func.count().filter(verdict.c.score > score), func.count(verdict.c.score))
    higher, among = conn.execute(query).one()
    return higher, among


def best_in(conn: Connection, stages: Sequence[str], limit: int) -> tuple[int, ...]:
    """Contacts in these stages by their newest verdict, the highest scores first, at most so many. Read-only."""
    asked = text(
        "SELECT contact FROM verdict WHERE stage IN (SELECT id FROM word WHERE text = ANY(:stages))"
        " ORDER BY exact DESC, contact LIMIT :limit"
    )
    return tuple(conn.scalars(asked, {"stages": list(stages), "limit": limit}))
