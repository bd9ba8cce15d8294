"""Reading records of any kind by their ids, and their histories: 100 (50) ids a call, several calls at once. Read-only.

Everything here may raise PlatformError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.concurrency import gather
from adapters.hubspot.rows import (
    UnreadableRow,
    has_id,
    history_of,
    ids_not_found,
    in_batches,
    row_id,
    row_values,
    rows_of,
)
from adapters.ports import Deadline, Histories, PastValue, PlatformRefused, PlatformUnreachable

#: Limits of one call (facts/hubspot.md §1.3).
BATCH = 100
BATCH_WITH_HISTORY = 50

#: Rows, and the asked ids that do not exist.
Rows = tuple[list[Any], tuple[str, ...]]


def read_rows(
    client: HubSpotClient,
    endpoint: str,
    ids: Sequence[str],
    properties: Sequence[str],
    deadline: Deadline | None = None,
) -> Rows:
    """Rows by id with `properties`, and the ids that do not exist; 100 ids a call."""
    wish = {"properties": list(properties), "propertiesWithHistory": []}
    return _read(client, endpoint, ids, wish, BATCH, deadline=deadline)


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


def read_histories(client: HubSpotClient, ids: Sequence[str], properties: Sequence[str]) -> Histories:
    """See `HubSpotPort.history`; one call per 50 ids."""
    wish = {"properties": [], "propertiesWithHistory": list(properties)}
    rows, _ = _read(client, "contacts_read", ids, wish, BATCH_WITH_HISTORY)
    asked = frozenset(ids)
    found: dict[str, Mapping[str, tuple[PastValue, ...]]] = {}
    unreadable: dict[str, str] = {}
    for row in rows:
        if not has_id(row) or (id_ := row_id(row)) not in asked:
            continue
        try:
            told = row.get("propertiesWithHistory") or {}
            found[id_] = {name: history_of(entries) for name, entries in told.items()}
        except UnreadableRow as error:
            unreadable[id_] = str(error)
    return Histories(found, unreadable)


def archived_ids(client: HubSpotClient, ids: Sequence[str]) -> frozenset[str]:
    """See `HubSpotPort.archived`; one call per 100 ids."""
    wish = {"properties": ["hs_object_id"], "propertiesWithHistory": []}
    rows, _ = _read(client, "contacts_read", ids, wish, BATCH, archived=True)
    return frozenset(row_id(row) for row in rows if has_id(row) and row.get("archived", True)) & frozenset(ids)


def _read(
    client: HubSpotClient,
    endpoint: str,
    ids: Sequence[str],
    wish: Mapping[str, Any],
    size: int,
    *,
    archived: bool = False,
    deadline: Deadline | None = None,
) -> Rows:
    def read(some: Sequence[str]) -> Rows:
        body = {"inputs": [{"id": each} for each in some], **wish}
        query = {"archived": "true" if archived else "false"}
        try:
            answer = client.call(endpoint, query=query, body=body, deadline=deadline)
        except PlatformRefused as refused:
            if refused.status != 404 or refused.category != "OBJECT_NOT_FOUND":
                raise
            if len(some) == 1:
                return [], tuple(some)
            halves = [read(half) for half in in_batches(some, (len(some) + 1) // 2)]
            return [row for rows, _ in halves for row in rows], tuple(each for _, absent in halves for each in absent)
        rows = rows_of(answer)
        return rows, ids_not_found(answer, some, rows)

    batches = list(in_batches(tuple(dict.fromkeys(ids)), size))
    read_batches = gather(read, batches, partial(client.at_once, endpoint))
    return [row for rows, _ in read_batches for row in rows], tuple(each for _, m in read_batches for each in m)
