"""Who is no longer there: what no webhook told, found by comparing ids, and proven by asking for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from adapters.ports import HubSpotPort, MailchimpPort
from connector.steps.parts import Parts
from connector.steps.tally import Tally
from connector.store import ledger
from connector.store.engine import writer_lock

_SOME = 1000


def confirm_gone(parts: Parts, source: str, port: HubSpotPort | MailchimpPort, ids: Sequence[str]) -> Tally:
    """Ask for these ids; who is really not there any more is marked so, who is there after all is read.

    Raises PlatformError.
    """
    tally: Tally = Counter()
    for start in range(0, len(ids), _SOME):
        found = port.by_ids(ids[start : start + _SOME])
        with parts.engine.begin() as conn:
            writer_lock(conn)
            ledger.take_in(conn, found.records, parts.now())
            tally["gone"] += ledger.mark_archived(conn, source, found.missing, parts.now())
    return tally
