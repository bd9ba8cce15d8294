"""The sandbox's clock: the one source of every time that the pretend platforms show."""

from datetime import UTC, datetime, timedelta
from threading import Lock


class Clock:
    """A callable that gives the time as an aware UTC datetime.

    Without an argument it follows real time; with one it stands still at that instant.
    `advance` moves it either way, so that days can pass in a test without waiting.
    """

    def __init__(self, fixed: datetime | None = None) -> None:
        self._lock = Lock()
        self._fixed = None if fixed is None else _aware(fixed)
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        with self._lock:
            return self._now()

    def fix(self, at: datetime) -> None:
        """Stop the clock at `at` (aware)."""
        with self._lock:
            self._fixed = _aware(at)

    def advance(self, delta: timedelta) -> datetime:
        """Move on by `delta` and return the new time; a running clock keeps running."""
        with self._lock:
            if self._fixed is None:
                self._ahead += delta
            else:
                self._fixed += delta
            return self._now()

    def resume(self) -> None:
        """Follow real time again, without any lead gained by `advance`."""
        with self._lock:
            self._fixed, self._ahead = None, timedelta()

    def _now(self) -> datetime:
        return self._fixed if self._fixed is not None else datetime.now(UTC) + self._ahead


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("the sandbox clock takes aware datetimes only")
    return at.astimezone(UTC)
