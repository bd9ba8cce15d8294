"""What the receiver is handed: where deliveries go, its secrets, and what it says of its own health."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit


class Inbox(Protocol):
    """Where verified deliveries are kept. Called from many threads."""

    def receive(
        self, *, platform: str, body: bytes, content_type: str, received_at: datetime, meta: Mapping[str, str]
    ) -> int:
        """Store one delivery and return its id. It is durable when this returns; any exception means it is not stored."""

    def ring(self) -> None:
        """Say that there is work, at most once a second, best effort: what nobody rang for is found by sweeping."""


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Secrets and the public address. No secrets for a platform means that nothing of it verifies.

    `public_url` is the address under which HubSpot calls us, without our own path; v3 signatures cover it, and a header
    could be forged. Tuples hold the present and, during a rotation, the previous secret. Mailchimp's signing secrets
    come with each created webhook, so they are asked for on each post; the call may raise, then nothing is stored.
    Without `metrics_token` only this machine may read the metrics.
    Raises ValueError for an empty secret (anybody could sign with it) and for a public URL that is none.
    """

    public_url: str
    hubspot_secrets: tuple[str, ...] = field(repr=False)
    mailchimp_tokens: tuple[str, ...] = field(repr=False)
    mailchimp_signing_secrets: Callable[[], tuple[str, ...]] = field(repr=False)
    metrics_token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not all((*self.hubspot_secrets, *self.mailchimp_tokens)):
            raise ValueError("an empty webhook secret would let anybody in: leave it out instead")
        parts = urlsplit(self.public_url)
        if self.public_url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query):
            raise ValueError("PUBLIC_URL must be a full address such as https://host, without a query")

    @property
    def public_path(self) -> str:
        """The path of the public address, without a slash at its end: a proxy may take it away before we are asked, or not."""
        return urlsplit(self.public_url).path.rstrip("/")


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the receiver can do its work, and a plain word for each thing looked at (`{"store": "ok"}`)."""

    ready: bool
    checks: Mapping[str, str]
