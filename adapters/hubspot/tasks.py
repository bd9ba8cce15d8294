"""What sales does and is given, beside the contact herself: whether tasks are done, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.read import read_values
from adapters.ports import Deadline, PlatformUnreachable

#: HubSpot's id of the association from a note to its contact (facts/hubspot.md §1.4).
_NOTE_TO_CONTACT = 202
_STATUS, _DONE = "hs_task_status", "COMPLETED"


def tasks_done(client: HubSpotClient, ids: Sequence[str]) -> dict[str, bool]:
    """Whether each of these tasks is completed; deleted ones are absent. One call per 100. Read-only."""
    return {
        id_: values.get(_STATUS) == _DONE for id_, values in read_values(client, "tasks_read", ids, (_STATUS,)).items()
    }


def create_note(client: HubSpotClient, contact_id: str, *, text: str, at: datetime, deadline: Deadline) -> str:
    """Create a note on a contact from plain text; its id. Not repeat-safe."""
    properties: Mapping[str, str] = {
        "hs_timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "hs_note_body": "<br>".join(escape(line, quote=False) for line in text.splitlines()),
    }
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _NOTE_TO_CONTACT}]
    wish = {"properties": properties, "associations": [{"to": {"id": contact_id}, "types": types}]}
    note_id = client.call("note_create", body=wish, deadline=deadline).get("id")
    if note_id is None:
        raise PlatformUnreachable(PLATFORM, "HubSpot's answer lacks the id of the note", maybe_applied=True)
    return str(note_id)
