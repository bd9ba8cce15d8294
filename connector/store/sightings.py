"""What each reading of a record brought, logged for good; and the record that such sightings add up to.

A record's `archived` flag stands among the values, under a name that no platform has: ``(archived)``, "true" or null.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store.bulk.copy import BIGINT, BOOLEAN, SMALLINT, Columns, encoded, write_rows
from connector.store.dictionary import word_ids
from connector.store.records import changed_values

ARCHIVED = "(archived)"

#: Under these names both platforms give the address among the values as well.
_ADDRESSES = ("email", "email_address")

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL counts microseconds from here
_JSONB = b"\x01"  # the version before a jsonb in COPY's binary format

_OF_CONTACT = text(
    "SELECT word.text AS source, platform_id, known_at, changed, values FROM sighting JOIN word ON word.id = source"
    " WHERE contact = :contact AND known_at <= coalesce(:known_by, 'infinity'::timestamptz) ORDER BY known_at, position"
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """News of one record: values by name, None where one is gone. `changed` False: these names are told for the first time,
    or are no longer read; the record itself did not change.
    """

    source: str
    platform_id: str
    known_at: datetime
    changed: bool
    values: Mapping[str, str | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as its sightings tell it, and when each value last changed since its name was first told.

    Names that were empty whenever they were read are absent; `record.modified_at` is when the last news was known.
    """

    record: Record
    changed: Mapping[str, datetime]


def news(before: Record | None, after: Record, known_at: datetime) -> Iterator[Sighting]:
    """What `after` tells that `before` did not; None before the first sight, which brings all that is not empty."""
    told = changed_values(before, after)
    if before is None:
        yield Sighting(after.source, after.id, known_at, False, {**told, **_archived(after, known=False)})
        return
    read_otherwise = before.values.keys() ^ after.values.keys()
    other = {name: value for name, value in told.items() if name in read_otherwise}
    turned = {name: value for name, value in told.items() if name not in read_otherwise}
    turned.update(_archived(after, known=before.archived))
    if other:
        yield Sighting(after.source, after.id, known_at, False, other)
    if turned or not other:
        yield Sighting(after.source, after.id, known_at, True, turned)


def difference(seen: Record, present: Record) -> Mapping[str, str | None]:
    """What a sighting must say so that `seen` becomes `present`."""
    return {**changed_values(seen, present), **_archived(present, known=seen.archived)}


def log(conn: Connection, sightings: Sequence[tuple[int, Sighting]]) -> None:
    """Append sightings of contacts, in this order. The caller holds the writer lock. Raises StoreUnavailable."""
    if not sightings:
        return
    words = word_ids(conn, {one.source for _, one in sightings})
    write_rows(
        conn,
        "sighting",
        Columns(
            {
                "contact": (BIGINT, np.array([contact for contact, _ in sightings])),
                "known_at": (BIGINT, np.array([_micros(one.known_at) for _, one in sightings])),
                "source": (SMALLINT, np.array([words[one.source] for _, one in sightings])),
                "changed": (BOOLEAN, np.array([one.changed for _, one in sightings])),
            },
            {
                "platform_id": [encoded(one.platform_id.encode()) for _, one in sightings],
                "values": [encoded(_JSONB + orjson.dumps(one.values)) for _, one in sightings],
            },
        ),
    )


def sightings_of(conn: Connection, contact: int, known_by: datetime | None = None) -> Mapping[str, Sequence[Sighting]]:
    """A contact's sightings that were known at `known_by` (None: all), by source, in the order in which they were known: what
    histories tell of the past comes late, and stands in its place. Read-only.
    """
    by_source: dict[str, list[Sighting]] = defaultdict(list)
    for row in conn.execute(_OF_CONTACT, {"contact": contact, "known_by": known_by}):
        by_source[row.source].append(Sighting(**row._mapping))  # noqa: SLF001 -- SQLAlchemy's public name
    return by_source


def add_up(sightings: Sequence[Sighting]) -> Seen:
    """The record that the sightings of one source, at least one and oldest first, come to: the latest word of each name."""
    values: dict[str, str | None] = {}
    changed: dict[str, datetime] = {}
    for one in sightings:
        values.update(one.values)
        if one.changed:
            changed.update(dict.fromkeys(one.values, one.known_at))
    archived = values.pop(ARCHIVED, None) is not None
    changed.pop(ARCHIVED, None)
    last = sightings[-1]
    email = next(filter(None, map(values.get, _ADDRESSES)), None)
    return Seen(Record(last.source, last.platform_id, email, values, last.known_at, archived), changed)


def _archived(record: Record, *, known: bool) -> Mapping[str, str | None]:
    return {} if record.archived == known else {ARCHIVED: "true" if record.archived else None}


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
