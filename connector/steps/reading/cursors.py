"""How far each stream of a source has been read."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.steps.parts import Parts
from connector.store import state

#: Windows overlap, because the search index lags (facts/hubspot.md §11.1) and Mailchimp's clock has whole seconds; what is
#: read twice is no change.
OVERLAP = timedelta(seconds=60)


def cursor(parts: Parts, source: str, stream: str) -> datetime | None:
    """Up to when a stream has been read; None: never. Read-only."""
    with parts.engine.connect() as conn:
        kept = state.get_cursor(conn, source, stream)
    return datetime.fromisoformat(kept) if kept else None


def set_cursor(parts: Parts, source: str, stream: str, until: datetime) -> None:
    """Remember it, once everything before it is in the ledger."""
    with parts.engine.begin() as conn:
        state.set_cursor(conn, source, stream, until.isoformat(), parts.now())


def known_until(parts: Parts, source: str) -> datetime | None:
    """Up to when everything of a source is known, or None before its first whole pass. Read-only.

    Never later than the newest change that the platform itself had dated by then: our clock may run ahead of theirs.
    """
    return cursor(parts, source, "records")
