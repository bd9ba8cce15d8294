"""Moments of many acts as days of the team's time zone, exactly as `decay.day_of` turns one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connector.scoring.decay import day_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_FIRST = _EPOCH.toordinal()

#: Moments that are worked on at a time, so that temporary arrays stay small.
_CHUNK = 1 << 19


def days_of(moments: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int32]:
    """The ordinals of the days in `zone` of moments in microseconds since 1970 (UTC).

    Zones change their offset a few times a year, so nearly every UTC day has one; only the moments of the others, and
    of offsets that are no whole day's, are asked one by one.
    """
    result = np.empty(len(moments), np.int32)
    if not len(moments):
        return result
    first, last = int(moments.min()) // _DAY, int(moments.max()) // _DAY
    offsets = _offsets(first, last, zone)
    for start in range(0, len(moments), _CHUNK):
        some = moments[start : start + _CHUNK]
        offset = offsets.take(some // _DAY - first)
        days = (some + offset) // _DAY + _FIRST
        odd = np.flatnonzero(offset == _CHANGES)
        distinct, places = np.unique(some[odd], return_inverse=True)
        days[odd] = np.array([_day(int(one), zone) for one in distinct], np.int64)[places]
        result[start : start + _CHUNK] = days
    return result


#: Stands for a UTC day on which the offset of the zone changes.
_CHANGES = 10 * _DAY


def _offsets(first: int, last: int, zone: ZoneInfo) -> NDArray[np.int64]:
    """The offset of the zone in microseconds on each UTC day since 1970 from `first` to `last`."""
    at_midnight = [_offset(day, zone) for day in range(first, last + 2)]
    whole_day = [now if now == then else _CHANGES for now, then in pairwise(at_midnight)]
    return np.array(whole_day, np.int64)


@lru_cache(maxsize=1 << 16)  # the same few years of one zone are asked for each slice of people
def _offset(day: int, zone: ZoneInfo) -> int:
    moment = _EPOCH + timedelta(days=day)
    return (moment.astimezone(zone).utcoffset() or timedelta()) // timedelta(microseconds=1)


def _day(micros: int, zone: ZoneInfo) -> int:
    return day_of(_EPOCH + timedelta(microseconds=micros), zone).toordinal()
