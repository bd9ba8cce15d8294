"""What makes two events the same one: what they tell, never how or how often it was delivered. Pure.

HubSpot's eventId is not unique and need not survive a retry, attemptNumber rises with each one, and requests may be cut
otherwise (facts/hubspot.md §6.2); Mailchimp gives no id at all (facts/mailchimp.md §4). An event that names no moment has no
key: the same again may be news.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

#: What the change was; of a merge or an association also who was in it, in whatever order. Not among them: numbers of the
#: event, the subscription and the attempt, the app that is told, and flags that were renamed over time.
_HUBSPOT = (
    "portalId",
    "objectTypeId",
    "objectId",
    "propertyName",
    "propertyValue",
    "occurredAt",
    "primaryObjectId",
    "mergedObjectIds",
    "newObjectId",
    "associationType",
    "associationRemoved",
    "fromObjectId",
    "toObjectId",
)


def hubspot_key(kind: str, event: Mapping[str, Any]) -> str | None:
    """The key of an event of this kind."""
    if event.get("occurredAt") in (None, ""):
        return None
    return _json(["hubspot", kind, *(_plain(event.get(name)) for name in _HUBSPOT)])


def mailchimp_key(form: Sequence[tuple[str, str]]) -> str | None:
    """The key of a delivery, by its parsed form: fields in another order, or escaped otherwise, tell the same."""
    if not any(name == "fired_at" and value for name, value in form):
        return None
    return _json(["mailchimp", *sorted(form)])


def _plain(value: object) -> object:
    """A number as its text, a list in a stable order."""
    if isinstance(value, list):
        return sorted((_plain(one) for one in value), key=_json)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
