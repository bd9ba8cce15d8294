"""What a pass asks of the platforms whatever it delivers: definitions once an hour, lists once a night, who is overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import ceil

from sqlalchemy import Connection

from connector.rulebook.mapping import company_properties
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.kept import known_already
from connector.steps.segments.seeing import is_due
from connector.store import handovers

#: Contacts, or tasks, of a call (facts/hubspot.md §3).
_ROWS = 100
#: So many overdue hand-overs are looked at in one pass (steps/sales/overdue.py).
_AT_ONCE = 2_000


def housekeeping_calls(parts: Parts, conn: Connection, *, activates: bool) -> Mapping[str, int]:
    """The calls by platform. Whoever `activates` another rulebook looks first whether the platforms fit it (steps/portal)."""
    made: Counter[str] = Counter()
    if activates:
        unknown = [source for source, known in known_already(parts).items() if known is None]
        made += Counter(source.partition(":")[0] for source in unknown)
        made[HUBSPOT] += HUBSPOT in unknown and bool(company_properties(parts.rulebook.fields))
    if parts.hubspot is not None:
        made[HUBSPOT] += is_due(parts)
        overdue = handovers.to_look_at(conn, parts.now(), _AT_ONCE, known_too=True)
        made[HUBSPOT] += ceil(len(overdue) / _ROWS) + ceil(sum(bool(one.task) for one in overdue) / _ROWS)
    return +made
