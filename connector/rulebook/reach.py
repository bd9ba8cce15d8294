"""Checks that what the rulebook waits for can happen: numbers that mean something, persona minima, each step of the ladder.

All bounds are optimistic: what is named here can never happen; what is not named may still be unlikely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.rulebook.conditions import Compare, Condition, Every
from connector.rulebook.document import Document
from connector.rulebook.draft import Draft
from connector.rulebook.limits import check_limits
from connector.rulebook.problems import Problem
from connector.rulebook.types import Model, Reaction, Stage
from connector.rulebook.units import POINT, parse_points, write_points

_TOP = 100 * POINT


@dataclass(frozen=True, slots=True)
class Demand:
    """What a stage asks for at the least: thousandths by computed name, and the phases it accepts (None: any)."""

    at_least: dict[str, int]
    phases: frozenset[str] | None


def check_reach(draft: Draft) -> Iterator[Problem]:
    """Numbers without a meaning, personas below their minimum, stages that nobody can reach, ladders that do not rise."""
    yield from check_limits(draft)
    for part in draft.models:
        if part.content is not None:
            yield from _personas(part.document, part.content)
    if draft.stages.content is not None:
        models = [part.content for part in draft.models if part.content is not None]
        complete = len(models) == len(draft.models)
        yield from _ladder(draft.stages.document, draft.stages.content.stages, models if complete else [])


def hindrance(model: Model, stage: Stage) -> str:
    """Why nobody whom `model` judges can ever enter `stage` by her points; empty if somebody may."""
    return _hindrance(model, _demand(stage.enter))


def highest_parts(model: Model, phases: frozenset[str] | None = None) -> dict[str, int]:
    """The most thousandths that each factor of `model` can give, counting only `phases` where they are named."""
    factors = model.factors
    persona = max((_persona_points(model, name) for name in factors.fit.personas), default=0)
    trust = max(model.trust.human, model.trust.unsure, model.trust.machine)
    engagement = 0
    for group in factors.engagement.groups.values():
        rules = [(rule.points * trust // POINT, rule.max_times) for rule in group.rules if rule.points > 0]
        engagement += min(group.max, sum(group.max if times is None else points * times for points, times in rules))
    most = {
        "fit": persona + sum(max(rule.points, 0) for rule in factors.fit.adjust),
        "phase": max(
            (rule.points for name, rule in factors.phase.phases.items() if phases is None or name in phases), default=0
        ),
        "engagement": engagement,
        "reaction": _reaction_points(factors.reaction),
        "profile": sum(max(points, 0) for points in factors.profile.completeness.values()),
    }
    return {name: min(points, getattr(factors, name).max) for name, points in most.items()}


def highest_knowledge(model: Model) -> dict[str, int]:
    """The most that `model` can find she knows, in thousandths of a percent, by computed name."""
    asked = {"knows_brand": model.knowledge.brand, "knows_offer": model.knowledge.offer}
    return {name: min(_TOP, sum(max(one.points, 0) for one in traits)) for name, traits in asked.items()}


def highest_score(model: Model, phases: frozenset[str] | None = None) -> int:
    """The highest score that `model` can give, in thousandths, overrides included."""
    overrides = model.overrides
    total = sum(highest_parts(model, phases).values()) + sum(max(rule.add or 0, 0) for rule in overrides)
    lifted = [points for rule in overrides for points in (rule.at_least, rule.set) if points is not None]
    return min(_TOP, max(total, *lifted) if lifted else total)


def _persona_points(model: Model, name: str) -> int:
    fit = model.factors.fit
    points = sum(max(trait.points, 0) for trait in fit.personas[name].traits)
    return points if points >= fit.persona_minimum else 0


def _reaction_points(reaction: Reaction) -> int:
    points = [max(one, 0) for one in reaction.points.values()]
    return sum(points) if reaction.take == "sum" else max(points, default=0)


def _personas(document: Document, model: Model) -> Iterator[Problem]:
    minimum = model.factors.fit.persona_minimum
    for name, persona in model.factors.fit.personas.items():
        most = sum(max(trait.points, 0) for trait in persona.traits)
        if most < minimum:
            yield document.problem(
                ("factors", "fit", "personas", name),
                f"its traits reach {write_points(most)} points, below persona_minimum {write_points(minimum)}",
                "raise its points or lower persona_minimum",
            )


def _ladder(document: Document, stages: Sequence[Stage], models: Sequence[Model]) -> Iterator[Problem]:
    before: int | None = None
    for place, stage in enumerate(stages):
        at = ("stages", place)
        if (stage.enter is None) == (place > 0):
            yield document.problem(
                at,
                f"the first stage takes everybody, and {stage.id} has an enter"
                if place == 0
                else f"{stage.id} has no enter",
                "remove it" if place == 0 else "say from which score on: enter: {score: {at_least: 50}}",
            )
        demand = _demand(stage.enter)
        score = demand.at_least.get("score")
        if score is not None and before is not None and score < before:
            yield document.problem(
                (*at, "enter"),
                f"{stage.id} begins at {write_points(score)}, below the stage before it",
                "order stages upwards",
            )
        before = before if score is None else score
        if stage.leave_below is not None and score is not None and stage.leave_below > score:
            yield document.problem(
                (*at, "leave_below"),
                f"{stage.id} is left below {write_points(stage.leave_below)} but entered from {write_points(score)}",
                "leave_below must not be above the score that enters",
            )
        if not any(stage.id in model.factors.reaction.lifts.values() for model in models):
            yield from _unreachable(document, (*at, "enter"), stage, demand, models)


def _unreachable(
    document: Document, at: tuple[str | int, ...], stage: Stage, demand: Demand, models: Sequence[Model]
) -> Iterator[Problem]:
    score = demand.at_least.get("score", 0)
    if score > _TOP:
        yield document.problem(
            at, f"{stage.id} can never be reached: it asks for {write_points(score)}", "scores end at 100"
        )
        return
    reasons = [_hindrance(model, demand) for model in models]
    if reasons and all(reasons):
        yield document.problem(
            at, f"{stage.id} can never be reached: {reasons[0]}", "lower it, or give more points in the model"
        )


def _hindrance(model: Model, demand: Demand) -> str:
    """Why `model` can never meet `demand`; empty if it can."""
    parts = {**highest_parts(model, demand.phases), **highest_knowledge(model)}
    for name, points in demand.at_least.items():
        if name in parts and points > parts[name]:
            return f"it asks for {name} {write_points(points)}, and {model.model} gives at most {write_points(parts[name])}"
    most = highest_score(model, demand.phases)
    score = demand.at_least.get("score", 0)
    if score <= most:
        return ""
    phases = f" in phase {' or '.join(sorted(demand.phases))}" if demand.phases else ""
    return f"it asks for a score of {write_points(score)}, and {model.model} gives at most {write_points(most)}{phases}"


def _demand(enter: Condition | None) -> Demand:
    at_least: dict[str, int] = {}
    phases: frozenset[str] | None = None
    for test in _all_of(enter):
        low = test.argument[0] if test.operator == "between" and isinstance(test.argument, tuple) else test.argument
        if test.operator in ("at_least", "between") and isinstance(low, int | float):
            at_least[test.name] = max(at_least.get(test.name, 0), parse_points(round(low, 3)))
        elif test.name == "phase" and test.operator in ("is", "in"):
            named = test.argument if isinstance(test.argument, tuple) else (test.argument,)
            phases = frozenset(str(name) for name in named)
    return Demand(at_least, phases)


def _all_of(condition: Condition | None) -> Iterator[Compare]:
    """The single tests that must all be true; what stands under any: or not: demands nothing for sure."""
    if isinstance(condition, Compare):
        yield condition
    elif isinstance(condition, Every):
        for one in condition.of:
            yield from _all_of(one)
