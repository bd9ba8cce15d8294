"""Records sorted by how much there is to find out about each: nearly all are known as they are, or certainly new.

That is so where a record has nothing to do with the others of its call: no other one has its id, as its own or an old
one, or its address, or belongs to the same contact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from connector.facts import Record
from connector.store.json_array import json_array
from connector.store.records import normalized
from connector.store.texts import email_key

_KNOWN = text(
    "SELECT asked.place, contact, found.*"
    " FROM ROWS FROM (json_array_elements_text(:sources), json_array_elements_text(:ids))"
    " WITH ORDINALITY AS asked (source, platform_id, place),"
    " LATERAL (SELECT contact FROM identity WHERE source = asked.source AND platform_id = asked.platform_id LIMIT 1)"
    " AS identity LEFT JOIN LATERAL"
    " (SELECT platform_id, email, raw, archived, merged_ids, modified_at FROM record"
    "  WHERE contact = identity.contact AND source = asked.source LIMIT 1) AS found ON true"
)
_OWNERS = text(
    "SELECT asked.source, asked.platform_id, owner.contact"
    " FROM ROWS FROM (json_array_elements_text(:sources), json_array_elements_text(:ids))"
    " AS asked (source, platform_id), LATERAL"
    " (SELECT contact FROM identity WHERE source = asked.source AND platform_id = asked.platform_id LIMIT 1) AS owner"
)
_HELD = text(
    "SELECT asked.email_key FROM json_array_elements_text(:emails) AS asked (email_key),"
    " LATERAL (SELECT FROM record WHERE email_key = asked.email_key LIMIT 1) AS held"
)
_TOUCH = text(
    "UPDATE record SET modified_at = told.modified_at, read_at = :at"
    " FROM unnest(CAST(:contacts AS bigint[]), CAST(:sources AS text[]), CAST(:moments AS timestamptz[]))"
    " AS told (contact, source, modified_at) WHERE record.contact = told.contact AND record.source = told.source"
)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The records of one call: how many are known as they are, and the rest, each in one list.

    `touched` are known but for a later modification: (contact, source, moment). `new` are of people of whom nothing is
    known, `normalized` and with their values as JSON; `others`, `normalized` too, have to be placed one by one: both by
    their places in the call.
    """

    same: int = 0
    touched: Sequence[tuple[int, str, datetime]] = ()
    new: Mapping[int, tuple[Record, bytes]] = field(default_factory=dict)
    others: Mapping[int, Record] = field(default_factory=dict)


def sort_records(conn: Connection, records: Sequence[Record]) -> Sorted:
    """Find out how much there is to find out, in two statements or three. Read-only."""
    if not records:
        return Sorted()
    ids = Counter([one.id for one in records])
    told = {"sources": json_array(one.source for one in records), "ids": json_array(one.id for one in records)}
    known = {row.place - 1: row for row in conn.execute(_KNOWN, told)}
    ids.update([old for one in records for old in one.merged_ids])
    contacts = Counter([row.contact for row in known.values()])
    same: dict[int, Row[Any]] = {}
    unknown: dict[int, tuple[Record, bytes]] = {}
    others: dict[int, Record] = {}
    for place, one in enumerate(records):
        row = known.get(place)
        alone = ids[one.id] == 1
        if row is not None and alone and contacts[row.contact] == 1 and _is_same(row, one):
            same[place] = row
        elif row is None and alone and all(ids[old] == 1 for old in one.merged_ids):
            unknown[place] = normalized(one)
        else:
            others[place] = normalized(one)[0]
    owners = _owners_of_old_ids(conn, [*(one for one, _ in unknown.values()), *others.values()])
    for place in _entangled(conn, unknown, others.values(), owners):
        others[place] = unknown.pop(place)[0]
    for place in [place for place, row in same.items() if row.contact in owners.values()]:
        del same[place]
        others[place] = normalized(records[place])[0]
    later = {place: row for place, row in same.items() if row.modified_at < records[place].modified_at}
    return Sorted(
        len(same) - len(later),
        [(row.contact, records[place].source, records[place].modified_at) for place, row in later.items()],
        unknown,
        dict(sorted(others.items())),
    )


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


def _owners_of_old_ids(conn: Connection, records: Sequence[Record]) -> Mapping[tuple[str, str], int]:
    """Whose the ids were that these records have swallowed, where somebody had them."""
    old = [(one.source, old) for one in records for old in one.merged_ids]
    if not old:
        return {}
    sources, ids = zip(*old, strict=True)
    found = conn.execute(_OWNERS, {"sources": json_array(sources), "ids": json_array(ids)})
    return {(row.source, row.platform_id): row.contact for row in found}


def _entangled(
    conn: Connection,
    unknown: Mapping[int, tuple[Record, bytes]],
    others: Iterable[Record],
    owners: Mapping[tuple[str, str], int],
) -> list[int]:
    """The places of those whose address somebody has, here or in the store, or who have swallowed somebody known."""
    keys = {place: key for place, (one, _) in unknown.items() if (key := email_key(one.email))}
    times = Counter(keys.values())
    times.update([key for one in others if (key := email_key(one.email))])
    held = set(conn.scalars(_HELD, {"emails": json_array(times)})) if keys else set()
    return [
        place
        for place, (one, _) in unknown.items()
        if ((key := keys.get(place)) and (times[key] > 1 or key in held))
        or any((one.source, old) in owners for old in one.merged_ids)
    ]
