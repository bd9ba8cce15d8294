"""Companies that changed. Read-only."""

from __future__ import annotations

from datetime import datetime

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import UnreadableRow, row_id
from adapters.hubspot.search import changed_rows, search_with
from adapters.ports import PlatformUnreachable

COMPANY_MODIFIED = "hs_lastmodifieddate"


def changed_companies(client: HubSpotClient, since: datetime, until: datetime) -> tuple[str, ...]:
    """See `HubSpotPort.changed_companies`; one call per 200. Raises PlatformError."""
    search = search_with(client, "companies_search", (COMPANY_MODIFIED,))
    pages = changed_rows(search, COMPANY_MODIFIED, since, until)
    try:
        return tuple(dict.fromkeys(row_id(row) for rows in pages for row in rows))
    except UnreadableRow as error:
        raise PlatformUnreachable(PLATFORM, f"a company cannot be read: {error}", maybe_applied=False) from error
