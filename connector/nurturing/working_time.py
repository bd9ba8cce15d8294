"""The team's working time: when an enrollment may be made, and when a task is due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.rulebook.types import Calendar

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_DAY_MINUTES = 24 * 60

#: How far ahead an open day is looked for. A calendar with two years of holidays is a mistake, not a plan.
HORIZON_DAYS = 731


@dataclass(frozen=True, slots=True)
class Week:
    """A calendar, read: open weekdays (Monday is 0), and opening and closing in minutes after midnight."""

    days: frozenset[int]
    opens: int
    closes: int


def read_week(days: str, hours: str) -> Week:
    """Read `mon-fri`, `mon,wed,fri` or `sat-mon`, and `09:00-18:00` (up to `24:00`, closing after opening).

    Raises ValueError with the cure.
    """
    open_days: set[int] = set()
    for part in days.lower().replace(" ", "").split(","):
        ends = part.split("-")
        if len(ends) > 2 or not set(ends) <= set(_DAYS):
            raise ValueError(f"calendar days {days!r}: write them like mon-fri or mon,wed,fri")
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        open_days |= {(first + offset) % 7 for offset in range((last - first) % 7 + 1)}
    match = _HOURS.fullmatch(hours.strip())
    if match is None:
        raise ValueError(f"calendar hours {hours!r}: write them like 09:00-18:00")
    opens, closes = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if not 0 <= opens < closes <= _DAY_MINUTES or int(match[2]) > 59 or int(match[4]) > 59:
        raise ValueError(f"calendar hours {hours!r}: closing comes after opening, within 00:00-24:00")
    return Week(frozenset(open_days), opens, closes)


_read = lru_cache(maxsize=64)(read_week)


def next_open(calendar: Calendar, tz: ZoneInfo, now: datetime) -> datetime:
    """Return `now` if the calendar is open then, else the next opening, as UTC.

    Hours are the wall clock of `tz`: summer time moves the opening, not the office hours.
    Raises ValueError if the calendar does not open within HORIZON_DAYS.
    """
    week = _read(calendar.days, calendar.hours)
    local = now.astimezone(tz)
    minute = local.hour * 60 + local.minute
    if _works(calendar, week, local.date()) and minute < week.closes:
        return now.astimezone(UTC) if minute >= week.opens else _opening(week, tz, local.date())
    return _opening(week, tz, _next_working_day(calendar, week, local.date()))


def due_at(calendar: Calendar, tz: ZoneInfo, now: datetime, days: int) -> datetime:
    """Return the moment `days` working days after the next open moment, at the same time of day, as UTC.

    Friday 15:00 plus one day is Monday 15:00; Friday 20:00 counts from Monday's opening, so plus one is Tuesday's.
    """
    start = next_open(calendar, tz, now).astimezone(tz)
    week = _read(calendar.days, calendar.hours)
    day = start.date()
    for _ in range(days):
        day = _next_working_day(calendar, week, day)
    return datetime.combine(day, start.time(), tz).astimezone(UTC)


def _works(calendar: Calendar, week: Week, day: date) -> bool:
    return day.weekday() in week.days and day not in calendar.holidays


def _next_working_day(calendar: Calendar, week: Week, day: date) -> date:
    for offset in range(1, HORIZON_DAYS):
        if _works(calendar, week, candidate := day + timedelta(days=offset)):
            return candidate
    raise ValueError(f"the calendar does not open within {HORIZON_DAYS} days of {day}: check days and holidays")


def _opening(week: Week, tz: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, time(week.opens // 60, week.opens % 60), tz).astimezone(UTC)
