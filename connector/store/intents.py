"""A row of the outbox, as everybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connector.store.schema import intent

#: Why something was dropped for good; it is not proposed again while its occasion lasts.
DISCARDED = "discarded by a person"

#: True of an enrollment by ways that nobody listens to: it mails nobody, and is no episode.
IN_SEGMENT = "coalesce(payload #>> '{ways,0,segment}', '') = 'true'"

#: True where nobody holds the row, by database time.
FREE = "(lease_until IS NULL OR lease_until < clock_timestamp())"


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to do on a platform. `kind` is write, enroll, leave or handover; `payload` is the kind's own.

    `again_at`: when a refused enrollment may be proposed again; None where her next match decides.
    """

    id: int
    kind: str
    state: str
    contact: int
    source: str | None
    track: str | None
    episode: int | None
    channel: str | None
    payload: Mapping[str, Any] = field(repr=False)
    why: str
    move: bool
    not_before: datetime
    expires_at: datetime | None
    attempts: int
    sending_at: datetime | None
    approved_at: datetime | None
    reason: str
    created_at: datetime
    finished_at: datetime | None
    again_at: datetime | None = None


COLUMNS = [intent.c[name] for name in Intent.__dataclass_fields__]
NAMES = ", ".join(f"intent.{name}" for name in Intent.__dataclass_fields__)


def source_of(channel: str) -> str:
    """The source that a channel's key belongs to: ``hubspot``, or ``mailchimp:<audience>``."""
    platform, _, rest = channel.partition(":")
    return platform if platform == "hubspot" else f"{platform}:{rest.partition(':')[0]}"
