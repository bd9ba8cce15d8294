"""Knowledge: does she know us, and what we offer? No part of the score: answers for sales, and names to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from connector.rulebook.conditions import Subject, holds
from connector.rulebook.types import POINT, Knowledge, Trait
from connector.scoring.computed import rounded

_ALL = 100 * POINT


def percent_known(knowledge: Knowledge, subject: Subject) -> Mapping[str, int]:
    """Whole percent by `brand` and `offer`: the points of the traits that hold, within 0 and 100, rounded half up.

    Only those that the model has traits for. `subject` has no computed names.
    """
    asked = {"brand": knowledge.brand, "offer": knowledge.offer}
    return MappingProxyType({name: _percent(traits, subject) for name, traits in asked.items() if traits})


def what_shows_it(knowledge: Knowledge, subject: Subject) -> Mapping[str, tuple[Trait, ...]]:
    """The traits behind the percent: those that hold and speak for it, in the order of the file."""
    asked = {"brand": knowledge.brand, "offer": knowledge.offer}
    return {
        name: tuple(trait for trait in traits if trait.points > 0 and holds(trait.when, subject))
        for name, traits in asked.items()
    }


def _percent(traits: tuple[Trait, ...], subject: Subject) -> int:
    points = sum(trait.points for trait in traits if holds(trait.when, subject))
    return rounded(max(0, min(points, _ALL)))
