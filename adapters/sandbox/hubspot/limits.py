"""Rate limits of the pretend portal: rolling ten seconds, a day, and search's own bucket (facts/hubspot.md §3.1).

They guard real traffic, so the windows run on real monotonic time; only the day follows the sandbox clock.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.sandbox.hubspot.errors import rate_limited
from adapters.sandbox.hubspot.settings import Settings


class Limits:
    """Counts requests; not thread-safe, the portal's lock protects it."""

    def __init__(
        self, settings: Settings, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self._recent: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._day: date | None = None
        self.today = 0

    def admit(self, *, search: bool) -> dict[str, str]:
        """Count one request and return its rate headers (none for search); raises a 429 Refusal when over a limit."""
        settings = self._settings
        self._turn_day()
        if not settings.limits_on:
            self.today += 1
            return {} if search else self._headers()
        if self.today >= settings.per_day:
            raise rate_limited("DAILY", "You have reached your daily limit.", {} if search else self._headers())
        now = self._monotonic()
        window, size, length = (
            (self._searches, settings.search_per_second, 1.0)
            if search
            else (self._recent, settings.per_ten_seconds, 10.0)
        )
        while window and window[0] <= now - length:
            window.popleft()
        if len(window) >= size:
            if search:
                raise rate_limited("SECONDLY", "You have reached your secondly limit.", {})
            raise rate_limited(
                "TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.", self._headers()
            )
        window.append(now)
        self.today += 1
        return {} if search else self._headers()

    def resets_at(self) -> datetime:
        """The coming midnight in the portal's time zone."""
        here = self._clock().astimezone(ZoneInfo(self._settings.time_zone))
        return datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), here.tzinfo)

    def _turn_day(self) -> None:
        day = self._clock().astimezone(ZoneInfo(self._settings.time_zone)).date()
        if day != self._day:
            self._day, self.today = day, 0

    def _headers(self) -> dict[str, str]:
        settings = self._settings
        if not settings.rate_headers:
            return {}
        return {
            "X-HubSpot-RateLimit-Daily": str(settings.per_day),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, settings.per_day - self.today)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(settings.per_ten_seconds),
            "X-HubSpot-RateLimit-Remaining": str(max(0, settings.per_ten_seconds - len(self._recent))),
            "X-HubSpot-RateLimit-Secondly": "19",
            "X-HubSpot-RateLimit-Secondly-Remaining": "18",
        }
