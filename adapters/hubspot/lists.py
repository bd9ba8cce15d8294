"""HubSpot's lists of contacts ("segments" in its screens): finding, making, reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.making import make_named
from adapters.hubspot.rows import UnreadableRow, next_token, row_moment, rows_of, walk
from adapters.hubspot.versions import CONTACT_TYPE
from adapters.ports import Deadline, ListInfo, ListMember, MembersPage, PlatformRefused, PlatformUnreachable

#: The most that one call gives (facts/hubspot.md §11.16 for members; 500 is the SDK's word for lists).
MEMBERS_PAGE = 250
LISTS_PAGE = 500


def read_lists(client: HubSpotClient) -> dict[str, ListInfo]:
    """Every list of contacts by name. Read-only."""
    found: dict[str, ListInfo] = {}
    offset = 0
    while True:
        body = {
            "query": "",
            "count": LISTS_PAGE,
            "offset": offset,
            "listIds": [],
            "processingTypes": [],
            "additionalProperties": ["hs_list_size"],
        }
        answer = client.call("lists", body=body)
        rows = rows_of(answer, "lists")
        for row in rows:
            if isinstance(row, dict) and row.get("objectTypeId") == CONTACT_TYPE:
                found[str(row.get("name"))] = list_info(row)
        if not answer.get("hasMore") or not rows:
            return found
        offset += len(rows)


def list_by_name(client: HubSpotClient, name: str, deadline: Deadline | None = None) -> ListInfo:
    """One list of contacts. Raises PlatformRefused (404) if there is none of this name. Read-only."""
    return _list_in(client.call("list_by_name", path={"name": name}, deadline=deadline))


def find_list(client: HubSpotClient, name: str) -> ListInfo | None:
    """The same, or None if there is none of this name. Read-only."""
    try:
        return list_by_name(client, name)
    except PlatformRefused as refused:
        if refused.status != 404:
            raise
        return None


def create_list(client: HubSpotClient, name: str) -> ListInfo:
    """Create a MANUAL list of contacts; PlatformRefused if the name is taken."""
    body = {"name": name, "objectTypeId": CONTACT_TYPE, "processingType": "MANUAL"}
    return make_named(lambda: _list_in(client.call("list_create", body=body)), lambda: find_list(client, name))


def list_members(client: HubSpotClient, list_id: str, token: str | None = None) -> Iterator[MembersPage]:
    """All members with the time they joined, in that order, from the page on that `token` names. Read-only."""

    def ask(after: str | None) -> dict[str, Any]:
        query = {"limit": str(MEMBERS_PAGE)}
        if after is not None:
            query["after"] = after
        return client.call("list_members", path={"list_id": list_id}, query=query)

    for answer in walk(ask, token):
        yield MembersPage(tuple(_member(row) for row in rows_of(answer)), token)
        token = next_token(answer)


def lists_of_contact(client: HubSpotClient, contact_id: str, deadline: Deadline | None = None) -> frozenset[str]:
    """Ids of the lists that a contact is in now. Raises PlatformRefused (404) if there is no such contact. Read-only."""
    rows = rows_of(client.call("lists_of_contact", path={"contact_id": contact_id}, deadline=deadline))
    return frozenset(str(row.get("listId")) for row in rows if isinstance(row, dict))


def list_info(row: Mapping[str, Any]) -> ListInfo:
    """A list as HubSpot describes it; search tells the size among its additional properties."""
    size = row.get("size", (row.get("additionalProperties") or {}).get("hs_list_size"))
    return ListInfo(
        id=str(row.get("listId")),
        name=str(row.get("name")),
        kind=str(row.get("processingType")),
        size=int(size) if str(size).isdigit() else None,
    )


def _list_in(answer: Mapping[str, Any]) -> ListInfo:
    row = answer.get("list")
    if not isinstance(row, dict):
        raise PlatformUnreachable(PLATFORM, "an answer of HubSpot lacks its list", maybe_applied=True)
    return list_info(row)


def _member(row: Any) -> ListMember:
    record_id = row.get("recordId") if isinstance(row, dict) else None
    if record_id is None:
        raise PlatformUnreachable(PLATFORM, "a membership cannot be read", maybe_applied=False)
    try:
        joined_at = row_moment(row.get("membershipTimestamp"))
    except UnreadableRow:
        joined_at = None
    return ListMember(str(record_id), joined_at)
