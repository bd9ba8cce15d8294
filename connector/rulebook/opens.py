"""Proof that opens alone can never change a stage: privacy proxies and mail gateways open mail too (facts/mailchimp.md §5).

What is proven of a rulebook, for everybody and whatever she opens:

- Opens are no evidence, and nothing that decides about models, traits, overrides, the audience, states or stages asks for
  them: not as acts, not as a field that HubSpot or Mailchimp derives from opens, not through a phase, a topic or a
  knowledge that they give. So who does nothing but open mail stands where she stood without it.
- Otherwise opens reach a stage only through points, and all of them together give less than any threshold of score or
  engagement asks for, and no more than the band of any stage (`enter` less `leave_below`): no stage that was lost comes
  back through opens, and none is lost again when they fade.

What remains is seen to when somebody is placed: a rise must hold without opens as well (scoring/placing.py), so that nobody
who lacks no more points than opens give (see `points_of_opens`) is carried over a threshold by them. All bounds err on the
safe side: a rulebook that is named here may still be harmless, one that is not is proven.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connector.rulebook.conditions import Compare, Condition, Did, leaves
from connector.rulebook.problems import Problem
from connector.rulebook.types import (
    POINT,
    Engagement,
    EngagementRule,
    EventEvidence,
    FieldsFile,
    Model,
    Rulebook,
    Stage,
    TrustShares,
)
from connector.rulebook.units import write_points

#: The standard kind of an open; its acts are unsure at best.
OPEN = "email_open"

#: HubSpot's and Mailchimp's own names of what opens make: hs_email_open, hs_email_last_open_date, stats.avg_open_rate.
_MADE_OF_OPENS = re.compile(r"(hs_|stats\.)\w*open")

_ASK_FOR_MORE = "ask for a click, a reply or a form instead"


@dataclass(frozen=True, slots=True)
class Opens:
    """The names under which a rulebook knows of opens: kinds of acts, and fields."""

    events: frozenset[str]
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Decision:
    """A condition that decides about stages, with its place and the models whose verdict it sees."""

    file: str
    key: str
    condition: Condition
    models: tuple[Model, ...]


def opens_alone(rulebook: Rulebook) -> tuple[Problem, ...]:
    """Every way in which opens alone could change a stage, with its cure; empty: proven that there is none."""
    opens = opens_of(rulebook.fields)
    found = [problem for model in rulebook.models for problem in _evidence(model, opens)]
    for decision in _decisions(rulebook):
        found += _asked(decision, opens)
    most = max(points_of_opens(model, opens) for model in rulebook.models)
    for stage in rulebook.stages.stages:
        found += _band(stage, most)
    if any(_share(model.trust, opens) for model in rulebook.models):
        found += _answers(rulebook, opens)
    return tuple(dict.fromkeys(found))


def opens_of(fields: FieldsFile) -> Opens:
    """What fields.yaml calls opens, whatever it calls them."""
    events = {OPEN}
    for name, event in fields.events.items():
        told = (event.hubspot.count, event.hubspot.last) if event.hubspot else ()
        if event.mailchimp == "activity.open" or any(_is_made_of_opens(one) for one in told):
            events.add(name)
    made = {
        name
        for name, one in fields.fields.items()
        if any(map(_is_made_of_opens, (one.hubspot, one.or_, one.mailchimp)))
    }
    return Opens(frozenset(events), frozenset(made))


def points_of_opens(model: Model, opens: Opens) -> int:
    """The most thousandths by which any number of opens can move the score of one contact, up or down."""
    share = _share(model.trust, opens)
    factors = model.factors
    phases = [
        min(phase.points * share // POINT, factors.phase.max)
        for phase in factors.phase.phases.values()
        if any(signal.event in opens.events for signal in phase.signals)
    ]
    known = sum(points for name, points in factors.profile.completeness.items() if name in opens.fields)
    return _engaged(factors.engagement, opens, share) + max(phases, default=0) + known


def _is_made_of_opens(name: str | None) -> bool:
    return name is not None and _MADE_OF_OPENS.match(name) is not None


def _share(trust: TrustShares, opens: Opens) -> int:
    """The most that an open counts. One under another name than `email_open` is taken for a person's."""
    return max(trust.unsure, trust.machine, trust.human if opens.events - {OPEN} else 0)


def _engaged(engagement: Engagement, opens: Opens, share: int) -> int:
    moved = 0
    for group in engagement.groups.values():
        rules = [_most(rule, share, engagement.max) for rule in group.rules if rule.event in opens.events]
        capped = all(rule.points >= 0 for rule in group.rules)  # what others take could be given back beyond the cap
        moved += min(sum(rules), group.max) if capped else sum(rules)
    return min(moved, engagement.max)


def _most(rule: EngagementRule, share: int, unlimited: int) -> int:
    each = abs(rule.points) * share // POINT
    return each * rule.max_times if rule.max_times is not None else unlimited if each else 0


def _decisions(rulebook: Rulebook) -> Iterator[_Decision]:
    for model in rulebook.models:
        file, own = f"model {model.model}", (model,)
        if model.applies_to is not None:
            yield _Decision(file, "applies_to", model.applies_to, own)
        fit = model.factors.fit
        for trait in (*(trait for persona in fit.personas.values() for trait in persona.traits), *fit.adjust):
            yield _Decision(file, f"rule {trait.id}", trait.when, own)
        for rule in (*model.overrides, *((model.audience,) if model.audience else ())):
            yield _Decision(file, f"rule {rule.id}", rule.when, own)
    for name, state in rulebook.stages.states.items():
        yield _Decision("stages.yaml", f"state {name}", state.when, rulebook.models)
    for stage in rulebook.stages.stages:
        if stage.enter is not None:
            yield _Decision("stages.yaml", f"stage {stage.id}", stage.enter, rulebook.models)


def _evidence(model: Model, opens: Opens) -> Iterator[Problem]:
    for way in model.minimum_evidence.any if model.minimum_evidence else ():
        file = f"model {model.model}"
        if isinstance(way, EventEvidence):
            if counted := sorted(opens.events - set(way.except_)):
                cure = f"write except: [{', '.join(sorted({*way.except_, *counted}))}]"
                yield Problem(file, 0, "minimum_evidence", "opens alone are evidence enough for a score", cure)
        elif told := sorted(opens.fields & set(way.of)):
            yield Problem(file, 0, "minimum_evidence", f"{told[0]} is known through opens alone", "take it out of `of`")


def _asked(decision: _Decision, opens: Opens) -> Iterator[Problem]:
    given = {name: source for model in decision.models for name, source in _given(model, opens).items()}
    points = max(points_of_opens(model, opens) for model in decision.models)
    for leaf in leaves(decision.condition):
        if isinstance(leaf, Did):
            if leaf.event in opens.events:
                yield Problem(decision.file, 0, decision.key, f"asks for {leaf.event}", _ASK_FOR_MORE)
        elif leaf.name in opens.fields:
            yield Problem(decision.file, 0, decision.key, f"asks for {leaf.name}, which opens make", _ASK_FOR_MORE)
        elif leaf.name in given:
            message = f"asks for {leaf.name}, and opens give it"
            yield Problem(decision.file, 0, decision.key, message, given[leaf.name])
        elif leaf.name in ("score", "engagement") and _is_turned(leaf, points):
            message = f"asks for {leaf.name}, and opens alone give up to {write_points(points)} points"
            yield Problem(decision.file, 0, decision.key, message, "give fewer points for opens, or ask for more")


def _given(model: Model, opens: Opens) -> dict[str, str]:
    """The computed names whose value opens can change other than by points, each with the cure."""
    given = {}
    if _share(model.trust, opens):
        for name, phase in model.factors.phase.phases.items():
            if any(signal.event in opens.events for signal in phase.signals):
                given["phase"] = f"take opens out of the signals of phase {name}"
        if model.topics:
            given["topic"] = "topics are counted from opens too: ask for something else"
    for name, traits in (("knows_brand", model.knowledge.brand), ("knows_offer", model.knowledge.offer)):
        for trait in traits:
            if any(isinstance(leaf, Did) and leaf.event in opens.events for leaf in leaves(trait.when)):
                given[name] = f"let rule {trait.id} ask for something else"
    return given


def _is_turned(test: Compare, points: int) -> bool:
    """Whether so many thousandths, and nothing else, can make the test true, or false."""
    bounds = test.argument if test.operator == "between" and isinstance(test.argument, tuple) else (test.argument,)
    if test.operator not in ("at_least", "at_most", "between"):
        return points > 0
    limits = [bound * POINT for bound in bounds if isinstance(bound, int | float)]
    return any(0 < limit <= points if test.operator != "at_most" else 0 <= limit < points for limit in limits)


def _band(stage: Stage, points: int) -> Iterator[Problem]:
    asked = [leaf for leaf in leaves(stage.enter) if isinstance(leaf, Compare)] if stage.enter is not None else []
    enters = [_lowest(leaf) for leaf in asked if leaf.name == "score"]
    whole = -(-points // POINT) * POINT  # scores are compared in whole points
    if not enters or whole <= min(enters) - (min(enters) if stage.leave_below is None else stage.leave_below):
        return
    left = "at once" if stage.leave_below is None else f"below {write_points(stage.leave_below)}"
    message = (
        f"opens alone, up to {write_points(points)} points, can carry somebody into it and let her fall again: "
        f"it is entered from {write_points(min(enters))} and left {left}"
    )
    yield Problem("stages.yaml", 0, f"stage {stage.id}", message, "give fewer points for opens, or lower leave_below")


def _lowest(test: Compare) -> int:
    low = test.argument[0] if isinstance(test.argument, tuple) else test.argument
    return int(low * POINT) if isinstance(low, int | float) else 0


def _answers(rulebook: Rulebook, opens: Opens) -> Iterator[Problem]:
    reactions = [model.factors.reaction for model in rulebook.models]
    if not any("asked" in {*one.points, *one.lifts, *one.bars} for one in reactions):
        return
    for name, track in rulebook.tracks.tracks.items():
        if track.asks is not None and track.asks.event in opens.events:
            message = f"asks her to do {track.asks.event}, so that an open is the answer that it wants"
            yield Problem("tracks.yaml", 0, f"track {name}", message, _ASK_FOR_MORE)
