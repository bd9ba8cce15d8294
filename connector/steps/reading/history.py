"""Property histories, once for each contact at first sight: scores can then be computed for the past."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from adapters.hubspot_port import HubSpotPort
from adapters.ports import Histories, PlatformBusy
from connector.rulebook.mapping import past_acts, past_fields, past_properties, past_values
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.counters import keep_acts
from connector.steps.tally import Tally
from connector.store import failures, past
from connector.store.engine import writer_lock
from connector.store.failures import Failing
from connector.store.past import PastValues

#: People of one transaction, who are asked for in 40 calls (facts/hubspot.md §11.5).
GROUP = 2000

#: So many groups have their turn at once: to find out whose it is costs a look at all who wait.
_IN_TURN = 10


def read_past(parts: Parts, port: HubSpotPort, pause: Callable[[], None] = lambda: None, group: int = GROUP) -> Tally:
    """Read the histories of all who wait for it, the most recently modified first; who is gone waits no longer.

    What was read is kept when this is broken off. Where HubSpot's calls of the day are used up, the rest is left to a later
    pass (``histories left``). `pause` is called between transactions, of `group` people each. Raises PlatformError.
    """
    tally: Tally = Counter()
    names = past_properties(parts.rulebook.fields)
    done, total = 0, _count_to_read(parts)
    while names and (ids := _in_turn(parts, group * _IN_TURN)):
        for start in range(0, len(ids), group):
            some = ids[start : start + group]
            if done:
                pause()
            try:
                tally += _read(parts, port, some, names)
            except PlatformBusy as busy:
                if not busy.daily:
                    raise
                tally["histories left"] = _count_to_read(parts)
                return tally
            done += len(some)
            if parts.progress:
                parts.progress.step("reading the past", done, total)
    return tally


def _read(parts: Parts, port: HubSpotPort, ids: Sequence[str], names: Sequence[str]) -> Tally:
    """The histories of some people into the ledger, in one transaction.

    Who was erased or united with somebody while HubSpot was asked is left out.
    """
    fields = parts.rulebook.fields
    told_fields = past_fields(fields)
    with parts.engine.connect() as conn:
        waiting = past.unread(conn, ids)
    asked = port.history([one.first.id for one in waiting], names) if waiting else Histories({})
    found = asked.found
    with parts.engine.begin() as conn:
        writer_lock(conn)
        told = [(one, found[one.first.id]) for one in past.unread(conn, ids) if one.first.id in found]
        acts = [
            (one.contact, act)
            for one, histories in told
            for act in past_acts(histories, one.first, one.known_at, fields)
        ]
        values = [
            PastValues(one.contact, one.first.id, past_values(histories, one.first, one.known_at, told_fields))
            for one, histories in told
        ]
        events = keep_acts(conn, acts, fields)
        past.keep_values(conn, values)
        past.set_read(conn, ids)
        unreadable = [Failing(id_, None, reason) for id_, reason in asked.unreadable.items()]
        failures.record_failures(conn, unreadable, step="history", source=HUBSPOT, at=parts.now())
    return Counter({"histories": len(told), "events": events, "unreadable": len(asked.unreadable)})


def _in_turn(parts: Parts, most: int) -> Sequence[str]:
    with parts.engine.connect() as conn:
        return past.queue(conn, most)


def _count_to_read(parts: Parts) -> int:
    with parts.engine.connect() as conn:
        return past.count_to_read(conn)
