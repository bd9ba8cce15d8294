"""Writing values where HubSpot may stumble over a contact: an answer of 500 to a whole batch, whenever she is in it.

What may have been applied is unknown, and an enrollment must be looked into then. Values may be written twice; so the rows
of such a batch are written again by halves, as long as HubSpot takes any of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from adapters.hubspot.answers import Stumbled
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.read import BATCH
from adapters.hubspot.write import write_contacts
from adapters.ports import Change, Deadline, RowOutcome

#: Calls that may be spent on telling rows apart; where none is taken, HubSpot is away after halves and quarters.
_MOST, _MOST_IN_VAIN = 60, 6


def write_values(
    client: HubSpotClient, changes: Iterable[Change], deadline: Deadline | None = None
) -> tuple[RowOutcome, ...]:
    """Like `write_contacts`, for what may be written twice: who made a batch fail is found, and the others are written."""
    rows = list(changes)
    ended = {one.id: one for one in write_contacts(client, rows, deadline)}
    left = _stumbled_over(rows, ended)
    taken = len(left) < len(rows)
    calls = 0 if taken or len(left) <= BATCH else _MOST
    queue = deque([left])
    while queue and calls < (_MOST if taken else _MOST_IN_VAIN):
        some = queue.popleft()
        middle = len(some) // 2
        for half in (some[:middle], some[middle:]) if middle else ():
            calls += -(-len(half) // BATCH)
            ended |= {one.id: one for one in write_contacts(client, half, deadline)}
            still = _stumbled_over(half, ended)
            taken = taken or len(still) < len(half)
            queue.append(still)
    return tuple(ended.values())


def _stumbled_over(rows: Sequence[Change], ended: dict[str, RowOutcome]) -> Sequence[Change]:
    return [row for row in rows if isinstance(ended[row.id].error, Stumbled)]
