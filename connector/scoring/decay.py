"""How acts fade: one table of integer factors per curve, the same bytes on every machine.

A factor is in parts per million and is looked up by age in whole days. Only whole numbers meet points, and always
round toward zero, so that fading never gives a thousandth more than yesterday. The tables come from `Decimal.exp` and
`Decimal.ln`, which the decimal specification demands to be correctly rounded: floats would differ in the last bit
between Python and a columnar engine for a third of all ages (facts/parts.md, Numbers).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.rulebook.types import Decay

#: The factor of something that has not faded.
WHOLE = 1_000_000

#: Nothing known of a person is older: a hundred years in days. Tables end here at the latest.
OLDEST = 36_525

#: Bits kept below a millionth, so that halving a table entry by a shift loses nothing that shows.
_BITS = 64
_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)
_LN_2 = _EXACT.ln(Decimal(2))

#: After so many half-lives less than a millionth is left.
_SPENT = WHOLE.bit_length()


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an aware moment where the team works."""
    return moment.astimezone(zone).date()


def age(then: date, day: date) -> int:
    """Whole days from `then` to `day`; an act that is dated in the future is as fresh as today's."""
    return max(0, (day - then).days)


def factor(curve: tuple[int, ...], age_days: int) -> int:
    """The factor of a curve at an age; nothing is left beyond the end of its table."""
    return curve[age_days] if age_days < len(curve) else 0


def curve_of(decay: Decay) -> tuple[int, ...]:
    """The table of factors by age, from 0 days up to the last age at which something is left."""
    if decay.half_life is not None:
        return half_life_curve(decay.half_life)
    if decay.linear is not None:
        return linear_curve(decay.linear)
    return cliff_curve(decay.cliff or 0)


def kept(points: int, share: int, whole: int) -> int:
    """`points × share ÷ whole`, rounded toward zero: what is left of thousandths of a point."""
    return points * share // whole if points >= 0 else -(-points * share // whole)


@lru_cache(maxsize=256)
def half_life_curve(days: int) -> tuple[int, ...]:
    """Halve every `days` days: exactly a half, a quarter, … at each multiple. `days` 0: gone the day after."""
    if days == 0:
        return (WHOLE,)
    scale = Decimal(WHOLE << _BITS)
    first = [
        int(_EXACT.multiply(scale, _EXACT.exp(_EXACT.divide(_EXACT.multiply(_LN_2, Decimal(-day)), Decimal(days)))))
        for day in range(min(days, OLDEST + 1))
    ]
    first[0] = WHOLE << _BITS  # exactly
    last = min(OLDEST, days * _SPENT)
    left = (first[day % days] >> (_BITS + day // days) for day in range(last + 1))
    return tuple(millionths for millionths in left if millionths)


@lru_cache(maxsize=256)
def linear_curve(days: int) -> tuple[int, ...]:
    """Fall in a straight line from whole at age 0 to nothing at age `days`."""
    return tuple((days - day) * WHOLE // days for day in range(min(days, OLDEST))) or (WHOLE,)


@lru_cache(maxsize=256)
def cliff_curve(days: int) -> tuple[int, ...]:
    """Stay whole up to and including age `days`, then nothing."""
    return (WHOLE,) * (min(days, OLDEST) + 1)
