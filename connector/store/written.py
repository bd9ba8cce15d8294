"""What we wrote ourselves: into the snapshots, so that its echo is no news."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from connector.store.position import mark_changed
from connector.store.records import from_row
from connector.store.sightings import log, news

_HELD = text("SELECT * FROM record WHERE source = :source AND platform_id = ANY(:ids) FOR UPDATE")
_INTO_SNAPSHOTS = text(
    "UPDATE record SET raw = raw || told.values"
    " FROM unnest(CAST(:ids AS text[]), CAST(:values AS jsonb[])) AS told (platform_id, values)"
    " WHERE record.source = :source AND record.platform_id = told.platform_id"
    " RETURNING record.platform_id, record.contact"
)
_REMEMBER = text(
    "INSERT INTO written (contact, source, name, value, at)"
    " SELECT contact, :source, name, value, :at"
    " FROM unnest(CAST(:contacts AS bigint[]), CAST(:names AS text[]), CAST(:values AS text[]))"
    "  AS told (contact, name, value)"
    " ON CONFLICT (contact, source, name) DO UPDATE SET value = excluded.value, at = excluded.at"
)


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
    _tell_history(conn, source, told, at, frozenset(facts))
    snapshots = {
        "source": source,
        "ids": list(told),
        "values": [_json({name: value or None for name, value in values.items()}) for values in told.values()],
    }
    contacts = {row.platform_id: row.contact for row in conn.execute(_INTO_SNAPSHOTS, snapshots)}
    each = [
        (contacts[platform_id], name, value)
        for platform_id, values in told.items()
        if platform_id in contacts
        for name, value in values.items()
    ]
    remembered = {
        "source": source,
        "contacts": [contact for contact, _, _ in each],
        "names": [name for _, name, _ in each],
        "values": [value for _, _, value in each],
        "at": at,
    }
    conn.execute(_REMEMBER, remembered)


def _tell_history(
    conn: Connection, source: str, told: Mapping[str, Mapping[str, str]], at: datetime, facts: frozenset[str]
) -> None:
    """Log the facts among what was told that differ from the snapshots, which are still as they were."""
    facts_of = {
        platform_id: {name: value or None for name, value in values.items() if name in facts}
        for platform_id, values in told.items()
        if not facts.isdisjoint(values)
    }
    if not facts_of:
        return
    sightings = []
    for row in conn.execute(_HELD, {"source": source, "ids": list(facts_of)}).mappings():
        before, values = from_row(row), facts_of[row["platform_id"]]
        if any(before.values.get(name) != value for name, value in values.items()):
            after = replace(before, values={**before.values, **values})
            sightings += [(row["contact"], sighting) for sighting in news(before, after, at)]
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
