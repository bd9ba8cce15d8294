"""Conditions over a stretch of days: true on each of them, false on each, or neither.

With no new fact a condition can turn for two reasons only: a day comes (`within`, `older_than`, `did … within`), or a
number that scoring computes has faded past one that the condition names. Everything else is settled once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from connector.rulebook.conditions import Compare, Condition, Did, Every, Not, Subject, asset_holds, holds, leaves
from connector.rulebook.operators import OPERATORS
from connector.rulebook.quantities import parse_day, parse_number

#: The computed numbers that change by fading alone; the others change only together with something that is seen.
FADING = frozenset({"score", "engagement", "profile"})

_OF_TIME = frozenset({"within", "older_than"})
_NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Span:
    """The least and the most that a number comes to on the days of a stretch."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days from `first` to `last` (ordinals, both included), and what the fading numbers come to on them."""

    first: int
    last: int
    numbers: Mapping[str, Span] = field(default_factory=lambda: MappingProxyType({}))


#: Answers True or False where that holds on every day of the stretch, else None. On a single day it is never None.
Ask = Callable[[Stretch], bool | None]


def turns_by_itself(condition: Condition) -> bool:
    """Tell whether `condition` can turn with no new fact at all."""
    return any(
        leaf.within is not None if isinstance(leaf, Did) else leaf.name in FADING or leaf.operator in _OF_TIME
        for leaf in leaves(condition)
    )


def settle(condition: Condition, subject: Subject) -> Ask:
    """`condition` as a question about stretches of days from `subject.day` on, if no fact comes to those of `subject`.

    The values of FADING names are taken from the stretch; where it has none, they are unknown.
    """
    if isinstance(condition, Compare):
        return _compare(condition, subject)
    if isinstance(condition, Did):
        return _did(condition, subject)
    if isinstance(condition, Not):
        return _not(settle(condition.of, subject))
    asked = [settle(one, subject) for one in condition.of]
    return _every(asked) if isinstance(condition, Every) else _not(_every(map(_not, asked)))


def _always(answer: bool) -> Ask:
    return lambda _: answer


def _not(ask: Ask) -> Ask:
    def opposite(stretch: Stretch) -> bool | None:
        answer = ask(stretch)
        return None if answer is None else not answer

    return opposite


def _every(asked: Iterable[Ask]) -> Ask:
    parts = tuple(asked)

    def every(stretch: Stretch) -> bool | None:
        unsure = False
        for ask in parts:
            answer = ask(stretch)
            if answer is False:
                return False
            unsure = unsure or answer is None
        return None if unsure else True

    return every


def _compare(test: Compare, subject: Subject) -> Ask:
    if test.name in FADING:
        return _fading(test, subject)
    if test.operator not in _OF_TIME or not isinstance(test.argument, int):
        return _always(holds(test, subject))
    then = _day(subject.values.get(test.name), subject)
    if then is None:
        return _always(answer=False)
    turn = then.toordinal() + test.argument
    return _during(then.toordinal(), turn) if test.operator == "within" else _during(turn + 1, _NEVER)


def _day(value: object, subject: Subject) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(subject.zone).date()
    if isinstance(value, str):
        return parse_day(value)
    return value if isinstance(value, date) else None


def _during(first: int, last: int) -> Ask:
    """True from one day to another."""

    def during(stretch: Stretch) -> bool | None:
        if first <= stretch.first and stretch.last <= last:
            return True
        return False if stretch.last < first or last < stretch.first else None

    return during


def _did(test: Did, subject: Subject) -> Ask:
    """Of so many acts within some days the oldest that is needed drops out first."""
    if test.within is None:
        return _always(holds(test, subject))
    today = subject.day.toordinal()
    days = sorted(
        event.happened_at.astimezone(subject.zone).date().toordinal()
        for event in subject.events
        if event.kind == test.event and asset_holds(test.asset, event.asset)
    )
    days = [day for day in days if day <= today]
    if len(days) < test.at_least:
        return _always(answer=False)
    return _during(0, days[-test.at_least] + test.within)


def _fading(test: Compare, subject: Subject) -> Ask:
    """The answer can only be another where one of the argument's numbers lies between the least and the most."""
    operator = OPERATORS[test.operator]
    arguments = test.argument if isinstance(test.argument, tuple) else (test.argument,)
    told = (parse_number(one) if isinstance(one, str) else one for one in arguments)
    cuts = tuple(one for one in told if isinstance(one, int | float))
    unknown = _always(holds(test, Subject(subject.day)))

    def fading(stretch: Stretch) -> bool | None:
        span = stretch.numbers.get(test.name)
        if span is None:
            return unknown(stretch)
        low, high = span.low, span.high
        if low != high and any(low <= cut <= high for cut in cuts):
            return None
        return operator.holds(low, test.argument, subject.day)

    return fading
