"""Walking through everything that changed in a window of time by HubSpot's search, losing nobody on the way.

No page is asked for by its offset: a record that changes while we read leaves the window, the rest moves up, and an
offset would skip one; beyond 10,000 an offset is refused anyway. Each page starts where the last one ended, without
the records already seen at that very millisecond; a millisecond with too many records (a bulk update) is read by id
(facts/hubspot.md §10: others looped there for ever).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.rows import UnreadableRow, has_id, milliseconds, row_id, row_moment, rows_of
from adapters.ports import PlatformUnreachable

PAGE = 200
#: A body of more than 3,000 characters is refused (facts/hubspot.md §11.9); ids have up to 13.
LONGEST_BODY = 3000
MOST_EXCLUDED = 50

Groups = list[list[dict[str, Any]]]
#: (filter groups, property to sort by, ascending) → answer
Search = Callable[[Groups, str], dict[str, Any]]


def search_body(groups: Groups, sort: str, properties: Sequence[str], direction: str = "ASCENDING") -> dict[str, Any]:
    """The request of one page."""
    return {
        "filterGroups": [{"filters": filters} for filters in groups],
        "sorts": [{"propertyName": sort, "direction": direction}],
        "properties": list(properties),
        "limit": PAGE,
    }


def changed_rows(search: Search, modified: str, since: datetime, until: datetime) -> Iterator[list[Any]]:
    """Pages of rows whose property `modified` lies in [since, until], oldest first; may repeat rows.

    Reads n rows with the least possible calls, ⌈n / 200⌉. PlatformUnreachable if the platform does not get on.
    """
    low, end = milliseconds(since), milliseconds(until)
    seen: set[str] = set()
    while low <= end:
        answer = search(_from(modified, low, end, seen), modified)
        rows = rows_of(answer)
        yield rows
        if _is_last(answer, rows):
            return
        latest, there = _newest(rows, modified)
        # What is left at a moment that was not finished fills a whole page, or the filters were not honored.
        if latest < low or (latest == low and seen and len(there) <= MOST_EXCLUDED):
            raise PlatformUnreachable(PLATFORM, "HubSpot's search repeats a page for ever", maybe_applied=False)
        low, seen = latest, there
        if len(seen) > MOST_EXCLUDED:
            yield from _rows_at(search, modified, low)
            low, seen = low + 1, set()


def _from(modified: str, low: int, end: int, seen: set[str]) -> Groups:
    if not seen:
        return [[between(modified, low, end)]]
    same = [
        between(modified, low, low),
        {"propertyName": "hs_object_id", "operator": "NOT_IN", "values": sorted(seen)},
    ]
    return [same, [between(modified, low + 1, end)]] if low < end else [same]


def _rows_at(search: Search, modified: str, moment: int) -> Iterator[list[Any]]:
    """Every row of one millisecond, by id."""
    last = 0
    while True:
        above = {"propertyName": "hs_object_id", "operator": "GT", "value": str(last)}
        answer = search([[between(modified, moment, moment), above]], "hs_object_id")
        rows = rows_of(answer)
        yield rows
        if _is_last(answer, rows):
            return
        numbers = (row_id(row) for row in rows if has_id(row))
        highest = max((int(each) for each in numbers if each.isdigit()), default=last)
        if highest <= last:
            raise PlatformUnreachable(PLATFORM, "HubSpot's search repeats a page for ever", maybe_applied=False)
        last = highest


def between(name: str, low: int, high: int) -> dict[str, Any]:
    return {"propertyName": name, "operator": "BETWEEN", "value": str(low), "highValue": str(high)}


def _is_last(answer: Mapping[str, Any], rows: Sequence[Any]) -> bool:
    total = answer.get("total")
    return len(rows) < PAGE or (isinstance(total, int) and total <= len(rows))


def _newest(rows: Sequence[Any], modified: str) -> tuple[int, set[str]]:
    """The latest change in a page, and the ids that changed then; rows that cannot be read do not count."""
    moments: dict[str, int] = {}
    for row in rows:
        try:
            moments[row_id(row)] = milliseconds(row_moment((row.get("properties") or {}).get(modified)))
        except (UnreadableRow, AttributeError):
            continue
    if not moments:
        raise PlatformUnreachable(PLATFORM, "a whole page of HubSpot's search is unreadable", maybe_applied=False)
    latest = max(moments.values())
    return latest, {each for each, moment in moments.items() if moment == latest}
