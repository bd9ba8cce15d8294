"""The full read: pages of a list, by as many walks side by side as latency makes worthwhile (`chains` says which)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Any

from adapters.hubspot.chains import Chain, Extent, Layout, Stride
from adapters.hubspot.rows import next_token, rows_of
from adapters.ports import Page, Record

#: Pages that may be read before the reader wants them: as many as it keeps at a time, so that no walk waits meanwhile.
AHEAD = 20
#: More walks are begun where so many times as many are worthwhile: each may cost a call, and latency is never quite the same.
NOTABLY = 1.25
#: How long closing waits for calls that are under way, which end by their own deadlines; in seconds.
PATIENCE_S = 1.0

Sorted = tuple[Sequence[Record], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Source:
    """What a listing reads from: a page by its token, records out of rows, how many calls at once are worth it."""

    ask: Callable[[str | None], dict[str, Any]]
    sort: Callable[[Sequence[Any]], Sorted]
    at_once: Callable[[], int]
    ask_extent: Callable[[], Extent]


def list_pages(source: Source, after: str | None, extent: Extent | None = None) -> Generator[Page, None, None]:
    """Pages of everything, in no order when walks run side by side; each page's `next` holds all that is not yet given.

    The extent is asked for where it is needed and not given. Raises PlatformError, once. Closing it stops every walk.
    """
    listing = _Listing(source, Layout(after, extent))
    try:
        yield from listing.pages()
    finally:
        listing.close()


@dataclass(frozen=True, slots=True)
class _Arrived:
    stride: Stride
    records: Sequence[Record]
    unreadable: dict[str, str]


class _Listing:
    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._arrived: SimpleQueue[_Arrived | Exception] = SimpleQueue()
        self._walkers: list[Thread] = []
        self._lanes = 1  # how many may walk
        self._walking = 0
        self._ahead = 0  # pages under way, or read and not yet given
        self._closed = False
        self._changed = Condition()  # guards the layout and the counts

    def pages(self) -> Generator[Page, None, None]:
        first = True
        self._start()
        while self._layout.chains:
            arrived = self._arrived.get()
            if isinstance(arrived, Exception):
                raise arrived
            with self._changed:
                self._ahead -= 1
                self._changed.notify_all()
                if not self._layout.give(arrived.stride):
                    continue
                token = self._layout.token()
            self._widen()
            if arrived.records or arrived.unreadable or token is None:
                total = self._layout.extent.total if first and self._layout.extent else None
                first = False
                yield Page(tuple(arrived.records), arrived.unreadable, token, total)

    def close(self) -> None:
        """Stop after the calls that are under way."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for each in self._walkers:
            each.join(PATIENCE_S / len(self._walkers))

    def _widen(self) -> None:
        """Begin walks that are worthwhile by what is now known, splitting ranges for them."""
        at_once = self._source.at_once()
        if at_once > self._lanes * NOTABLY:
            self._lanes = at_once
        if self._lanes == self._walking or not self._layout.chains:
            return
        if self._layout.extent is None:
            self._layout.extent = self._source.ask_extent()
        with self._changed:
            if self._layout.free() is None:
                self._layout.split(self._lanes - self._walking + 1)
        self._start()

    def _start(self) -> None:
        """Begin as many walks as may be and have a range."""
        while True:
            with self._changed:
                chain = self._next_chain() if self._walking < self._lanes else None
                if chain is None:
                    return
                self._walking += 1
            walker = Thread(target=copy_context().run, args=(self._walk, chain), name="hubspot-listing", daemon=True)
            self._walkers.append(walker)
            walker.start()

    def _next_chain(self) -> Chain | None:
        """A range for a walk that has none: one that is free, or the upper half of the longest."""
        chain = self._layout.free()
        if chain is None and self._layout.split(2):
            chain = self._layout.free()
        if chain is not None:
            chain.walked = True
        return chain

    def _walk(self, chain: Chain | None) -> None:
        try:
            while chain is not None:
                while self._advance(chain):
                    pass
                with self._changed:
                    chain = None if self._closed else self._next_chain()
                    if chain is None:
                        self._walking -= 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the reader is to get it
            self._arrived.put(error)

    def _advance(self, chain: Chain) -> bool:
        """Read one page, once there is room; False when this walk has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ahead < AHEAD + self._lanes)
            if self._closed:
                return False
            self._ahead += 1
        answer = self._source.ask(chain.asked)
        rows = rows_of(answer)
        with self._changed:
            stride = self._layout.take(chain, len(rows), _ids(rows), next_token(answer))
            if stride is None:
                self._ahead -= 1
                return False
        records, unreadable = self._source.sort(rows if stride.count == len(rows) else rows[: stride.count])
        self._arrived.put(_Arrived(stride, records, unreadable))
        return not stride.over


def _ids(rows: Sequence[Any]) -> list[int] | None:
    """The ids as numbers; None if one has none."""
    try:
        return [int(row["id"]) for row in rows]
    except (TypeError, KeyError, ValueError):
        return None
