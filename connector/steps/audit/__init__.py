"""In what order the data are: duplicates, conflicts, values nothing maps, what is empty, old, unreachable or unread.

From the store alone: no platform is asked, nothing is changed.
"""

from __future__ import annotations

from connector.steps.audit import people, unread, values
from connector.steps.audit.report import Audit, section
from connector.steps.parts import Parts
from connector.store import audit as counted


def audit(parts: Parts, limit: int) -> Audit:
    """Look the whole store over; of each count, name at most `limit` people."""
    with parts.engine.connect() as conn:
        sources = unread.sources(parts, conn)
        contacts = counted.present(conn)
        stale = section(
            "stale",
            "Stale",
            [people.silent(parts, conn, limit), *values.old(parts, conn, limit)],
            "Ask them to confirm their data, reactivate them with a track, or let them go",
        )
        return Audit(
            contacts,
            tuple(unread.reading(conn, source) for source in sources),
            (
                people.duplicates(conn, sources, limit),
                people.conflicts(conn, limit),
                values.unmapped(parts, conn, limit),
                values.empty(parts, conn, contacts, limit),
                stale,
                people.unreachable(parts, conn, limit),
                people.one_platform(conn, sources, limit),
                unread.unread(parts, conn, sources, limit),
            ),
        )
