"""What we wrote ourselves: into the snapshots, so that its echo is no news, and counted, so that a loop shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, case, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.facts import Record
from connector.store.position import mark_changed
from connector.store.records import from_row
from connector.store.schema import written
from connector.store.sightings import log, news

_HOUR = timedelta(hours=1)
_HELD = text("SELECT * FROM record WHERE source = :source AND platform_id = ANY(:ids) FOR UPDATE")


def wrote(
    conn: Connection,
    source: str,
    rows: Mapping[str, Mapping[str, str]],
    at: datetime,
    *,
    facts: Collection[str] = (),
) -> None:
    """Remember values that a platform accepted from us, by its record id.

    Those of the names `facts` (a lifecycle stage, say) are read as facts of a person: her history is told of them too, and
    where they differ she is marked for a new judgement; nobody else is. The caller holds the writer lock.
    """
    told = {platform_id: values for platform_id, values in rows.items() if values}
    if not told:
        return
    held = {
        row["platform_id"]: (row["contact"], from_row(row))
        for row in conn.execute(_HELD, {"source": source, "ids": list(told)}).mappings()
    }
    ours = {platform_id: values for platform_id, values in told.items() if platform_id in held}
    if not ours:
        return
    conn.execute(
        text("UPDATE record SET raw = raw || CAST(:values AS jsonb) WHERE contact = :contact AND source = :source"),
        [
            {
                "contact": held[one][0],
                "source": source,
                "values": _json({name: value or None for name, value in values.items()}),
            }
            for one, values in ours.items()
        ],
    )
    changes = {
        one: {name: value or None for name, value in values.items() if name in facts} for one, values in ours.items()
    }
    _tell_history(conn, [(*held[one], values) for one, values in changes.items()], at)
    params = [
        {"contact": held[one][0], "source": source, "name": name, "value": value, "at": at, "hour": at, "times": 1}
        for one, values in sorted(ours.items())
        for name, value in values.items()
    ]
    row = insert(written)
    same_hour = written.c.hour > at - _HOUR
    conn.execute(
        row.on_conflict_do_update(
            index_elements=["contact", "source", "name"],
            set_={
                "value": row.excluded.value,
                "at": at,
                "hour": case((same_hour, written.c.hour), else_=row.excluded.hour),
                "times": case((same_hour, written.c.times + 1), else_=1),
            },
        ),
        params,
    )


def looping(conn: Connection, more_than: int, now: datetime) -> Mapping[int, int]:
    """Contacts of whom one value was written more than so many times in the last hour, and how often. Read-only."""
    times = func.max(written.c.times)
    rows = conn.execute(
        select(written.c.contact, times)
        .where(written.c.hour > now - _HOUR)
        .group_by(written.c.contact)
        .having(times > more_than)
    )
    return {row[0]: row[1] for row in rows}


def _tell_history(conn: Connection, rows: Sequence[tuple[int, Record, Mapping[str, str | None]]], at: datetime) -> None:
    sightings = [
        (contact, sighting)
        for contact, before, values in rows
        if any(before.values.get(name) != value for name, value in values.items())
        for sighting in news(before, replace(before, values={**before.values, **values}), at)
    ]
    log(conn, sightings)
    mark_changed(conn, {contact for contact, _ in sightings})
    changed = [
        {"contact": contact, "source": one.source, "changed": _json(dict.fromkeys(one.values, at.isoformat()))}
        for contact, one in sightings
        if one.changed
    ]
    if changed:
        conn.execute(
            text(
                "UPDATE record SET changed_on = changed_on || CAST(:changed AS jsonb)"
                " WHERE contact = :contact AND source = :source"
            ),
            changed,
        )


def _json(values: Mapping[str, str | None]) -> str:
    return orjson.dumps(values).decode()
