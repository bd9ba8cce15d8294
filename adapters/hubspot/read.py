"""Reading contacts and their companies. Everything here is read-only and may raise PlatformError."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import (
    CONTACT_MODIFIED,
    MERGED_IDS,
    UnreadableRow,
    has_id,
    history_of,
    ids_not_found,
    in_batches,
    next_token,
    row_id,
    row_values,
    rows_of,
    sort_rows,
    walk,
)
from adapters.hubspot.search import LONGEST_BODY, Groups, between, changed_rows, search_body
from adapters.ports import Deadline, Found, Page, PastValue, PlatformRefused, PlatformUnreachable, Record

#: Limits of one call (facts/hubspot.md §1.3).
BATCH = 100
BATCH_WITH_HISTORY = 50
#: A list page whose address would be longer is refused with 414; then only ids are listed and values read by POST.
LONGEST_QUERY = 1800

COMPANY_MODIFIED = "hs_lastmodifieddate"

History = Mapping[str, Mapping[str, tuple[PastValue, ...]]]


class ContactReader:
    """Reads contacts with a fixed choice of properties, which become the values of the records."""

    def __init__(self, client: HubSpotClient, properties: Sequence[str]) -> None:
        self._client = client
        self._shown = frozenset(properties)
        self._properties = tuple(dict.fromkeys((*properties, "email", CONTACT_MODIFIED, MERGED_IDS)))

    def changed(self, since: datetime, until: datetime) -> Generator[Page, None, None]:
        """See `ContactPlatform.changed`: 1,000 changed contacts are five calls, values included."""
        whole = search_body([], CONTACT_MODIFIED, self._properties)
        if len(json.dumps(whole)) < LONGEST_BODY / 2:  # the other half is for the filters
            search = partial(_search, self._client, "contacts_search", self._properties)
            for rows in changed_rows(search, CONTACT_MODIFIED, since, until):
                records, unreadable = sort_rows(rows, self._shown)
                yield Page(tuple(records), unreadable)
            return
        search = partial(_search, self._client, "contacts_search", (CONTACT_MODIFIED,))
        for rows in changed_rows(search, CONTACT_MODIFIED, since, until):
            yield self._values_for(rows, None)

    def count_within(self, low: int | None, high: int | None) -> int:
        """How many contacts search shows, all of them or those with an id in [low, high]."""
        groups = [] if low is None else [[between("hs_object_id", low, high or low)]]
        body = {**search_body(groups, "hs_object_id", ("hs_object_id",)), "limit": 1}
        total = self._client.call("contacts_search", body=body).get("total")
        if not isinstance(total, int):
            raise PlatformUnreachable(PLATFORM, "HubSpot's search tells no total", maybe_applied=False)
        return total

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        """See `ContactPlatform.all`: one call per 100 contacts, two where the list of properties is very long."""
        query = {"limit": str(BATCH), "archived": "false", "properties": ",".join(self._properties)}
        short = len(urlencode(query)) > LONGEST_QUERY
        if short:
            query["properties"] = "hs_object_id"

        def ask(token: str | None) -> dict[str, Any]:
            return self._client.call("contacts_page", query=query if token is None else {**query, "after": token})

        for answer in walk(ask, after):
            rows, token = rows_of(answer), next_token(answer)
            if short:
                yield self._values_for(rows, token)
            else:
                records, unreadable = sort_rows(rows, self._shown)
                yield Page(tuple(records), unreadable, token)

    def by_ids(self, ids: Sequence[str]) -> Found:
        """See `ContactPlatform.by_ids`; one call per 100 ids."""
        rows, missing = read_rows(self._client, "contacts_read", ids, self._properties)
        records, unreadable = sort_rows(rows, self._shown)
        if unreadable:
            reasons = ", ".join(f"{each}: {reason}" for each, reason in unreadable.items())
            raise PlatformUnreachable(PLATFORM, f"contacts cannot be read: {reasons}", maybe_applied=False)
        return Found(tuple(records), missing)

    def history(self, ids: Sequence[str], properties: Sequence[str]) -> History:
        """See `HubSpotPort.history`; one call per 50 ids."""
        found: dict[str, dict[str, tuple[PastValue, ...]]] = {}
        for some in in_batches(tuple(dict.fromkeys(ids)), BATCH_WITH_HISTORY):
            body = {"inputs": _inputs(some), "properties": [], "propertiesWithHistory": list(properties)}
            for row in rows_of(self._client.call("contacts_read", query={"archived": "false"}, body=body)):
                with_history = row.get("propertiesWithHistory") or {}
                try:
                    found[row_id(row)] = {name: history_of(entries) for name, entries in with_history.items()}
                except UnreadableRow as error:
                    raise PlatformUnreachable(
                        PLATFORM, f"a history is unreadable: {error}", maybe_applied=False
                    ) from error
        return found

    def _values_for(self, rows: Sequence[Any], token: str | None) -> Page:
        """A page of full records for rows that have little more than ids; who vanished meanwhile is left out."""
        _, without_id = sort_rows((row for row in rows if not has_id(row)), ())
        ids = [row_id(row) for row in rows if has_id(row)]
        full, _ = read_rows(self._client, "contacts_read", ids, self._properties)
        records, unreadable = sort_rows(full, self._shown)
        return Page(tuple(records), {**without_id, **unreadable}, token)


def read_rows(
    client: HubSpotClient,
    endpoint: str,
    ids: Sequence[str],
    properties: Sequence[str],
    deadline: Deadline | None = None,
) -> tuple[list[Any], tuple[str, ...]]:
    """Rows by id with `properties`, and the ids that do not exist; 100 ids a call."""
    rows: list[Any] = []
    missing: list[str] = []
    for some in in_batches(tuple(dict.fromkeys(ids)), BATCH):
        body = {"inputs": _inputs(some), "properties": list(properties), "propertiesWithHistory": []}
        answer = client.call(endpoint, query={"archived": "false"}, body=body, deadline=deadline)
        got = rows_of(answer)
        missing += ids_not_found(answer, some, [row_id(row) for row in got if has_id(row)])
        rows += got
    return rows, tuple(missing)


def contact_by_email(client: HubSpotClient, email: str, properties: Sequence[str]) -> Record | None:
    """The contact with this address, with `properties`; a real 404 of this call is an HTML page (facts/hubspot.md §1.3)."""
    query = {"idProperty": "email", "properties": ",".join((*properties, CONTACT_MODIFIED, MERGED_IDS))}
    try:
        row = client.call("contact", path={"contact_id": email}, query=query)
    except PlatformRefused as refused:
        if refused.status != 404:
            raise
        return None
    records, unreadable = sort_rows([row], frozenset(properties))
    if unreadable:
        raise PlatformUnreachable(PLATFORM, "a contact cannot be read", maybe_applied=False)
    return next(iter(records), None)


def read_values(
    client: HubSpotClient,
    endpoint: str,
    ids: Sequence[str],
    properties: Sequence[str],
    deadline: Deadline | None = None,
) -> dict[str, dict[str, str | None]]:
    """Values of `properties` by record id, as fresh as HubSpot has them; ids that do not exist are absent."""
    asked = frozenset(properties)
    rows, _ = read_rows(client, endpoint, ids, properties, deadline)
    try:
        return {row_id(row): {n: v for n, v in row_values(row).items() if n in asked} for row in rows}
    except UnreadableRow as error:
        raise PlatformUnreachable(PLATFORM, f"a record cannot be read: {error}", maybe_applied=False) from error


def changed_companies(client: HubSpotClient, since: datetime, until: datetime) -> tuple[str, ...]:
    """See `HubSpotPort.changed_companies`."""
    search = partial(_search, client, "companies_search", (COMPANY_MODIFIED,))
    pages = changed_rows(search, COMPANY_MODIFIED, since, until)
    try:
        return tuple(dict.fromkeys(row_id(row) for rows in pages for row in rows))
    except UnreadableRow as error:
        raise PlatformUnreachable(PLATFORM, f"a company cannot be read: {error}", maybe_applied=False) from error


def _search(
    client: HubSpotClient, endpoint: str, properties: Sequence[str], groups: Groups, sort: str
) -> dict[str, Any]:
    return client.call(endpoint, body=search_body(groups, sort, properties))


def _inputs(ids: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": each} for each in ids]
