"""Whose events these are: a request may name several portals (facts/hubspot.md §6.2), and an id means somebody else there."""

from __future__ import annotations

from collections.abc import Collection

from adapters.hubspot_port import HubSpotPort
from adapters.ports import CredentialsRefused, PlatformRefused
from connector.steps.parts import Parts
from connector.steps.taking_in.hubspot_events import HubSpotEvent, Meaning
from connector.store import state

_KEY = "hubspot:portal id"
_HOUR_S = 3600


def foreign(parts: Parts, port: HubSpotPort, events: Collection[HubSpotEvent]) -> set[str]:
    """The portals that events name and that are not ours; none where HubSpot does not say which one is.

    Looked at only where it matters: events name several portals, or erase somebody. Of anything else that is not ours nothing
    comes but a reading in vain. Raises PlatformError.
    """
    named = {one.portal for one in events} - {""}
    if len(named) < 2 and not any(one.meaning is Meaning.ERASE for one in events):
        return set()
    ours = _portal_id(parts, port) if named else ""
    return named - {ours} if ours else set()


def _portal_id(parts: Parts, port: HubSpotPort) -> str:
    with parts.engine.connect() as conn:
        kept = state.cached(conn, _KEY, _HOUR_S, parts.now())
    if isinstance(kept, str):
        return kept
    try:
        told = str(port.portal().get("portalId") or "")
    except CredentialsRefused:
        raise
    except PlatformRefused:  # it takes a scope that not every token has
        told = ""
    ours = told if told.strip("0") else ""
    with parts.engine.begin() as conn:
        state.put_cached(conn, _KEY, ours, parts.now())
    return ours
