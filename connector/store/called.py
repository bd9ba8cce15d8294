"""Calls made to the platforms, added up over all processes; a pass that is killed takes its own count along."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.schema import called

Calls = Mapping[tuple[str, str], int]


def add_calls(conn: Connection, calls: Calls) -> None:
    """Add calls by platform and how they ended."""
    rows = [
        {"platform": platform, "outcome": outcome, "calls": n} for (platform, outcome), n in sorted(calls.items()) if n
    ]
    if not rows:
        return
    row = insert(called)
    more = {"calls": called.c.calls + row.excluded.calls}
    conn.execute(row.on_conflict_do_update(index_elements=["platform", "outcome"], set_=more), rows)


def calls_made(conn: Connection) -> Calls:
    """All calls so far by platform and how they ended. Read-only."""
    return {(row.platform, row.outcome): row.calls for row in conn.execute(select(called))}
