"""What we wrote ourselves: into the snapshots, so that its echo is no news, and counted, so that a loop shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, case, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.schema import written

_HOUR = timedelta(hours=1)


def wrote(conn: Connection, source: str, rows: Mapping[str, Mapping[str, str]], at: datetime) -> None:
    """Remember values that a platform accepted from us, by its record id. Marks nobody for a new judgement."""
    told = {platform_id: values for platform_id, values in rows.items() if values}
    if not told:
        return
    held = {
        row.platform_id: row.contact
        for row in conn.execute(
            text(
                "SELECT platform_id, contact FROM record WHERE source = :source AND platform_id = ANY(:ids) FOR UPDATE"
            ),
            {"source": source, "ids": list(told)},
        )
    }
    params = [
        {"contact": held[one], "source": source, "name": name, "value": value, "at": at, "hour": at, "times": 1}
        for one, values in sorted(told.items())
        if one in held
        for name, value in values.items()
    ]
    if not params:
        return
    conn.execute(
        text("UPDATE record SET raw = raw || CAST(:values AS jsonb) WHERE contact = :contact AND source = :source"),
        [
            {
                "contact": held[one],
                "source": source,
                "values": _json({name: value or None for name, value in values.items()}),
            }
            for one, values in told.items()
            if one in held
        ],
    )
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


def _json(values: Mapping[str, str | None]) -> str:
    return orjson.dumps(values).decode()
