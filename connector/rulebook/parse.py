"""From the words of a YAML condition to the tree of conditions.py, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.rulebook.conditions import ASSET, At, Compare, Condition, Did, Every, Not, Some
from connector.rulebook.operators import OPERATORS
from connector.rulebook.spelling import did_you_mean
from connector.rulebook.units import parse_days, write_days

#: Keys that join conditions; fields may not be called so.
JOINING = frozenset({"any", "all", "not", "did"})

_DID_KEYS = ("event", "asset", "within", "at_least")

#: What other languages write for our keys and operators.
_ELSEWHERE = {
    "or": "any",
    "and": "all",
    "=": "is",
    "==": "is",
    "equals": "is",
    "!=": "is_not",
    "<>": "is_not",
    ">=": "at_least",
    "<=": "at_most",
    ">": "at_least (or after, of days)",
    "<": "at_most (or before, of days)",
    "min": "at_least",
    "max": "at_most",
    "regex": "matches",
}
_COMPARISON = re.compile(r"\s*(>=|<=|!=|<>|==|=|>|<)\s*\S")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong inside a condition: where, what, and what to do."""

    at: At
    message: str
    cure: str = ""


class ConditionError(ValueError):
    """A condition that cannot be understood; `flaws` names everything wrong in it."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("; ".join("; ".join(filter(None, (flaw.message, flaw.cure))) for flaw in flaws))


def parse_condition(raw: object) -> Condition:
    """Parse `{field: {operator: value}, any: […], did: {…}}`. Raises ConditionError (a ValueError) with the cure.

    A condition that is parsed already is returned as it is.
    """
    return _parsed(raw, _Reader.condition)


def parse_text_test(raw: object) -> Condition:
    """Parse a bare test of one text, such as `{contains: demo}` or `Visited pricing`, over the name "asset".

    Raises ConditionError (a ValueError) with the cure.
    """
    return _parsed(raw, lambda reader, inner, at: reader.test(ASSET, inner, at))


def write_condition(condition: Condition) -> dict[str, Any]:
    """The YAML form that `parse_condition` reads back to an equal tree."""
    if isinstance(condition, Compare):
        return {condition.name: _write_test(condition)}
    if isinstance(condition, Every):
        return {"all": [write_condition(one) for one in condition.of]}
    if isinstance(condition, Some):
        return {"any": [write_condition(one) for one in condition.of]}
    if isinstance(condition, Not):
        return {"not": write_condition(condition.of)}
    did: dict[str, Any] = {"event": condition.event, "at_least": condition.at_least}
    if condition.asset is not None:
        did["asset"] = write_text_test(condition.asset)
    if condition.within is not None:
        did["within"] = write_days(condition.within)
    return {"did": did}


def write_text_test(test: Condition) -> dict[str, Any]:
    """The YAML form that `parse_text_test` reads back to an equal tree. Raises ValueError for any other condition."""
    if isinstance(test, Compare) and test.name == ASSET:
        return _write_test(test)
    if isinstance(test, Every):
        return {"all": [write_text_test(one) for one in test.of]}
    if isinstance(test, Some):
        return {"any": [write_text_test(one) for one in test.of]}
    if isinstance(test, Not):
        return {"not": write_text_test(test.of)}
    raise ValueError("not a test of one text")


def _write_test(test: Compare) -> dict[str, Any]:
    return {test.operator: OPERATORS[test.operator].takes.write(test.argument)}


def _parsed(raw: object, read: Callable[[_Reader, object, At], Condition]) -> Condition:
    if isinstance(raw, Condition):
        return raw
    reader = _Reader()
    condition = read(reader, raw, ())
    if reader.flaws:
        raise ConditionError(reader.flaws)
    return condition


class _Reader:
    """Reads one condition and gathers all flaws; what is flawed becomes an empty Every, which nobody gets to see."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []

    def condition(self, raw: object, at: At) -> Condition:
        if isinstance(raw, Condition):
            return raw
        if not isinstance(raw, Mapping):
            return self._flawed(
                at, "a condition is a mapping", "write field: {operator: value}; several with any: or all:"
            )
        if not raw:
            return self._flawed(
                at, "the condition is empty", "write field: {operator: value}, or all: [] for everybody"
            )
        return _joined([self._entry(str(key), value, (*at, str(key))) for key, value in raw.items()])

    def test(self, name: str, raw: object, at: At) -> Condition:
        """What stands behind a field: a bare value, operators side by side, or any/all/not over the same field."""
        if isinstance(raw, Sequence) and not isinstance(raw, str):
            return self._flawed(at, "a list alone says nothing", "write in: […], or contains_any: […]")
        if raw is None:
            return self._flawed(at, "there is no value here", "write known: false for an empty field")
        if isinstance(raw, str) and (sign := _COMPARISON.match(raw)):
            return self._flawed(at, f"{raw!r:.60} is only a text", f"write {{{_ELSEWHERE[sign[1]]}: …}}")
        if not isinstance(raw, Mapping):
            return self._compare(name, "is", raw, at)
        if not raw:
            return self._flawed(at, "there is no operator here", f"write one of {', '.join(OPERATORS)}")
        return _joined([self._operator(name, str(key), value, (*at, str(key))) for key, value in raw.items()])

    def _entry(self, key: str, raw: object, at: At) -> Condition:
        if key == "did":
            return self._did(raw, at)
        if key in JOINING:
            return self._join(key, raw, at, self.condition)
        if key in ("or", "and"):
            return self._flawed(at, f'conditions are not joined by "{key}"', f"write {_ELSEWHERE[key]}: with a list")
        return self.test(key, raw, at)

    def _operator(self, name: str, key: str, raw: object, at: At) -> Condition:
        if key in JOINING and key != "did":
            return self._join(key, raw, at, lambda inner, inner_at: self.test(name, inner, inner_at))
        if key not in OPERATORS:
            return self._flawed(
                at,
                f'there is no operator "{key}"',
                f"write {_ELSEWHERE[key]}"
                if key in _ELSEWHERE
                else did_you_mean(key, OPERATORS) or f"operators are {', '.join(OPERATORS)}",
            )
        return self._compare(name, key, raw, at)

    def _join(self, key: str, raw: object, at: At, read: Callable[[object, At], Condition]) -> Condition:
        if key == "not":
            return Not(read(raw, at))
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            return self._flawed(at, f"{key}: takes a list of conditions", "put a dash before each")
        of = tuple(read(one, (*at, place)) for place, one in enumerate(raw))
        return Some(of) if key == "any" else Every(of)

    def _compare(self, name: str, operator: str, raw: object, at: At) -> Condition:
        try:
            return Compare(name, operator, OPERATORS[operator].takes.read(raw), at)
        except ValueError as error:
            return self._flawed(at, f"{raw!r:.60} will not do", f"{operator} {error}")

    def _did(self, raw: object, at: At) -> Condition:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("event"), str):
            return self._flawed(at, "did: needs an event", "write did: {event: form_submit, within: 14d}")
        for key in raw:
            if key not in _DID_KEYS:
                self._flawed(
                    (*at, str(key)),
                    f'did: has no key "{key}"',
                    did_you_mean(str(key), _DID_KEYS) or f"its keys are {', '.join(_DID_KEYS)}",
                )
        asset = self.test(ASSET, raw["asset"], (*at, "asset")) if "asset" in raw else None
        within = None
        if "within" in raw:
            try:
                within = parse_days(raw["within"])
            except ValueError as error:
                self._flawed((*at, "within"), f"{raw['within']!r:.60} will not do", str(error))
        times = raw.get("at_least", 1)
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            self._flawed((*at, "at_least"), f"{times!r:.60} will not do", "say how many times, 1 or more")
            times = 1
        return Did(raw["event"], asset, within, times, at)

    def _flawed(self, at: At, message: str, cure: str) -> Condition:
        self.flaws.append(Flaw(at, message, cure))
        return Every(())


def _joined(of: list[Condition]) -> Condition:
    return of[0] if len(of) == 1 else Every(tuple(of))
