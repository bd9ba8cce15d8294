"""Who can exist at all under a rulebook, as far as models, personas, phases and stages tell, and what may be true of her.

Everything else about her is left open, so an answer is true, false or open. What is false here is false of everybody; what
is open may still never happen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product

from connector.facts import Value
from connector.rulebook.conditions import Compare, Condition, Did, Every, Not, Some, Subject, holds, leaves
from connector.rulebook.types import Aim, Model, Rulebook, Track

#: Operators that ask which of some values a field has.
_CHOICES = ("is", "is_not", "in", "not_in")

#: A value that no condition names.
_ANOTHER = "\0"

#: States in which nobody is nurtured, and the one that is always there, with or without a rule.
_UNTENDED = frozenset({"suppressed", "not_enough_data"})
_CUSTOMER = "customer"

#: What is asked of a kind of person does not hang on the day.
_ANY_DAY = date.min


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of person: whose model judges her, which persona she is (None: no one's), her phase, and where she stands.

    `fields` are those by which models choose their people; None is an unknown one.
    """

    model: str
    persona: str | None
    phase: str | None
    stage: str
    fields: Mapping[str, Value | None]

    def says(self, condition: Condition, given: frozenset[Condition] = frozenset()) -> bool | None:
        """Whether `condition` holds for all of this kind, for none, or (None) for some, if all of `given` hold."""
        told = {"model": self.model, "persona": self.persona, "phase": self.phase, "stage": self.stage}
        return _says(condition, {**self.fields, **told}, given)

    def may_be_on(self, track: Track, whom: Condition, ladder: frozenset[str]) -> bool:
        """Whether the track may be for one of them. Nobody beside the ladder is to be won (nurturing/eligibility.py)."""
        closed = track.exit_when is not None and self.says(track.exit_when) is True
        return self._may_have(track.aim, ladder) and not closed and self.says(whom) is not False

    def may_ask_for(self, aim: Aim, rulebook: Rulebook) -> bool:
        """Whether `aim` may be that of one of them: the first of `aims` that holds; without any, to win or to retain her."""
        ladder, aims = ladder_of(rulebook), rulebook.tracks.aims
        if aim not in aims:
            return aim == ("retain" if self.stage == _CUSTOMER else "win") and self._may_have(aim, ladder)
        before = list(aims)[: list(aims).index(aim)]
        earlier = any(self.says(aims[other].when) is True for other in before)
        return self._may_have(aim, ladder) and not earlier and self.says(aims[aim].when) is not False

    def _may_have(self, aim: Aim, ladder: frozenset[str]) -> bool:
        return aim != "win" or self.stage in ladder


def ladder_of(rulebook: Rulebook) -> frozenset[str]:
    """The stages of the ladder."""
    return frozenset(stage.id for stage in rulebook.stages.stages)


def kinds(rulebook: Rulebook) -> Iterator[Kind]:
    """Every kind of person who can be nurtured, on the ladder or beside it."""
    beside = {*rulebook.stages.states, _CUSTOMER} - _UNTENDED
    tended = [*(stage.id for stage in rulebook.stages.stages), *sorted(beside)]
    for model in rulebook.models:
        personas, phases = (*model.factors.fit.personas, None), (*model.factors.phase.phases, None)
        for fields, persona, phase, stage in product(_told_apart(rulebook), personas, phases, tended):
            kind = Kind(model.model, persona, phase, stage, fields)
            if _judges(model, kind) and _stands(rulebook, kind):
                yield kind


def _told_apart(rulebook: Rulebook) -> list[dict[str, Value | None]]:
    """The fields by which models choose their people, with every value that a model or state names, another, and none."""
    chosen = [model.applies_to for model in rulebook.models if model.applies_to is not None]
    asked = [*chosen, *(state.when for state in rulebook.stages.states.values())]
    by = {
        leaf.name for one in chosen for leaf in leaves(one) if isinstance(leaf, Compare) and leaf.operator in _CHOICES
    }
    values: dict[str, dict[Value | None, None]] = {name: {_ANOTHER: None, None: None} for name in sorted(by)}
    for leaf in (leaf for one in asked for leaf in leaves(one)):
        if isinstance(leaf, Compare) and leaf.name in values and leaf.operator in _CHOICES:
            named = leaf.argument if isinstance(leaf.argument, tuple) else (leaf.argument,)
            values[leaf.name].update(dict.fromkeys(one for one in named if isinstance(one, str | int | float)))
    return [dict(zip(values, combined, strict=True)) for combined in product(*values.values())]


def _judges(model: Model, kind: Kind) -> bool:
    return model.applies_to is None or kind.says(model.applies_to) is not False


def _stands(rulebook: Rulebook, kind: Kind) -> bool:
    """Whether she can stand there: the first state that holds is hers, and on the ladder is who is in none."""
    for name, state in rulebook.stages.states.items():
        answer = kind.says(state.when)
        if name == kind.stage:
            return answer is not False
        if answer is True:
            return False
    return True


def _says(condition: Condition, values: Mapping[str, Value | None], given: frozenset[Condition]) -> bool | None:
    if condition in given:
        return True
    if isinstance(condition, Not):
        inner = _says(condition.of, values, given)
        return None if inner is None else not inner
    if isinstance(condition, Every | Some):
        ends = isinstance(condition, Some)  # one true ends `any`, one false ends `all`
        answers = {_says(one, values, given) for one in condition.of}
        return ends if ends in answers else None if None in answers else not ends
    if isinstance(condition, Did) or condition.name not in values:
        return None
    known = {name: value for name, value in values.items() if value is not None}
    return holds(condition, Subject(_ANY_DAY, known))
