"""How far our clock is from a platform's, by the `Date` that its answers carry: nobody has to be asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock

#: A `Date` is cut down to the second (RFC 9110 §5.6.7): on average it is half of one behind.
_CUT_S = 0.5


@dataclass(frozen=True, slots=True)
class Skew:
    """Our clock is `ahead_s` seconds ahead of another one (negative: behind), give or take `within_s`."""

    ahead_s: float
    within_s: float

    @property
    def certain_s(self) -> float:
        """How far apart the two are at the least."""
        return max(0.0, abs(self.ahead_s) - self.within_s)


def compare(asked: datetime, theirs: datetime, answered: datetime) -> Skew:
    """Our clock against another that was read somewhere between two readings of ours."""
    half = (answered - asked) / 2
    return Skew((asked + half - theirs).total_seconds(), abs(half.total_seconds()))


class ComparedClock:
    """Our clock against a platform's; of all answers the one that came fastest counts. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._best: Skew | None = None

    @property
    def skew(self) -> Skew | None:
        """None while no answer has told a readable date."""
        return self._best

    def heard(self, date: str | None, asked: datetime, answered: datetime) -> None:
        """An answer came between two readings of our clock, with this `Date`."""
        try:
            theirs = parsedate_to_datetime(date or "")
        except ValueError:
            return
        if theirs.tzinfo is None:  # "-0000": a time in UTC of a sender that knows no zone
            theirs = theirs.replace(tzinfo=UTC)
        found = compare(asked, theirs, answered)
        seen = Skew(found.ahead_s - _CUT_S, found.within_s + _CUT_S)
        with self._lock:
            if self._best is None or seen.within_s < self._best.within_s:
                self._best = seen
