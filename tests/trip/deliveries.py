"""What platforms tell by webhook, put into the inbox as the receiver does, taken in, and how it ended."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

from connector.steps.taking_in import take_in_deliveries
from connector.store import inbox

PORTAL = 4801234


def event(id_, number=1, **more):
    """What HubSpot tells of a contact; another number is another change."""
    told = {"portalId": PORTAL, "appId": 50780459, "subscriptionType": "contact.propertyChange", "objectId": int(id_)}
    told |= {"propertyName": "jobtitle", "propertyValue": "CFO", "occurredAt": 1787843156000 + number}
    return told | {"eventId": number, "attemptNumber": 0, "changeSource": "CRM_UI", "sourceId": "userId:1"} | more


def form(world, email, type_="profile", fired="2026-11-24 11:00:00", **more):
    """What Mailchimp tells of a member of the audience."""
    told = {"type": type_, "fired_at": fired, "data[list_id]": world.population.audience, "data[email]": email, **more}
    return urlencode(told).encode()


def deliver(world, *bodies, platform="hubspot"):
    """Put bodies into the inbox: bytes as they are, anything else as JSON; their numbers."""
    kept = {"platform": platform, "content_type": "", "received_at": world.parts.now(), "meta": {}}
    sent = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
    with world.store.engine.begin() as conn:
        return [inbox.receive(conn, body=body, **kept) for body in sent]


def take_in(world, **ports):
    """Take in whatever waits, with these ports for the world's own; no platform may fail."""
    errors = []
    tally = take_in_deliveries(replace(world.parts, **ports), errors)
    assert errors == []
    return tally


def ends(world, numbers):
    """State and reason of each delivery."""
    ended = world.rows("SELECT state, reason FROM delivery WHERE id = ANY(:n) ORDER BY id", n=numbers)
    return [tuple(row) for row in ended]


def states(world, numbers):
    return [state for state, _ in ends(world, numbers)]


def ids_of(world):
    """Ids of the portal's contacts, lowest first."""
    return sorted((str(record.id) for record in world.sandbox.hubspot.contacts), key=int)
