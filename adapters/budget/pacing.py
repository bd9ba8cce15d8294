"""When calls may be made: the state that all processes of an account share, and the arithmetic on it (pure).

HubSpot counts in a rolling window, where a token bucket of full size may double the limit (facts/hubspot.md §3.1);
hence a log of the last window for the promise, and a pace that spreads the calls (see `schedule`).
Times are whole milliseconds of the clock of whoever keeps the state.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from adapters.budget.limit import Limit
from adapters.budget.schedule import Schedule

#: Milliseconds in which a rate that a 429 has cut down would grow from nothing to the whole again.
RECOVERY_MS = 120_000
#: A 429 never cuts the rate below this part of the whole.
SLOWEST = 1 / 16
#: After so many answers in a row that tell no limit, and no 429, there is none to keep.
SILENT_ANSWERS = 5
#: What an account told of its limit, or that it has one, is believed for a day.
MEMORY_MS = 86_400_000
#: The log reaches further back than the window, so that answers under way can be compared with it.
_LOOK_BACK_MS = 2_000
#: Nobody waits for so long: a state from further ahead was made by a clock that was set back since.
_TOO_FAR_MS = 600_000


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer's headers said: `remaining` of `maximum` calls per `seconds`; of the `day`, if they spoke of it.

    The platform counted the call somewhere in [`sent`, `answered`].
    """

    maximum: int
    remaining: int
    seconds: float
    day: int | None = None
    day_remaining: int | None = None
    sent: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """What is known of an account's rate. A state of one moment; every change makes a new one.

    permits: when calls were or will be counted by the platform, of the last window and a little more, in order.
    line: when the next permit would be due at an even pace.
    told, told_at: limit and seconds of the last headers, and when they came.
    silent: answers in a row that told no limit; refused_at: when the last 429 came.
    foreign: calls in the window that are not in `permits`, made by somebody else, until `foreign_until`.
    day, day_remaining, day_at: the daily quota as last told.
    """

    permits: tuple[int, ...] = ()
    line: float = 0.0
    told: tuple[int, float] | None = None
    told_at: int = 0
    silent: int = 0
    refused_at: int | None = None
    paused_until: int = 0
    slowed_to: float = 1.0
    foreign: int = 0
    foreign_until: int = 0
    day: int | None = None
    day_remaining: int = 0
    day_at: int = 0

    def limit(self, documented: Limit, now: int) -> Limit | None:
        """The limit to keep: the one that was told lately, else the documented one; None where there is none."""
        if self.told is not None and now - self.told_at < MEMORY_MS:
            return Limit(*self.told, documented.burst)
        refused_lately = self.refused_at is not None and now - self.refused_at < MEMORY_MS
        return None if self.silent >= SILENT_ANSWERS and not refused_lately else documented

    def part(self, at: int) -> float:
        """The part of the whole rate that may be used then, after what 429s have cut off and time has given back."""
        return min(1.0, self.slowed_to + max(0, at - self.paused_until) / RECOVERY_MS)

    def free_cap(self, limit: Limit, now: int) -> int:
        """Calls per window that are ours."""
        return max(1, limit.cap - (self.foreign if now < self.foreign_until else 0))

    def a_second(self, limit: Limit, now: int) -> float:
        """Calls a second that may be made in the long run."""
        return self.free_cap(limit, now) / limit.window_ms * 1000 * self.part(now)

    def grant(self, documented: Limit, now: int, wanted: int) -> tuple[Rate, tuple[int, ...], int | None]:
        """At most `wanted` permits, a little ahead, and when the first one after them could be (None: any time).

        Never more than the limit in any window. Nothing far ahead is promised: what is learned meanwhile may forbid it.
        One permit may be twice as far as the others, or a busy process would never let another one in. Where there is
        no limit to keep, nothing is given.
        """
        limit = self.limit(documented, now)
        if limit is None:
            return self, (), None
        ours = self.free_cap(limit, now)
        schedule = Schedule(limit, ours, self.permits, self.line)
        granted: list[int] = []
        later = None
        while len(granted) < wanted:
            at = schedule.due(max(now, self.paused_until), self.part)
            if at > now + limit.ahead_ms * (1 if granted else 2):
                later = at
                break
            schedule.give(at, self.part(at))
            granted.append(at)
        return replace(self, permits=tuple(schedule.permits), line=schedule.line), tuple(granted), later

    def moved(self, documented: Limit, now: int, moves: Sequence[tuple[int, int | None]]) -> Rate:
        """After calls that were counted later than their permit said, or (None) were not made at all."""
        limit = self.limit(documented, now) or documented
        unmade = sum(after is None for _, after in moves)
        permits = list(self.permits)
        for before, after in moves:
            place = bisect_right(permits, before) - 1
            if place >= 0 and permits[place] == before:
                del permits[place]
            if after is not None:
                insort(permits, after)
        return replace(self, permits=tuple(permits), line=self.line - unmade * limit.spacing_ms)

    def after_silence(self, answers: int) -> Rate:
        """After so many answers that told no limit."""
        return replace(self, silent=min(SILENT_ANSWERS, self.silent + answers))

    def after_headers(self, told: Told, now: int) -> Rate:
        """After headers: the real limit, the day's quota, and what others use of the same window, at the least."""
        known = replace(self, told=(told.maximum, told.seconds), told_at=told.answered, silent=0)
        if told.day is not None and told.day_remaining is not None:
            known = replace(known, day=told.day, day_remaining=told.day_remaining, day_at=told.answered)
        if told.sent < now - _LOOK_BACK_MS:
            return known
        since = told.sent - ceil(told.seconds * 1000)
        ours = bisect_right(self.permits, told.answered) - bisect_right(self.permits, since)
        foreign = max(0, told.maximum - told.remaining - ours)
        return replace(known, foreign=foreign, foreign_until=told.answered + ceil(told.seconds * 1000))

    def after_refusal(self, documented: Limit, now: int, seconds: float) -> Rate:
        """After a 429: no permit for `seconds`, then half the rate, which grows back; several at once count as one."""
        slowed_to = self.slowed_to if now < self.paused_until else max(SLOWEST, self.part(now) / 2)
        until = max(self.paused_until, now + ceil(seconds * 1000))
        refused = replace(self, slowed_to=slowed_to, paused_until=until, refused_at=now, silent=0)
        limit = refused.limit(documented, now) or documented
        line = until + (limit.ahead - 1) * limit.spacing_ms / slowed_to  # nothing to catch up after the pause
        return replace(refused, line=line)

    def at(self, documented: Limit, now: int) -> Rate:
        """The state as of now: without permits that no window reaches, and sane if the clock was set back."""
        window = max(documented.window_ms, Limit(*self.told).window_ms if self.told else 0)
        if max((self.paused_until, *self.permits[-1:])) > now + window + _TOO_FAR_MS:
            return Rate(told=self.told, told_at=now)
        reach = window + _LOOK_BACK_MS
        return replace(self, permits=self.permits[bisect_right(self.permits, now - reach) :])
