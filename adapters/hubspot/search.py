"""Walking through everything that changed in a window of time by HubSpot's search, losing nobody on the way.

No page is asked for by its offset: a record that changes while we read leaves the window, the rest moves up, and an
offset would skip one; beyond 10,000 an offset is refused anyway. The first page shows what changed last, for a reader to
whom that is enough, and counts the whole window, so that a reader who knows its older part need not read that to see
whether it is as expected. What is older than the first page is walked through by id, each page from the last one's
highest id on: how many records share a millisecond (a bulk update; facts/hubspot.md §10: others looped there for ever)
makes no difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import ge
from typing import Any

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import UnreadableRow, has_id, milliseconds, row_id, row_moment, rows_of
from adapters.ports import PlatformUnreachable

PAGE = 200
#: A body of more than 3,000 characters is refused (facts/hubspot.md §11.9).
LONGEST_BODY = 3000
#: Ids are signed whole numbers of 64 bits; those of today have 12 or 13 digits (§6.2).
_LONGEST_ID = "9" * 19
#: How many ids a search leaves out, and how much room they may take in its body.
MOST_EXCLUDED = 50
_ROOM = len(json.dumps(["9" * 13] * MOST_EXCLUDED))

_ID = "hs_object_id"

Groups = list[list[dict[str, Any]]]
#: (filter groups, sort as in `search_body`) → answer
Search = Callable[[Groups, str], dict[str, Any]]


def search_with(client: HubSpotClient, endpoint: str, properties: Sequence[str]) -> Search:
    """A search of `client` that asks for these properties."""
    return lambda groups, sort: client.call(endpoint, body=search_body(groups, sort, properties))


def search_body(groups: Groups, sort: str, properties: Sequence[str], limit: int = PAGE) -> dict[str, Any]:
    """The request of one page, by rising values of property `sort`, or by falling ones of ``-property``."""
    direction = "DESCENDING" if sort.startswith("-") else "ASCENDING"
    return {
        "filterGroups": [{"filters": filters} for filters in groups],
        "sorts": [{"propertyName": sort.removeprefix("-"), "direction": direction}],
        "properties": list(properties),
        "limit": limit,
    }


def fits(modified: str, properties: Sequence[str]) -> bool:
    """Whether every search of `changed_pages` may ask for so many properties."""
    moment = 10**13 - 1
    longest = _older(modified, moment - 1, moment, ["9" * 13] * MOST_EXCLUDED, int(_LONGEST_ID))
    return len(json.dumps(search_body(longest, _ID, properties))) <= LONGEST_BODY


def between(name: str, low: int, high: int) -> dict[str, Any]:
    """The filter low ≤ property ≤ high."""
    return {"propertyName": name, "operator": "BETWEEN", "value": str(low), "highValue": str(high)}


def total_of(answer: Mapping[str, Any]) -> int:
    """How many rows the whole search has; PlatformUnreachable where it does not tell."""
    total = answer.get("total")
    if not isinstance(total, int):
        raise PlatformUnreachable(PLATFORM, "HubSpot's search tells no total", maybe_applied=False)
    return total


def ids_of(rows: Iterable[Any]) -> Iterator[str]:
    """The ids of those rows that have one."""
    return (row_id(row) for row in rows if has_id(row))


def changed_rows(search: Search, modified: str, since: datetime, until: datetime) -> Iterator[list[Any]]:
    """See `changed_pages`; without the total."""
    return (rows for rows, _ in changed_pages(search, modified, since, until))


def changed_pages(
    search: Search, modified: str, since: datetime, until: datetime, beyond: datetime | None = None
) -> Iterator[tuple[list[Any], int | None]]:
    """Pages of rows whose property `modified` lies in [since, until], and with the first page how many there are.

    The first page has those that changed last, newest first; the others come by rising id. May repeat rows. With `beyond`,
    rows that changed until then are counted, but given on the first page at most. n rows are ⌈n / 200⌉ calls, one more
    where over 50 rows share the millisecond with which the first page ends. PlatformUnreachable if the platform does not
    get on.
    """
    low, end = milliseconds(since), milliseconds(until)
    answer = search([[between(modified, low, end)]], f"-{modified}")
    rows = rows_of(answer)
    total = answer.get("total")
    yield rows, total if isinstance(total, int) else None
    if beyond is not None:
        low = max(low, milliseconds(beyond) + 1)
    oldest, there = _oldest(rows, modified) or (end, [])
    last = 0
    while oldest >= low and not _is_last(answer, rows):
        answer = search(_older(modified, low, oldest, there, last), _ID)
        rows = rows_of(answer)
        yield rows, None
        highest = max((int(each) for each in ids_of(rows) if each.isdigit()), default=last)
        if highest <= last and not _is_last(answer, rows):
            raise PlatformUnreachable(PLATFORM, "HubSpot's search repeats a page for ever", maybe_applied=False)
        last = highest


def _older(modified: str, low: int, moment: int, there: Sequence[str], last: int) -> Groups:
    """What changed in [low, moment], without those that are known to be `there` at that moment; ids above `last`."""
    above = {"propertyName": _ID, "operator": "GT", "value": str(last)}
    if not there:
        return [[between(modified, low, moment), above]]
    same = [
        between(modified, moment, moment),
        {"propertyName": _ID, "operator": "NOT_IN", "values": list(there)},
        above,
    ]
    return [same, [between(modified, low, moment - 1), above]] if low < moment else [same]


def _is_last(answer: Mapping[str, Any], rows: Sequence[Any]) -> bool:
    total = answer.get("total")
    return len(rows) < PAGE or (isinstance(total, int) and total <= len(rows))


def _oldest(rows: Sequence[Any], modified: str) -> tuple[int, list[str]] | None:
    """When the page ends, and ids that changed then, so many as may be excluded; rows that cannot be read do not count.

    None where the page does not go back in time, as it should: then it says nothing of what else there is.
    """
    moments: dict[str, int] = {}
    for row in rows:
        try:
            moments[row_id(row)] = milliseconds(row_moment((row.get("properties") or {}).get(modified)))
        except (UnreadableRow, AttributeError):
            continue
    times = list(moments.values())
    if not times or not all(map(ge, times, times[1:])):
        return None
    there = [each for each, moment in moments.items() if moment == times[-1]][:MOST_EXCLUDED]
    while len(json.dumps(there)) > _ROOM:
        there.pop()
    return times[-1], there
