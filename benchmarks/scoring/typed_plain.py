"""What somebody would write by hand: each rule a Python closure over a dict contact. The yardstick of `typed.py`.

As quick as plain Python goes: texts are folded beforehand, sets are sets, fading is a table that is looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typed_people import TODAY

from connector.rulebook.types import Model
from connector.scoring.decay import curve_of, half_life_curve

Contact = dict[str, Any]
Test = Callable[[Contact], bool]

_TODAY = TODAY.toordinal()
_TRUST = (1000, 500)


def equals(field: str, value: object) -> Test:
    return lambda contact: contact[field] == value


def among(field: str, values: set[object]) -> Test:
    return lambda contact: contact[field] in values


def holds_any(field: str, words: tuple[str, ...]) -> Test:
    def test(contact: Contact) -> bool:
        text = contact[field]
        return text is not None and any(word in text for word in words)

    return test


def between(field: str, low: float, high: float) -> Test:
    def test(contact: Contact) -> bool:
        number = contact[field]
        return number is not None and low <= number <= high

    return test


def younger(field: str, days: int) -> Test:
    return lambda contact: contact[field] is not None and 0 <= (TODAY - contact[field]).days <= days


def older(field: str, days: int) -> Test:
    return lambda contact: contact[field] is not None and (TODAY - contact[field]).days > days


def did(kind: str, word: str, days: int) -> Test:
    return lambda contact: any(
        act[0] == kind and word in act[2] and 0 <= _TODAY - act[1] <= days for act in contact["acts"]
    )


class PlainModel:
    """The model of `typed.py` by hand. `traits` and `overrides` are its rules by id, as closures."""

    def __init__(self, model: Model, tests: dict[str, Test]) -> None:
        factors = model.factors
        self._personas = [
            [(trait.id, tests[trait.id], trait.points) for trait in persona.traits]
            for persona in factors.fit.personas.values()
        ]
        self._adjust = [(trait.id, tests[trait.id], trait.points) for trait in factors.fit.adjust]
        self._minimum, self._fit = factors.fit.persona_minimum, factors.fit.max
        curve = half_life_curve(factors.phase.half_life)
        self._phases = [
            (name, [(one.event, _word(one)) for one in rule.signals], rule.points, curve)
            for name, rule in factors.phase.phases.items()
        ]
        self._groups = [
            (
                group.max,
                [
                    (rule.id, rule.event, _word(rule), rule.points, rule.max_times, curve_of(group.decay))
                    for rule in group.rules
                ],
            )
            for group in factors.engagement.groups.values()
        ]
        self._engagement = factors.engagement.max
        self._profile = list(factors.profile.completeness.items())
        self._overrides = [(rule, tests[rule.id]) for rule in model.overrides]

    def judge(self, contact: Contact) -> tuple[int, list[tuple[str, int]]] | None:
        """The exact score and the rules that hit with their points; None without enough evidence."""
        if sum(contact[name] is not None for name in ("job_title", "company", "employees")) < 2 and not contact["acts"]:
            return None
        best, persona = 0, []
        for traits in self._personas:
            hits = [(rule, points) for rule, test, points in traits if test(contact)]
            total = sum(points for _, points in hits)
            if total > best and total >= self._minimum:
                best, persona = total, hits
        hits = persona + [(rule, points) for rule, test, points in self._adjust if test(contact)]
        fit = min(max(sum(points for _, points in hits), 0), self._fit)
        total = fit
        if contact["acts"]:
            phase = self._phase(contact["acts"])
            engagement, engaged = self._engaged(contact["acts"])
            total += phase[1] + engagement
            hits += [phase, *engaged]
        for field, points in self._profile:
            if contact[field] is not None:
                hits.append((field, points))
                total += points
        for rule, test in self._overrides:
            if test(contact) and (rule.at_least is None or fit >= 10_000):
                before = total
                if rule.set is not None:
                    total = rule.set
                elif rule.add is not None:
                    total += rule.add
                elif rule.at_least is not None:
                    total = max(total, rule.at_least)
                else:
                    total = min(total, rule.at_most)
                hits.append((rule.id, total - before))
        return min(max(total, 0), 100_000), hits

    def _phase(self, acts: list[tuple[str, int, str, int]]) -> tuple[str, int]:
        best = ("", 0)
        for name, signals, points, curve in self._phases:
            most = 0
            for kind, day, asset, trust in acts:
                if any(kind == event and word in asset for event, word in signals):
                    most = max(most, points * _TRUST[trust] // 1000 * _left(curve, _TODAY - day) // 1_000_000)
            if most >= 500 and most >= best[1]:
                best = name, most
        return best

    def _engaged(self, acts: list[tuple[str, int, str, int]]) -> tuple[int, list[tuple[str, int]]]:
        hits, total = [], 0
        for most, rules in self._groups:
            of_group = 0
            for rule, event, word, points, times, curve in rules:
                counted = [
                    points * _TRUST[trust] // 1000 * _left(curve, _TODAY - day) // 1_000_000
                    for kind, day, asset, trust in acts
                    if kind == event and word in asset and _TODAY - day < len(curve)
                ]
                if counted:
                    counted.sort(reverse=True)
                    given = sum(counted[:times])
                    hits.append((rule, given))
                    of_group += given
            total += min(of_group, most)
        return min(total, self._engagement), hits


def _left(curve: tuple[int, ...], age: int) -> int:
    return curve[age] if age < len(curve) else 0


def _word(rule: Any) -> str:
    return "" if rule.asset is None else str(rule.asset.argument)
