"""How fast we may call a platform: one `RateBudget` (or `Slots` gate) per platform, shared by all its callers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import BoundedSemaphore, Lock
from types import TracebackType
from typing import Self

from adapters.ports import Deadline

#: Seconds in which a rate that a 429 has cut down would grow from nothing to the whole again.
RECOVERY_S = 120.0
#: A 429 never cuts the rate below this part of the whole.
SLOWEST = 1 / 16
#: Two readings of one clock may differ by rounding; sleeping this much longer avoids waking a hair too early.
CLOCK_GRAIN_S = 0.0005


class RateBudget:
    """Permits for calls: evenly paced, and never more than `limit` in any window of `per_seconds`.

    HubSpot counts in a rolling window, where a token bucket of full size may double the limit (facts/hubspot.md §3.1);
    hence a bucket of `burst` permits for the pace and a log of the last window for the promise. `share` is the part of
    the limit that we use ourselves: the rest absorbs the network's jitter. Thread-safe.
    """

    def __init__(
        self,
        limit: int,
        per_seconds: float,
        *,
        share: float = 0.96,
        burst: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if limit < 1 or per_seconds <= 0 or not 0 < share <= 1:
            raise ValueError(f"not a rate: {limit} per {per_seconds} s, share {share}")
        self._lock = Lock()
        self._monotonic = monotonic
        self._sleep = sleep
        self._share = share
        self._burst = burst
        self._set_limit(limit, per_seconds)
        now = monotonic()
        self._permits: deque[float] = deque()
        self._tokens = float(self._bucket)
        self._refilled_at = now
        self._paused_until = now
        self._slowed_at, self._slowed_to = now, 1.0
        self._foreign, self._foreign_until = 0, now

    @property
    def rate(self) -> float:
        """Calls a second, when nothing slows us down."""
        return self._cap / self._per_seconds

    def acquire(self, deadline: Deadline | None = None) -> bool:
        """Wait for a permit and take it; False, at once, if none can come before the deadline."""
        while True:
            with self._lock:
                now = self._monotonic()
                wait = self._wait(now)
                if wait <= 0:
                    self._tokens -= 1
                    self._permits.append(now)
                    return True
            if deadline is not None and wait >= deadline.remaining():
                return False
            self._sleep(wait + CLOCK_GRAIN_S)

    def observe(self, *, remaining: int, maximum: int, interval_ms: int) -> None:
        """Learn from an answer's rate headers: the real limit, and what other processes use of the same budget."""
        if maximum < 1 or interval_ms < 1:
            return
        with self._lock:
            now = self._monotonic()
            self._set_limit(maximum, interval_ms / 1000)
            self._forget(now)
            ours = len(self._permits)
            self._foreign = max(0, maximum - remaining - ours - (maximum - self._cap))
            self._foreign_until = now + self._per_seconds

    def slow_down(self, seconds: float) -> None:
        """After a 429: no permit for `seconds`, then half the rate, which grows back slowly.

        Several answers to calls that were under way together count as one.
        """
        with self._lock:
            now = self._monotonic()
            if now >= self._paused_until:
                self._slowed_to = max(SLOWEST, self._pace(now) / 2)
                self._tokens = 0.0
            self._paused_until = max(self._paused_until, now + seconds)
            self._slowed_at = self._refilled_at = self._paused_until

    def _set_limit(self, limit: int, per_seconds: float) -> None:
        self._cap = max(1, int(limit * self._share))
        self._per_seconds = per_seconds
        self._bucket = min(self._cap, self._burst or max(1, self._cap // 10))

    def _pace(self, now: float) -> float:
        """The part of the whole rate that may be used now, 0 to 1."""
        return min(1.0, self._slowed_to + max(0.0, now - self._slowed_at) / RECOVERY_S)

    def _forget(self, now: float) -> None:
        while self._permits and self._permits[0] <= now - self._per_seconds:
            self._permits.popleft()

    def _wait(self, now: float) -> float:
        """Seconds until the next permit; 0 or less means now."""
        if now < self._paused_until:
            return self._paused_until - now
        rate = self._cap / self._per_seconds * self._pace(now)
        self._tokens = min(self._bucket, self._tokens + max(0.0, now - self._refilled_at) * rate)
        self._refilled_at = now
        self._forget(now)
        foreign = self._foreign if now < self._foreign_until else 0
        free_of_foreign = max(1, self._cap - foreign)
        surplus = len(self._permits) - free_of_foreign
        window_wait = self._permits[surplus] + self._per_seconds - now if surplus >= 0 else 0.0
        return max(window_wait, (1 - self._tokens) / rate if self._tokens < 1 else 0.0)


class Slots:
    """At most `n` calls in flight; for platforms that count simultaneous calls. Thread-safe, a context manager too."""

    def __init__(self, n: int) -> None:
        self._gate = BoundedSemaphore(n)

    def acquire(self, deadline: Deadline | None = None) -> bool:
        """Wait for a free slot and take it; False if the deadline comes first."""
        if deadline is None:
            return self._gate.acquire()
        return self._gate.acquire(timeout=max(0.0, deadline.remaining()))

    def release(self) -> None:
        """Give the slot back; ValueError if none is held."""
        self._gate.release()

    def __enter__(self) -> Self:
        self._gate.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate.release()
