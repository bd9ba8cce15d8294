"""Every way in which one rule of a rulebook can be wrong: removed, flipped, doubled, negated, one threshold off by one."""

from __future__ import annotations

from collections.abc import Iterator

from connector.change.mutation.model_mutants import model_mutants
from connector.change.mutation.mutant import Mutant, condition_mutants, number_mutants, threshold_mutants
from connector.change.mutation.track_mutants import track_mutants
from connector.change.mutation.tree import REMOVED, Path_
from connector.rulebook.types import Rulebook


def mutants(rulebook: Rulebook) -> Iterator[Mutant]:
    """Every mutant of every rule: models, then stages, then tracks."""
    for place, model in enumerate(rulebook.models):
        yield from model_mutants(("models", place), model, rulebook)
    yield from _of_stages(rulebook)
    yield from track_mutants(("tracks",), rulebook.tracks)


def _of_stages(rulebook: Rulebook) -> Iterator[Mutant]:
    path: Path_ = ("stages",)
    for name, state in rulebook.stages.states.items():
        yield Mutant((*path, "states", name), name, "removed", REMOVED)
        yield from condition_mutants((*path, "states", name, "when"), name, state.when)
    for place, stage in enumerate(rulebook.stages.stages):
        at_stage = (*path, "stages", place)
        if place:
            yield Mutant(at_stage, stage.id, "removed", REMOVED)
        if stage.enter is not None:
            yield from condition_mutants((*at_stage, "enter"), stage.id, stage.enter, "enter ")
        if stage.leave_below is not None:
            yield Mutant((*at_stage, "leave_below"), stage.id, "leave_below removed", REMOVED)
            yield from threshold_mutants((*at_stage, "leave_below"), stage.id, stage.leave_below, "leave_below")
        if stage.minimum_stay:
            yield Mutant((*at_stage, "minimum_stay"), stage.id, "minimum_stay removed", REMOVED)
            yield from number_mutants(
                (*at_stage, "minimum_stay"), stage.id, "minimum_stay", stage.minimum_stay, least=1
            )
