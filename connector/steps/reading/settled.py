"""Up to when a source is known for good: the search index has caught up, and what it showed then has been read.

The index lags (facts/hubspot.md §11.1), so what a pass reads is sure only where it is older than the lag, and that by the
platform's clock, of which ours tells no more than how long ago it has shown something.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.steps.reading.cursors import OVERLAP
from connector.store import state

#: By how much our clock may run ahead of the platform's when a full read begins.
_AHEAD = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Settled:
    """The ledger has the last change of everybody who was last changed `until` then.

    At `ours` by our clock, it was `theirs` or later on the platform.
    """

    until: datetime
    theirs: datetime
    ours: datetime

    def after_pass(self, began: datetime, newest: datetime, seen: datetime, *, whole: bool) -> Settled:
        """After a pass that `began` and had `seen` changes up to `newest` (both by our clock, but for `newest`).

        A `whole` one read everything that search showed beyond `until`.
        """
        passed = max(began - self.ours, timedelta(0))
        theirs = max(newest, self.theirs + passed)
        until = max(self.until, min(newest, theirs - OVERLAP)) if whole else self.until
        return Settled(until, theirs, seen)


def settled_by_list(until: datetime, began: datetime, ended: datetime) -> Settled:
    """After a full read, which knows everything `until` then: lists do not lag behind, but one moment has many changes."""
    return Settled(min(until, began - _AHEAD), until, ended)


def get_settled(conn: Connection, source: str) -> Settled | None:
    """What the last pass left; None before the first. Read-only."""
    kept = state.get_cursor(conn, source, "settled")
    return Settled(*map(datetime.fromisoformat, kept.split())) if kept else None


def set_settled(conn: Connection, source: str, settled: Settled) -> None:
    """Remember it for the next pass."""
    moments = (settled.until, settled.theirs, settled.ours)
    state.set_cursor(conn, source, "settled", " ".join(moment.isoformat() for moment in moments), settled.ours)
