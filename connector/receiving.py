"""What the receiver is handed: the durable inbox with its bell, what `/readyz` and `/metrics` say. All read the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Engine

from connector.steps import health
from connector.steps.bell import Bell
from connector.store import inbox, ledger, outbox, state
from connector.store.errors import StoreUnavailable
from connector.store.migrate import check_schema
from webhooks.ports import Readiness


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


def readiness(engine: Engine, now: datetime) -> Readiness:
    """The store, its schema, an active rulebook, and each platform's last success; never raises. Read-only."""
    checks: dict[str, str] = {}
    try:
        with engine.connect() as conn:
            check_schema(conn)
            checks["store"] = "ok"
            checks["rulebook"] = "ok" if state.active(conn) is not None else "none is active: run `trellis sync`"
            for platform in ("hubspot", "mailchimp"):
                told = health.last(conn, platform, now)
                if told:
                    checks[platform] = told.get("error") or f"ok at {told.get('at')}"
    except StoreUnavailable as error:
        checks["store"] = str(error)
    needed = (checks.get("store"), checks.get("rulebook"))
    return Readiness(ready=all(one == "ok" for one in needed), checks=checks)


def metrics(engine: Engine) -> bytes:
    """Prometheus text: deliveries by ending, what waits, intents by state, contacts by stage. Read-only."""
    registry = CollectorRegistry()
    with engine.connect() as conn:
        _gauge(
            registry,
            "trellis_deliveries",
            "Deliveries kept, by platform and state",
            ("platform", "state"),
            inbox.count_by_ending(conn),
        )
        _gauge(
            registry,
            "trellis_intents",
            "Intents kept, by kind and state",
            ("kind", "state"),
            outbox.pending_counts(conn),
        )
        _gauge(
            registry,
            "trellis_contacts",
            "Contacts, by stage",
            ("stage",),
            {(stage,): n for stage, n in ledger.count_stages(conn).items()},
        )
    return generate_latest(registry)


def _gauge(
    registry: CollectorRegistry,
    name: str,
    help_: str,
    labels: tuple[str, ...],
    values: Mapping[tuple[str, str], int] | Mapping[tuple[str], int],
) -> None:
    gauge = Gauge(name, help_, labels, registry=registry)
    for key, value in values.items():
        gauge.labels(*key).set(value)
