"""Conditions asked of a crowd: the single path's own `holds`, once per distinct value of a column, then taken by codes.

What a condition says of one field can only depend on the value and the day, so asking it of each distinct value (and
once of no value) and looking the answers up is the same meaning by construction. Only comparisons of plain numbers are
done on arrays, because there may be as many numbers as people; float64 compares them as Python does, see `_EXACT`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connector.facts import Value
from connector.rulebook.conditions import Compare, Condition, Did, Every, Not, Some, events, holds, leaves, names
from connector.rulebook.conditions import Subject as One
from connector.rulebook.types import POINT
from connector.scoring.columns.crowd import Column
from connector.scoring.columns.hits import Hits
from connector.scoring.computed import in_points

#: Whole numbers up to here are the same as float64.
_EXACT = 2**53

#: The operators whose answer is another one on another day.
_OF_THE_DAY = frozenset({"within", "older_than"})

#: Under this a column remembers its values as float64.
_FLOATS = "floats"

Bools = NDArray[np.bool_]
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A computed number of everybody, in thousandths; `known` False: this person has none (None: everybody has one)."""

    thousandths: NDArray[np.integer[Any]]
    known: Bools | None = None


class Subject:
    """What conditions are asked of: columns and computed numbers by name, and `did`, which answers tests of acts.

    Answers about a column are remembered, as personas and models ask the same again; subjects made from one another by
    `knowing` and `believing` share them. Nothing is known of a name that is not there.
    """

    def __init__(
        self,
        people: int,
        day: date,
        zone: tzinfo,
        named: Mapping[str, Column | Numbers | _Answers],
        did: Callable[[Did], Bools] | None = None,
    ) -> None:
        self.people = people
        self._day = day
        self._zone = zone
        self._named = {
            name: _Answers(name, one, day, zone) if isinstance(one, Column) else one for name, one in named.items()
        }
        self._did = did or _nobody(people)

    def knowing(self, more: Mapping[str, Column | Numbers]) -> Subject:
        """The same people, with more names or other values of them."""
        return Subject(self.people, self._day, self._zone, {**self._named, **more}, self._did)

    def believing(self, did: Callable[[Did], Bools]) -> Subject:
        """The same people, with what they did as far as one model believes it."""
        return Subject(self.people, self._day, self._zone, self._named, did)

    def holds(self, condition: Condition) -> Bools:
        """Whether `condition` is true, for each of them."""
        if isinstance(condition, Did):
            return self._did(condition)
        answers = self._column_of(condition)
        if answers is not None:
            return answers.table(condition)[answers.codes]
        if isinstance(condition, Compare):
            return self._compare(condition)
        if isinstance(condition, Not):
            return ~self.holds(condition.of)
        each = (self.holds(one) for one in condition.of)
        if isinstance(condition, Every):
            return reduce(np.logical_and, each, np.ones(self.people, np.bool_))
        return reduce(np.logical_or, each, np.zeros(self.people, np.bool_))

    def hits(self, conditions: Sequence[Condition]) -> Hits:
        """Which of `conditions` hold of whom. Those of one column are looked up together, eight at a time."""
        found = Hits.none(len(conditions), self.people)
        for row in range(len(found.bits)):
            tables: dict[_Answers, NDArray[np.uint8]] = {}
            for bit, condition in enumerate(conditions[8 * row : 8 * row + 8]):
                column = self._column_of(condition)
                answers = self.holds(condition) if column is None else column.table(condition)
                shifted = answers.view(np.uint8) << np.uint8(bit)
                if column is None:
                    found.bits[row] |= shifted
                else:
                    tables[column] = tables[column] | shifted if column in tables else shifted
            for column, table in tables.items():
                found.bits[row] |= table[column.codes]
        return found

    def _column_of(self, condition: Condition) -> _Answers | None:
        """The column that `condition` is all about, if there is just one."""
        asked = names(condition)
        if len(asked) != 1 or events(condition):
            return None
        named = self._named.get(next(iter(asked)))
        return named if isinstance(named, _Answers) else None

    def _compare(self, test: Compare) -> Bools:
        """A test of a computed number, or of a name that nobody has."""
        numbers = self._named.get(test.name)
        (unknown,) = _asked(test, (None,), self._day, self._zone)
        if not isinstance(numbers, Numbers):
            return np.full(self.people, unknown)
        answers = _compared(test, numbers.thousandths / POINT)
        if answers is None:
            distinct, places = np.unique(numbers.thousandths, return_inverse=True)
            answers = _asked(test, [in_points(int(one)) for one in distinct], self._day, self._zone)[places]
        return answers if numbers.known is None else np.where(numbers.known, answers, unknown)


class _Answers:
    """One column, and what conditions that are all about it say of its distinct values."""

    def __init__(self, name: str, column: Column, day: date, zone: tzinfo) -> None:
        self.codes = column.codes
        self._name = name
        self._values = column.values
        self._day = day
        self._zone = zone
        self._told = column.answers

    def table(self, condition: Condition) -> Bools:
        """The answer for each distinct value, and at last (code -1) that for no value."""
        # By its text too: 1 and True are equal, and different tests.
        day = (
            self._day
            if any(one.operator in _OF_THE_DAY for one in leaves(condition) if isinstance(one, Compare))
            else None
        )
        asked = self._name, repr(condition), condition, self._zone, day
        if asked not in self._told:
            self._told[asked] = self._new_table(condition)
        table: Bools = self._told[asked]
        return table

    @property
    def _floats(self) -> _Floats | None:
        """The values as float64, if they are numbers that it holds exactly."""
        if _FLOATS not in self._told:
            self._told[_FLOATS] = _as_floats(self._values)
        floats: _Floats | None = self._told[_FLOATS]
        return floats

    def _new_table(self, condition: Condition) -> Bools:
        if isinstance(condition, Not):
            return ~self.table(condition.of)
        table = np.ones(len(self._values) + 1, np.bool_)
        if isinstance(condition, Every):
            return reduce(np.logical_and, map(self.table, condition.of), table)
        if isinstance(condition, Some):
            return reduce(np.logical_or, map(self.table, condition.of), ~table)
        assert isinstance(condition, Compare)
        compared = None if self._floats is None else _compared(condition, self._floats)
        if compared is None:
            compared = _asked(condition, self._values, self._day, self._zone)
        table[:-1] = compared
        table[-1:] = _asked(condition, (None,), self._day, self._zone)
        return table


def _asked(test: Compare, values: Sequence[Value | None], day: date, zone: tzinfo) -> Bools:
    """What `test` says of each value (None: of no value), asked of one subject that is made to have it."""
    having: dict[str, Value] = {}
    subject = One(day, having, (), zone)
    answers = np.empty(len(values), np.bool_)
    for place, value in enumerate(values):
        if value is None:
            having.clear()
        else:
            having[test.name] = value
        answers[place] = holds(test, subject)
    return answers


def _nobody(people: int) -> Callable[[Did], Bools]:
    return lambda _: np.zeros(people, np.bool_)


def _as_floats(values: Sequence[Value]) -> _Floats | None:
    """The values as float64, if they are numbers that it holds exactly."""
    plain = all(type(value) is float or (type(value) is int and _is_exact(value)) for value in values)
    return np.array(values, np.float64) if plain else None


def _compared(test: Compare, numbers: _Floats) -> Bools | None:
    """`test` of plain numbers, all at once; None for what has to be asked one by one."""
    match test.operator, test.argument:
        case "at_least", int() | float() as low if _is_exact(low):
            return numbers >= low
        case "at_most", int() | float() as high if _is_exact(high):
            return numbers <= high
        case "between", (int() | float() as low, int() | float() as high) if _is_exact(low) and _is_exact(high):
            return (numbers >= low) & (numbers <= high)
    return None


def _is_exact(number: float) -> bool:
    return isinstance(number, float) or abs(number) <= _EXACT
