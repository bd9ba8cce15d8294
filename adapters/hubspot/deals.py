"""HubSpot's deals that are closed, and whose they are. Everything here is read-only and may raise PlatformError."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import UnreadableRow, in_batches, next_token, row_id, row_moment, row_values, rows_of
from adapters.hubspot.search import Groups, changed_rows, search_with
from adapters.ports import Deal, PlatformUnreachable

#: The most ids that one call takes (facts/hubspot.md §3.1).
BATCH = 1000

_MODIFIED = "hs_lastmodifieddate"
_PROPERTIES = ("dealname", "closedate", "hs_is_closed_won", _MODIFIED)
_CLOSED = {"propertyName": "hs_is_closed", "operator": "EQ", "value": "true"}


def changed_deals(client: HubSpotClient, since: datetime, until: datetime) -> Iterator[tuple[Deal, ...]]:
    """See `HubSpotPort.changed_deals`: one call per 200 deals, and one where there are none."""
    search = search_with(client, "deals_search", _PROPERTIES)

    def search_closed(groups: Groups, sort: str) -> dict[str, Any]:
        return search([[*filters, _CLOSED] for filters in groups], sort)

    for rows in changed_rows(search_closed, _MODIFIED, since, until):
        try:
            yield tuple(_deal(row) for row in rows)
        except UnreadableRow as error:
            raise PlatformUnreachable(PLATFORM, f"a deal cannot be read: {error}", maybe_applied=False) from error


def contacts_of_deals(client: HubSpotClient, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """See `HubSpotPort.contacts_of_deals`; one call per 1,000 deals, more where a deal has contacts for several pages."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    pages: list[tuple[str, str | None]] = [(one, None) for one in dict.fromkeys(ids)]
    seen = set(pages)
    while pages:
        following: list[tuple[str, str | None]] = []
        for some in in_batches(pages, BATCH):
            inputs = [{"id": deal} if after is None else {"id": deal, "after": after} for deal, after in some]
            answer = client.call("deals_contacts", body={"inputs": inputs})
            _no_other_errors(answer)
            for row in rows_of(answer):
                deal, contacts, after = _association(row)
                found[deal].update(dict.fromkeys(contacts))
                if after is not None:
                    following.append((deal, after))
        if not seen.isdisjoint(following):
            raise PlatformUnreachable(PLATFORM, "HubSpot repeats a page for ever", maybe_applied=False)
        seen.update(following)
        pages = following
    return {deal: tuple(contacts) for deal, contacts in found.items() if contacts}


def _deal(row: Any) -> Deal:
    number, values = row_id(row), row_values(row)
    won = values.get("hs_is_closed_won") == "true"
    return Deal(
        id=number,
        name=values.get("dealname") or "",
        won=won,
        lost=not won,  # only closed ones were asked for
        closed_at=_moment(values.get("closedate")),
        modified_at=row_moment(values.get(_MODIFIED) or row.get("updatedAt")),
    )


def _moment(value: str | None) -> datetime | None:
    try:
        return row_moment(value)
    except UnreadableRow:
        return None


def _association(row: Any) -> tuple[str, Sequence[str], str | None]:
    """(deal, contacts, where they go on) of one result."""
    origin, others = (row.get("from"), row.get("to")) if isinstance(row, dict) else (None, None)
    if not isinstance(origin, dict) or not isinstance(others, list):
        raise PlatformUnreachable(PLATFORM, "an association cannot be read", maybe_applied=False)
    contacts = [str(one["toObjectId"]) for one in others if isinstance(one, dict) and one.get("toObjectId")]
    return str(origin.get("id")), contacts, next_token(row)


def _no_other_errors(answer: Mapping[str, Any]) -> None:
    """A deal without contacts is an OBJECT_NOT_FOUND within a 207; any other error leaves open whose a deal is."""
    for error in answer.get("errors") or ():
        category = error.get("category") if isinstance(error, dict) else None
        if category != "OBJECT_NOT_FOUND":
            text = f"HubSpot could not tell the contacts of all deals ({category})"
            raise PlatformUnreachable(PLATFORM, text, maybe_applied=False)
