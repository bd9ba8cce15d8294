"""What is kept for how long, and dropping what is older, in batches: no lock is held for long.

Acts, values, stages, intents and episodes are kept as long as the contact is, tombstones for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from connector.store import nameless
from connector.store.releases import KEPT

#: Bodies of deliveries hold personal data: long enough to replay one that failed over a weekend and a day off.
BODIES = timedelta(days=7)
#: That a delivery came, and how it ended.
DELIVERIES = timedelta(days=30)
#: Hashes of events. HubSpot repeats one for 24 h (facts/hubspot.md §6.2), Mailchimp for 75 min (facts/mailchimp.md §4). One that
#: comes later still does no harm: it is taken in as new, and that means that the contact is read again.
SEEN = timedelta(days=30)
#: Failures that were resolved, and alerts that are over.
OVER = timedelta(days=90)

_AT_ONCE = 2_000

_OF_OLD_RELEASES = (
    "DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT {0}.ctid FROM {0} JOIN release ON release.id = {0}.release"
    " WHERE release.at < :before LIMIT :most))"
)
_OLD_DELIVERIES = (
    "DELETE FROM delivery WHERE state <> 'waiting' AND id IN (SELECT id FROM delivery"
    " WHERE received_at < :before AND state <> 'waiting' ORDER BY received_at LIMIT :most)"
)
_DROP: Mapping[str, tuple[timedelta, str]] = {
    "deliveries": (DELIVERIES, _OLD_DELIVERIES),
    "seen": (SEEN, "DELETE FROM seen WHERE hash IN (SELECT hash FROM seen WHERE at < :before ORDER BY at LIMIT :most)"),
    "failures": (
        OVER,
        "DELETE FROM failure WHERE id IN (SELECT id FROM failure WHERE resolved_at < :before LIMIT :most)",
    ),
    "overwritten": (KEPT, _OF_OLD_RELEASES.format("undo")),
    "standings": (KEPT, _OF_OLD_RELEASES.format("stood")),
    "nameless": (
        nameless.KEPT,
        "DELETE FROM intent WHERE id IN (SELECT id FROM intent WHERE contact < 0 AND finished_at < :before LIMIT :most)",
    ),
    "alerts": (
        OVER,
        "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE over_at < :before AND next_at IS NULL LIMIT :most)",
    ),
}
# By ids, so that rows whose bodies are empty already are passed once a run, not once a batch.
_EMPTY_BODIES = text(
    "WITH looked AS MATERIALIZED (SELECT id FROM delivery WHERE id > :after AND received_at < :before ORDER BY id LIMIT :most),"
    " emptied AS (UPDATE delivery SET body = '' FROM looked WHERE delivery.id = looked.id AND state <> 'waiting'"
    "  AND body <> '' RETURNING delivery.id)"
    " SELECT max(id) AS last, (SELECT count(*) FROM emptied) AS emptied FROM looked"
)


def prune(
    engine: Engine, now: datetime, stop: Callable[[], bool] = lambda: False, at_once: int = _AT_ONCE
) -> Mapping[str, int]:
    """Drop what is too old, `at_once` rows in a transaction; how many of each kind. What waits is never dropped.

    Told to stop, it leaves the rest to the next time.
    """
    pruned: Counter[str] = Counter()
    for what, (age, statement) in _DROP.items():
        gone = at_once
        while gone == at_once and not stop():
            with engine.begin() as conn:
                gone = conn.execute(text(statement), {"before": now - age, "most": at_once}).rowcount
            pruned[what] += gone
    last: int | None = 0
    while last is not None and not stop():
        with engine.begin() as conn:
            row = conn.execute(_EMPTY_BODIES, {"after": last, "before": now - BODIES, "most": at_once}).one()
        last = row.last
        pruned["bodies"] += row.emptied
    return +pruned
