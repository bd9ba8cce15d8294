"""The call log: which requests a pretend platform answered."""

from collections import Counter, deque
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Call:
    """One answered request; `template` is the route's pattern, or "(unmatched)"; status 0 means no answer was sent."""

    method: str
    template: str
    status: int


class CallLog:
    """Counts every call and keeps the last 100,000 one by one; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: deque[Call] = deque(maxlen=100_000)
        self._counts: Counter[str] = Counter()

    def record(self, method: str, template: str, status: int) -> None:
        """Append one call."""
        with self._lock:
            self._calls.append(Call(method, template or "(unmatched)", status))
            self._counts[f"{method} {template or '(unmatched)'}"] += 1

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()

    @property
    def calls(self) -> list[Call]:
        """The last calls, oldest first."""
        with self._lock:
            return list(self._calls)

    @property
    def counts(self) -> dict[str, int]:
        """`"METHOD template"` → number of calls since the last reset."""
        with self._lock:
            return dict(self._counts)

    @property
    def total(self) -> int:
        """Number of calls since the last reset."""
        with self._lock:
            return self._counts.total()
