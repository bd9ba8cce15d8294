"""Listing an audience's members: all of them, or those who changed (facts/mailchimp.md §3, §8.9). Nothing here writes.

Whether the default listing holds the archived ones is not documented [unsure]: they are asked for by status after the
others, and who was shown already is not given again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from adapters.mailchimp.members import FIELDS, moment, text_of
from adapters.mailchimp.paging import Listing, PageSize, Row
from adapters.ports import Page, PlatformUnreachable, Record

MEMBERS = "/lists/{list_id}/members"

#: `since_last_changed` is said to mean "after"; a second of overlap on both sides makes the window closed.
_GRAIN = timedelta(seconds=1)
#: How often a full listing is repeated for rows that slipped from one page to another meanwhile.
_SWEEPS = 3
#: Each row on two pages and on the page before, when rows have moved: more often than that, no honest listing shows it.
_REPEATED = 8
#: What is listed, in this order: the name in a resume token, and the filter.
_KINDS: Mapping[str, Mapping[str, str]] = {"members": {}, "archived": {"status": "archived"}}


class _Met:
    """Whom a read has given and one of its listings has shown, as hashes: a million members are to fit in memory."""

    def __init__(self, given: set[int]) -> None:
        self.given = given
        self.shown: set[int] = given if not given else set()
        self._idle = 0

    def new(self, keys: Sequence[str]) -> list[bool]:
        """Which of a page's rows have not been given yet; they count as given from now on.

        Raises PlatformUnreachable when far more rows have been repeated on end than overlaps can explain.
        """
        numbers = [hash(key) for key in keys]
        self._idle = self._idle + len(numbers) if self.shown.issuperset(numbers) else 0
        if self._idle > _REPEATED * (len(self.shown) + 1):
            raise PlatformUnreachable("mailchimp", "a member listing that never ends", maybe_applied=False)
        fresh = []
        for number in numbers:
            fresh.append(number not in self.given)
            self.given.add(number)
        self.shown.update(numbers)
        return fresh


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Consecutive members of a full listing: the position after them, the listing's length, whether a row may be missing."""

    members: Sequence[Row]
    end: int
    total: int
    gap: bool = False


class Everybody:
    """Members of the audience `list_id`; `record_of` understands a row (ValueError: it cannot); `page_size` is 2 to 1,000."""

    def __init__(
        self, client: MailchimpClient, *, list_id: str, page_size: int, record_of: Callable[[Row], Record]
    ) -> None:
        self._client = client
        self._list_id = list_id
        self._page_size = page_size
        self._record_of = record_of

    def count(self) -> int:
        """How many members the default listing has."""
        answer = self._client.call("GET", MEMBERS, {"list_id": self._list_id}, {"count": 1, "fields": ("total_items",)})
        return int(answer.get("total_items") or 0)

    def changed(self, since: datetime, until: datetime) -> Generator[Page, None, None]:
        """Members changed in [since, until], oldest first, the archived ones after the others; none of them twice."""
        given: set[int] = set()
        size = PageSize(self._page_size)
        for status in _KINDS.values():
            yield from self._changed(since, until, status, given, size)

    def _changed(
        self, since: datetime, until: datetime, status: Mapping[str, str], given: set[int], size: PageSize
    ) -> Generator[Page, None, None]:
        """Page by the time of the last row, not by offset: rows that change meanwhile leave the window at its end, and
        an offset would then skip as many (facts/mailchimp.md §8.9). Within one second, which an import can fill with
        thousands, only the offset is left: there each page begins with the last row of the one before, and where it
        shows nobody of that one, rows have moved up and are looked for a page earlier.
        """
        floor, offset, met = since, 0, _Met(given)
        before: set[str] = set()
        while True:
            window = {
                "since_last_changed": _iso(floor - _GRAIN),
                "before_last_changed": _iso(until + _GRAIN),
                "sort_field": "last_changed",
                "sort_dir": "ASC",
            }
            start, asked = max(0, offset - 1), size.rows
            span = self._listing({**status, **window}, size).span(start, asked)
            keys = _keys(span.rows)
            if start and before.isdisjoint(keys):
                offset = max(0, offset - asked)
                continue
            page = self._page(span.rows, met, total=span.total)
            if page.records or page.unreadable:
                yield page
            end = start + len(span.rows)
            if end <= offset or (end >= span.total and len(span.rows) < asked):
                return
            offset, before = end, set(keys)
            newest = _newest(span.rows, floor)
            if newest > floor:
                floor, offset = newest, 0

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        """Every member, the archived ones last (with `archived` set); pages are asked for ahead, eight at once.

        A listing from the start is checked against the total that Mailchimp tells and repeated for rows that moved
        between its pages. Raises PlatformUnreachable if rows are still missing then: nobody may conclude that they are
        gone.
        """
        kind, _, place = (after or "members:0").partition(":")
        start, _, last = place.partition(":")
        given: set[int] = set()
        size = PageSize(self._page_size)
        if kind == "members":
            yield from self._everyone("members", given, size, int(start), last, then="archived:0")
            start, last = "0", ""
        yield from self._everyone("archived", given, size, int(start), last, then=None)

    def _everyone(
        self, kind: str, given: set[int], size: PageSize, start: int, last: str, then: str | None
    ) -> Generator[Page, None, None]:
        """A listing that goes on in the middle starts anew if nobody of before is found where it was broken off."""
        sort = {"sort_field": "timestamp_opt", "sort_dir": "ASC"}
        listing = self._listing({**_KINDS[kind], **sort}, size)
        met, total = _Met(given), 0
        for _sweep in range(_SWEEPS):
            gap = False
            for stretch in _stretches(listing, start, last):
                if stretch.gap and start:
                    gap = True
                    break
                gap, total = gap or stretch.gap, stretch.total
                ended = stretch.end >= total or not stretch.members
                token = f"{kind}:{stretch.end}:{_last_key(stretch.members)}"
                page = self._page(stretch.members, met, then if ended else token, total)
                if page.records or page.unreadable:
                    yield page
            if not gap and (start or len(met.shown) >= total):
                return
            start, last = 0, ""
        if len(met.shown) < total:
            text = f"{len(met.shown)} of {total} members could be listed"
            raise PlatformUnreachable("mailchimp", text, maybe_applied=False)

    def _listing(self, query: Mapping[str, object], size: PageSize) -> Listing:
        fields = (*(f"members.{name}" for name in FIELDS), "total_items")
        return Listing(self._client, MEMBERS, {"list_id": self._list_id}, "members", {**query, "fields": fields}, size)

    def _page(self, members: Sequence[Row], met: _Met, next_page: str | None = None, total: int | None = None) -> Page:
        records, unreadable = [], {}
        keys = _keys(members)
        for key, member, fresh in zip(keys, members, met.new(keys), strict=True):
            if not fresh:
                continue
            try:
                records.append(self._record_of(member))
            except ValueError as error:
                unreadable[key] = str(error)
        return Page(tuple(records), unreadable, next_page, total)


def _stretches(listing: Listing, start: int, last: str) -> Iterator[_Stretch]:
    """A whole listing from position `start` on, after the member `last`; several pages are asked for at once.

    Each page begins with the last row of the one before. If it does not show anybody of that one, rows before it have
    left and its own have moved up: the page before is read again; `gap` if that shows nobody either. Behind a full page
    there may be more, whatever the total says: it may lag behind an import (facts/mailchimp.md §8.15).
    """
    before = {last} - {""}
    position, total = start, start + 1
    ahead = 1
    while position < total:
        step = max(1, listing.size.rows - 1)
        starts = range(max(0, position - 1), total, step)[:ahead]
        for offset, span in zip(
            starts, listing.client.together(partial(listing.span, rows=step + 1), starts), strict=True
        ):
            members, full = span.rows, len(span.rows) > step
            gap = False
            if before and not before.intersection(_keys(members)):
                members = [*listing.span(max(0, offset - step), min(step, offset)).rows, *members]
                gap = not before.intersection(_keys(members))
            position = offset + len(span.rows)
            total = max(span.total, position + 1) if full else span.total
            yield _Stretch(members, position, total, gap)
            if not span.rows or position >= total or len(span.rows) < 2:
                return
            before = set(_keys(members))
        ahead = IN_FLIGHT


def _keys(members: Sequence[Row]) -> list[str]:
    """What these rows are known by."""
    return [
        text_of(member.get("contact_id")) or text_of(member.get("id")) or f"(row {number} of a page has no id)"
        for number, member in enumerate(members)
    ]


def _last_key(members: Sequence[Row]) -> str:
    """The last row's contact_id for a resume token; empty where it has none."""
    return (text_of(members[-1].get("contact_id")) or "") if members else ""


def _newest(members: Sequence[Row], floor: datetime) -> datetime:
    """When the last row of an ascending page changed; `floor` if it does not say."""
    try:
        return moment(members[-1].get("last_changed"))
    except ValueError:
        return floor


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
