"""A limit as a platform states it, and how much of it we use at once and in the long run."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

#: Permits are given at most so many milliseconds ahead, so that a busy process asks a few times a second only.
_AHEAD_MS = 400
#: A window is measured so much longer: what two readings of a clock, rounding included, may differ by.
MARGIN_MS = 20


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in any window of so many seconds.

    Of these, `burst` may follow at once, and no more may ever be ahead of an even pace; by default a tenth and a third.
    """

    calls: int
    seconds: float
    burst: int | None = None

    def __post_init__(self) -> None:
        if self.calls < 1 or self.seconds <= 0:
            raise ValueError(f"not a rate: {self.calls} per {self.seconds} s")

    @property
    def cap(self) -> int:
        """The calls that we make of it: one in a hundred is spared for what nobody foresees."""
        return self.calls - self.calls // 100

    @property
    def window_ms(self) -> int:
        return ceil(self.seconds * 1000) + MARGIN_MS

    @property
    def ahead_ms(self) -> int:
        """How far ahead permits are given, and how late they may be used: a small part of the window."""
        return min(_AHEAD_MS, self.window_ms // 10)

    @property
    def spacing_ms(self) -> float:
        """From one call to the next at an even pace."""
        return self.window_ms / self.cap

    @property
    def at_once(self) -> int:
        """So many calls may follow without any time between."""
        return min(self.cap, self.burst or max(1, self.calls // 10))

    @property
    def ahead(self) -> int:
        """By so many, the calls of a window may be ahead of an even pace."""
        return self.at_once if self.burst else max(1, self.calls // 3)
