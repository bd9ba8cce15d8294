"""What can be wrong with a condition: it says the opposite, a threshold lies one off, a part of it is too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from connector.rulebook.conditions import ASSET, Compare, Condition, Did, Every, Not, Some, leaves

_DAY = timedelta(days=1)

#: Operators whose argument is one threshold, and the least that it can be.
_THRESHOLDS: dict[str, int | None] = {
    **dict.fromkeys(("at_least", "at_most", "before", "after")),
    **dict.fromkeys(("within", "older_than"), 0),
}


def condition_mutations(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """Every wrong version of `condition`, with what was done to it."""
    yield "negated", condition.of if isinstance(condition, Not) else Not(condition)
    yield from _inside(condition)


def moved(number: Any, least: int | None = None) -> Iterator[Any]:
    """A number or a day, one less (not below `least`) and one more."""
    one = _DAY if isinstance(number, date) else 1
    if least is None or number > least:
        yield number - one
    yield number + one


def _inside(condition: Condition) -> Iterator[tuple[str, Condition]]:
    if isinstance(condition, Compare):
        yield from _thresholds(condition)
    elif isinstance(condition, Not):
        yield from ((what, Not(inner)) for what, inner in _inside(condition.of))
    elif isinstance(condition, Did):
        yield from _deed(condition)
    else:
        yield from _joined(condition)


def _joined(condition: Every | Some) -> Iterator[tuple[str, Condition]]:
    of = condition.of
    for place, part in enumerate(of):
        if len(of) > 1:
            yield f"without {_named(part)}", replace(condition, of=(*of[:place], *of[place + 1 :]))
        for what, inner in _inside(part):
            yield what, replace(condition, of=(*of[:place], inner, *of[place + 1 :]))


def _thresholds(test: Compare) -> Iterator[tuple[str, Condition]]:
    shown = test.operator if test.name == ASSET else f"{test.name} {test.operator}"
    if test.operator in _THRESHOLDS:
        for argument in moved(test.argument, _THRESHOLDS[test.operator]):
            yield f"{shown} {test.argument} → {argument}", replace(test, argument=argument)
    elif test.operator == "between" and isinstance(test.argument, tuple):
        low, high = test.argument
        bounds = [*((one, high) for one in moved(low)), *((low, one) for one in moved(high))]
        for lower, upper in bounds:
            if lower <= upper:
                yield f"{shown} {low}, {high} → {lower}, {upper}", replace(test, argument=(lower, upper))


def _deed(test: Did) -> Iterator[tuple[str, Condition]]:
    if test.asset is not None:
        yield f"{test.event} of any asset", replace(test, asset=None)
        for what, asset in _inside(test.asset):
            yield f"{test.event} {what}", replace(test, asset=asset)
    if test.within is not None:
        for within in moved(test.within, 0):
            yield f"{test.event} within {test.within} → {within}", replace(test, within=within)
    for times in moved(test.at_least, 1):
        yield f"{test.event} at_least {test.at_least} → {times}", replace(test, at_least=times)


def _named(condition: Condition) -> str:
    """What a part asks about, in as many words as a marketer needs to find it."""
    told = [f"did {leaf.event}" if isinstance(leaf, Did) else _asked(leaf) for leaf in leaves(condition)]
    return " and ".join(told) or "what always holds"


def _asked(test: Compare) -> str:
    argument = (
        ", ".join(map(str, test.argument))
        if isinstance(test.argument, tuple)
        else getattr(test.argument, "pattern", test.argument)
    )
    text = f"{test.operator} {argument}" if test.name == ASSET else f"{test.name} {test.operator} {argument}"
    return text if len(text) <= 60 else text[:59] + "…"
