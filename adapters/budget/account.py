"""One process's dealings with the state of an account: what it has learned goes there, permits come back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from threading import Lock

from adapters.budget.kept import Json, Kept, from_json, to_json
from adapters.budget.limit import MARGIN_MS, Limit
from adapters.budget.pacing import SILENT_ANSWERS, Rate, Told

#: A call that was counted later than its permit by no more than this need not be told: the margin of windows covers it.
_NEGLIGIBLE_MS = MARGIN_MS // 2
#: Until so many answers have come, nobody knows how fast one can be: connections are still being made.
_FIRST_ANSWERS = 20
#: The keeper's clock is compared with ours at every exchange; of so many, the one that was answered fastest counts.
_COMPARED = 32


@dataclass(frozen=True, slots=True)
class Permit:
    """One call may leave, at `due` of this process's clock or a little later; `taken` is when it was handed out.

    `at` is `due` on the keeper's clock, in milliseconds; None where there is no limit to keep.
    """

    due: float
    at: int | None
    taken: float = 0.0


@dataclass(slots=True)
class _News:
    """What the keeper has not heard yet."""

    moves: list[tuple[int, int | None]] = field(default_factory=list)
    told: Told | None = None
    silent: int = 0
    refused_for: float | None = None

    def and_then(self, later: _News) -> _News:
        """Both, as if told at once."""
        silent = later.silent if later.told else self.silent + later.silent
        waits = [seconds for seconds in (self.refused_for, later.refused_for) if seconds is not None]
        return _News([*self.moves, *later.moves], later.told or self.told, silent, max(waits, default=None))


class Account:
    """The state as last seen, and the news for it. Exchanges are the caller's to put in order; else thread-safe."""

    def __init__(self, kept: Kept, documented: Limit, monotonic: Callable[[], float]) -> None:
        self._kept = kept
        self._documented = documented
        self._monotonic = monotonic
        self._lock = Lock()
        self._news = _News()
        self._known: Rate | None = None
        self._offsets: deque[float] = deque(maxlen=_COMPARED)
        self._exchanged_at = -inf
        self._under_way = 0
        self._fastest = inf
        self._answers = 0

    @property
    def known(self) -> Rate:
        """The state as last seen, with what answers told since; asks the keeper if it was never seen."""
        if self._known is None:
            self.exchange()
        assert self._known is not None
        return self._known

    @property
    def limit(self) -> Limit | None:
        """The limit to keep, None where there is none."""
        return self.known.limit(self._documented, self.now_ms())

    @property
    def ahead_s(self) -> float:
        """How far ahead permits come, and how late they may be used."""
        return (self.limit or self._documented).ahead_ms / 1000

    def now_ms(self) -> int:
        """The keeper's time."""
        return self._keeper_ms(self._monotonic())

    def exchange(self, wanted: int = 0) -> tuple[list[Permit], float | None]:
        """Tell the news and get permits, and when the first one after them could be due (None: any time).

        What a keeper that is away has not heard is told at the next exchange.
        """
        with self._lock:
            news, self._news = self._news, _News()

        def step(state: Json | None, clock: float) -> tuple[Json, tuple[Rate, tuple[int, ...], int | None, float]]:
            # The clock was read before its answer came: a permit is due a little late rather than too early.
            compared, now = self._monotonic() - clock, int(clock * 1000)
            rate = from_json(state).at(self._documented, now).moved(self._documented, now, news.moves)
            rate = rate.after_silence(news.silent)
            if news.told is not None:
                rate = rate.after_headers(news.told, now)
            if news.refused_for is not None:
                rate = rate.after_refusal(self._documented, now, news.refused_for)
            rate, granted, later = rate.grant(self._documented, now, wanted)
            return to_json(rate), (rate, granted, later, compared)

        try:
            rate, granted, later, compared = self._kept.change(step)
        except BaseException:
            with self._lock:
                self._news = news.and_then(self._news)
            raise
        with self._lock:
            self._exchanged_at = self._monotonic()
            self._offsets.append(compared)
            self._known = rate
            permits = [Permit(self._local(at), at) for at in granted]
            return permits, None if later is None else self._local(later)

    def taken(self, permit: Permit) -> Permit:
        """A call leaves now."""
        with self._lock:
            self._under_way += 1
            return replace(permit, taken=self._monotonic())

    def unused(self, permit: Permit) -> None:
        """A permit that nobody will use."""
        with self._lock:
            if permit.at is not None:
                self._news.moves.append((permit.at, None))

    def not_made(self, permit: Permit) -> None:
        """A call for which a permit was taken, and which did not leave."""
        with self._lock:
            self._under_way -= 1
        self.unused(permit)

    def refused(self, seconds: float) -> None:
        """A 429 came that asks to wait so long."""
        with self._lock:
            self._news.refused_for = max(seconds, self._news.refused_for or 0.0)

    def counted(self, permit: Permit) -> bool:
        """The call has ended: the platform counted it at the latest so long ago as an answer takes to come back.

        A constant latency moves the whole window, and no call within it; only what was slower than the fastest counts.
        True if the keeper should hear of that now, since no exchange is at hand.
        """
        with self._lock:
            now = self._monotonic()
            self._under_way -= 1
            self._answers += 1
            self._fastest = min(self._fastest, now - permit.taken)
            way_back = self._fastest if self._answers > _FIRST_ANSWERS else 0.0
            if permit.at is None:
                return False
            counted_at = self._keeper_ms(max(permit.taken, now - way_back))
            if counted_at - permit.at <= _NEGLIGIBLE_MS:
                return False
            self._news.moves.append((permit.at, counted_at))
            return not self._under_way or self._exchanged_at < now - self._documented.ahead_ms / 1000

    def told(self, permit: Permit, told: Told) -> bool:
        """What an answer's headers said; True if the limit is another one than was known."""
        known = self.known
        with self._lock:
            now = self._keeper_ms(self._monotonic())
            told = replace(told, sent=self._keeper_ms(permit.taken), answered=now)
            self._news.told, self._news.silent = told, 0
            self._known = known.after_headers(told, now)
            return known.told != self._known.told

    def silent(self) -> bool:
        """A good answer without any headers; True if that is enough to say that there is no limit."""
        known = self.known
        with self._lock:
            if known.silent >= SILENT_ANSWERS:
                return False
            self._news.silent += 1
            return known.silent + self._news.silent >= SILENT_ANSWERS

    @property
    def has_news(self) -> bool:
        return bool(self._news.moves or self._news.told or self._news.refused_for is not None)

    def _keeper_ms(self, local: float) -> int:
        return round((local - min(self._offsets)) * 1000)

    def _local(self, keeper_ms: int) -> float:
        return keeper_ms / 1000 + min(self._offsets)
