"""`_links`: every object carries them unless `fields` leaves them out (facts/mailchimp.md §8.17)."""

from typing import Any

ROOT = "https://us19.api.mailchimp.com/3.0"
_SCHEMA = "https://us19.api.mailchimp.com/schema/3.0/Definitions"
Extra = tuple[tuple[str, str, str], ...]

MEMBER: Extra = (
    ("update", "PATCH", ""),
    ("upsert", "PUT", ""),
    ("delete", "DELETE", ""),
    ("activity", "GET", "/activity"),
    ("goals", "GET", "/goals"),
    ("notes", "GET", "/notes"),
    ("events", "POST", "/events"),
    ("delete_permanent", "POST", "/actions/delete-permanent"),
)
AUDIENCE: Extra = (
    ("update", "PATCH", ""),
    ("batch-sub-unsub-members", "POST", ""),
    ("members", "GET", "/members"),
    ("merge-fields", "GET", "/merge-fields"),
    ("segments", "GET", "/segments"),
    ("webhooks", "GET", "/webhooks"),
)
REPORT: Extra = (
    ("campaign", "GET", ""),
    ("email-activity", "GET", "/email-activity"),
    ("open-details", "GET", "/open-details"),
    ("click-details", "GET", "/click-details"),
    ("sent-to", "GET", "/sent-to"),
    ("unsubscribed", "GET", "/unsubscribed"),
)


def links(path: str, schema: str, extra: Extra = ()) -> list[dict[str, Any]]:
    """The links of one object at `path` ("/lists/…"): itself, its parent, and `extra` (rel, method, subpath)."""
    parent = path.rpartition("/")[0]
    made = [
        {"rel": "self", "href": ROOT + path, "method": "GET", "targetSchema": f"{_SCHEMA}/{schema}/Response.json"},
        {
            "rel": "parent",
            "href": ROOT + parent,
            "method": "GET",
            "targetSchema": f"{_SCHEMA}/{schema}/CollectionResponse.json",
        },
    ]
    for rel, method, below in extra:
        target = f"{_SCHEMA}/{schema}/Response.json"
        made.append({"rel": rel, "href": ROOT + path + below, "method": method, "targetSchema": target})
    return made
