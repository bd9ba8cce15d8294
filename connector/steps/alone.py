"""At most one process works at a time. A killed one blocks nobody, a stopped one for less than a minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from connector.logs import log
from connector.store.inherited import cut_leases
from connector.store.session_lock import NotPermitted, SessionLock

_LOCK = "steps"
#: Who waits for another process looks so often whether that one stands still.
_LOOK_S = 5.0


class Busy(Exception):
    """Another process is at work on this store."""


@contextmanager
def alone(engine: Engine, patience_s: float = 0) -> Iterator[None]:
    """Nobody else works while the block runs; another one is waited for `patience_s` seconds. Raises Busy.

    One that stands still is ended (its database sessions are), and this one takes over; if that happens to us, the next
    transaction on this engine raises LockLost. What somebody who works no more had claimed is free again soon.
    """
    lock = SessionLock(engine, _LOCK)
    try:
        if not _take(lock, patience_s):
            raise Busy("another Trellis process is at work on this database; it will be done soon: try again")
        with lock.held():
            with engine.begin() as conn:
                cut_leases(conn)
            yield
    finally:
        lock.close()


def _take(lock: SessionLock, patience_s: float) -> bool:
    ends = time.monotonic() + patience_s
    left = patience_s
    while not lock.take(min(left, _LOOK_S)):
        left = ends - time.monotonic()
        try:
            ended = lock.end_silent_holder()
        except NotPermitted as error:
            log("waiting", level="WARNING", reason=str(error))
            ended = ()
        if ended:
            log("took over", level="WARNING", stood_still=ended)
            left = _LOOK_S
        if left <= 0:
            return False
    return True
