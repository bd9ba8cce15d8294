"""Which values sums of points can have at all: every subset of traits, more than can ever meet in one person."""

from __future__ import annotations

from collections.abc import Iterable

from connector.rulebook.types import POINT, Fit, Model, Trait
from connector.scoring.computed import in_points, rounded

_ALL = 100 * POINT


def persona_sums(fit: Fit) -> frozenset[int]:
    """What the traits of any one persona can add up to, in thousandths."""
    return frozenset(points for persona in fit.personas.values() for points in _sums(persona.traits))


def attainable(model: Model, name: str) -> frozenset[int | float] | None:
    """The values that a computed name can have under `model`, as conditions see them; None where that is not known."""
    if name == "fit":
        return frozenset(in_points(points) for points in _fit_points(model.factors.fit))
    if name in ("knows_brand", "knows_offer"):
        traits = getattr(model.knowledge, name.removeprefix("knows_"))
        return frozenset(rounded(_within(points, _ALL)) for points in _sums(traits))
    return None


def _fit_points(fit: Fit) -> frozenset[int]:
    persona = {0, *(points for points in persona_sums(fit) if points > 0 and points >= fit.persona_minimum)}
    return frozenset(_within(one + other, fit.max) for one in persona for other in _sums(fit.adjust))


def _sums(traits: Iterable[Trait]) -> frozenset[int]:
    sums = {0}
    for trait in traits:
        sums |= {points + trait.points for points in sums}
    return frozenset(sums)


def _within(points: int, most: int) -> int:
    return max(0, min(points, most))
