"""What changed since the last pass, read no further than it has to be.

Windows overlap by a minute, because HubSpot's index lags, and the overlap shows our own latest writes and much else that
is known. Two things spare us most of it: what has settled is not asked for again as long as search counts there as many
as we know; and a pass ends with its first page if that and the count are as we know them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from adapters.hubspot_port import HubSpotPort
from adapters.ports import ContactPlatform, Page
from connector.steps.reading.cursors import OVERLAP
from connector.steps.reading.settled import Settled
from connector.store import ledger


class Known(Protocol):
    """What the ledger has of one source."""

    def count(self, since: datetime, until: datetime) -> int:
        """How many records were last modified in [since, until]."""

    def moments(self, ids: Sequence[str]) -> Mapping[str, datetime]:
        """When these were last modified."""


@dataclass(frozen=True, slots=True)
class KnownInLedger:
    """`Known` of a source, as the ledger has it at each question. Read-only."""

    engine: Engine
    source: str

    def count(self, since: datetime, until: datetime) -> int:
        """See `Known`."""
        with self.engine.connect() as conn:
            return ledger.count_modified(conn, self.source, since, until)

    def moments(self, ids: Sequence[str]) -> Mapping[str, datetime]:
        """See `Known`."""
        with self.engine.connect() as conn:
            return ledger.moments_of(conn, self.source, ids)


class News:
    """Records that changed after `since`, up to which a source has been read, and a little before it."""

    def __init__(self, port: ContactPlatform, since: datetime, now: Callable[[], datetime]) -> None:
        self._port = port
        self._start = since - OVERLAP
        self._began = now()
        self._newest = since

    def pages(self) -> Generator[Page, None, None]:
        """Records to take in; may repeat them. Raises PlatformError."""
        for page in self._port.changed(self._start, self._began):
            self._note(page)
            yield page

    @property
    def until(self) -> datetime:
        """Up to when the source has been read, once all pages are in the ledger.

        Our clock may run ahead of the platform's: never later than the newest change that it dated.
        """
        return min(self._began, self._newest)

    def _note(self, page: Page) -> None:
        self._newest = max([self._newest, *(record.modified_at for record in page.records)])


class HubSpotNews(News):
    """The same of HubSpot's contacts. `settled` is what the last pass left; afterwards, what this one leaves."""

    def __init__(
        self, port: HubSpotPort, known: Known, since: datetime, settled: Settled | None, now: Callable[[], datetime]
    ) -> None:
        super().__init__(port, since, now)
        self._hubspot = port
        self._known = known
        self._now = now
        self._asked = self._began
        self._before = settled or Settled(self._start, since, self._began)
        self._floor = max(self._start, self._before.until)
        self._whole = True

    @property
    def settled(self) -> Settled:
        """What has settled, once all pages are in the ledger."""
        return self._before.after_pass(self._began, self._newest, self._asked, whole=self._whole)

    def pages(self) -> Generator[Page, None, None]:
        """See `News`; the first page has the newest."""
        unmet = _Unmet(self._known, self._start, self._floor)
        pages = self._hubspot.changed(self._start, self._began, self._floor)
        first = next(pages, Page((), total=0))
        self._asked = self._now()
        self._note(first)
        unmet.meet(first)
        yield first
        if len(first.records) + len(first.unreadable) == first.total:
            return
        if self._as_known(first):
            self._whole = any(record.modified_at <= self._floor for record in first.records)
            return
        for page in pages:
            unmet.meet(page)
            yield page
        if not unmet.explains(first.total):
            yield from self._hubspot.changed(self._start, self._floor)

    def _as_known(self, newest: Page) -> bool:
        """Whether the newest page is as we know it, and the window has as many as we know.

        Below that page somebody could hide who changed twice within the overlap, and was shown late the second time. She
        has not settled: the next pass that has news reads her.
        """
        if self._known.count(self._start, self._began) != newest.total:
            return False
        moments = self._known.moments([record.id for record in newest.records])
        return all(moments.get(one.id) == one.modified_at for one in newest.records)


class _Unmet:
    """How many we know in the settled part of a window whom this pass has not met.

    That there are others should be impossible; it is not where our clock was set forward between two passes.
    """

    def __init__(self, known: Known, since: datetime, until: datetime) -> None:
        self._known = known
        self._since, self._until = since, until
        self._count = known.count(since, until)
        self._met: set[str] = set()

    def meet(self, page: Page) -> None:
        """Call it before the page is in the ledger."""
        fresh = {*(record.id for record in page.records), *page.unreadable} - self._met
        self._met |= fresh
        moments = self._known.moments(sorted(fresh)).values()
        self._count -= sum(self._since <= moment <= self._until for moment in moments)

    def explains(self, total: int | None) -> bool:
        """Whether a window of so many has nobody else."""
        return total == len(self._met) + self._count
