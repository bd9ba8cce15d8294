"""What would move the stage up: found by trying each act and each missing value, never canned.

A trial is the contact with one thing more, judged and placed again by every model that is meant for her. First every
single thing is tried, then pairs with the most promising ones; the cheapest ways (fewest things) that move the stage are
the answer. What certainly cannot move it (chances.py) is not tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import combinations, islice
from zoneinfo import ZoneInfo

from connector.facts import Contact, Event, Value
from connector.rulebook.conditions import Compare, Condition, Did, Subject, asset_holds, holds, leaves
from connector.rulebook.types import Model, Rulebook
from connector.scoring.chances import Chances, Thing
from connector.scoring.placing import place as step_on
from connector.scoring.score import judge
from connector.scoring.topics import NOT_HERS
from connector.scoring.verdict import NOT_ENOUGH_DATA, Place, Step, Verdict
from connector.scoring.words import Language, field_name, joined, knows, say, stage_label

#: The most trials for one contact; a hint is not worth more than a few milliseconds.
MAX_TRIALS = 30

#: The most ways that are told.
_MAX_HINTS = 3

#: How many of the most promising things are tried in pairs.
_PROMISING = 5

#: What a field that only has to be known is taken to hold.
_ANYTHING = "?"


@dataclass(frozen=True, slots=True)
class Hint:
    """One way up: with all of `things` she would stand on `stage` with `score`."""

    things: tuple[Thing, ...]
    stage: str
    score: int


def what_next(contact: Contact, verdict: Verdict, step: Step, rulebook: Rulebook, day: date) -> tuple[Hint, ...]:
    """The cheapest ways to a higher stage, highest stage first; empty at the top, in a state, or if none was found.

    `contact` holds what the verdict was made from; later events of hers would count as well. At most MAX_TRIALS trials:
    worth calling for a changed verdict only. A way holds with overrides, bars and the audience rule: it was tried.
    """
    ranks = {stage.id: place for place, stage in enumerate(rulebook.stages.stages)}
    here = -1 if step.after.stage == NOT_ENOUGH_DATA else ranks.get(step.after.stage, len(ranks))
    models = [model for model in rulebook.models if model.model in verdict.each]
    if not models or here >= len(ranks) - 1:
        return ()
    trial = _Trial(contact, step.after, rulebook, day)
    things = _things(models, contact, day)[:MAX_TRIALS]
    chances = Chances(contact, verdict, models[0], rulebook)
    if not chances.may_reach(here, things, at_once=2):
        return ()
    hopeful = [trial.of((thing,)) for thing in things if chances.may_reach(here, (thing,))]
    ways = [hint for hint in hopeful if ranks.get(hint.stage, -1) > here]
    if not ways:
        tried = {hint.things[0]: hint.score for hint in hopeful}
        scores = {thing: tried[thing] if thing in tried else trial.of((thing,)).score for thing in things}
        pairs = combinations(sorted(things, key=lambda thing: -scores[thing])[:_PROMISING], 2)
        fitting = (pair for pair in islice(pairs, MAX_TRIALS - len(things)) if not _clash(pair))
        hopeful = [trial.of(pair) for pair in fitting if chances.may_reach(here, pair)]
        ways = [hint for hint in hopeful if ranks.get(hint.stage, -1) > here]
    ways.sort(key=lambda hint: (-ranks[hint.stage], -hint.score))
    return tuple(_distinct(ways))[:_MAX_HINTS]


def next_text(contact: Contact, verdict: Verdict, step: Step, rulebook: Rulebook, day: date, language: Language) -> str:
    """The text of `trellis_next`: what `what_next` finds, or why there is nothing to find."""
    hints = what_next(contact, verdict, step, rulebook, day)
    if hints:
        return say(language, "next", ways=joined(language, "or", (_way(hint, rulebook, language) for hint in hints)))
    here = step.after.stage
    if here == rulebook.stages.stages[-1].id:
        return say(language, "next_top")
    if here == NOT_ENOUGH_DATA or any(stage.id == here for stage in rulebook.stages.stages):
        return say(language, "next_none")
    return say(language, "next_state", state=stage_label(rulebook, language, here))


@dataclass(frozen=True, slots=True)
class _Trial:
    """A contact to whom things may happen today."""

    contact: Contact
    place: Place
    rulebook: Rulebook
    day: date

    def of(self, things: tuple[Thing, ...]) -> Hint:
        contact = self.contact
        for thing in things:
            contact = self._with(contact, thing)
        verdict = judge(contact, self.rulebook, self.day)
        after = step_on(self.place, verdict, contact, self.rulebook, self.day).after
        return Hint(things, after.stage, verdict.score or 0)

    def _with(self, contact: Contact, thing: Thing) -> Contact:
        if thing.kind == "data":
            fields = {**contact.fields, thing.name: thing.example}
            return replace(contact, fields=fields, changed={**contact.changed, thing.name: self.day})
        noon = datetime.combine(self.day, time(12), tzinfo=ZoneInfo(self.rulebook.fields.timezone)).astimezone(UTC)
        key = f"if:{thing.name}:{thing.example}"
        return replace(contact, events=(*contact.events, Event(thing.name, noon, noon, key, asset=str(thing.example))))


def _things(models: Sequence[Model], contact: Contact, day: date) -> list[Thing]:
    """Every act that a rule rewards and every unknown field that one asks for, each once, those that give most first."""
    candidates = [one for model in models for one in (*_acts(model), *_data(model, contact, day))]
    candidates.sort(key=lambda one: -one[0])
    return list(dict.fromkeys(thing for _, thing in candidates))


def _acts(model: Model) -> Iterator[tuple[int, Thing]]:
    tests: list[tuple[int, str, Condition | None]] = [
        (rule.points, rule.event, rule.asset)
        for group in model.factors.engagement.groups.values()
        for rule in group.rules
    ]
    for phase in model.factors.phase.phases.values():
        tests += [(phase.points, signal.event, signal.asset) for signal in phase.signals]
    for override in model.overrides:
        worth = override.at_least or override.set or override.add or 0
        tests += [(worth, leaf.event, leaf.asset) for leaf in leaves(override.when) if isinstance(leaf, Did)]
    for points, kind, test in tests:
        asset = "" if test is None else next((text for text in _texts(test) if asset_holds(test, text)), None)
        if points > 0 and asset is not None and kind not in NOT_HERS:
            yield points, Thing("act", kind, asset)


def _data(model: Model, contact: Contact, day: date) -> Iterator[tuple[int, Thing]]:
    fit = model.factors.fit
    traits = [*(trait for persona in fit.personas.values() for trait in persona.traits), *fit.adjust]
    for trait in traits:
        for leaf in leaves(trait.when) if trait.points > 0 else ():
            if isinstance(leaf, Compare) and leaf.name not in contact.fields:
                value = next((one for one in _values(leaf) if _fulfills(leaf, one, day)), None)
                if value is not None:
                    yield trait.points, Thing("data", leaf.name, value)
    for name, points in model.factors.profile.completeness.items():
        if points > 0 and name not in contact.fields:
            yield points, Thing("data", name, _ANYTHING)


def _texts(test: Condition) -> Iterator[str]:
    """Texts that may pass a test of texts: those it names itself."""
    for leaf in leaves(test):
        if isinstance(leaf, Compare):
            yield from (value for value in _values(leaf) if isinstance(value, str))


def _values(leaf: Compare) -> Iterator[Value]:
    """Values that may pass a comparison: its own argument, or each one of a list."""
    argument = leaf.argument
    for value in argument if isinstance(argument, tuple) else (argument,):
        if isinstance(value, str | int | float | date) and not isinstance(value, bool):
            yield value


def _fulfills(leaf: Compare, value: Value, day: date) -> bool:
    return holds(leaf, Subject(day=day, values={leaf.name: value}))


def _distinct(ways: Sequence[Hint]) -> Iterator[Hint]:
    """The ways without those that differ from an earlier one only in the value of the same field."""
    told = set()
    for way in ways:
        asks = frozenset((thing.kind, thing.name, thing.example if thing.kind == "act" else "") for thing in way.things)
        if asks not in told:
            told.add(asks)
            yield way


def _clash(pair: tuple[Thing, Thing]) -> bool:
    """Two values for one field cannot both be."""
    first, second = pair
    return first.kind == second.kind == "data" and first.name == second.name


def _way(hint: Hint, rulebook: Rulebook, language: Language) -> str:
    things = joined(language, "and", (_thing(thing, language) for thing in hint.things))
    return say(language, "next_way", things=things, stage=stage_label(rulebook, language, hint.stage), score=hint.score)


def _thing(thing: Thing, language: Language) -> str:
    if thing.kind == "data":
        anything = thing.example == _ANYTHING
        return say(
            language, "data" if anything else "data_as", field=field_name(language, thing.name), value=thing.example
        )
    key = f"event_{thing.name}"
    act = say(language, key) if knows(language, key) else thing.name
    return say(language, "act_on", act=act, asset=thing.example) if thing.example else act
