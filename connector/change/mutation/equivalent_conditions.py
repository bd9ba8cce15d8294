"""Proofs about conditions: what they ask for cannot lie where the right and the wrong version disagree."""

from __future__ import annotations

from datetime import date

from connector.change.mutation.attainable import attainable
from connector.change.mutation.mutant import Mutant
from connector.change.mutation.tree import at
from connector.rulebook.conditions import Compare, Condition, Every, Subject, holds, leaves, names
from connector.rulebook.types import Rulebook, Track
from connector.scoring.computed import WIN

#: Conditions on sums of points and on stages do not ask for the day.
_ANY_DAY = date.min


def nobody_between(mutant: Mutant, rulebook: Rulebook) -> str:
    """One threshold was moved, and no sum of points lies where the two versions of the test disagree."""
    if not isinstance(mutant.new, Condition):
        return ""
    right, wrong = tuple(leaves(at(rulebook, mutant.path))), tuple(leaves(mutant.new))
    differing = [pair for pair in zip(right, wrong, strict=False) if pair[0] != pair[1]]
    if len(right) != len(wrong) or len(differing) != 1:
        return ""
    one, other = differing[0]
    if (
        not isinstance(one, Compare)
        or not isinstance(other, Compare)
        or (one.name, one.operator) != (other.name, other.operator)
    ):
        return ""
    place = mutant.path[1]
    models = (rulebook.models[place],) if mutant.path[0] == "models" and isinstance(place, int) else rulebook.models
    for values in (attainable(model, one.name) for model in models):
        if values is None or any(_says(one, value) != _says(other, value) for value in values):
            return ""
    return f"no sum of points gives a {one.name} between the two"


def closed_by_exit(mutant: Mutant, rulebook: Rulebook) -> str:
    """A track no longer asks for a stage that it wants, but `exit_when` keeps it closed on every other one.

    Beside the ladder nobody is to be won (nurturing/eligibility.py).
    """
    match mutant.path:
        case ("tracks", "tracks", str(name), "when"):
            track = rulebook.tracks.tracks[name]
        case _:
            return ""
    dropped = _dropped(track.when, mutant.new)
    if dropped is None or dropped.name != "stage" or track.aim != WIN:
        return ""
    others = [stage.id for stage in rulebook.stages.stages if not _says(dropped, stage.id)]
    return "exit_when closes it on every other stage" if all(_exits(track, stage) for stage in others) else ""


def _dropped(right: Condition, wrong: object) -> Compare | None:
    """The one test that `wrong` lacks of those that `right` joins."""
    if not isinstance(right, Every) or not isinstance(wrong, Every):
        return None
    lacking = [part for part in right.of if part not in wrong.of]
    one = lacking[0] if len(lacking) == 1 and len(wrong.of) == len(right.of) - 1 else None
    return one if isinstance(one, Compare) else None


def _exits(track: Track, stage: str) -> bool:
    asks = track.exit_when
    return asks is not None and names(asks) == {"stage"} and holds(asks, Subject(_ANY_DAY, {"stage": stage}))


def _says(test: Compare, value: str | float) -> bool:
    return holds(test, Subject(_ANY_DAY, {test.name: value}))
