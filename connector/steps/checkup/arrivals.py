"""Whether HubSpot's webhooks come: which properties its app subscribes to, no API tells (facts/hubspot.md §2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from connector.steps.finding import Finding
from connector.steps.parts import HUBSPOT, Parts
from connector.store.arrivals import last_delivery

#: In a portal where people work, something changes within so long.
_SILENT = timedelta(days=7)


def hubspot_arrivals(parts: Parts) -> Iterator[Finding]:
    """That none came yet, or none any more. For those who have set up HubSpot's webhooks. Read-only."""
    with parts.engine.connect() as conn:
        last = last_delivery(conn, HUBSPOT)
    if last is None:
        what = "no webhook of HubSpot's has come so far; changes are found by polling"
        cure = "See in the app's monitoring that it is installed, with PUBLIC_URL as its target, and its subscriptions are on"
        yield Finding("advice", what, cure, code="webhooks-never-came")
    elif parts.now() - last > _SILENT:
        what = f"HubSpot's last webhook came on {parts.day_of(last)}"
        cure = "See in the app's monitoring whether deliveries fail, or its subscriptions are paused"
        yield Finding("advice", what, cure, code="webhooks-silent")
