"""Contacts with a fixed choice of properties: all of them, those that changed, or some by id. Read-only throughout."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.chains import PAGE, Extent
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.listing import Sorted, Source, list_pages
from adapters.hubspot.read import read_rows
from adapters.hubspot.rows import CONTACT_MODIFIED, MERGED_IDS, has_id, row_id, rows_of, sort_rows
from adapters.hubspot.search import between, changed_pages, fits, ids_of, search_body, search_with, total_of
from adapters.ports import Deadline, Found, Page, PlatformRefused, PlatformUnreachable, Record

#: A list page whose address would be longer is refused with 414; then only ids are listed and values read by POST.
LONGEST_QUERY = 1800

_ID = "hs_object_id"


class ContactReader:
    """Reads contacts with a fixed choice of properties, which become the values of the records."""

    def __init__(self, client: HubSpotClient, properties: Sequence[str]) -> None:
        self._client = client
        self._shown = frozenset(properties)
        self._properties = tuple(dict.fromkeys((*properties, "email", CONTACT_MODIFIED, MERGED_IDS)))
        self._extent: Extent | None = None

    def changed(self, since: datetime, until: datetime, beyond: datetime | None = None) -> Generator[Page, None, None]:
        """See `HubSpotPort.changed`: n changed contacts are ⌈n / 200⌉ calls, values included.

        Where the properties do not fit into a search, it shows only ids, and values take a call more per 100.
        """
        whole = fits(CONTACT_MODIFIED, self._properties)
        asked = self._properties if whole else (CONTACT_MODIFIED,)
        search = search_with(self._client, "contacts_search", asked)
        for rows, total in changed_pages(search, CONTACT_MODIFIED, since, until, beyond):
            records, unreadable = self._sort(rows) if whole else self._values_for(rows)
            yield Page(tuple(records), unreadable, total=total)

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        """See `ContactPlatform.all`: one call per 100 contacts, two where the list of properties is very long."""
        query = {"limit": str(PAGE), "archived": "false", "properties": ",".join(self._properties)}
        whole = len(urlencode(query)) <= LONGEST_QUERY
        if not whole:
            query["properties"] = _ID

        def ask(token: str | None) -> dict[str, Any]:
            return self._client.call("contacts_page", query=query if token is None else {**query, "after": token})

        source = Source(
            ask=ask,
            sort=self._sort if whole else self._values_for,
            at_once=partial(self._client.at_once, "contacts_page"),
            ask_extent=self._ask_extent,
        )
        return list_pages(source, after, self._extent)

    def count(self) -> int:
        """How many contacts search shows; remembers the highest id as well, of which a full read can make use."""
        self._extent = self._ask_extent()
        return self._extent.total

    def count_within(self, low: int, high: int) -> int:
        """How many contacts with an id in [low, high] search shows."""
        body = search_body([[between(_ID, low, high)]], _ID, (_ID,), limit=1)
        return total_of(self._client.call("contacts_search", body=body))

    def ids_within(self, low: int, high: int) -> tuple[str, ...]:
        """The lowest ids in [low, high] that search shows, at most 200."""
        body = search_body([[between(_ID, low, high)]], _ID, (_ID,))
        return tuple(ids_of(rows_of(self._client.call("contacts_search", body=body))))

    def by_ids(self, ids: Sequence[str]) -> Found:
        """See `ContactPlatform.by_ids`; one call per 100 ids. Who answers for a merged-away id is found in her place."""
        rows, missing = read_rows(self._client, "contacts_read", ids, self._properties)
        records, unreadable = self._sort(rows)
        merged = {each for record in records for each in record.merged_ids}
        found = tuple({record.id: record for record in records}.values())
        return Found(found, tuple(each for each in missing if each not in merged), unreadable)

    def _sort(self, rows: Sequence[Any]) -> Sorted:
        return sort_rows(rows, self._shown)

    def _values_for(self, rows: Sequence[Any]) -> Sorted:
        """Full records for rows that have little more than ids; who vanished meanwhile is left out."""
        _, without_id = sort_rows((row for row in rows if not has_id(row)), ())
        ids = [row_id(row) for row in rows if has_id(row)]
        full, _ = read_rows(self._client, "contacts_read", ids, self._properties)
        records, unreadable = self._sort(full)
        return records, {**without_id, **unreadable}

    def _ask_extent(self) -> Extent:
        answer = self._client.call("contacts_search", body=search_body([], f"-{_ID}", (_ID,), limit=1))
        highest = (int(each) for each in ids_of(rows_of(answer)) if each.isdigit())
        return Extent(max(highest, default=0), total_of(answer))


def contact_by_email(
    client: HubSpotClient, email: str, properties: Sequence[str], deadline: Deadline | None = None
) -> Record | None:
    """The contact with this address, with `properties`; a real 404 of this call is an HTML page (facts/hubspot.md §1.3)."""
    query = {"idProperty": "email", "properties": ",".join((*properties, CONTACT_MODIFIED, MERGED_IDS))}
    try:
        row = client.call("contact", path={"contact_id": email}, query=query, deadline=deadline)
    except PlatformRefused as refused:
        if refused.status != 404:
            raise
        return None
    records, unreadable = sort_rows([row], frozenset(properties))
    if unreadable:
        raise PlatformUnreachable(PLATFORM, "a contact cannot be read", maybe_applied=False)
    return next(iter(records), None)
