"""At most one process works at a time; the lock dies with its connection, so a killed one blocks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from connector.store.engine import lock_within, unlock

_LOCK = "steps"


class Busy(Exception):
    """Another process is at work on this store."""


@contextmanager
def alone(engine: Engine, patience_s: float = 0) -> Iterator[None]:
    """Nobody else works while the block runs; another one is waited for `patience_s` seconds. Raises Busy."""
    with engine.connect() as conn:
        if not lock_within(conn, _LOCK, patience_s):
            raise Busy("another Trellis process is at work on this database; it will be done soon: try again")
        conn.commit()
        try:
            yield
        finally:
            unlock(conn, _LOCK)
            conn.commit()
