"""Our own writes that come back as webhooks: they are no news, and cost no call.

HubSpot names the source of a change INTEGRATION whatever app it was, and its id only for some kinds of tokens (facts/hubspot.md
§6.2). So an event is an echo by what it tells: the value that we wrote last and that the ledger holds still. What another app
writes, even to a property of ours, is news.
"""

from __future__ import annotations

from collections.abc import Collection

from connector.steps.difference import same
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.taking_in.hubspot_events import HubSpotEvent, Meaning
from connector.store import named


def echoes(parts: Parts, events: Collection[HubSpotEvent]) -> set[HubSpotEvent]:
    """Those of `events` that are echoes of what we wrote. Read-only."""
    candidates = {one for one in events if one.integration and one.name and one.meaning is Meaning.READ}
    if not candidates:
        return set()
    write = parts.rulebook.fields.write
    enrolling = {write.track.hubspot, write.enrolled.hubspot}
    with parts.engine.connect() as conn:
        ours = named.last_written(conn, HUBSPOT, sorted({id_ for one in candidates for id_ in one.ids}))

    def is_ours(event: HubSpotEvent) -> bool:
        if event.own_app and event.name in enrolling:  # an enrollment is kept as an episode, not as a value
            return True
        written, held = ours.get((event.ids[0], event.name), (None, None))
        return written is not None and same(written, event.value) and same(written, held)

    return {one for one in candidates if is_ours(one)}
