"""Once a day: drop what is kept no longer, and erase who was erased before and is here all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from connector.logs import log
from connector.steps.parts import Parts
from connector.steps.reading.cursors import cursor, set_cursor
from connector.store import erasure
from connector.store.engine import writer_lock
from connector.store.retention import prune

#: A day apart, whatever the hour: a pass by cron may be a little early.
EVERY = timedelta(hours=20)

_OURS, _RETENTION = "trellis", "retention"


def retain(parts: Parts, stop: Callable[[], bool] = lambda: False) -> None:
    """Keep the store within its limits (`connector.store.retention`), if that was not done in the last 20 hours.

    It asks no platform. It belongs before everything else of a pass: after a restore, nobody is judged or enrolled who was
    erased since the dump, where the tombstones were restored as well.
    """
    last = cursor(parts, _OURS, _RETENTION)
    if last is not None and parts.now() - last < EVERY:
        return
    began = parts.now()
    with parts.engine.connect() as conn:
        back = erasure.buried_contacts(conn)
    for contact in back:
        with parts.engine.begin() as conn:
            writer_lock(conn)
            erasure.forget(conn, contact, began)
    pruned = prune(parts.engine, began, stop)
    if back or pruned:
        log("retention", erased_again=len(back), dropped=dict(pruned))
    if not stop():
        set_cursor(parts, _OURS, _RETENTION, began)
