"""The audiences of an account: ids, names, and how many members they have. Read-only."""

from __future__ import annotations

from adapters.mailchimp.client import MailchimpClient
from adapters.ports import ListInfo

_FIELDS = "lists.id,lists.name,lists.stats.member_count"
#: Far more than any plan has (facts/mailchimp.md §2).
_MOST = 100


def read_audiences(client: MailchimpClient) -> tuple[ListInfo, ...]:
    """Every audience, in Mailchimp's order; one call. Raises PlatformError."""
    answer = client.call("GET", "/lists", query={"fields": _FIELDS, "count": _MOST})
    rows = [row for row in answer.get("lists") or () if isinstance(row, dict) and row.get("id")]
    return tuple(ListInfo(str(row["id"]), str(row.get("name") or row["id"]), "audience", _size(row)) for row in rows)


def _size(row: dict[str, object]) -> int | None:
    stats = row.get("stats")
    count = stats.get("member_count") if isinstance(stats, dict) else None
    return count if isinstance(count, int) else None
