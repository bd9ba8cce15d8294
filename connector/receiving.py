"""What the receiver is handed: the durable inbox with its bell, and the secrets that it verifies by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from connector.steps.bell import Bell
from connector.store import inbox, state


class StoredInbox:
    """Stores each delivery in one durable transaction, then rings; a ring may be lost, a delivery may not."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine = engine
        self._bell = Bell(url)

    def receive(
        self, *, platform: str, body: bytes, content_type: str, received_at: datetime, meta: Mapping[str, str]
    ) -> int:
        """Return the delivery's id once it is on disk. Raises StoreUnavailable."""
        with self._engine.begin() as conn:
            return inbox.receive(
                conn, platform=platform, body=body, content_type=content_type, received_at=received_at, meta=meta
            )

    def ring(self) -> None:
        """Wake the worker soon; returns at once."""
        self._bell.press()


def signing_secrets(engine: Engine, given: tuple[str, ...]) -> tuple[str, ...]:
    """Secrets of Mailchimp webhooks: those that `provision` stored, and those of the environment. Read-only."""
    with engine.connect() as conn:
        return (*state.secrets(conn, "mailchimp"), *given)
