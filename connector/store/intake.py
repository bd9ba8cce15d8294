"""Taking records in: what platforms show of people becomes snapshots, logged values and marks for judging."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store.bulk.newcomers import add_newcomers
from connector.store.changes import TakenIn
from connector.store.conflicts import settle_conflicts
from connector.store.erasure import forgotten
from connector.store.merging import unite
from connector.store.numbers import NewNumbers
from connector.store.placing import place_records
from connector.store.position import mark_changed
from connector.store.sightings import ARCHIVED, Sighting, log
from connector.store.sorting import sort_records, touch

_MADE_ANEW = text(
    "SELECT gone.contact, min(there.contact) AS anew FROM record AS gone JOIN record AS there"
    " ON there.source = gone.source AND there.email_key = gone.email_key AND NOT there.archived"
    " WHERE gone.source = :source AND gone.contact = ANY(:contacts) AND NOT EXISTS ("
    "  SELECT FROM record AS hers JOIN record AS other ON other.source = hers.source AND other.contact = there.contact"
    "  WHERE hers.contact = gone.contact AND hers.source <> :source)"
    " GROUP BY gone.contact HAVING count(*) = 1"
)


def take_in(conn: Connection, records: Sequence[Record], known_at: datetime) -> TakenIn:
    """Keep what platforms show of people, in a handful of statements; tell what is new.

    Taking the same in again changes nothing; of two readings of one record the later modified one stands, in whatever
    order they come. Only what changed is logged, only contacts that changed are marked for a new judgement.
    Ambiguous identities end in `failure` (step ``identity``). The caller holds the writer lock.

    Who is certainly new, and who is known just as she is, takes a short way, which ends the same as placing each.
    """
    erased = forgotten(conn, records)
    if erased:
        records = [one for number, one in enumerate(records) if number not in erased]
    found = sort_records(conn, records)
    touch(conn, found.touched, known_at)
    numbers = NewNumbers(conn, [*found.new, *found.others])
    newcomers = add_newcomers(conn, found.new, numbers, known_at)
    placed = place_records(conn, found.others, numbers, known_at)
    return TakenIn(
        {**newcomers.changed, **placed.changed},
        placed.unchanged + found.same + len(found.touched),
        len(erased),
        newcomers.newcomers,
    )


def mark_archived(conn: Connection, source: str, ids: Sequence[str], at: datetime) -> int:
    """Note that these records are gone from their platform (archived or deleted); returns how many were not already.

    Whoever was made anew there before that was known, under the same address, is united with who she was, for her opt-out
    elsewhere counts; unless each has an id of her own on another source too. The caller holds the writer lock.
    """
    rows = conn.execute(
        text(
            "UPDATE record SET archived = true, read_at = :at"
            " WHERE source = :source AND platform_id = ANY(:ids) AND NOT archived RETURNING contact, platform_id"
        ),
        {"source": source, "ids": list(ids), "at": at},
    )
    gone = [(row.contact, Sighting(source, row.platform_id, at, True, {ARCHIVED: "true"})) for row in rows]
    log(conn, gone)
    mark_changed(conn, [contact for contact, _ in gone])
    if gone:
        for row in conn.execute(_MADE_ANEW, {"source": source, "contacts": [contact for contact, _ in gone]}).all():
            unite(conn, row.anew, row.contact, source=source, at=at)
        settle_conflicts(conn, at)
    return len(gone)
