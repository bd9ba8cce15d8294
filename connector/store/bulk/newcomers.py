"""First sights of people nobody knew, a page of them at a time: records by COPY, all else from these, by PostgreSQL itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store.bulk.copy import BIGINT, BOOLEAN, Columns, encoded, micros, write_parts
from connector.store.changes import Change, TakenIn
from connector.store.dictionary import word_ids
from connector.store.numbers import NewNumbers
from connector.store.position import take_positions
from connector.store.records import SUBSCRIBER_HASH
from connector.store.texts import email_key

_CONTACTS = text(
    "INSERT INTO contact (id, created_at, changed) OVERRIDING SYSTEM VALUE"
    " SELECT contact, :at, contact + :ahead FROM record WHERE contact BETWEEN :first AND :last"
)
_IDENTITIES = text(
    "INSERT INTO identity (source, platform_id, contact)"
    " SELECT source, unnest(platform_id || merged_ids), contact FROM record WHERE contact BETWEEN :first AND :last"
)
_SIGHTINGS = text(
    "INSERT INTO sighting (contact, position, known_at, source, platform_id, values)"
    " SELECT contact, contact + :ahead, :at, word.id, platform_id, jsonb_strip_nulls(raw)"
    "  || CASE WHEN archived THEN '{\"(archived)\": \"true\"}'::jsonb ELSE '{}' END"
    " FROM record JOIN word ON word.text = source WHERE contact BETWEEN :first AND :last"
)
_PASTS = text(
    "INSERT INTO past_to_read (platform_id, contact)"
    " SELECT platform_id, contact FROM record WHERE source = 'hubspot' AND contact BETWEEN :first AND :last"
)

#: People made ready at a time, while PostgreSQL takes in those before.
_PART = 250

_TEXT_TYPE = 25  # its number in PostgreSQL's catalog
_JSONB_VERSION = b"\1"
_NULL = encoded(None)


def add_newcomers(
    conn: Connection, records: Mapping[int, tuple[Record, bytes]], numbers: NewNumbers, known_at: datetime
) -> TakenIn:
    """Keep the first records of as many new contacts, by their places, each `normalized` and with its values as JSON.

    Nothing in the store, and nobody else among them, may have one of their ids or addresses, and nobody yet one of the
    `numbers`. All that is known of a newcomer stands at one position. The caller holds the writer lock.
    """
    if not records:
        return TakenIn({})
    contacts = {numbers.of(place): one for place, one in records.items()}
    first, last = min(contacts), max(contacts)
    ahead = take_positions(conn, last - first + 1)[0] - first
    word_ids(conn, {one.source for one, _ in records.values()})
    people = [(contact, *one) for contact, one in contacts.items()]
    parts = (people[begin : begin + _PART] for begin in range(0, len(people), _PART))
    write_parts(conn, "record", (_columns(part, known_at) for part in parts))
    for statement in (_CONTACTS, _IDENTITIES, _SIGHTINGS, _PASTS):
        conn.execute(statement, {"first": first, "last": last, "ahead": ahead, "at": known_at})
    changed = {(one.source, one.id): Change(contact, None, one) for contact, (one, _) in contacts.items()}
    return TakenIn(changed, newcomers={contact: contact + ahead for contact in contacts})


def _columns(people: Sequence[tuple[int, Record, bytes]], read_at: datetime) -> Columns:
    """Rows of `record`, of contacts with their records and values."""
    contacts, records, values = zip(*people, strict=True)
    sources = {source: encoded(source.encode()) for source in {one.source for one in records}}
    return Columns(
        {
            "contact": (BIGINT, np.array(contacts)),
            "modified_at": (BIGINT, np.array([micros(one.modified_at) for one in records])),
            "archived": (BOOLEAN, np.array([one.archived for one in records])),
            "read_at": (BIGINT, micros(read_at)),
        },
        {
            "source": [sources[one.source] for one in records],
            "platform_id": [_text(one.id) for one in records],
            "email": [_text(one.email) for one in records],
            "email_key": [_text(email_key(one.email)) for one in records],
            "member_hash": [_text(one.values.get(SUBSCRIBER_HASH)) for one in records],
            "merged_ids": [_texts(one.merged_ids) if one.merged_ids else _NO_TEXTS for one in records],
            "raw": [encoded(_JSONB_VERSION + each) for each in values],
        },
    )


def _text(value: str | None) -> bytes:
    return _NULL if value is None else encoded(value.encode())


def _texts(values: Sequence[str]) -> bytes:
    """An array of texts: its dimensions, whether there are nulls, the type; for the one dimension size and first place."""
    head = b"".join(number.to_bytes(4) for number in (1, 0, _TEXT_TYPE, len(values), 1))
    return encoded(head + b"".join(map(_text, values)))


_NO_TEXTS = encoded(b"".join(number.to_bytes(4) for number in (0, 0, _TEXT_TYPE)))
