"""Proofs that a mutant can make no difference, for anybody: then no case could notice it, and none is asked for.

Equal means: the same points on every line, the same stage, the same tracks. Each proof looks at one kind of mutant and
says nothing of what it does not cover.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from connector.change.attainable import attainable, persona_sums
from connector.change.mutants import Mutant
from connector.change.tree import at
from connector.rulebook.conditions import Compare, Condition, Subject, holds, leaves
from connector.rulebook.types import Fit, Reaction, Rulebook

#: Conditions on sums of points do not ask for the day.
_ANY_DAY = date.min


def why_equal(mutant: Mutant, rulebook: Rulebook) -> str:
    """Why `mutant` decides as `rulebook` does, whoever is judged; empty if that is not proven."""
    match mutant.path:
        case ("models", int(), "factors", "fit", "persona_minimum"):
            return _same_personas(at(rulebook, mutant.path[:-1]), mutant.new)
        case ("models", int(), "factors", "fit", "adjust", int(place), "points"):
            return _takes_all_anyway(at(rulebook, mutant.path[:4]), place, mutant.new)
        case ("models", int(), "factors", "reaction", "points", str(answer)):
            return _held_by_the_maximum(at(rulebook, mutant.path[:4]), answer, mutant.new)
    return _nobody_between(mutant, rulebook, mutant.new) if isinstance(mutant.new, Condition) else ""


def _nobody_between(mutant: Mutant, rulebook: Rulebook, condition: Condition) -> str:
    """One threshold was moved, and no sum of points lies where the two versions of the test disagree."""
    old, new = tuple(leaves(at(rulebook, mutant.path))), tuple(leaves(condition))
    differing = [pair for pair in zip(old, new, strict=False) if pair[0] != pair[1]]
    if len(old) != len(new) or len(differing) != 1:
        return ""
    right, wrong = differing[0]
    if not isinstance(right, Compare) or not isinstance(wrong, Compare) or right.name != wrong.name:
        return ""
    place = mutant.path[1]
    models = [rulebook.models[place]] if mutant.path[0] == "models" and isinstance(place, int) else rulebook.models
    values = [attainable(model, right.name) for model in models]
    for of_model in values:
        if of_model is None or any(_says(right, value) != _says(wrong, value) for value in of_model):
            return ""
    return f"no sum of points gives a {right.name} between the two"


def _says(test: Compare, value: float) -> bool:
    return holds(test, Subject(_ANY_DAY, {test.name: value}))


def _same_personas(fit: Fit, minimum: Any) -> str:
    low, high = sorted((fit.persona_minimum, minimum))
    if any(low <= points < high for points in persona_sums(fit) if points > 0):
        return ""
    return "no persona's traits add up to a sum between the two"


def _takes_all_anyway(fit: Fit, place: int, points: Any) -> str:
    """A malus that outweighs all that fit can give leaves exactly nothing: the lines are cut back to a sum of 0, and the
    smaller maluses are taken back before it (scoring/lines.py).
    """
    rule = fit.adjust[place]
    traits = [trait for persona in fit.personas.values() for trait in persona.traits]
    others = [*traits, *(other for other in fit.adjust if other is not rule)]
    most = max((points for points in persona_sums(fit)), default=0)
    most += sum(max(0, other.points) for other in fit.adjust)
    largest = all(other.points > rule.points for other in others)
    if points < rule.points and largest and most <= -rule.points:
        return "it takes all of fit already"
    return ""


def _held_by_the_maximum(reaction: Reaction, answer: str, points: Any) -> str:
    """An answer beyond the factor's maximum is cut to it, and decides as before: it was the best one, or the worst."""
    if not isinstance(points, int) or reaction.take != "best":
        return ""
    before = reaction.points[answer]  # type: ignore[index]
    others = [other for name, other in reaction.points.items() if name != answer]
    best = points > before >= reaction.max and all(before > other for other in others)
    last_word = answer == "unsubscribed" and points < before <= -reaction.max
    return "the factor's maximum holds it where it is" if best or last_word else ""
