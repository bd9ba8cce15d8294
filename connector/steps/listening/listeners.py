"""Which workflows of the portal hear what we put there, as far as they can be read (facts/hubspot.md §5). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from adapters.ports import Flow
from connector.nurturing.intents import Hearing
from connector.nurturing.ways import HUBSPOT, ways_into
from connector.rulebook.types import Enroll, Rulebook

#: HubSpot's property of whose a contact is.
OWNER = "hubspot_owner_id"


@dataclass(frozen=True, slots=True)
class Signal:
    """What workflows may hear of a way: a value of a property, joining a list (`name` is its id; "" where it is not made
    yet), or the call to one workflow.
    """

    kind: Literal["property", "list", "workflow"]
    name: str
    value: str = ""

    def heard_by(self, flow: Flow) -> bool | None:
        """Tell whether this lets people into a workflow; None where that cannot be told."""
        if self.kind == "workflow":
            return self.name in (flow.id, flow.old_id)
        return bool(self.name) and flow.hears(self.kind, self.name, self.value)

    def heard_again_by(self, flow: Flow) -> bool | None:
        """The same of people who were in it before."""
        return None if self.kind == "workflow" else flow.hears_again(self.kind, self.name, self.value)

    def ended_by(self, flow: Flow) -> bool | None:
        """Tell whether taking it back takes people out of a workflow; a call has its counterpart."""
        return True if self.kind == "workflow" else flow.lets_go(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Listeners:
    """The workflows that hear a signal: switched on, switched off, and those of which it cannot be told."""

    on: tuple[Flow, ...]
    off: tuple[Flow, ...]
    perhaps: tuple[Flow, ...]

    def end(self, signal: Signal) -> bool:
        """Tell whether taking the signal back is known to end the mails; where none is on, of those that are off."""
        heard = self.on or self.off
        return bool(heard) and all(signal.ended_by(flow) for flow in heard)


@dataclass(frozen=True, slots=True)
class Entrance:
    """One way of one track into HubSpot, and what is heard of it; `what` is how people call that."""

    track: str
    enroll: Enroll
    key: str
    signal: Signal
    what: str


def entrances(rulebook: Rulebook, list_ids: Mapping[str, str]) -> Iterator[Entrance]:
    """Every way of every track that a workflow may hear. `list_ids` are by name."""
    for name, track in rulebook.tracks.tracks.items():
        for enroll, way in zip(track.enroll, ways_into(rulebook, track), strict=True):
            if way.source != HUBSPOT or (enroll.hubspot and enroll.hubspot.task):
                continue
            _, kind, target = way.key.split(":", 2)
            if kind == "property":
                yield Entrance(name, enroll, way.key, Signal("property", target, name), f"{target} = {name}")
            elif kind == "list":
                yield Entrance(name, enroll, way.key, Signal("list", list_ids.get(target, "")), f'list "{target}"')
            else:
                yield Entrance(name, enroll, way.key, Signal("workflow", target), f"workflow {target}")


def listeners(flows: Collection[Flow], signal: Signal) -> Listeners:
    """Who hears a signal."""
    heard = {flow: signal.heard_by(flow) for flow in flows}
    on = tuple(flow for flow, hears in heard.items() if hears and flow.enabled)
    off = tuple(flow for flow, hears in heard.items() if hears and flow.enabled is False)
    told = {*on, *off}
    perhaps = (flow for flow, hears in heard.items() if hears is not False and flow.enabled is not False)
    return Listeners(on, off, tuple(flow for flow in perhaps if flow not in told))


def hearing_of(rulebook: Rulebook, flows: Sequence[Flow] | None, list_ids: Mapping[str, str]) -> Hearing:
    """What of all that tracks.yaml leaves to be verified is not so, or cannot be told. `flows` None: nobody could look."""
    deaf: set[tuple[str, str]] = set()
    runs_on: set[tuple[str, str]] = set()
    for one in entrances(rulebook, list_ids):
        found = listeners(flows or (), one.signal)
        if one.enroll.listener == "verified" and not found.on:
            deaf.add((one.track, one.key))
        if one.enroll.exit == "verified" and not found.end(one.signal):
            runs_on.add((one.track, one.key))
    for name, track in rulebook.tracks.tracks.items():
        for enroll, way in zip(track.enroll, ways_into(rulebook, track), strict=True):
            if enroll.exit == "verified" and way.source != HUBSPOT:  # nothing can be read there
                runs_on.add((name, way.key))
    return Hearing(frozenset(deaf), frozenset(runs_on))


def outputs(rulebook: Rulebook) -> tuple[str, ...]:
    """The properties that Trellis writes about whoever is judged or handed over, enrollments apart."""
    write, handover = rulebook.fields.write, rulebook.tracks.handover
    names = [target.hubspot for key, target in write.targets.items() if key not in ("track", "exclude")]
    return tuple(dict.fromkeys([*names, *([OWNER] if handover and handover.owner else [])]))


def lets_in(flow: Flow, name: str, value: str, before: str | None) -> bool:
    """Tell whether a workflow may let her in when a property of hers that was `before` (None: unknown) gets this value.

    One that goes by what people are has noticed before who met it before, unless it lets in again.
    """
    if not flow.looks_at("property", name) or flow.hears("property", name, value) is False:
        return False
    noticed = before is not None and flow.hears("property", name, before) is True
    return flow.by_events or not noticed or flow.hears_again("property", name, value) is not False
