"""What a rulebook says of itself that a person should look at: opens that could change a stage, rules without a why, reviews
that are due, tracks nobody hears, people nobody nurtures.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from connector.rulebook.content_gap import content_gap
from connector.rulebook.idle_tracks import idle_tracks
from connector.rulebook.opens import opens_alone
from connector.rulebook.types import Enroll, Model, Rule, Rulebook
from connector.steps.finding import Finding


def review(rulebook: Rulebook, today: date) -> Iterator[Finding]:
    """Findings that need no platform. Pure."""
    for flaw in opens_alone(rulebook):
        what = f"opens alone can change a stage: {flaw.file}, {flaw.key}: {flaw.message}"
        yield Finding("error", what, flaw.cure[:1].upper() + flaw.cure[1:], code="opens-decide")
    for model in rulebook.models:
        for rule in _rules(model):
            if not rule.why:
                cure = "Give it one: it stands in every receipt"
                yield Finding("advice", f"rule {rule.id} says no why", cure, code="rule-without-why")
            if rule.review_by is not None and rule.review_by < today:
                what = f"rule {rule.id} was to be reviewed by {rule.review_by}"
                yield Finding("warning", what, "Review it, then move the date", code="review-due")
    yield from _ways(rulebook)
    yield from _idle(rulebook)
    yield from _gap(rulebook)


def _ways(rulebook: Rulebook) -> Iterator[Finding]:
    """Tracks by which nobody is mailed, and those that end no mail when they are left."""
    silent = [
        name
        for name, track in rulebook.tracks.tracks.items()
        if track.mails is None and all(way.is_segment for way in track.enroll)
    ]
    if silent:
        what = (
            f"tracks {', '.join(silent)} have no listener: they are segments, without mails"
            if len(silent) > 1
            else f"track {silent[0]} has no listener: it is a segment, without mails"
        )
        yield Finding("advice", what, "Fine on a free portal", code="track-without-mails")
    for name, track in rulebook.tracks.tracks.items():
        heard = [way for way in track.enroll if not way.is_segment]
        if not heard and track.mails is not None:
            what = f"track {name} has `mails`, and no way into it has a listener: it is a segment, and nobody is mailed"
            cure = "Write `listener: confirmed` where a workflow or flow listens, or take `mails` out"
            yield Finding("warning", what, cure, code="track-without-listener")
        for way in heard:
            if way.exit == "none" and not (way.hubspot and way.hubspot.task):
                what = f"track {name} is entry only by {_way(way)}: leaving it ends no mail"
                yield Finding("warning", what, _entry_only(way), code="track-entry-only")


def _idle(rulebook: Rulebook) -> Iterator[Finding]:
    for idle in idle_tracks(rulebook):
        if idle.behind is None:
            what = f"track {idle.track} can be for nobody: what it asks for is never true at once"
            cure = "Correct its `when`, or whom its aim is for in `aims`"
            yield Finding("warning", what, cure, code="track-for-nobody")
        else:
            what = (
                f"track {idle.track} is nobody's first: {idle.behind} is for all of them, too, and is chosen before it"
            )
            cure = "Fine if it shall follow; else raise its priority, or narrow the other one"
            yield Finding("advice", what, cure, code="track-is-nobodys-first")


def _gap(rulebook: Rulebook) -> Iterator[Finding]:
    gap = content_gap(rulebook)
    for persona in gap.forgotten:
        what = f"no track nurtures anybody of persona {persona}"
        cure = "Add a track for her, or count on people to write to her"
        yield Finding("advice", what, cure, code="persona-without-track")
    by_aim: dict[str, list[str]] = {}
    for one in gap.gaps:
        by_aim.setdefault(one.aim, []).append(f"{one.persona} ({'any phase' if one.whole else ', '.join(one.phases)})")
    if by_aim:
        told = "; ".join(f"to {aim} {', '.join(people)}" for aim, people in by_aim.items())
        cure = "Write what they lack, or let a track there be for them, too"
        yield Finding("advice", f"there is no track {told}", cure, code="content-gap")


def _entry_only(way: Enroll) -> str:
    if way.mailchimp is not None and way.mailchimp.journey is not None:
        return "Keep it short: nobody can be taken out of a flow that a call began"
    return "Say `exit: confirmed` there once the workflow takes people out"


def _rules(model: Model) -> list[Rule]:
    factors = model.factors
    rules: list[Rule] = [trait for persona in factors.fit.personas.values() for trait in persona.traits]
    rules += [*factors.fit.adjust, *model.overrides, *model.knowledge.brand, *model.knowledge.offer]
    rules += [] if model.audience is None else [model.audience]
    return rules + [rule for group in factors.engagement.groups.values() for rule in group.rules]


def _way(way: Enroll) -> str:
    if (there := way.mailchimp) is not None:
        return (
            f"Mailchimp tag {there.tag}"
            if there.journey is None
            else f"Mailchimp flow {there.journey}, step {there.step}"
        )
    assert way.hubspot is not None
    if way.hubspot.property is not None:
        return f"HubSpot property {way.hubspot.property}"
    if way.hubspot.workflow is not None:
        return f"HubSpot workflow {way.hubspot.workflow}"
    if way.hubspot.task is not None:
        return f'HubSpot task "{way.hubspot.task}"'
    return f'HubSpot list "{way.hubspot.list}"'
