"""The operators of conditions: each one small unit with its meaning and two examples, from which tests and docs are made.

An operator is asked only of a known value; what it says of an unknown one stands in `unknown`. The value is text, a
number, yes/no, a day (moments become days in the team's zone first) or a Range. An operator that cannot compare what
it is given (a word with `at_least`) is false; `is_not` and `not_in` are the exact opposites of `is` and `in`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from connector.facts import Range, Value
from connector.rulebook import arguments
from connector.rulebook.arguments import Argument
from connector.rulebook.folding import fold, holds_words
from connector.rulebook.patterns import finds
from connector.rulebook.quantities import parse_day, parse_number, parse_range

_INFINITY = float("inf")

Test = Callable[[Value, Any, date], bool]


@dataclass(frozen=True, slots=True)
class Example:
    """A value and the argument as YAML has it; asked on 2027-03-15. A value of None is an unknown one."""

    value: Value | None
    argument: object


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: what it takes, when it holds, what it says of an unknown value, and an example of each ending."""

    name: str
    takes: Argument
    holds: Test
    passes: Example
    fails: Example
    unknown: bool = False

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        return " ".join((self.holds.__doc__ or "").split())


def _is(value: Value, wanted: Any, _day: date) -> bool:
    """The value is the argument: texts without case and accents, numbers by size; a bare value means the same."""
    return _equal(value, wanted)


def _is_not(value: Value, wanted: Any, _day: date) -> bool:
    """The value is not the argument; an unknown value is not it either."""
    return not _equal(value, wanted)


def _in(value: Value, wanted: Any, _day: date) -> bool:
    """The value is one of the list."""
    return any(_equal(value, one) for one in wanted)


def _not_in(value: Value, wanted: Any, _day: date) -> bool:
    """The value is none of the list; an unknown value is none of them either."""
    return not any(_equal(value, one) for one in wanted)


def _contains(value: Value, needle: Any, _day: date) -> bool:
    """The text holds the argument from the start of a word; several words must stand in that order."""
    return isinstance(value, str) and holds_words(needle, fold(value))


def _contains_any(value: Value, needles: Any, _day: date) -> bool:
    """The text holds at least one of the list, each from the start of a word."""
    if not isinstance(value, str):
        return False
    folded = fold(value)
    return any(holds_words(needle, folded) for needle in needles)


def _starts_with(value: Value, start: Any, _day: date) -> bool:
    """The text begins with the argument."""
    return isinstance(value, str) and fold(value).startswith(start)


def _ends_with(value: Value, end: Any, _day: date) -> bool:
    """The text ends with the argument."""
    return isinstance(value, str) and fold(value).endswith(end)


def _matches(value: Value, pattern: Any, _day: date) -> bool:
    """The regular expression is found in the first 256 characters of the text, without case and accents."""
    return isinstance(value, str) and finds(pattern, value)


def _known(_value: Value, wanted: Any, _day: date) -> bool:
    """The field has a value (`known: true`) or has none (`known: false`)."""
    return bool(wanted)


def _at_least(value: Value, low: Any, _day: date) -> bool:
    """The number is the argument or more; a range holds if all of it is (100-500 is at least 100, not at least 200)."""
    span = _span(value, low)
    return span is not None and span[0] >= low


def _at_most(value: Value, high: Any, _day: date) -> bool:
    """The number is the argument or less; a range holds if all of it is, so an open one (1000+) never does."""
    span = _span(value, high)
    return span is not None and span[1] <= high


def _between(value: Value, bounds: Any, _day: date) -> bool:
    """The number (or day) lies between the two, both included; a range holds if all of it does."""
    span = _span(value, bounds[0])
    return span is not None and bounds[0] <= span[0] and span[1] <= bounds[1]


def _before(value: Value, limit: Any, _day: date) -> bool:
    """The day comes before the argument; the argument itself does not."""
    span = _span(value, limit)
    return span is not None and span[1] < limit


def _after(value: Value, limit: Any, _day: date) -> bool:
    """The day comes after the argument; the argument itself does not."""
    span = _span(value, limit)
    return span is not None and span[0] > limit


def _within(value: Value, days: Any, day: date) -> bool:
    """The day is today or at most so many days back; a day to come is not."""
    span = _span(value, day)
    return span is not None and 0 <= (day - span[0]).days <= days


def _older_than(value: Value, days: Any, day: date) -> bool:
    """The day lies more than so many days back."""
    span = _span(value, day)
    return span is not None and (day - span[0]).days > days


def _equal(value: Value, wanted: str | bool | float) -> bool:
    """Equality over kinds: the argument may be a word for what the field holds typed, and the other way round."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return _word(value) == _word(wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return fold(value) == wanted
    if isinstance(value, date):
        return value.isoformat() == wanted
    if isinstance(value, Range) and isinstance(wanted, str):
        return value == parse_range(wanted)
    number = parse_number(wanted) if isinstance(wanted, str) else wanted
    return number is not None and _span(value, number) == (number, number)


def _word(value: Value) -> str:
    return fold(str(value))


def _span(value: Value, like: Any) -> tuple[Any, Any] | None:
    """Lowest and highest of what `value` may be, in the kind of `like` (a day or a number); None if it is another kind."""
    if isinstance(like, date):
        found = parse_day(value) if isinstance(value, str) else value
        return (found, found) if isinstance(found, date) else None
    if isinstance(value, str):
        number = parse_number(value)
        value = number if number is not None else parse_range(value) or value
    if isinstance(value, Range):
        return value.low, _INFINITY if value.high is None else value.high
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else None


#: The day on which the examples are asked.
EXAMPLE_DAY = date(2027, 3, 15)

_ALL = (
    Operator("is", arguments.SCALAR, _is, Example("España", "espana"), Example("Spain", "España")),
    Operator("is_not", arguments.SCALAR, _is_not, Example(None, "ES"), Example("es", "ES"), unknown=True),
    Operator("in", arguments.SCALARS, _in, Example("Málaga", ["Malaga", "Sevilla"]), Example("Madrid", ["Sevilla"])),
    Operator(
        "not_in",
        arguments.SCALARS,
        _not_in,
        Example(None, ["customer"]),
        Example("Customer", ["customer"]),
        unknown=True,
    ),
    Operator("contains", arguments.TEXT, _contains, Example("Group CFO", "cfo"), Example("Director", "cto")),
    Operator(
        "contains_any",
        arguments.TEXTS,
        _contains_any,
        Example("Directora Financiera", ["cfo", "financier"]),
        Example("Directora", ["cto", "rector"]),
    ),
    Operator(
        "starts_with", arguments.TEXT, _starts_with, Example("[FIN] Cierre", "[fin]"), Example("Re: [FIN]", "[FIN]")
    ),
    Operator("ends_with", arguments.TEXT, _ends_with, Example("uni.EDU", ".edu"), Example("edu.example", ".edu")),
    Operator(
        "matches",
        arguments.PATTERN,
        _matches,
        Example("Résp. Finances", r"resp\w*\.? finan"),
        Example("Finance", "^cfo$"),
    ),
    Operator("known", arguments.FLAG, _known, Example("anything", True), Example(None, True)),
    Operator("at_least", arguments.NUMBER, _at_least, Example(Range(100, 500), 100), Example(Range(100, 500), 200)),
    Operator("at_most", arguments.NUMBER, _at_most, Example("50", 50), Example(Range(1000, None), 5000)),
    Operator("between", arguments.BOUNDS, _between, Example(50, [50, 1000]), Example(Range(500, 5000), [50, 1000])),
    Operator(
        "before",
        arguments.DAY,
        _before,
        Example(date(2027, 1, 1), "2027-01-02"),
        Example(date(2027, 1, 1), "2027-01-01"),
    ),
    Operator(
        "after", arguments.DAY, _after, Example(date(2027, 1, 2), "2027-01-01"), Example(date(2027, 1, 1), "2027-01-01")
    ),
    Operator(
        "within", arguments.DURATION, _within, Example(date(2027, 3, 1), "14d"), Example(date(2027, 2, 28), "14d")
    ),
    Operator(
        "older_than",
        arguments.DURATION,
        _older_than,
        Example(date(2027, 2, 28), "14d"),
        Example(date(2027, 3, 1), "2w"),
    ),
)

#: Every operator by its name, in the order of the documentation.
OPERATORS = {operator.name: operator for operator in _ALL}

#: Operators that compare days: a field they are asked of needs `type: date` or `type: datetime`.
OF_DAYS = frozenset({"before", "after", "within", "older_than"})
