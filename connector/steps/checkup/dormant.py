"""Rules that can never fire, and stages that nobody can reach, with the people and acts that there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.rulebook.conditions import Compare, Condition, Did
from connector.rulebook.types import AudienceRule, Model, Override, Rulebook, Trait
from connector.steps.checkup.attainable import JUDGED, out_of_reach, with_what_is_judged
from connector.steps.checkup.may_hold import Present
from connector.steps.checkup.present import present
from connector.steps.finding import Finding
from connector.steps.parts import Parts
from connector.store import ledger
from connector.store.occurring import TooLong

#: What fewer people have never done or been says little about a rule.
_ENOUGH = 50

#: A statement may take so long; with four of them beside the platforms' looks, `check` stays quick.
_PATIENCE_S = 2.0

_MANY_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Cause:
    """Why rules never fire: what is missing, and what could be done about it."""

    what: str
    cure: str


def dormant(parts: Parts) -> Iterator[Finding]:
    """By everybody in the store; nothing while there are too few to tell. Read-only."""
    with parts.engine.connect() as conn:
        people = ledger.count_contacts(conn)
        if people < _ENOUGH:
            return
        try:
            there = present(parts, conn, _PATIENCE_S)
        except TooLong:
            what = f"which rules can never fire was not looked into: {people:,} people are too many for a quick look"
            yield Finding("advice", what, "See which rules give points with `trellis plan`", code="rules-not-looked-at")
            return
    there = with_what_is_judged(parts.rulebook, there)
    yield from sleeping_rules(parts.rulebook, there)
    yield from stages_out_of_reach(parts.rulebook, there, people)


def sleeping_rules(rulebook: Rulebook, there: Present) -> Iterator[Finding]:
    """One line for each thing that is missing, with the rules that never fire for want of it. Pure."""
    by_cause: dict[tuple[_Cause, ...], dict[str, None]] = {}
    for name, causes in _asleep(rulebook, there):
        by_cause.setdefault(causes, {})[name] = None
    for causes, named in by_cause.items():
        names = list(named)
        shown = [*names[:_MANY_SHOWN], *([f"{len(names) - _MANY_SHOWN} more"] if len(names) > _MANY_SHOWN else [])]
        what = f"{' and '.join(cause.what for cause in causes)}: {', '.join(shown)} can never fire"
        yield Finding("advice", what, causes[0].cure, code="rule-never-fires")


def stages_out_of_reach(rulebook: Rulebook, there: Present, people: int) -> Iterator[Finding]:
    """Stages for which what can fire at all gives too few points. Pure."""
    for stage, reason in out_of_reach(rulebook, there):
        what = f"nobody of the {people:,} people can reach stage {stage} with what is known of them: {reason}"
        cure = "Lower it in stages.yaml, or see which rules never fire, and why"
        yield Finding("warning", what, cure, code="stage-out-of-reach")


def _asleep(rulebook: Rulebook, there: Present) -> Iterator[tuple[str, tuple[_Cause, ...]]]:
    """Each rule, phase, field of profile and track that has no effect on anybody, with what is missing for it."""
    for model in rulebook.models:
        for rule in _conditional(model):
            if not there.may_hold(rule.when):
                yield f"rule {rule.id}", _causes(there, rule.when)
        yield from _silent(model, there)
        for name in model.factors.profile.completeness:
            if there.values.get(name) == frozenset():
                yield f"profile {name}", (_of_field(name),)
    for name, track in rulebook.tracks.tracks.items():
        if not there.may_hold(track.when):
            yield f"track {name}", _causes(there, track.when)


def _silent(model: Model, there: Present) -> Iterator[tuple[str, tuple[_Cause, ...]]]:
    """Rules and phases that wait for acts which nobody has done."""
    for one in (rule for group in model.factors.engagement.groups.values() for rule in group.rules):
        if not there.passes(one.event, one.asset):
            yield f"rule {one.id}", (_of_act(there, one.event),)
    for name, phase in model.factors.phase.phases.items():
        if not any(there.passes(signal.event, signal.asset) for signal in phase.signals):
            kinds = dict.fromkeys(signal.event for signal in phase.signals)
            yield f"phase {name}", tuple(_of_act(there, kind) for kind in kinds)


def _conditional(model: Model) -> Iterator[Trait | Override | AudienceRule]:
    """Every rule that asks for something by `when`."""
    fit = model.factors.fit
    for persona in fit.personas.values():
        yield from persona.traits
    yield from (*fit.adjust, *model.knowledge.brand, *model.knowledge.offer)
    yield from model.overrides
    if model.audience is not None:
        yield model.audience


def _causes(there: Present, condition: Condition) -> tuple[_Cause, ...]:
    found = dict.fromkeys(_of_test(there, test) for test in there.hindrances(condition))
    return tuple(found) or (
        _Cause("everybody is what it asks nobody to be", "Look whether its `not:` says what is meant"),
    )


def _of_test(there: Present, test: Compare | Did) -> _Cause:
    if isinstance(test, Did):
        return _of_act(there, test.event)
    if test.name in JUDGED:
        return _Cause(
            f"nobody can be of the {test.name} that is asked for", "See which of the rules behind it never fire"
        )
    if not there.values.get(test.name):
        return _of_field(test.name)
    cure = "Compare the rule with the values that there are: `trellis audit` shows them"
    return _Cause(f"no {test.name} that there is fits", cure)


def _of_act(there: Present, kind: str) -> _Cause:
    if kind not in there.assets:
        cure = "Fine while nobody does it; else see in fields.yaml where it is told of"
        return _Cause(f"nobody has ever done {kind}", cure)
    cure = "Compare the rule with the names that there are: `trellis explain` shows those of anybody's acts"
    return _Cause(f"no {kind} that there is has a name that fits", cure)


def _of_field(name: str) -> _Cause:
    return _Cause(f"{name} is known of nobody", "Fill it in, map another property in fields.yaml, or take it out")
