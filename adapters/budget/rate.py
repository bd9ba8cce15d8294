"""`RateBudget`: hands the permits of an account to the threads of one process, urgent callers first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from math import inf
from threading import Lock

from adapters.budget.account import Account, Permit
from adapters.budget.kept import InMemory, Kept
from adapters.budget.limit import Limit
from adapters.budget.pacing import Told
from adapters.budget.quota import Quota, quota_of
from adapters.budget.urgency import is_urgent
from adapters.ports import Deadline

#: Where there is no limit to keep: calls a second, for those who compute with it.
UNLIMITED = 10_000.0
#: Bulk that has used its share of the day asks again after an hour: midnight is the account's, and not told.
DAY_WAIT_S = 3600.0
#: Two readings of one clock may differ by rounding; sleeping this much longer avoids waking a hair too early.
CLOCK_GRAIN_S = 0.0005
#: More permits are asked for when this part is left of the time for which they are given ahead.
_LEAD = 0.25
#: Without a limit, the keeper is asked that often whether one has shown itself to another process.
_FREE_S = 1.0


class RateBudget:
    """Permits for calls: evenly paced, and never more than `limit` in any window of `per_seconds`.

    All budgets over one `kept` state share it, in whatever process they are; the limit is the documented one, which
    holds until answers tell another. Permits are taken from the keeper a little ahead, so that it is asked a few times
    a second; what the keeper raises passes up. `share` is the part of a day's quota that bulk may use up. Thread-safe.
    """

    def __init__(
        self,
        limit: int,
        per_seconds: float,
        *,
        burst: int | None = None,
        share: float = 1.0,
        kept: Kept | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.share = share
        self._account = Account(kept or InMemory(monotonic), Limit(limit, per_seconds, burst), monotonic)
        self._monotonic = monotonic
        self._sleep = sleep
        self._asking = Lock()
        self._lock = Lock()
        self._permits: deque[Permit] = deque()
        self._urgent: list[object] = []
        self._bulk: list[object] = []
        self._recent: deque[float] = deque()
        self._later = -inf  # no further permit comes before
        self._ask_at = -inf
        self._free_until = -inf

    @property
    def rate(self) -> float:
        """Calls a second that may be made in the long run, by what is known now."""
        limit = self._account.limit
        return UNLIMITED if limit is None else self._account.known.a_second(limit, self._account.now_ms())

    def acquire(self, deadline: Deadline | None = None) -> Permit | None:
        """Wait for a permit and take it; None, at once, if none can come before the deadline.

        Tell `done` of the end of the call, or `give_back` if there was none.

        Urgent callers (`urgent()`) go before the others of this process.
        """
        me, line = object(), self._urgent if is_urgent() else self._bulk
        with self._lock:
            line.append(me)
        try:
            while (permit := self._take(me)) is None:
                wait = self._wait(me, deadline)
                if wait is None:
                    return None
                if wait > 0:
                    self._sleep(wait + CLOCK_GRAIN_S)
            return permit
        finally:
            with self._lock:
                line.remove(me)

    def done(self, permit: Permit) -> None:
        """The call has ended, well or badly."""
        if self._account.counted(permit):
            with self._asking:
                self._account.exchange()

    def give_back(self, permit: Permit) -> None:
        """The call was not made."""
        self._account.not_made(permit)

    def observe(self, permit: Permit, told: Told | None) -> None:
        """Learn from a good answer's rate headers; None: there were none, where they ought to be."""
        news = self._account.silent() if told is None else self._account.told(permit, told)
        if news:
            self._start_anew()

    def slow_down(self, seconds: float) -> None:
        """After a 429: no permit for `seconds`, then half the rate, which grows back slowly; for all who share it."""
        with self._asking:
            self._start_anew()
            self._account.refused(seconds)
            self._account.exchange()

    def day_wait(self) -> float | None:
        """Seconds until bulk may ask again whether there is something of the day's share; None: there is, or may be."""
        known = self._account.known
        age = (self._account.now_ms() - known.day_at) / 1000
        if is_urgent() or known.day is None or age >= DAY_WAIT_S:
            return None
        return DAY_WAIT_S - age if known.day_remaining < (1 - self.share) * known.day else None

    def quota(self) -> Quota | None:
        """What the platform last told of its limits, and what of them is left; None if it told nothing."""
        return quota_of(self._account.known, self._account.now_ms())

    def close(self) -> None:
        """Give back what is not used, and tell what the next process should know."""
        with self._asking:
            self._start_anew()
            if self._account.has_news:
                self._account.exchange()

    def _take(self, me: object) -> Permit | None:
        """A permit, if one is due beyond those of the callers who go before me."""
        with self._lock:
            now = self._monotonic()
            if now < self._free_until:
                return self._account.taken(Permit(now, None))
            too_old = now - self._account.ahead_s
            while self._permits and self._permits[0].due < too_old:
                self._account.unused(self._permits.popleft())
            place = self._place(me)
            if place >= len(self._permits) or self._permits[place].due > now:
                return None
            self._recent.append(now)
            while self._recent[0] <= too_old:
                self._recent.popleft()
            return self._account.taken(self._permits.popleft())

    def _wait(self, me: object, deadline: Deadline | None) -> float | None:
        """How long to wait before looking again; None if no permit can come before the deadline."""
        with self._lock:
            now = self._monotonic()
            left = deadline.remaining() if deadline else inf
            place = self._place(me)
            if place < len(self._permits):
                wait = self._permits[place].due - now
                return wait if wait < left else None
            if now < self._ask_at:
                return self._ask_at - now if self._later - now < left else None
        self._ask(me)
        return 0.0

    def _ask(self, me: object) -> None:
        """Get permits for all who wait, and for those who will be back soon."""
        with self._asking:
            with self._lock:
                if self._place(me) < len(self._permits) or self._monotonic() < max(self._ask_at, self._free_until):
                    return
                wanted = len(self._urgent) + len(self._bulk) + len(self._recent) - len(self._permits)
            given, later = self._account.exchange(wanted)
            with self._lock:
                self._permits.extend(given)
                self._later = -inf if later is None else later
                self._ask_at = self._later - _LEAD * self._account.ahead_s
                if self._account.limit is None:
                    self._free_until = self._monotonic() + _FREE_S

    def _place(self, me: object) -> int:
        return self._urgent.index(me) if me in self._urgent else len(self._urgent) + self._bulk.index(me)

    def _start_anew(self) -> None:
        """Give back what is in hand: what it was given by is no longer so."""
        with self._lock:
            while self._permits:
                self._account.unused(self._permits.pop())
            self._later = self._ask_at = self._free_until = -inf
