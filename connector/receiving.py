"""What the receiver is handed: the durable inbox with its bell, and the secrets that it verifies by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore

from sqlalchemy import Connection, Engine

from connector.steps.bell import Bell
from connector.store import inbox, state
from connector.store.engine import connect
from connector.store.errors import StoreUnavailable

#: Of a receiver's eight threads so many may be in the store at once: while it hangs, the others go on refusing and answering
#: whoever asks after our health.
_AT_ONCE = 6
_PLACE_WITHIN_S = 2.0
#: HubSpot waits for 5 s (facts/hubspot.md §6.2): what a lock of somebody else's holds up for so long, it sends again.
_STATEMENTS_TAKE = "4s"


def receiving_engine(url: str) -> Engine:
    """An engine for the receiver, whose callers do not wait for long. See `connect`."""
    return connect(url, statements_take=_STATEMENTS_TAKE)


class StoredInbox:
    """Stores each delivery durably in one statement, then rings; a ring may be lost, a delivery may not."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine = engine
        self._bell = Bell(url)
        self._places = BoundedSemaphore(_AT_ONCE)

    def receive(
        self, *, platform: str, body: bytes, content_type: str, received_at: datetime, meta: Mapping[str, str]
    ) -> int:
        """Return the delivery's id once it is on disk. Raises StoreUnavailable."""
        with self._place() as conn:  # one statement: PostgreSQL makes it durable before it answers
            return inbox.receive(
                conn, platform=platform, body=body, content_type=content_type, received_at=received_at, meta=meta
            )

    def ring(self) -> None:
        """Wake the worker soon; returns at once."""
        self._bell.press()

    def signing_secrets(self) -> tuple[str, ...]:
        """Secrets of the Mailchimp webhooks that `provision` made. Read-only. Raises StoreUnavailable."""
        with self._place() as conn:
            return state.secrets(conn, "mailchimp")

    @contextmanager
    def _place(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction of its own, which spares two trips a delivery."""
        if not self._places.acquire(timeout=_PLACE_WITHIN_S):
            raise StoreUnavailable("the database does not answer; see that it runs and is not locked")
        try:
            with self._engine.connect() as conn:
                yield conn.execution_options(isolation_level="AUTOCOMMIT")
        finally:
            self._places.release()
