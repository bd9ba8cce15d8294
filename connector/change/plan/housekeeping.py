"""What a pass asks of HubSpot whatever it delivers: who stands on lists, once a night, and what became of who is overdue."""

from __future__ import annotations

from math import ceil

from sqlalchemy import Connection

from connector.steps import portal
from connector.steps.parts import Parts
from connector.steps.segments.seeing import is_due
from connector.store import handovers

#: Contacts, or tasks, of a call (facts/hubspot.md §3).
_ROWS = 100
#: So many overdue hand-overs are looked at in one pass (steps/sales/overdue.py).
_AT_ONCE = 2_000
#: Workflows of a page, and of a call that says what they listen to (adapters/hubspot/flows.py).
_FLOWS = 100


def housekeeping_calls(parts: Parts, conn: Connection) -> int:
    """The calls to HubSpot; members of lists whose size surprises are not foreseen. Read-only."""
    if parts.hubspot is None:
        return 0
    overdue = handovers.to_look_at(conn, parts.now(), _AT_ONCE, known_too=True)
    tasks = sum(bool(one.task) for one in overdue)
    return is_due(parts) + ceil(len(overdue) / _ROWS) + ceil(tasks / _ROWS)


def calls_to_listen(reading: portal.Reading | None) -> int:
    """A page of workflows, then what they listen to; one that is refused where nobody may look (None)."""
    return 1 if reading is None else 2 * max(1, ceil(len(reading.flows) / _FLOWS))
