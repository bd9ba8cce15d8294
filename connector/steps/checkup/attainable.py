"""The points that are still to be had once rules that never fire are left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector.rulebook.conditions import Compare, Did
from connector.rulebook.reach import hindrance
from connector.rulebook.types import Engagement, Fit, Knowledge, Model, Phase, Profile, Rulebook, Trait
from connector.steps.checkup.may_hold import Present

#: What is judged of people by rules, and so may be out of reach with them.
JUDGED = ("phase", "persona")


def with_what_is_judged(rulebook: Rulebook, there: Present) -> Present:
    """The same, and the phases and personas that any model can still find."""
    models = [_awake(model, there) for model in rulebook.models]
    phases = {name for model in models for name in model.factors.phase.phases}
    personas = {name for model in models for name in _personas(model.factors.fit)}
    return replace(there, values={**there.values, "phase": phases, "persona": personas})


def out_of_reach(rulebook: Rulebook, there: Present) -> Iterator[tuple[str, str]]:
    """Stages that no model can lift anybody to by the rules that may fire, with why the first one cannot.

    A stage to which an answer alone lifts (`lifts`) is left out.
    """
    models = [_awake(model, there) for model in rulebook.models]
    lifted = {stage for model in models for stage in model.factors.reaction.lifts.values()}
    for stage in rulebook.stages.stages:
        if stage.enter is None or stage.id in lifted:
            continue
        if not there.may_hold(stage.enter):
            names = dict.fromkeys(_named(test) for test in there.hindrances(stage.enter))
            yield stage.id, f"nobody can have the {' and '.join(names) or 'values'} that its `enter` asks for"
        elif all(reasons := [hindrance(model, stage) for model in models]):
            yield stage.id, reasons[0]


def _awake(model: Model, there: Present) -> Model:
    """`model` without what never fires."""
    factors = model.factors
    changed = {
        "fit": _fit(factors.fit, there),
        "phase": _phase(factors.phase, there),
        "engagement": _engagement(factors.engagement, there),
        "profile": _profile(factors.profile, there),
    }
    knowledge = Knowledge(brand=_traits(model.knowledge.brand, there), offer=_traits(model.knowledge.offer, there))
    overrides = tuple(rule for rule in model.overrides if there.may_hold(rule.when))
    own = {"factors": factors.model_copy(update=changed), "knowledge": knowledge, "overrides": overrides}
    return model.model_copy(update=own)


def _named(test: Compare | Did) -> str:
    return test.name if isinstance(test, Compare) else test.event


def _personas(fit: Fit) -> Iterator[str]:
    """Those whose traits together may reach the minimum."""
    for name, persona in fit.personas.items():
        if sum(max(trait.points, 0) for trait in persona.traits) >= fit.persona_minimum:
            yield name


def _traits(traits: tuple[Trait, ...], there: Present) -> tuple[Trait, ...]:
    return tuple(trait for trait in traits if there.may_hold(trait.when))


def _fit(fit: Fit, there: Present) -> Fit:
    personas = {
        name: one.model_copy(update={"traits": _traits(one.traits, there)}) for name, one in fit.personas.items()
    }
    return fit.model_copy(update={"personas": personas, "adjust": _traits(fit.adjust, there)})


def _phase(phase: Phase, there: Present) -> Phase:
    phases = {
        name: rule
        for name, rule in phase.phases.items()
        if any(there.passes(signal.event, signal.asset) for signal in rule.signals)
    }
    return phase.model_copy(update={"phases": phases})


def _engagement(engagement: Engagement, there: Present) -> Engagement:
    groups = {
        name: group.model_copy(
            update={"rules": tuple(rule for rule in group.rules if there.passes(rule.event, rule.asset))}
        )
        for name, group in engagement.groups.items()
    }
    return engagement.model_copy(update={"groups": groups})


def _profile(profile: Profile, there: Present) -> Profile:
    known = {name: points for name, points in profile.completeness.items() if there.values.get(name) != frozenset()}
    return profile.model_copy(update={"completeness": known})
