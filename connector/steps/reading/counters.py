"""Acts that HubSpot's counters tell of, into the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from connector.facts import Event
from connector.rulebook.mapping import growth, swallowed
from connector.rulebook.types import FieldsFile
from connector.store import ledger, settling
from connector.store.latest import latest_acts
from connector.store.ledger import Change


def acts_of(
    conn: Connection, changes: Collection[Change], fields: FieldsFile, known_at: datetime
) -> list[tuple[int, Event]]:
    """The acts that news of records tell of, by contact: the news are in the ledger already, in this transaction."""
    latest = latest_acts(conn, {one.contact for one in changes if swallowed(one.before, one.after)})
    return [
        (one.contact, act)
        for one in changes
        for act in growth(one.before, one.after, fields, known_at, latest.get(one.contact, {}))
    ]


def keep_acts(
    conn: Connection,
    acts: Sequence[tuple[int, Event]],
    fields: FieldsFile,
    newcomers: Mapping[int, int] = MappingProxyType({}),
) -> int:
    """Put such acts into the ledger; those that submissions of forms may tell better wait until these have been read.

    `newcomers` are contacts that this very reading has brought, with their positions. Returns how many acts were new in the
    ledger. The caller holds the writer lock.
    """
    better_told = {kind for kind, mapped in fields.events.items() if mapped.submissions}
    settling.put_aside(conn, [(contact, act) for contact, act in acts if act.kind in better_told])
    return ledger.add_events(conn, [(contact, act) for contact, act in acts if act.kind not in better_told], newcomers)
