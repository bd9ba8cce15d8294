"""Listings page by page: offset and count, pages that shrink where they are cut off, an end that comes in any case.

A page of 1,000 is allowed and yet may end in a 502, a 504 or no answer in time (facts/mailchimp.md §2, §7): half as many
rows are asked for from then on. No call is repeated for rows that came through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from adapters.mailchimp.errors import TooMuchAtOnce
from adapters.ports import PlatformRefused, PlatformUnreachable

#: Whoever cannot answer for so few rows is away.
SHORTEST = 100

Row = Mapping[str, Any]


class PageSize:
    """How many rows a call may ask for during one read. Thread-safe."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._lock = Lock()

    def halve(self, rows: int) -> bool:
        """After a page of `rows` was cut off; False where it was as short as can be. Several calls at once count once."""
        with self._lock:
            if rows <= SHORTEST:
                return False
            self.rows = min(self.rows, max(SHORTEST, rows // 2))
            return True


@dataclass(frozen=True, slots=True)
class Span:
    """Some rows of a listing, and how many there are in all by Mailchimp's word."""

    rows: Sequence[Row]
    total: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing: the rows of an answer stand under `key`; `query` names the fields. Read-only.

    With `may_be_gone` what is not found has no rows: a campaign can be deleted while its reports are read.
    """

    client: MailchimpClient
    template: str
    path: Mapping[str, str]
    key: str
    query: Mapping[str, object]
    size: PageSize
    may_be_gone: bool = False

    def span(self, offset: int, rows: int) -> Span:
        """The rows from `offset` on, `rows` of them or as many as there are, in one call if it is not cut off.

        Raises PlatformError.
        """
        found: list[Row] = []
        while True:
            count = min(self.size.rows, rows - len(found))
            try:
                answer = self._call(offset + len(found), count)
            except TooMuchAtOnce:
                if not self.size.halve(count):
                    raise
                continue
            found += answer.rows
            if not answer.rows or len(found) >= rows or offset + len(found) >= answer.total:
                return Span(found, answer.total)

    def pages(self, first: Span | None = None) -> Iterator[Sequence[Row]]:
        """All rows, several calls at once; rows that move meanwhile may come twice. `first` is the span at offset 0.

        Raises PlatformError, also when Mailchimp gives the first page again and again.
        """
        first = first or self.span(0, self.size.rows)
        yield first.rows
        read, total, length = len(first.rows), first.total, len(first.rows)
        if length < self.size.rows:  # shorter than asked for: the end, whatever the total says
            return
        while read < total:
            starts = range(read, total, length)[:IN_FLIGHT]
            for span in self.client.together(lambda start: self.span(start, length), starts):
                if not span.rows:
                    return
                if span.rows == first.rows:
                    raise PlatformUnreachable("mailchimp", "a listing that never ends", maybe_applied=False)
                yield span.rows
                read, total = read + len(span.rows), span.total

    def _call(self, offset: int, count: int) -> Span:
        query = {**self.query, "count": count, "offset": offset}
        try:
            answer = self.client.call("GET", self.template, self.path, query)
        except PlatformRefused as error:
            if self.may_be_gone and error.status == 404:
                return Span((), 0)
            raise
        rows = answer.get(self.key)
        if not isinstance(rows, list):
            raise PlatformUnreachable("mailchimp", f"a listing without {self.key}", maybe_applied=False)
        return Span(rows, int(answer.get("total_items") or 0))
