"""Tracks that nobody may enter for now: acts that could keep somebody out of them cannot be read.

Of an act that is not known, a rule says that it was not done. Lists and deals alone tell the acts that they tell; what the
forms, campaigns and orders of a platform hide, its counters tell or she was never kept out by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from connector.rulebook.conditions import Condition, Did, Every, Not, Some
from connector.rulebook.types import Rulebook, Track
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.unread import unread


def blind_tracks(parts: Parts, conn: Connection) -> Mapping[str, str]:
    """Why nobody may enter a track, by its name; nothing where all is read. Read-only."""
    hidden: dict[str, str] = {}
    for one in unread(parts, conn):
        if one.source == HUBSPOT:
            hidden |= dict.fromkeys(_told_by(parts.rulebook, one.stream), one.reason)
    if not hidden:
        return {}
    everywhere = _asked_of_all(parts.rulebook)
    found = {}
    for name, track in parts.rulebook.tracks.tracks.items():
        asked = sorted(hidden.keys() & (everywhere | _asked_of_one(track)))
        if asked:
            found[name] = f"{asked[0]} may keep her out and cannot be read: {hidden[asked[0]]}"
    return found


def _told_by(rulebook: Rulebook, stream: str) -> Iterator[str]:
    """The kinds of acts that a stream of HubSpot's tells."""
    word, _, name = stream.partition(" ")
    for kind, event in rulebook.fields.events.items():
        told = event.hubspot
        if told is None:
            continue
        if (
            (stream == "deals" and told.deals)
            or (stream == "lists" and told.lists)
            or (word == "list" and name in told.lists)
        ):
            yield kind


def _asked_of_all(rulebook: Rulebook) -> frozenset[str]:
    """The kinds that could put anybody elsewhere: on another model, under a ceiling, beside the ladder, to another aim."""
    either = [one.when for one in rulebook.tracks.aims.values()]
    either += [one.when for one in rulebook.stages.states.values()]
    for model in rulebook.models:
        either += [one.when for one in model.overrides]
        either += [model.applies_to] if model.applies_to else []
    found = {kind for condition in either for kind, _ in _acts(condition)}
    steps = [stage.enter for stage in rulebook.stages.stages if stage.enter]
    return frozenset(found | {kind for condition in steps for kind, denied in _acts(condition) if denied})


def _asked_of_one(track: Track) -> frozenset[str]:
    """The kinds that keep somebody out of a track, or end it."""
    found = {kind for kind, denied in _acts(track.when) if denied} | set(track.stops_on)
    if track.exit_when is not None:
        found |= {kind for kind, denied in _acts(track.exit_when) if not denied}
    return frozenset(found)


def _acts(condition: Condition, *, denied: bool = False) -> Iterator[tuple[str, bool]]:
    """The kinds that a condition asks for, each with whether having done it speaks against the condition."""
    if isinstance(condition, Did):
        yield condition.event, denied
    elif isinstance(condition, Not):
        yield from _acts(condition.of, denied=not denied)
    elif isinstance(condition, Every | Some):
        for one in condition.of:
            yield from _acts(one, denied=denied)
