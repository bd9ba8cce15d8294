"""The moments at which calls may be made under one limit, each as early as the window and the pace let it be (pure)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import ceil

from adapters.budget.limit import Limit

#: Calls that are ahead of an even pace follow each other at most so many times as fast as that.
BRISK = 3


class Schedule:
    """Permits of the last window and those that follow; four rules say when the next one is due.

    The window: never more than `ours` in it. The even pace: calls may be ahead of it by `limit.ahead`, so that time in
    which nobody could call is not lost, and no more. No burst: `limit.at_once` may follow at once, the others at most
    BRISK times as fast as the pace. And no gap: what a window that began briskly has left is spread over its rest, or
    whoever comes at its end would wait for the next one.

    Since a full window repeats itself, how it began decides when the last call of a long read is made.
    """

    def __init__(self, limit: Limit, ours: int, permits: Sequence[int], line: float) -> None:
        self.permits = list(permits)
        self.line = line
        self._limit = limit
        self._ours = ours
        self._brisk_line = 0.0
        for each in permits:
            self._brisk_line = max(self._brisk_line, each) + limit.spacing_ms / BRISK

    def due(self, earliest: int, part: Callable[[int], float]) -> int:
        """When the next call may be made; `part` is the part of the whole rate that may be used at a time."""
        at = max(earliest, self._after_the_last())
        spacing = self._limit.spacing_ms / part(at)
        even = self.line - (self._limit.ahead - 1) * spacing
        brisk = self._brisk_line - (self._limit.at_once - 1) * spacing / BRISK
        return max(at, ceil(even), ceil(brisk))

    def give(self, at: int, part: float) -> None:
        """A permit for that moment."""
        spacing = self._limit.spacing_ms / part
        self.permits.append(at)
        self.line = max(self.line, at) + spacing
        self._brisk_line = max(self._brisk_line, at) + spacing / BRISK

    def _after_the_last(self) -> int:
        if not self.permits:
            return 0
        last, window = self.permits[-1], self._limit.window_ms
        used = len(self.permits) - bisect_right(self.permits, last - window)
        if used >= self._ours:
            return max(last, self.permits[-self._ours] + window)
        began_briskly = used >= self._limit.ahead > self._limit.at_once
        if not began_briskly:
            return last
        return last + (self.permits[-used] + window - last) // (self._ours - used + 1)
