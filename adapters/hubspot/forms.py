"""HubSpot's forms and what was submitted to them (facts/hubspot.md §6.4 d). Read-only; everything may raise PlatformError.

Of neither a date-based version has been released; submissions have no other way than their first version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import UnreadableRow, row_moment, rows_of, walk
from adapters.ports import Submission

FORMS_PAGE = 100
#: The most that one call gives.
SUBMISSIONS_PAGE = 50


def read_forms(client: HubSpotClient) -> Mapping[str, str]:
    """See `HubSpotPort.forms`; one call per 100 forms."""

    def ask(after: str | None) -> dict[str, Any]:
        return client.call("forms", query=_query(FORMS_PAGE, after))

    rows = (row for answer in walk(ask) for row in rows_of(answer) if isinstance(row, dict))
    return {str(row["id"]): str(row.get("name") or "") for row in rows if row.get("id")}


def submissions(
    client: HubSpotClient, form_id: str, form_name: str, since: datetime | None
) -> Iterator[tuple[Submission, ...]]:
    """See `HubSpotPort.submissions`; one call per 50. What has no time is left out.

    The page's token may be a position, so that what comes in meanwhile shows a submission twice.
    """

    def ask(after: str | None) -> dict[str, Any]:
        return client.call("submissions", path={"form_id": form_id}, query=_query(SUBMISSIONS_PAGE, after))

    for answer in walk(ask):
        found = [one for row in rows_of(answer) if (one := _submission(row, form_id, form_name)) is not None]
        yield tuple(one for one in found if since is None or one.at >= since)
        if since is not None and any(one.at < since for one in found):
            return


def _query(limit: int, after: str | None) -> Mapping[str, str]:
    return {"limit": str(limit)} if after is None else {"limit": str(limit), "after": after}


def _submission(row: Any, form_id: str, form_name: str) -> Submission | None:
    try:
        at = row_moment(row.get("submittedAt"))
    except (AttributeError, UnreadableRow):
        return None
    return Submission(form_id, form_name, at, _address(row.get("values")), str(row.get("pageUrl") or ""))


def _address(values: object) -> str | None:
    """What was put into the form's field "email"."""
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict) and value.get("name") == "email" and isinstance(value.get("value"), str):
            return value["value"].strip() or None
    return None
