"""Records into the ledger, wherever they come from: a poll, a webhook, a question by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from connector.facts import Record
from connector.steps.parts import Parts
from connector.steps.reading.counters import acts_of, keep_acts
from connector.steps.tally import Tally
from connector.store import ledger
from connector.store.engine import writer_lock


def take_in(parts: Parts, records: Sequence[Record]) -> Tally:
    """Put records into the ledger, with the acts that their counters tell of; in one transaction."""
    tally: Tally = Counter()
    with parts.engine.begin() as conn:
        writer_lock(conn)
        now = parts.now()
        taken = ledger.take_in(conn, records, now)
        acts = acts_of(conn, taken.changed.values(), parts.rulebook.fields, now)
        tally["events"] = keep_acts(conn, acts, parts.rulebook.fields, taken.newcomers)
    tally["read"], tally["changed"] = len(records), len(taken.changed)
    return tally
