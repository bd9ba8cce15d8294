"""The portal itself and those who work in it: account, owners, tasks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import rows_of, walk
from adapters.ports import Deadline, Owner, PlatformRefused, PlatformUnreachable

_OWNERS_PAGE = 100
#: HubSpot's id of the association from a task to its contact (facts/hubspot.md §1.4).
_TASK_TO_CONTACT = 204
_OWNER = "hubspot_owner_id"


def read_portal(client: HubSpotClient) -> dict[str, str]:
    """Account details, as text. Read-only."""
    answer = client.call("account")
    return {name: str(value) for name, value in answer.items() if isinstance(value, str | int | float)}


def read_owners(client: HubSpotClient) -> tuple[Owner, ...]:
    """Everybody who can own contacts. Read-only."""

    def ask(after: str | None) -> dict[str, Any]:
        query = {"limit": str(_OWNERS_PAGE), "archived": "false"}
        return client.call("owners", query=query if after is None else {**query, "after": after})

    rows = (row for answer in walk(ask) for row in rows_of(answer) if isinstance(row, dict))
    return tuple(Owner(str(row.get("id")), str(row.get("email") or "")) for row in rows)


def create_task(
    client: HubSpotClient,
    contact_id: str | None,
    *,
    title: str,
    body: str,
    due: datetime,
    owner_id: str | None,
    deadline: Deadline,
) -> str:
    """Create a task, on a contact if there is one; its id. It is nobody's where the owner is no user any more. Not
    repeat-safe.
    """
    properties = {
        "hs_timestamp": due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "hs_task_subject": title,
        "hs_task_body": body,
        "hs_task_status": "NOT_STARTED",
        "hs_task_type": "TODO",
    }
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TASK_TO_CONTACT}]
    associations = [] if contact_id is None else [{"to": {"id": contact_id}, "types": types}]
    owned = {**properties, _OWNER: owner_id} if owner_id else properties
    wish = {"properties": owned, "associations": associations}
    try:
        answer = client.call("task_create", body=wish, deadline=deadline)
    except PlatformRefused as refused:
        if _OWNER not in refused.fields:
            raise
        answer = client.call("task_create", body={**wish, "properties": properties}, deadline=deadline)
    task_id = answer.get("id")
    if task_id is None:
        raise PlatformUnreachable(PLATFORM, "HubSpot's answer lacks the id of the task", maybe_applied=True)
    return str(task_id)
