"""The units of the rulebook: points in thousandths, whole days, shares; each with the way back to what people write."""

from __future__ import annotations

import re
from decimal import Decimal

#: One point, in the unit of every computation.
POINT = 1000

_DURATION = re.compile(r"(\d{1,5})\s*([dw])", re.ASCII)
_UNIT_DAYS = {"d": 1, "w": 7}
_SHORT_TIME = re.compile(r"(\d{1,4})\s*([sm])", re.ASCII)
_UNIT_SECONDS = {"s": 1, "m": 60}
_LONGEST_S = 3600


def parse_points(raw: object) -> int:
    """`18`, `0.2`, `-5` → thousandths of a point. Raises ValueError beyond three decimals."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        raise ValueError("points are a number, such as 5 or 0.2, without quotes")
    try:
        points = Decimal(str(raw)) * POINT
        whole = points.to_integral_value()
    except ArithmeticError:
        raise ValueError("points are a number, such as 5 or 0.2, without quotes") from None
    if not points.is_finite() or abs(points) > 1000 * POINT:
        raise ValueError("points lie between -1000 and 1000")
    if points != whole:
        raise ValueError("points have at most three decimals")
    return int(points)


def write_points(points: int) -> int | float:
    """Thousandths → the number that `parse_points` reads back: 18000 → 18, 200 → 0.2."""
    return points // POINT if points % POINT == 0 else points / POINT


def parse_trust(raw: object) -> int:
    """`0.5` → 500 thousandths. Raises ValueError outside 0 to 1."""
    share = parse_points(raw)
    if not 0 <= share <= POINT:
        raise ValueError("a share of trust lies between 0 (does not count) and 1 (counts in full)")
    return share


def parse_seconds(raw: object) -> int:
    """`10s` or `5m` → seconds, from 1 second to 1 hour. Raises ValueError for anything else."""
    match = _SHORT_TIME.fullmatch(raw.strip().lower()) if isinstance(raw, str) else None
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match else 0
    if not 1 <= seconds <= _LONGEST_S:
        raise ValueError("a short time is a whole number of seconds or minutes up to an hour, such as 10s or 5m")
    return seconds


def write_seconds(seconds: int) -> str:
    """10 → `10s`."""
    return f"{seconds}s"


def parse_days(raw: object) -> int:
    """`21d` or `3w` → whole days. Raises ValueError for anything else."""
    match = _DURATION.fullmatch(raw.strip().lower()) if isinstance(raw, str) else None
    if match is None:
        raise ValueError("a duration is a whole number of days or weeks, such as 21d or 3w")
    return int(match[1]) * _UNIT_DAYS[match[2]]


def write_days(days: int) -> str:
    """21 → `21d`."""
    return f"{days}d"


def parse_share(raw: object) -> Decimal:
    """`10%` or `0.1` → 0.1. Raises ValueError outside 0 to 100 %."""
    text = str(raw).strip()
    try:
        share = Decimal(text[:-1]) / 100 if text.endswith("%") else Decimal(text)
    except ArithmeticError:
        raise ValueError("a share is a percentage such as 10%") from None
    if not share.is_finite() or not 0 <= share <= 1:
        raise ValueError("a share lies between 0% and 100%, such as 10% or 0.1")
    return share


def write_share(share: Decimal) -> str:
    """0.1 → `10%`."""
    return f"{(share * 100).normalize():f}%"
