"""Every way in which one rule of a model can be wrong, factor by factor."""

from __future__ import annotations

from collections.abc import Iterator

from connector.change.mutation.mutant import (
    Mutant,
    condition_mutants,
    number_mutants,
    points_mutants,
    threshold_mutants,
)
from connector.change.mutation.tree import REMOVED, Path_
from connector.rulebook.types import EngagementRule, KnownEvidence, Model, Override, Rulebook, Trait


def model_mutants(path: Path_, model: Model, rulebook: Rulebook) -> Iterator[Mutant]:
    """Every mutant of the model at `path`; the rulebook's ladder is what answers may lift to and bar from."""
    if model.applies_to is not None:
        yield from condition_mutants((*path, "applies_to"), "applies_to", model.applies_to, removable=True)
    yield from _of_evidence((*path, "minimum_evidence"), model)
    yield from _of_fit((*path, "factors", "fit"), model)
    yield from _of_phase((*path, "factors", "phase"), model)
    yield from _of_engagement((*path, "factors", "engagement"), model)
    yield from _of_reaction((*path, "factors", "reaction"), model, rulebook)
    yield from _of_profile((*path, "factors", "profile"), model)
    yield from _of_doubts((*path, "trust", "doubts"), model)
    for place, rule in enumerate(model.overrides):
        yield from _override((*path, "overrides", place), rule)
    if model.audience is not None:
        rule_id = model.audience.id
        yield Mutant((*path, "audience"), rule_id, "removed", REMOVED)
        yield from condition_mutants((*path, "audience", "when"), rule_id, model.audience.when)
    for key in ("brand", "offer"):
        for place, trait in enumerate(getattr(model.knowledge, key)):
            yield from _trait((*path, "knowledge", key, place), trait)
    for name, test in model.topics.items():
        yield from condition_mutants((*path, "topics", name), name, test, removable=True)


def _of_evidence(path: Path_, model: Model) -> Iterator[Mutant]:
    if model.minimum_evidence is None:
        return
    rule = path[-1]
    assert isinstance(rule, str)
    yield Mutant(path, rule, "removed", REMOVED)
    ways = model.minimum_evidence.any
    for place, way in enumerate(ways):
        at_way = (*path, "any", place)
        key, lists = ("known", "of") if isinstance(way, KnownEvidence) else ("events", "except_")
        if len(ways) > 1:
            yield Mutant(at_way, rule, f"without the way by {key}", REMOVED)
        yield from number_mutants((*at_way, key), rule, key, getattr(way, key), least=1)
        names = getattr(way, lists)
        for entry, name in enumerate(names):
            if len(names) > 1 or lists == "except_":
                yield Mutant((*at_way, lists, entry), rule, f"{lists.rstrip('_')} without {name}", REMOVED)


def _of_fit(path: Path_, model: Model) -> Iterator[Mutant]:
    fit = model.factors.fit
    if fit.persona_minimum:
        yield from threshold_mutants((*path, "persona_minimum"), "persona_minimum", fit.persona_minimum)
    for name, persona in fit.personas.items():
        alone = len(persona.traits) == 1
        for place, trait in enumerate(persona.traits):
            at_persona = (*path, "personas", name)
            yield from _trait((*at_persona, "traits", place), trait, removed=at_persona if alone else None)
    for place, trait in enumerate(fit.adjust):
        yield from _trait((*path, "adjust", place), trait)


def _of_phase(path: Path_, model: Model) -> Iterator[Mutant]:
    for name, phase in model.factors.phase.phases.items():
        at_phase = (*path, "phases", name)
        yield Mutant(at_phase, name, "removed", REMOVED)
        yield from points_mutants((*at_phase, "points"), name, phase.points)
        for place, signal in enumerate(phase.signals):
            at_signal = (*at_phase, "signals", place)
            if len(phase.signals) > 1:
                yield Mutant(at_signal, name, f"without the signal {signal.event} ({place + 1})", REMOVED)
            if signal.asset is not None:
                yield from condition_mutants(
                    (*at_signal, "asset"), name, signal.asset, f"{signal.event} asset ", removable=True
                )


def _of_engagement(path: Path_, model: Model) -> Iterator[Mutant]:
    for name, group in model.factors.engagement.groups.items():
        at_group = (*path, "groups", name)
        for place, rule in enumerate(group.rules):
            at_rule = (*at_group, "rules", place)
            yield Mutant(at_group if len(group.rules) == 1 else at_rule, rule.id, "removed", REMOVED)
            yield from points_mutants((*at_rule, "points"), rule.id, rule.points)
            yield from _engagement_rule(at_rule, rule)


def _engagement_rule(path: Path_, rule: EngagementRule) -> Iterator[Mutant]:
    if rule.asset is not None:
        yield from condition_mutants((*path, "asset"), rule.id, rule.asset, "asset ", removable=True)
    if rule.max_times is not None:
        yield from number_mutants((*path, "max_times"), rule.id, "max_times", rule.max_times, least=1)
    if rule.within is not None:
        yield from number_mutants((*path, "within"), rule.id, "within", rule.within, least=0)


def _of_reaction(path: Path_, model: Model, rulebook: Rulebook) -> Iterator[Mutant]:
    reaction = model.factors.reaction
    for answer, points in reaction.points.items():
        yield Mutant((*path, "points", answer), answer, "removed", REMOVED)
        yield from points_mutants((*path, "points", answer), answer, points)
    if "silent" in {*reaction.points, *reaction.lifts, *reaction.bars}:
        for key, number in reaction.silent.after:
            yield from number_mutants((*path, "silent", "after", key), "silent", f"after {key}", number, least=1)
    ladder = [stage.id for stage in rulebook.stages.stages]
    for effect in ("lifts", "bars"):
        for answer, stage in getattr(reaction, effect).items():
            yield Mutant((*path, effect, answer), answer, f"{effect} removed", REMOVED)
            rung = ladder.index(stage)
            for other in ladder[max(1, rung - 1) : rung] + ladder[rung + 1 : rung + 2]:
                yield Mutant((*path, effect, answer), answer, f"{effect} {stage} → {other}", other)


def _of_profile(path: Path_, model: Model) -> Iterator[Mutant]:
    profile = model.factors.profile
    for name, points in profile.completeness.items():
        yield Mutant((*path, "completeness", name), name, "removed", REMOVED)
        yield from points_mutants((*path, "completeness", name), name, points)
    if profile.freshness is not None:
        yield Mutant((*path, "freshness"), "freshness", "removed", REMOVED)


def _of_doubts(path: Path_, model: Model) -> Iterator[Mutant]:
    doubts = model.trust.doubts
    doubted = [((*path, key), key, getattr(doubts, key)) for key in ("prefetch", "gateways", "unsourced")]
    doubted += [((*path, "bursts", place), "bursts", burst) for place, burst in enumerate(doubts.bursts)]
    for at_doubt, key, doubt in doubted:
        if doubt is None:
            continue
        yield Mutant(at_doubt, key, "removed", REMOVED)
        other = "unsure" if doubt.grade == "machine" else "machine"
        yield Mutant((*at_doubt, "grade"), key, f"is {doubt.grade} → {other}", other)
        for name, least in (("within", 1), ("links", 2)):
            if hasattr(doubt, name):
                yield from number_mutants((*at_doubt, name), key, name, getattr(doubt, name), least=least)
        kinds = getattr(doubt, "events", ())
        for place, kind in enumerate(kinds if len(kinds) > 1 else ()):
            yield Mutant((*at_doubt, "events", place), key, f"events without {kind}", REMOVED)


def _override(path: Path_, rule: Override) -> Iterator[Mutant]:
    yield Mutant(path, rule.id, "removed", REMOVED)
    yield from condition_mutants((*path, "when"), rule.id, rule.when)
    if rule.add is not None:
        yield from points_mutants((*path, "add"), rule.id, rule.add)
    for key in ("at_least", "at_most", "set"):
        points = getattr(rule, key)
        if points is not None:
            yield from threshold_mutants((*path, key), rule.id, points, key)


def _trait(path: Path_, trait: Trait, removed: Path_ | None = None) -> Iterator[Mutant]:
    """`removed`: what goes with the trait, where it is the last one there."""
    yield Mutant(removed or path, trait.id, "removed", REMOVED)
    yield from points_mutants((*path, "points"), trait.id, trait.points)
    yield from condition_mutants((*path, "when"), trait.id, trait.when)
