"""Proofs that a mutant can make no difference, for anybody: then no case could notice it, and none is asked for.

Equal means: the same points on every line, the same answers, the same stage, the same tracks. Each proof looks at one
kind of mutant and says nothing of what it does not cover.
"""

from __future__ import annotations

from typing import Any

from connector.change.mutation.attainable import persona_sums
from connector.change.mutation.equivalent_conditions import closed_by_exit, nobody_between
from connector.change.mutation.mutant import Mutant
from connector.change.mutation.tree import at, inside
from connector.rulebook.conditions import Condition, events
from connector.rulebook.types import POINT, EventEvidence, Fit, Group, Model, Reaction, Rulebook, Trait, TrustShares
from connector.scoring.decay import kept
from connector.scoring.doubts import OPEN

_ALL = 100 * POINT


def why_equal(mutant: Mutant, rulebook: Rulebook) -> str:
    """Why `mutant` decides as `rulebook` does, whoever is judged; empty if that is not proven."""
    proof = nobody_between(mutant, rulebook) or closed_by_exit(mutant, rulebook)
    if proof or mutant.path[0] != "models":
        return proof
    model: Model = at(rulebook, mutant.path[:2])
    if mutant.path[2] == "factors":
        return _of_factors(mutant, model)
    match mutant.path[2:]:
        case ("trust", "doubts", "prefetch", *_):
            return "" if _asks_for_opens(model, rulebook) else "nothing here asks for opens"
        case ("knowledge", str(of), int(place), "points"):
            return _knows_all_anyway(getattr(model.knowledge, of), place, mutant.new)
    return ""


def _of_factors(mutant: Mutant, model: Model) -> str:
    factors = model.factors
    match mutant.path[3:]:
        case ("fit", "persona_minimum"):
            return _same_personas(factors.fit, mutant.new)
        case ("fit", "adjust", int(place), "points"):
            return _takes_all_anyway(factors.fit, place, mutant.new)
        case ("engagement", "groups", str(name), "rules", int(place), "max_times"):
            return _full_already(factors.engagement.groups[name], place, mutant.new, model.trust)
        case ("reaction", "points", str(answer)):
            return _held_by_the_maximum(factors.reaction, answer, mutant.new)
    return ""


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
    most = max(persona_sums(fit), default=0) + sum(max(0, other.points) for other in fit.adjust)
    largest = all(other.points > rule.points for other in others)
    return "it takes all of fit already" if points < rule.points and largest and most <= -rule.points else ""


def _full_already(group: Group, place: int, times: Any, trust: TrustShares) -> str:
    """More acts may count, but of those that count now each gives so much that alone they fill the group."""
    rule = group.rules[place]
    gives = [kept(rule.points, share, POINT) for share in (trust.human, trust.unsure, trust.machine)]
    least = min((points for points in gives if points > 0), default=0)
    alone = len(group.rules) == 1 and group.decay.cliff is not None
    before = rule.max_times or 0
    return "the group is full by then" if alone and times > before and before * least >= group.max else ""


def _held_by_the_maximum(reaction: Reaction, answer: str, points: Any) -> str:
    """An answer beyond the factor's maximum is cut to it, and decides as before: it was the best one, or the last word."""
    if not isinstance(points, int) or reaction.take != "best":
        return ""
    before: int = at(reaction, ("points", answer))
    others = [other for name, other in reaction.points.items() if name != answer]
    best = points > before >= reaction.max and all(before > other for other in others)
    last_word = answer == "unsubscribed" and points < before <= -reaction.max
    return "the factor's maximum holds it where it is" if best or last_word else ""


def _asks_for_opens(model: Model, rulebook: Rulebook) -> bool:
    if model.topics:
        return True
    for content in inside((model, rulebook.stages, rulebook.tracks)):
        if isinstance(content, EventEvidence) and OPEN not in content.except_:
            return True
        if getattr(content, "event", None) == OPEN or (isinstance(content, Condition) and OPEN in events(content)):
            return True
    return False


def _knows_all_anyway(traits: tuple[Trait, ...], place: int, points: Any) -> str:
    before = traits[place].points
    alone = all(trait.points >= 0 for trait in traits)
    return "100 percent are reached already" if isinstance(points, int) and points > before >= _ALL and alone else ""
