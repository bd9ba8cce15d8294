"""The tags of one audience as things of their own: they are its static segments (facts/mailchimp.md §1.4, §6)."""

from __future__ import annotations

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.deleting import delete

SEGMENTS = "/lists/{list_id}/segments"
SEGMENT = "/lists/{list_id}/segments/{segment_id}"


def read_tags(client: MailchimpClient, list_id: str, page_size: int) -> dict[str, str]:
    """Ids by name, all pages. Raises PlatformError. Read-only."""
    found: dict[str, str] = {}
    offset, total = 0, 1
    while offset < total:
        query = {
            "type": "static",
            "fields": ("segments.id", "segments.name", "total_items"),
            "count": page_size,
            "offset": offset,
        }
        answer = client.call("GET", SEGMENTS, {"list_id": list_id}, query)
        found.update({str(row["name"]): str(row["id"]) for row in answer.get("segments") or ()})
        total = int(answer.get("total_items") or 0)
        offset += page_size
    return found


def delete_tag(client: MailchimpClient, list_id: str, tag_id: str) -> None:
    """Delete a tag; one that is not there is no error. Raises PlatformError."""
    delete(client, SEGMENT, {"list_id": list_id, "segment_id": tag_id})
