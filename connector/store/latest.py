"""The newest acts that HubSpot told of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, text

_LATEST = text(
    "SELECT contact, kind.text AS kind, max(happened_at) AS at FROM event JOIN word AS kind ON kind.id = event.kind"
    " WHERE contact = ANY(:ids) AND channel IN (SELECT id FROM word WHERE text = 'hubspot' OR text LIKE 'hubspot:%')"
    " GROUP BY contact, kind.text"
    " UNION ALL SELECT contact, kind, max(happened_at) FROM unsettled WHERE contact = ANY(:ids) GROUP BY contact, kind"
)


def latest_acts(conn: Connection, contacts: Collection[int]) -> Mapping[int, Mapping[str, datetime]]:
    """When the newest act of each kind happened that HubSpot told of, by contact; also of acts not settled yet. Read-only."""
    latest: dict[int, dict[str, datetime]] = defaultdict(dict)
    for row in conn.execute(_LATEST, {"ids": sorted(contacts)}) if contacts else ():
        known = latest[row.contact].get(row.kind)
        latest[row.contact][row.kind] = max(row.at, known) if known else row.at
    return latest
