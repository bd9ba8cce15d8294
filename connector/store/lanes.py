"""Numbered locks of which all processes together hold so many at most; the database frees those of a process that died."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import sample
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection, Engine

from connector.store.engine import lock_within, unlock
from connector.store.errors import StoreUnavailable
from connector.store.session_lock import NotPermitted, end_silent

Result = TypeVar("Result")

#: A call is over long before, and what holds a lane for it says so: whoever is silent for so long stands still.
SILENT_S = 180.0


class LockedLanes:
    """`n` advisory locks under one name, held by one database session of this process. Thread-safe."""

    def __init__(self, engine: Engine, name: str, n: int) -> None:
        self._engine = engine
        self._name = name
        self._n = n
        self._lock = Lock()
        self._session: Connection | None = None
        self._held: set[int] = set()

    def take(self, seconds: float) -> int | None:
        """A lane that nobody holds, or None; waits for one at most so long, and only while this process holds none.

        Who waits gets the lane before its holder does again. Raises StoreUnavailable.
        """
        with self._lock:
            order = sample(range(self._n), self._n)
            lane = next((lane for lane in order if lane not in self._held and self._lock_within(lane, 0)), None)
            if lane is None and not self._held and self._lock_within(order[0], seconds):
                lane = order[0]
            if lane is None and not self._held:
                self._do(self._end_silent)
            if lane is not None:
                self._held.add(lane)
            self._part()
            return lane

    def give(self, lane: int) -> None:
        """Give a lane back; if the database is away, it has been given back already."""
        with self._lock:
            self._unlock(lane)
            self._part()

    def close(self) -> None:
        """Give all lanes back, and the session too."""
        with self._lock:
            for lane in tuple(self._held):
                self._unlock(lane)
            self._part()

    def _part(self) -> None:
        """Give the session back while no lane is held: the pool looks whether it still lives."""
        if self._session is not None and not self._held:
            self._session.close()
            self._session = None

    def _unlock(self, lane: int) -> None:
        if lane not in self._held:
            return  # its session broke
        self._held.remove(lane)
        try:
            self._do(lambda session: unlock(session, self._key(lane)))
        except StoreUnavailable:
            return

    def _lock_within(self, lane: int, seconds: float) -> bool:
        return self._do(lambda session: lock_within(session, self._key(lane), seconds))

    def _end_silent(self, session: Connection) -> None:
        """Free the lanes of processes that stand still, for the next try; where we may not, they stay theirs."""
        with suppress(NotPermitted):
            end_silent(session, [self._key(lane) for lane in range(self._n)], SILENT_S)

    def _key(self, lane: int) -> str:
        return f"{self._name}:{lane}"

    def _do(self, act: Callable[[Connection], Result]) -> Result:
        try:
            if self._session is None:
                self._session = self._engine.connect()
            result = act(self._session)
            self._session.commit()
        except BaseException:
            self._held.clear()
            if self._session is not None:
                self._session.invalidate()  # a connection that goes back to the pool would keep the locks
                self._session.close()
                self._session = None
            raise
        return result
