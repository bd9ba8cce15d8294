"""What at most a person could reach: bounds that spare trials which cannot move her stage.

Every bound is optimistic. A condition *may* be true unless what is known today, and what would stay as it is, says no;
points are at most those of today and all that the new things could add. So "no" is certain, "yes" is worth a trial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from connector.facts import Contact, Value
from connector.rulebook.conditions import (
    COMPUTED,
    Compare,
    Condition,
    Did,
    Every,
    Not,
    Some,
    Subject,
    asset_holds,
    events,
    holds,
    names,
)
from connector.rulebook.types import Model, Rulebook, Stage, Trait
from connector.scoring.computed import parts_as_values, rounded
from connector.scoring.evidence import believed_events, subject_of
from connector.scoring.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Thing:
    """An act she might do today (`name` is its kind, `example` a fitting asset), or a field we might come to know."""

    kind: Literal["act", "data"]
    name: str
    example: Value = ""


class Chances:
    """What a scored contact may reach by doing, or telling us, a thing or two more; bounds for one verdict.

    There are none where they would prove nothing: for who has no score, is or was on a track (answers lift and bar), or
    is judged by several models.
    """

    def __init__(self, contact: Contact, verdict: Verdict, model: Model, rulebook: Rulebook) -> None:
        self._model, self._verdict, self._ladder = model, verdict, rulebook.stages.stages
        self._unbounded = verdict.score is None or bool(contact.episodes) or len(verdict.each) > 1
        self._delicate = {"email", *(name for name, field in rulebook.fields.fields.items() if field.from_ == "email")}
        self._delicate_acts: set[str] = set()
        for one in rulebook.models:
            if one.applies_to is not None:
                self._delicate |= names(one.applies_to)
                self._delicate_acts |= events(one.applies_to)
        known = believed_events(contact, rulebook, verdict.model, verdict.day, None)
        self._subject = subject_of(known, verdict.day, ZoneInfo(rulebook.fields.timezone), contact.fields)

    def may_reach(self, here: int, things: Sequence[Thing], at_once: int | None = None) -> bool:
        """Tell whether a stage above the place `here` could hold with `things`, or with any `at_once` of them."""
        if self._unbounded or any(self._changes_everything(thing) for thing in things):
            return True
        bound = _Bound(self._model, self._verdict.parts, self._subject, things, at_once or len(things))
        return any(bound.may_enter(stage) for stage in self._ladder[here + 1 :])

    def _changes_everything(self, thing: Thing) -> bool:
        """True for what could bring in another model, or other doubts."""
        return thing.name in (self._delicate if thing.kind == "data" else self._delicate_acts)


class _Bound:
    """The most points by computed name, with some of these things."""

    def __init__(
        self, model: Model, parts: Mapping[str, int], subject: Subject, things: Sequence[Thing], at_once: int
    ) -> None:
        self._model, self._subject, self._at_once = model, subject, at_once
        self._fields = {thing.name for thing in things if thing.kind == "data"}
        self._assets: dict[str, list[str]] = {}
        for thing in things:
            if thing.kind == "act":
                self._assets.setdefault(thing.name, []).append(str(thing.example))
        most = {**parts, "fit": self._fit(), "phase": max(parts["phase"], self._phase())}
        most["engagement"] += self._sum(self._by_engagement(thing) for thing in things)
        most["profile"] += self._sum(self._by_profile(thing) for thing in things)
        most = {name: min(points, getattr(model.factors, name).max) for name, points in most.items()}
        self._most: dict[str, Value] = parts_as_values(most)
        self._score(sum(most.values()))

    def may_enter(self, stage: Stage) -> bool:
        return stage.enter is None or self._may(stage.enter, wanted=True)

    def _score(self, points: int) -> None:
        """Follow the overrides, each that may hold to her good and each that must hold to her harm."""
        for rule in self._model.overrides:
            self._most["score"] = rounded(points)
            may, must = self._may(rule.when, wanted=True), not self._may(rule.when, wanted=False)
            floor = rule.at_least if rule.at_least is not None else rule.set
            if must and rule.set is not None:
                points = rule.set
            elif may and floor is not None:
                points = max(points, floor)
            elif must and rule.at_most is not None:
                points = min(points, rule.at_most)
            elif rule.add is not None and (must or (may and rule.add > 0)):
                points += rule.add
        self._most["score"] = rounded(points)

    def _may(self, condition: Condition, *, wanted: bool) -> bool:
        """Whether `condition` could come out as `wanted`."""
        if isinstance(condition, Not):
            return self._may(condition.of, wanted=not wanted)
        if isinstance(condition, Every | Some):
            whole = all if isinstance(condition, Every) == wanted else any
            return whole(self._may(one, wanted=wanted) for one in condition.of)
        if isinstance(condition, Did):
            assets = self._assets.get(condition.event, ())
            return any(asset_holds(condition.asset, asset) for asset in assets) or self._is(condition, wanted=wanted)
        if condition.name in self._fields:
            return True
        return (
            self._may_be(condition, wanted=wanted) if condition.name in COMPUTED else self._is(condition, wanted=wanted)
        )

    def _may_be(self, test: Compare, *, wanted: bool) -> bool:
        most = self._most.get(test.name)
        low = test.argument
        if wanted and test.operator == "at_least" and isinstance(most, int | float) and isinstance(low, int | float):
            return most >= low
        return True

    def _is(self, leaf: Compare | Did, *, wanted: bool) -> bool:
        return holds(leaf, self._subject) == wanted

    def _fit(self) -> int:
        fit = self._model.factors.fit
        personas = (self._traits(persona.traits) for persona in fit.personas.values())
        best = max((points for points in personas if points >= fit.persona_minimum), default=0)
        return max(0, max(best, 0) + self._traits(fit.adjust))

    def _traits(self, traits: Sequence[Trait]) -> int:
        return sum(
            trait.points
            for trait in traits
            if (self._may(trait.when, wanted=True) if trait.points > 0 else not self._may(trait.when, wanted=False))
        )

    def _phase(self) -> int:
        signaled = (
            phase.points
            for phase in self._model.factors.phase.phases.values()
            for signal in phase.signals
            if any(asset_holds(signal.asset, asset) for asset in self._assets.get(signal.event, ()))
        )
        return max(signaled, default=0)

    def _by_engagement(self, thing: Thing) -> int:
        rules = (rule for group in self._model.factors.engagement.groups.values() for rule in group.rules)
        return sum(
            max(rule.points, 0)
            for rule in rules
            if thing.kind == "act" and rule.event == thing.name and asset_holds(rule.asset, str(thing.example))
        )

    def _by_profile(self, thing: Thing) -> int:
        weights = self._model.factors.profile.completeness
        return max(weights.get(thing.name, 0), 0) if thing.kind == "data" else 0

    def _sum(self, gains: Iterable[int]) -> int:
        return sum(sorted(gains, reverse=True)[: self._at_once])
