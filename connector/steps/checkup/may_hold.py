"""Whether a condition can be true of anybody among values and acts that there are at all, whoever they are of. Pure.

Each single test is asked by itself, of every value that there is: what is called impossible here is true of nobody; what is
called possible may still be true of nobody at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo

from connector.facts import Value
from connector.rulebook.conditions import Compare, Condition, Did, Every, Not, Some, Subject, asset_holds, holds

#: What these say of a value changes with the day.
_OF_THE_DAY = frozenset({"within", "older_than"})


@dataclass(frozen=True, slots=True)
class Present:
    """What there is: the values of each field (of a field that is not named, anything), and the assets by kind of act.

    Nobody has to have a value, nor have done anything: a test may always meet somebody of whom nothing is known.
    """

    values: Mapping[str, Collection[Value]]
    assets: Mapping[str, Collection[str]]
    day: date
    zone: tzinfo
    _told: dict[object, tuple[bool, bool]] = field(default_factory=dict, repr=False, compare=False)
    _passed: dict[object, bool] = field(default_factory=dict, repr=False, compare=False)

    def may_hold(self, condition: Condition) -> bool:
        """False if `condition` is true of nobody."""
        return self._may(condition, wanted=True)

    def hindrances(self, condition: Condition) -> Iterator[Compare | Did]:
        """The single tests because of which a condition that is true of nobody is so; none stands under a `not`."""
        if isinstance(condition, Compare | Did):
            yield condition
        elif isinstance(condition, Every):
            yield from self.hindrances(next(one for one in condition.of if not self.may_hold(one)))
        elif isinstance(condition, Some):
            for one in condition.of:
                yield from self.hindrances(one)

    def passes(self, kind: str, test: Condition | None) -> bool:
        """Whether any act of a kind is there whose asset passes `test`."""
        key = kind, repr(test)
        if key not in self._passed:
            self._passed[key] = any(asset_holds(test, asset) for asset in self.assets.get(kind, ()))
        return self._passed[key]

    def _may(self, condition: Condition, *, wanted: bool) -> bool:
        if isinstance(condition, Not):
            return self._may(condition.of, wanted=not wanted)
        if isinstance(condition, Every | Some):
            together = all if isinstance(condition, Every) == wanted else any
            return together(self._may(one, wanted=wanted) for one in condition.of)
        if isinstance(condition, Did):
            return not wanted or self.passes(condition.event, condition.asset)
        return self._compared(condition)[0 if wanted else 1]

    def _compared(self, test: Compare) -> tuple[bool, bool]:
        """Whether a test may be true, and whether it may be false."""
        values = self.values.get(test.name)
        if values is None or (values and test.operator in _OF_THE_DAY):
            return True, True
        key = test.name, test.operator, repr(test.argument)
        if key not in self._told:
            self._told[key] = self._asked(test, values)
        return self._told[key]

    def _asked(self, test: Compare, values: Collection[Value]) -> tuple[bool, bool]:
        true = holds(test, Subject(self.day, {}, (), self.zone))
        found = {True: true, False: not true}
        for value in values:
            found[holds(test, Subject(self.day, {test.name: value}, (), self.zone))] = True
            if all(found.values()):
                break
        return found[True], found[False]
