"""Whom putting values back would let into workflows of the portal: that is mail, as if a change had enrolled them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.ports import Flow, PlatformError
from connector.steps import portal
from connector.steps.listening.listeners import lets_in
from connector.steps.parts import HUBSPOT, Parts
from connector.store import undo
from connector.store.bulk.waiting import room_now
from connector.store.pace import Pace
from connector.store.undo import Span


@dataclass(frozen=True, slots=True)
class HeardBack:
    """How many contacts workflows would hear of, which these are by name, and how many the guard lets go now."""

    people: int
    flows: tuple[str, ...]
    room: int

    @property
    def is_beyond(self) -> bool:
        """Whether it is more than the guard lets go unasked."""
        return self.people > self.room


def heard_back(parts: Parts, span: Span) -> HeardBack:
    """Look who listens now, and count whom a value from before may let in, if all that is ours still stands. Read-only.

    The guard is that of `parts`, the rulebook from before.
    """
    tracks = parts.rulebook.tracks
    flows = [flow for flow in _flows(parts) if flow.enabled is not False]
    people, named = set[int](), set[str]()
    with parts.engine.connect() as conn:
        names = [
            name
            for name in undo.names_of(conn, span, HUBSPOT)
            if any(flow.looks_at("property", name) for flow in flows)
        ]
        for contact, name, before, ours in undo.going_back(conn, span, HUBSPOT, names) if names else ():
            hearing = [flow.name for flow in flows if lets_in(flow, name, before or "", ours)]
            named.update(hearing)
            people.update([contact] if hearing else [])
        used = room_now(conn, Pace(tracks.dosing.per_hour, tracks.dosing.per_day), parts.now())
    return HeardBack(len(people), tuple(sorted(named)), max(0, tracks.guard.enrollments - used.sent - used.heard))


def _flows(parts: Parts) -> Sequence[Flow]:
    """As they are now; where HubSpot does not tell, as they were last read."""
    if parts.hubspot is None:
        return ()
    try:
        return portal.flows_of(parts, parts.hubspot)
    except PlatformError:
        last = portal.last_reading(parts)
        return last.flows if last is not None else ()
