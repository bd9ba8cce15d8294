"""Erasing a person from every table, and keeping her out afterwards (promise 9).

What stays is a keyed hash per id and address (`tombstones`). An address is one person's: who holds a record under an address
of hers is herself, or that record is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, text

from connector.store.nameless import keep_counted
from connector.store.parting import keep_partings, partings_of
from connector.store.position import mark_changed
from connector.store.schema import identity, metadata
from connector.store.settling import CHANNEL as SUBMISSIONS
from connector.store.tombstones import buried_contacts, bury, forgotten, id_name, names_forgotten
from connector.store.traces import Traces, share, traces_of, wipe

__all__ = ["SURPLUS", "buried_contacts", "forget", "forget_record", "forgotten", "names_forgotten"]

#: Whatever has a contact in its rows.
_HERS = tuple(table.name for table in metadata.sorted_tables if "contact" in table.columns)
#: What has no contact in some rows, and names people by what platforms call them.
_NAMED = ("failure", "listed", "parting")
#: The cursor that holds how many more records a source counts than we know to be there.
SURPLUS = "surplus"
#: What has a contact and a source, both as they are.
_OF_SOURCE = ("identity", "record", "written", "undo", "membership")

_STILL_THERE = text(
    "INSERT INTO cursor (source, stream, value, at)"
    " SELECT source, :surplus, count(*)::text, :at FROM record"
    " WHERE contact = :id AND NOT archived AND source IS DISTINCT FROM CAST(:gone_from AS text) GROUP BY source"
    " ON CONFLICT (source, stream) DO UPDATE"
    "  SET value = (cursor.value::bigint + excluded.value::bigint)::text, at = excluded.at"
)
_COMPANIES = text(
    "SELECT DISTINCT raw ->> 'associatedcompanyid' FROM record"
    " WHERE contact = :id AND source = 'hubspot' AND raw ->> 'associatedcompanyid' <> ''"
    " UNION SELECT DISTINCT values ->> 'associatedcompanyid' FROM sighting"
    " WHERE contact = :id AND values ->> 'associatedcompanyid' <> ''"
)


def forget(conn: Connection, contact: int, at: datetime, *, gone_from: str | None = None) -> bool:
    """Erase one contact from every table; True if there was one. The caller holds the writer lock.

    The tracks that she is on stay in mind until she is out of them (store/parting.py), and what went out lately goes on
    counting, nameless (store/nameless.py).
    Sources go on counting her, but the one that she is `gone_from`: it is noted that they count one more than we hold.

    With her go those who have no record but under her addresses; of others, the records that are. Bodies of ended deliveries
    that mention her are emptied; of one that still waits, `names_forgotten` tells at its end. What is being sent for her
    finds no row to end, and ends without one.
    """
    hers = traces_of(conn, contact)
    on_tracks = partings_of(conn, contact, at, gone_from=gone_from)
    bury(conn, hers.tombstones(), at)
    conn.execute(_STILL_THERE, {"id": contact, "surplus": SURPLUS, "at": at, "gone_from": gone_from})
    assets = conn.scalars(text("SELECT DISTINCT asset FROM event WHERE contact = :id"), {"id": contact}).all()
    companies = conn.scalars(_COMPANIES, {"id": contact}).all()
    keep_counted(conn, contact, at)
    for table in _HERS:
        conn.execute(text(f"DELETE FROM {table} WHERE contact = :id"), {"id": contact})  # noqa: S608 -- our own names
    for source, one in sorted(hers.records):
        _drop_named(conn, source, [one])
    keep_partings(conn, on_tracks)
    wipe(conn, hers)
    _drop_unused_assets(conn, assets)
    _drop_unused_companies(conn, companies)
    there = conn.execute(text("DELETE FROM contact WHERE id = :id"), {"id": contact}).rowcount == 1
    for other, source in share(conn, hers.keys):
        _take_from(conn, other, source, at)
    return there


def forget_record(conn: Connection, source: str, platform_id: str, at: datetime) -> bool:
    """Erase whoever had this id, which is gone, and drop what may come later under it; True if somebody was known by it.

    An id that was never seen leaves its tombstone too: the news of an erasure may be faster than the person's.
    The caller holds the writer lock.
    """
    contact: int | None = conn.scalar(
        select(identity.c.contact).where(identity.c.source == source, identity.c.platform_id == platform_id)
    )
    if contact is not None:
        return forget(conn, contact, at, gone_from=source)
    stranger = Traces(frozenset({(source, platform_id)}))
    bury(conn, stranger.tombstones(), at)
    _drop_named(conn, source, [platform_id])
    wipe(conn, stranger)
    return False


def _drop_named(conn: Connection, source: str, ids: Sequence[str]) -> None:
    for table in _NAMED:
        conn.execute(
            text(f"DELETE FROM {table} WHERE source = :source AND platform_id = ANY(:ids)"),  # noqa: S608 -- our own names
            {"source": source, "ids": list(ids)},
        )


def _take_from(conn: Connection, contact: int, source: str, at: datetime) -> None:
    """Erase what a contact is on one source; all of her, if she is on no other. She is judged anew."""
    where = {"contact": contact, "source": source}
    elsewhere = text("SELECT EXISTS (SELECT FROM record WHERE contact = :contact AND source <> :source)")
    if not conn.scalar(elsewhere, where):
        forget(conn, contact, at)
        return
    ids = conn.scalars(
        text("SELECT platform_id FROM identity WHERE contact = :contact AND source = :source"), where
    ).all()
    bury(conn, {id_name(source, one) for one in ids}, at)
    for table in _OF_SOURCE:
        conn.execute(
            text(f"DELETE FROM {table} WHERE contact = :contact AND source = :source"),  # noqa: S608 -- our own names
            where,
        )
    _drop_named(conn, source, ids)
    conn.execute(
        text("DELETE FROM sighting WHERE contact = :contact AND source = (SELECT id FROM word WHERE text = :source)"),
        where,
    )
    channels = [source, SUBMISSIONS] if source == "hubspot" else [source]
    conn.execute(
        text(
            "DELETE FROM event WHERE contact = :contact AND channel IN (SELECT id FROM word WHERE text = ANY(:channels))"
        ),
        {"contact": contact, "channels": channels},
    )
    if source == "hubspot":
        for table in ("past_to_read", "unsettled"):
            conn.execute(text(f"DELETE FROM {table} WHERE contact = :contact"), where)  # noqa: S608 -- our own names
    mark_changed(conn, [contact])


def _drop_unused_assets(conn: Connection, assets: Sequence[int]) -> None:
    """Delete those of these assets that no act names any more: their addresses may say who she was.

    One look through all events: an index that only erasures need would weigh on every act.
    """
    if assets:
        conn.execute(
            text(
                "DELETE FROM asset WHERE id <> 0 AND id = ANY(:ids)"
                " AND id NOT IN (SELECT DISTINCT asset FROM event WHERE asset = ANY(:ids))"
            ),
            {"ids": list(assets)},
        )


def _drop_unused_companies(conn: Connection, companies: Sequence[str]) -> None:
    """Delete those of these companies that nobody belongs, or belonged, to any more: a company may be one person."""
    unused = conn.scalars(
        text(
            "SELECT id FROM unnest(CAST(:ids AS text[])) AS hers (id) WHERE NOT EXISTS ("
            "  SELECT FROM record WHERE source = 'hubspot' AND raw ->> 'associatedcompanyid' = id)"
        ),
        {"ids": list(companies)},
    ).all()
    if not unused:
        return
    former = conn.scalars(
        text(
            "SELECT DISTINCT values ->> 'associatedcompanyid' FROM sighting WHERE values ->> 'associatedcompanyid' = ANY(:ids)"
        ),
        {"ids": list(unused)},
    ).all()
    gone = sorted(set(unused) - set(former))
    conn.execute(text("DELETE FROM company WHERE id = ANY(:ids)"), {"ids": gone})
    conn.execute(text("DELETE FROM company_sighting WHERE company = ANY(:ids)"), {"ids": gone})
