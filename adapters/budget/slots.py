"""`Slots`: at most so many calls in flight, for platforms that count simultaneous calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from threading import Condition
from types import TracebackType
from typing import Protocol, Self

from adapters.budget.urgency import is_urgent
from adapters.ports import Deadline

#: A lane goes from one caller of this process to the next for so long; then other processes get their turn.
_TURN_S = 0.5
#: A process that has some lanes looks again after so long whether another one has become free.
_LOOK_S = 0.05
_LONGEST_WAIT_S = 1.0


class Lanes(Protocol):
    """The slots of an account over all processes: numbered, and lost with the process that holds them."""

    def take(self, seconds: float) -> int | None:
        """A free lane, or None. Waits at most so long, and only while this process holds none: never two for each other."""

    def give(self, lane: int) -> None:
        """Give a lane back."""

    def close(self) -> None:
        """Give all of them back."""


class Slots:
    """At most `n` calls in flight, over all processes that share the `lanes`; urgent callers go first. Thread-safe."""

    def __init__(self, n: int, lanes: Lanes | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._free = n
        self._lanes = lanes
        self._monotonic = monotonic
        self._changed = Condition()
        self._waiting = {True: 0, False: 0}  # by urgency
        self._in_use: list[tuple[float, int]] = []  # since when, lane
        self._idle: list[tuple[float, int]] = []

    def acquire(self, deadline: Deadline | None = None) -> bool:
        """Wait for a free slot and take it; False if the deadline comes first."""
        urgent = is_urgent()
        with self._changed:
            self._waiting[urgent] += 1
        entered = got = False
        try:
            with self._changed:
                left = None if deadline is None else max(0.0, deadline.remaining())
                entered = self._changed.wait_for(lambda: self._free > 0 and self._my_turn(urgent), left)
                self._free -= entered
            got = entered and (self._lanes is None or self._enter_lane(self._lanes, urgent, deadline))
        finally:
            with self._changed:
                self._waiting[urgent] -= 1
                self._free += entered and not got
                self._changed.notify_all()
            if not got:
                self._give_back()
        return got

    def release(self) -> None:
        """Give the slot back."""
        with self._changed:
            self._free += 1
            if self._in_use:
                self._idle.append(self._in_use.pop(0))
            self._changed.notify_all()
        self._give_back()

    def close(self) -> None:
        """Let go of the lanes; for the end of the process, when no call is under way."""
        if self._lanes is not None:
            self._lanes.close()

    def _my_turn(self, urgent: bool) -> bool:
        return urgent or not self._waiting[True]

    def _enter_lane(self, lanes: Lanes, urgent: bool, deadline: Deadline | None) -> bool:
        def idle() -> bool:
            return bool(self._idle) and self._my_turn(urgent)

        left = inf
        while left > 0:
            with self._changed:
                if idle():
                    self._in_use.append(self._idle.pop(0))
                    return True
            left = inf if deadline is None else deadline.remaining()
            if (lane := lanes.take(max(0.0, min(left, _LONGEST_WAIT_S)))) is not None:
                with self._changed:
                    self._in_use.append((self._monotonic(), lane))
                return True
            with self._changed:
                self._changed.wait_for(idle, min(max(0.0, left), _LOOK_S))
        return False

    def _give_back(self) -> None:
        """Lanes that nobody here waits for, and those whose turn is over."""
        with self._changed:
            old = self._monotonic() - _TURN_S
            wanted = sum(self._waiting.values())
            kept = [one for one in self._idle if one[0] > old][:wanted]
            given = [one for one in self._idle if one not in kept]
            self._idle = kept
        for _, lane in given:
            assert self._lanes is not None
            self._lanes.give(lane)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
