"""Who stands on a static list that is kept in line: people are put on it and taken off it, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.hubspot.client import HubSpotClient
from adapters.ports import Deadline

#: How many people a call names. HubSpot says of no limit (facts/hubspot.md §5); it gives so many members a page.
MOST_A_CALL = 250


def put_on_list(client: HubSpotClient, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
    """Put contacts on a static list, in one call; returns those that HubSpot does not know. Who is on it stays on it.

    Raises PlatformError: PlatformRefused (404) where there is no such list any more. It may be done again.
    """
    return _change(client, "list_add", list_id, ids, deadline)


def take_off_list(client: HubSpotClient, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
    """Take contacts off it, likewise."""
    return _change(client, "list_remove", list_id, ids, deadline)


def _change(
    client: HubSpotClient, endpoint: str, list_id: str, ids: Sequence[str], deadline: Deadline
) -> frozenset[str]:
    if len(ids) > MOST_A_CALL:
        raise ValueError(f"{len(ids)} people; at most {MOST_A_CALL} a call")
    answer = client.call(endpoint, path={"list_id": list_id}, body=list(ids), deadline=deadline)
    return frozenset(str(each) for each in answer.get("recordIdsMissing") or ()) & frozenset(ids)
