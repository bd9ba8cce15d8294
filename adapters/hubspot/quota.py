"""What HubSpot's rate headers say (facts/hubspot.md §3.1)."""

from __future__ import annotations

from adapters.budget import Told
from adapters.hubspot.answers import WINDOW_S, Answer, whole_number

_PREFIX = "X-HubSpot-RateLimit-"
#: The window is ten seconds long; what says that it is longer than a minute says something else.
_LONGEST_WINDOW_MS = 60_000


def read_quota(answer: Answer) -> Told | None:
    """The limit that the headers tell, with the day's where they speak of it; None where they tell no usable one."""

    def number(name: str) -> int | None:
        return whole_number(answer.headers.get(_PREFIX + name, ""))

    maximum, remaining, interval_ms = number("Max"), number("Remaining"), number("Interval-Milliseconds")
    if not maximum or remaining is None:
        return None
    if not interval_ms or interval_ms > _LONGEST_WINDOW_MS:
        interval_ms = int(WINDOW_S * 1000)
    return Told(
        maximum=maximum,
        remaining=remaining,
        seconds=interval_ms / 1000,
        day=number("Daily"),
        day_remaining=number("Daily-Remaining"),
    )


def is_silent(answer: Answer) -> bool:
    """Whether no rate header is there, not even one that makes no sense."""
    return not any(name.lower().startswith(_PREFIX.lower()) for name in answer.headers)
