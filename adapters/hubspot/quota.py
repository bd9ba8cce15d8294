"""What HubSpot's rate headers say (facts/hubspot.md §3.1)."""

from __future__ import annotations

from adapters.budget import Told
from adapters.hubspot.answers import Answer

_PREFIX = "X-HubSpot-RateLimit-"


def read_quota(answer: Answer) -> Told | None:
    """The limit that the headers tell, with the day's where they speak of it; None where they tell no usable one."""

    def number(name: str) -> int | None:
        raw = answer.headers.get(_PREFIX + name, "")
        return int(raw) if raw.isdecimal() else None

    maximum, remaining, interval_ms = number("Max"), number("Remaining"), number("Interval-Milliseconds")
    if not maximum or remaining is None or not interval_ms:
        return None
    return Told(
        maximum=maximum,
        remaining=remaining,
        seconds=interval_ms / 1000,
        day=number("Daily"),
        day_remaining=number("Daily-Remaining"),
    )
