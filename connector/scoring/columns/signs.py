"""What anybody could notice of a crowd's verdicts, but scores; and the answers of all tests that time alone can turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.conditions import Compare, Condition, Did, leaves
from connector.rulebook.types import POINT, Model, Rulebook
from connector.scoring.columns.conditions import Numbers
from connector.scoring.columns.crowd import UNKNOWN
from connector.scoring.columns.knowledge import rounded
from connector.scoring.columns.model import ModelColumns, fields_of
from connector.scoring.columns.standing import Standing, standing
from connector.scoring.columns.verdicts import NOT_MEANT, Verdicts
from connector.scoring.outlook.turning import turns_by_itself

_Number = NDArray[np.int32]

#: Tests of a falling number that can turn only once.
_TURNING_ONCE = frozenset({"at_least", "at_most"})


def signs(verdicts: Verdicts) -> _Number:
    """A matrix of signs by contact. The same rulebook has the same signs in the same order on every day."""
    place = standing(verdicts)
    rows = [
        verdicts.model,
        verdicts.enough,
        verdicts.persona,
        verdicts.phase,
        verdicts.audience,
        *verdicts.topics[:1],
        *(verdicts.each == NOT_MEANT).T,
        place.state,
        place.fitting,
        _may_fall(verdicts, place),
        *_of_time(verdicts),
    ]
    for columns in verdicts.models:
        rows += _of_model(columns, verdicts)
    return np.array(rows, np.int32)


def after_scoring(rulebook: Rulebook) -> Iterator[Condition]:
    """What stages, states and tracks ask of a verdict."""
    yield from (state.when for state in rulebook.stages.states.values())
    yield from (stage.enter for stage in rulebook.stages.stages if stage.enter is not None)
    yield from rulebook.tracks.asked


def of_scoring(model: Model) -> Iterator[Condition]:
    """What one model asks."""
    yield from () if model.applies_to is None else (model.applies_to,)
    for persona in model.factors.fit.personas.values():
        yield from (trait.when for trait in persona.traits)
    yield from (trait.when for trait in (*model.factors.fit.adjust, *model.knowledge.brand, *model.knowledge.offer))
    yield from (rule.when for rule in model.overrides)
    yield from () if model.audience is None else (model.audience.when,)


def turning(conditions: Iterable[Condition]) -> tuple[Compare | Did, ...]:
    """The single tests that time alone can turn, each once."""
    found = (leaf for condition in conditions for leaf in leaves(condition) if turns_by_itself(leaf))
    return tuple({repr(leaf): leaf for leaf in found}.values())


def _of_time(verdicts: Verdicts) -> Iterator[_Number]:
    """Tests of dates. A day that comes and goes between two looks is told by its lying back at last."""
    rulebook = verdicts.rulebook
    subject = fields_of(verdicts.crowd, rulebook, verdicts.day)
    asked = [*after_scoring(rulebook), *(one for model in rulebook.models for one in of_scoring(model))]
    for leaf in turning(asked):
        if isinstance(leaf, Compare) and leaf.operator in ("within", "older_than"):
            yield subject.holds(leaf).astype(np.int32)
            yield subject.holds(Compare(leaf.name, "older_than", 0)).astype(np.int32)


def _of_model(columns: ModelColumns, verdicts: Verdicts) -> Iterator[_Number]:
    """Tests of acts, and of what one model computes, of those that it is meant for."""
    people = len(verdicts)
    score = rounded(columns.exact)
    numbers = {"score": score, "engagement": columns.points["engagement"], "profile": columns.points["profile"]}
    subject = columns.subject.knowing({"score": Numbers(score * POINT)})
    for leaf in turning([*of_scoring(columns.model), *after_scoring(verdicts.rulebook)]):
        if isinstance(leaf, Did):
            yield _spread(columns.facts.holds(leaf), columns, people)
        elif leaf.name in numbers:
            once = leaf.operator in _TURNING_ONCE
            yield _spread(subject.holds(leaf) if once else numbers[leaf.name], columns, people)


def _spread(answers: NDArray[np.generic], columns: ModelColumns, people: int) -> _Number:
    result = np.full(people, UNKNOWN, np.int32)
    result[columns.rows] = answers
    return result


def _may_fall(verdicts: Verdicts, place: Standing) -> NDArray[np.bool_]:
    """Who stands above what fits her, with a score that is low enough, and long enough, to fall."""
    crowd, ladder = verdicts.crowd, verdicts.rulebook.stages.stages
    places = {stage.id: rung for rung, stage in enumerate(ladder)}
    current = np.array([*(places.get(name, UNKNOWN) for name in crowd.stages), UNKNOWN], np.int32)[crowd.stage]
    below = np.array([2**31 - 1 if one.leave_below is None else one.leave_below for one in ladder], np.int64)
    stay = np.array([stage.minimum_stay for stage in ladder], np.int32)
    low = verdicts.score.astype(np.int64) * POINT < below[current]
    long = verdicts.day.toordinal() - crowd.since >= stay[current]
    return np.asarray((current > place.fitting) & low & long, np.bool_)
