"""What HubSpot's app sends during a storm: 100 changes of properties a request, signed v3; always the same ones."""

from __future__ import annotations

import orjson
from people import FIRST_ID

EVENTS = 100
SECRET = "storm-client-secret"

#: Delivery `number` begins with `[{"eventId":<FIRST_EVENT + number * EVENTS>`, so that rows of the inbox tell which it was.
FIRST_EVENT = 1_000_000_000
_PORTAL, _APP, _SUBSCRIPTION = 247_187_887, 50_780_459, 7_562_680


def body(number: int, contacts: int, now_ms: int) -> bytes:
    """Delivery `number`: the next 100 of so many contacts, round and round; each has changed in another millisecond."""
    first = number * EVENTS
    return orjson.dumps([_event(first + place, contacts, now_ms + place) for place in range(EVENTS)])


def _event(number: int, contacts: int, occurred_ms: int) -> dict[str, object]:
    """One event, in the fields and the order of a real one (facts/hubspot.md §6.2)."""
    return {
        "eventId": FIRST_EVENT + number,
        "subscriptionId": _SUBSCRIPTION,
        "portalId": _PORTAL,
        "appId": _APP,
        "occurredAt": occurred_ms,
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": FIRST_ID + number % contacts,
        "propertyName": "jobtitle",
        "propertyValue": f"Head of Niño {number % 300}",
        "changeSource": "IMPORT",
        "sourceId": "userId:882761034",
    }
