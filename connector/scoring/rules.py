"""Every line that a rulebook can put into a receipt, numbered: one list for packed receipts and for the bulk path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from connector.rulebook.types import Answer, Model, Rulebook
from connector.scoring.verdict import Part

#: The lines that hold a score within 0 and 100; no rule can have these ids.
FLOOR = "(floor)"
CEILING = "(ceiling)"


@dataclass(frozen=True, slots=True)
class Ref:
    """One line that a model can give. `why` is the rule's own; phases, answers, profile and bounds have none."""

    model: str
    part: Part
    rule: str
    why: str = ""


@dataclass(frozen=True)
class RuleList:
    """All lines of a rulebook by number: models in their order, in each the parts in the order of a receipt."""

    refs: tuple[Ref, ...]

    @cached_property
    def numbers(self) -> Mapping[tuple[str, Part, str], int]:
        """The number of a line by (model, part, rule)."""
        return {(ref.model, ref.part, ref.rule): number for number, ref in enumerate(self.refs)}


def rule_list(rulebook: Rulebook) -> RuleList:
    """The numbered lines of a rulebook; the same for the same rulebook everywhere."""
    return RuleList(tuple(ref for model in rulebook.models for ref in _refs(model)))


def _refs(model: Model) -> Iterator[Ref]:
    name, factors = model.model, model.factors
    for persona in factors.fit.personas.values():
        yield from (Ref(name, "fit", trait.id, trait.why or "") for trait in persona.traits)
    yield from (Ref(name, "fit", trait.id, trait.why or "") for trait in factors.fit.adjust)
    yield from (Ref(name, "phase", phase) for phase in factors.phase.phases)
    for group in factors.engagement.groups.values():
        yield from (Ref(name, "engagement", rule.id, rule.why or "") for rule in group.rules)
    yield from (Ref(name, "reaction", answer) for answer in get_args(Answer))
    yield from (Ref(name, "profile", field) for field in factors.profile.completeness)
    yield from (Ref(name, "override", rule.id, rule.why or "") for rule in model.overrides)
    yield from (Ref(name, "override", bound) for bound in (FLOOR, CEILING))
    if model.audience is not None:
        yield Ref(name, "override", model.audience.id, model.audience.why or "")
