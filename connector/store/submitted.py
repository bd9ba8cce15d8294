"""Submissions of forms into the ledger, unless a counter has told of them before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from connector.facts import Event
from connector.store.events import add_events
from connector.store.settling import COUNTERS, WITHIN
from connector.store.texts import email_key, storable

_BY_ADDRESS = text(
    "SELECT email_key, contact FROM record WHERE source = :source AND email_key = ANY(:keys)"
    " ORDER BY archived DESC, modified_at"
)
_TOLD = text(
    "SELECT asked.place FROM unnest(CAST(:contacts AS bigint[]), CAST(:kinds AS text[]), CAST(:moments AS timestamptz[]),"
    " CAST(:forms AS text[])) WITH ORDINALITY AS asked (contact, kind, at, form, place)"
    " WHERE EXISTS (SELECT FROM event JOIN asset ON asset.id = event.asset WHERE event.contact = asked.contact"
    "  AND event.happened_at BETWEEN asked.at - :within AND asked.at + :within"
    "  AND event.kind = (SELECT id FROM word WHERE text = asked.kind)"
    "  AND event.channel = (SELECT id FROM word WHERE text = :channel)"
    "  AND (asset.text = '' OR position(asked.form IN asset.text) > 0))"
)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission as an act of a contact, with the name of its form."""

    contact: int
    form: str
    act: Event


def contacts_by_address(conn: Connection, source: str, addresses: Collection[str]) -> Mapping[str, int]:
    """Contacts of a source by their normalized addresses (`texts.email_key`); those that are there come first. Read-only."""
    keys = sorted({key for one in addresses if (key := email_key(storable(one)))})
    found = conn.execute(_BY_ADDRESS, {"source": source, "keys": keys}) if keys else ()
    return {row.email_key: row.contact for row in found}


def add_submissions(conn: Connection, rows: Sequence[Submitted]) -> int:
    """Add submissions; returns how many were new. The caller holds the writer lock.

    One that a counter has told of at about its time, naming the form or none, stays the act that it is: it was told
    before submissions were read, or before HubSpot showed this one.
    """
    told = set(
        conn.scalars(
            _TOLD,
            {
                "contacts": [one.contact for one in rows],
                "kinds": [one.act.kind for one in rows],
                "moments": [one.act.happened_at for one in rows],
                "forms": [storable(one.form) for one in rows],
                "within": WITHIN,
                "channel": COUNTERS,
            },
        )
    )
    return add_events(conn, [(one.contact, one.act) for place, one in enumerate(rows, 1) if place not in told])
