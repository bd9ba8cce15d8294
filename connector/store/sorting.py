"""Records sorted by how much there is to find out about each: nearly all are known as they are, or certainly new.

That is so where a record has nothing to do with the others of its call: its id stands there once, among old ids too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from connector.facts import Record
from connector.store.records import normalized
from connector.store.texts import email_key

_KNOWN = text(
    "SELECT asked.place, contact, found.*"
    " FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) WITH ORDINALITY AS asked (source, platform_id, place),"
    " LATERAL (SELECT contact FROM identity WHERE source = asked.source AND platform_id = asked.platform_id LIMIT 1)"
    " AS identity LEFT JOIN LATERAL"
    " (SELECT platform_id, email, raw, archived, merged_ids, modified_at FROM record"
    "  WHERE contact = identity.contact AND source = asked.source LIMIT 1) AS found ON true"
)
_TAKEN = text(
    "SELECT asked.platform_id FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS asked (source, platform_id),"
    " LATERAL (SELECT FROM identity WHERE source = asked.source AND platform_id = asked.platform_id LIMIT 1) AS taken"
)
_HELD = text(
    "SELECT asked.email_key FROM unnest(CAST(:emails AS text[])) AS asked (email_key),"
    " LATERAL (SELECT FROM record WHERE email_key = asked.email_key LIMIT 1) AS held"
)
_TOUCH = text(
    "UPDATE record SET modified_at = told.modified_at, read_at = :at"
    " FROM unnest(CAST(:contacts AS bigint[]), CAST(:sources AS text[]), CAST(:moments AS timestamptz[]))"
    " AS told (contact, source, modified_at) WHERE record.contact = told.contact AND record.source = told.source"
)


@dataclass(slots=True)
class Sorted:
    """The records of one call: how many are known as they are, and the rest, each in one list.

    `touched` are known but for a later modification: (contact, source, moment). `new` are of people of whom nothing is
    known, `normalized` and with their values as JSON. `others`, `normalized` too, have to be placed one by one.
    """

    same: int = 0
    touched: list[tuple[int, str, datetime]] = field(default_factory=list)
    new: list[tuple[Record, bytes]] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)


def sort_records(conn: Connection, records: Sequence[Record]) -> Sorted:
    """Find out how much there is to find out, in two statements or three. Read-only."""
    if not records:
        return Sorted()
    ids = Counter([one.id for one in records])
    ids.update([old for one in records for old in one.merged_ids])
    sources = [one.source for one in records]
    known = {
        row.place - 1: row for row in conn.execute(_KNOWN, {"sources": sources, "ids": [one.id for one in records]})
    }
    found = Sorted()
    others: dict[int, Record] = {}
    unknown: dict[int, tuple[Record, bytes]] = {}
    for place, one in enumerate(records):
        row = known.get(place)
        alone = ids[one.id] == 1
        if row is None and alone and all(ids[old] == 1 for old in one.merged_ids):
            unknown[place] = normalized(one)
        elif row is not None and alone and _is_same(row, one):
            if row.modified_at < one.modified_at:
                found.touched.append((row.contact, one.source, one.modified_at))
            else:
                found.same += 1
        else:
            others[place] = normalized(one)[0]
    for place in list(_entangled(conn, unknown, others.values())):
        others[place] = unknown.pop(place)[0]
    found.new = list(unknown.values())
    found.others = [others[place] for place in sorted(others)]
    return found


def touch(conn: Connection, touched: Sequence[tuple[int, str, datetime]], read_at: datetime) -> None:
    """Note a later modification, at which nothing else became different, of records by contact and source."""
    if touched:
        contacts, sources, moments = zip(*touched, strict=True)
        told = {"contacts": list(contacts), "sources": list(sources), "moments": list(moments), "at": read_at}
        conn.execute(_TOUCH, told)


def _is_same(row: Row[Any], one: Record) -> bool:
    """Whether nothing but the time of its modification differs from what is known."""
    return (
        row.raw == one.values
        and row.email == one.email
        and row.platform_id == one.id
        and row.archived == one.archived
        and tuple(row.merged_ids) == one.merged_ids
    )


def _entangled(
    conn: Connection, unknown: Mapping[int, tuple[Record, bytes]], others: Iterable[Record]
) -> Iterator[int]:
    """The places of those whose address somebody has, here or in the store, or whose old ids somebody had."""
    keys = {place: key for place, (one, _) in unknown.items() if (key := email_key(one.email))}
    times = Counter(keys.values())
    times.update(key for one in others if (key := email_key(one.email)))
    held = set(conn.scalars(_HELD, {"emails": list(times)}))
    old = [(one.source, old) for one, _ in unknown.values() for old in one.merged_ids]
    taken: set[str] = set()
    if old:
        sources, ids = zip(*old, strict=True)
        taken = set(conn.scalars(_TAKEN, {"sources": list(sources), "ids": list(ids)}))
    for place, (one, _) in unknown.items():
        key = keys.get(place)
        if (key and (times[key] > 1 or key in held)) or not taken.isdisjoint(one.merged_ids):
            yield place
