"""Taking properties, their group and lists away (facts/hubspot.md §1.2, §9).

Whether HubSpot refuses what a workflow, a list or a report uses is not documented for the API; its screens do.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import rows_of
from adapters.ports import PlatformRefused


def read_groups(client: HubSpotClient) -> tuple[str, ...]:
    """Names of the groups of contact properties. Raises PlatformError. Read-only."""
    return tuple(str(row["name"]) for row in rows_of(client.call("groups")) if isinstance(row, dict) and "name" in row)


def archive_property(client: HubSpotClient, name: str) -> None:
    """Archive a contact property. Raises PlatformError."""
    _delete(client, "property_archive", {"name": name})


def archive_group(client: HubSpotClient, name: str) -> None:
    """Archive a group of contact properties. Raises PlatformError."""
    _delete(client, "group_archive", {"name": name})


def delete_list(client: HubSpotClient, list_id: str) -> None:
    """Delete a list. Raises PlatformError."""
    _delete(client, "list_delete", {"list_id": list_id})


def _delete(client: HubSpotClient, endpoint: str, path: Mapping[str, str]) -> None:
    try:
        client.call(endpoint, path=path)
    except PlatformRefused as error:
        if error.status != 404:
            raise
