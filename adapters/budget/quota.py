"""What a platform's own headers say of its limits, for people to see (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.budget.pacing import MEMORY_MS, Rate


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `calls` in any `seconds`, of which somebody else uses `foreign` at present; `day_left` of `day` calls are left
    today. The day is None where the platform tells nothing of it.
    """

    calls: int
    seconds: float
    foreign: int
    day: int | None
    day_left: int


def quota_of(rate: Rate, now_ms: int) -> Quota | None:
    """What was told within the last day; None if that is nothing."""
    if rate.told is None or now_ms - rate.told_at >= MEMORY_MS:
        return None
    calls, seconds = rate.told
    foreign = rate.foreign if now_ms < rate.foreign_until else 0
    day = rate.day if now_ms - rate.day_at < MEMORY_MS else None
    return Quota(calls, seconds, foreign, day, rate.day_remaining if day is not None else 0)
