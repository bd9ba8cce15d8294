"""A receiver over an inbox that keeps deliveries in a list, at a fixed moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webhooks import hubspot
from webhooks.app import Readiness, ReceiverSettings, create_app

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
PUBLIC_URL = "https://hooks.acme.example/trellis"


@dataclass(frozen=True)
class Kept:
    """One delivery as the inbox got it."""

    platform: str
    body: bytes
    content_type: str
    received_at: datetime
    meta: Mapping[str, str]


@dataclass
class ListInbox:
    """An inbox in memory; `broken` and `mute` are exceptions to raise on receiving and on ringing."""

    kept: list[Kept] = field(default_factory=list)
    rings: int = 0
    broken: Exception | None = None
    mute: Exception | None = None

    def receive(
        self, *, platform: str, body: bytes, content_type: str, received_at: datetime, meta: Mapping[str, str]
    ) -> int:
        if self.broken:
            raise self.broken
        self.kept.append(Kept(platform, body, content_type, received_at, meta))
        return len(self.kept)

    def ring(self) -> None:
        if self.mute:
            raise self.mute
        self.rings += 1


@dataclass
class World:
    """The receiver and everything around it; tests turn the knobs and look at the inbox."""

    inbox: ListInbox = field(default_factory=ListInbox)
    hubspot_secrets: tuple[str, ...] = ("present-client-secret", "previous-client-secret")
    mailchimp_tokens: tuple[str, ...] = ("token-present-0123456789", "token-previous-012345678")
    signing_secrets: tuple[str, ...] = ()
    store_away: Exception | None = None
    readiness: Readiness = field(default_factory=lambda: Readiness(ready=True, checks={"store": "ok"}))
    now: datetime = NOW

    def app(self) -> Flask:
        def secrets() -> tuple[str, ...]:
            if self.store_away:
                raise self.store_away
            return self.signing_secrets

        return create_app(
            inbox=self.inbox,
            settings=ReceiverSettings(PUBLIC_URL, self.hubspot_secrets, self.mailchimp_tokens, secrets),
            now=lambda: self.now,
            ready=lambda: self.readiness,
            metrics=lambda: b"trellis_up 1\n",
        )

    def signed(
        self, body: bytes, *, secret: str = "present-client-secret", at: timedelta = timedelta(), query: str = ""
    ) -> dict[str, str]:
        """Headers with which HubSpot would send `body`, `at` after the receiver's now."""
        timestamp = str(round((self.now + at).timestamp() * 1000))
        text = hubspot.signed_text("POST", f"{PUBLIC_URL}/webhooks/hubspot{query}", body, timestamp)
        return {
            "X-HubSpot-Signature-v3": hubspot.sign(text, secret),
            "X-HubSpot-Request-Timestamp": timestamp,
            "Content-Type": "application/json",
        }


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app().test_client()
