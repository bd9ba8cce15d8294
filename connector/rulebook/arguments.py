"""What stands behind an operator: each kind of argument, read from YAML and written back.

Reading what was written gives the same argument again, so a rulebook keeps its hash on its way through the store.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from connector.rulebook.folding import fold
from connector.rulebook.patterns import compile_pattern
from connector.rulebook.quantities import parse_day
from connector.rulebook.units import parse_days, write_days

#: Most entries of one list; a longer one belongs in a list that the marketer keeps in the platform.
MAX_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Argument:
    """One kind of argument. `read` raises ValueError saying what is wanted; `write` is its way back to YAML."""

    wanted: str
    read: Callable[[object], Any]
    write: Callable[[Any], object]


def _same(argument: Any) -> object:
    return argument


def _text(raw: object) -> str:
    folded = fold(raw) if isinstance(raw, str) else ""
    if not folded:
        raise ValueError('takes a text; for a number put it in quotes ("2024"), for an empty field use known: false')
    return folded


def _scalar(raw: object) -> str | bool | int | float:
    if isinstance(raw, bool | int):
        return raw
    if isinstance(raw, float) and math.isfinite(raw):
        return raw
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, str) and fold(raw):
        return fold(raw)
    if isinstance(raw, list | tuple):
        raise ValueError("takes one value; for a choice use in: [first, second]")
    raise ValueError("takes one value; for an empty field use known: false")


def _flag(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("takes true or false")
    return raw


def _number(raw: object) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise ValueError("takes a number without quotes, such as 50; for days use before, after or between")
    return raw


def _day(raw: object) -> date:
    day = parse_day(raw) if isinstance(raw, str) else raw
    if isinstance(day, datetime) or not isinstance(day, date):
        raise ValueError("takes a day, such as 2027-05-01")
    return day


def _duration(raw: object) -> int:
    try:
        return parse_days(raw)
    except ValueError:
        raise ValueError("takes a whole number of days or weeks, such as 14d or 3w") from None


def _bounds(raw: object) -> tuple[int | float, int | float] | tuple[date, date]:
    wanted = "takes two numbers or two days, the lower first, such as [50, 1000]"
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise ValueError(wanted)
    read: Callable[[object], Any] = _day if isinstance(raw[0], str | date) else _number
    try:
        low, high = read(raw[0]), read(raw[1])
    except ValueError:
        raise ValueError(wanted) from None
    if low > high:
        raise ValueError(wanted)
    return low, high


def _list_of(read: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    def read_list(raw: object) -> tuple[Any, ...]:
        if not isinstance(raw, list | tuple) or not raw:
            raise ValueError("takes a list, such as [first, second]")
        if len(raw) > MAX_ENTRIES:
            raise ValueError(f"takes at most {MAX_ENTRIES} entries; keep a longer list in the platform")
        return tuple(read(entry) for entry in raw)

    return read_list


def _pattern(raw: object) -> re.Pattern[str]:
    if not isinstance(raw, str):
        raise ValueError("takes a regular expression as a text")
    return compile_pattern(raw)


def _write_bounds(bounds: Sequence[Any]) -> object:
    return [bound.isoformat() if isinstance(bound, date) else bound for bound in bounds]


TEXT = Argument("a text", _text, _same)
TEXTS = Argument("a list of texts", _list_of(_text), list)
SCALAR = Argument("one value", _scalar, _same)
SCALARS = Argument("a list of values", _list_of(_scalar), list)
FLAG = Argument("true or false", _flag, _same)
NUMBER = Argument("a number", _number, _same)
BOUNDS = Argument("two numbers or two days", _bounds, _write_bounds)
DAY = Argument("a day", _day, date.isoformat)
DURATION = Argument("a duration", _duration, write_days)
PATTERN = Argument("a regular expression", _pattern, lambda pattern: pattern.pattern)
