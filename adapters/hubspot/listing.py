"""The full read: pages of a list, by as many walks side by side as latency makes worthwhile (`chains` says which)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread
from typing import Any

from adapters.hubspot.chains import Chain, Extent, Layout, Stride
from adapters.hubspot.rows import next_token, rows_of
from adapters.ports import Page, Record

#: Pages that each walk may be ahead of the reader.
AHEAD = 2
#: How long closing waits for calls that are under way, which end by their own deadlines; in seconds.
PATIENCE_S = 1.0

Sorted = tuple[Sequence[Record], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Source:
    """What a listing reads from: one page by its token, records out of rows, how many calls at once, and the extent."""

    ask: Callable[[str | None], dict[str, Any]]
    sort: Callable[[Sequence[Any]], Sorted]
    at_once: Callable[[], int]
    extent: Callable[[], Extent]


def list_pages(source: Source, after: str | None) -> Generator[Page, None, None]:
    """Pages of everything, in no order when walks run side by side; each page's `next` holds all that is not yet given.

    Raises PlatformError, once. Closing it stops every walk.
    """
    listing = _Listing(source, after)
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
    def __init__(self, source: Source, after: str | None) -> None:
        self._source = source
        self._layout = Layout(after)
        self._lock = Lock()  # of the layout
        self._arrived: SimpleQueue[_Arrived | Exception] = SimpleQueue()
        self._room = Semaphore(0)
        self._closed = False
        self._walkers: list[Thread] = []
        self._walking = 0

    def pages(self) -> Generator[Page, None, None]:
        total = None
        self._start(1)
        while self._layout.chains:
            arrived = self._arrived.get()
            self._room.release()
            if isinstance(arrived, Exception):
                raise arrived
            with self._lock:
                if not self._layout.give(arrived.stride):
                    continue
                token = self._layout.token()
            self._widen()
            if total is None and self._layout.extent:
                total = self._layout.extent.total
            if arrived.records or arrived.unreadable or token is None:
                yield Page(tuple(arrived.records), arrived.unreadable, token, total)

    def close(self) -> None:
        """Stop after the calls that are under way."""
        self._closed = True
        self._room.release(AHEAD * len(self._walkers))
        for each in self._walkers:
            each.join(PATIENCE_S / len(self._walkers))

    def _widen(self) -> None:
        """Start walks that are worthwhile by what is now known, splitting ranges for them."""
        wanted = self._source.at_once() - self._walking
        if wanted <= 0 or not self._layout.chains:
            return
        if self._layout.extent is None:
            self._layout.extent = self._source.extent()
        with self._lock:
            if self._layout.free() is None:
                self._layout.split(wanted + 1)
        self._start(wanted)

    def _start(self, most: int) -> None:
        for _ in range(most):
            with self._lock:
                chain = self._next_chain()
                if chain is None:
                    return
                self._walking += 1
            walker = Thread(target=copy_context().run, args=(self._walk, chain), name="hubspot-listing", daemon=True)
            self._walkers.append(walker)
            self._room.release(AHEAD)
            walker.start()

    def _next_chain(self) -> Chain | None:
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
                with self._lock:
                    chain = None if self._closed else self._next_chain()
                    self._walking -= chain is None
        except Exception as error:  # noqa: BLE001 - whatever it is, the reader is to get it
            self._arrived.put(error)

    def _advance(self, chain: Chain) -> bool:
        """Read one page; False when this walk has ended."""
        self._room.acquire()
        if self._closed:
            return False
        answer = self._source.ask(chain.asked)
        rows = rows_of(answer)
        with self._lock:
            stride = self._layout.take(chain, len(rows), _ids(rows), next_token(answer))
        if stride is None:
            self._room.release()
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
