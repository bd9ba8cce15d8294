"""Once a night: does everybody still stand where we have put her? Marketers clear lists, and delete them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from adapters.hubspot_port import HubSpotPort
from adapters.ports import ListInfo
from connector.nurturing.segments import Place, places
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.cursors import cursor, set_cursor
from connector.steps.reading.refusals import is_refused, unless_refused
from connector.steps.tally import Tally
from connector.store import roster

#: A night apart, whatever the hour: a pass by cron may be a little early.
_EVERY = timedelta(hours=20)
#: What was refused is asked again by the next poll: somebody may have added the scope.
_AGAIN = timedelta(minutes=4)
_STREAM, _REFUSED = "segments", "lists of segments"


def see_who_is_there(parts: Parts) -> Tally:
    """Note who is not on a list any more where we have put her, or is on it already; the pass then brings it in line.

    Members are read only of lists whose size is not what we know. Whoever a person has put there stays. Raises
    PlatformError.
    """
    port, tally = parts.hubspot, Counter[str]()
    if port is None or not is_due(parts):
        return tally
    began = parts.now()
    unless_refused(parts, _REFUSED, partial(_see_all, parts, port, _lists(parts), tally))
    set_cursor(parts, HUBSPOT, _STREAM, began)
    return tally


def is_due(parts: Parts) -> bool:
    """Whether the last look was a night ago, or refused, and there is any list to look at. Read-only."""
    last = cursor(parts, HUBSPOT, _STREAM)
    if last is None or not _lists(parts):
        return bool(_lists(parts))
    return parts.now() - last >= (_AGAIN if is_refused(parts, _REFUSED) else _EVERY)


def _lists(parts: Parts) -> Sequence[Place]:
    return [place for place in places(parts.rulebook) if place.source == HUBSPOT]


def _see_all(parts: Parts, port: HubSpotPort, lists: Sequence[Place], tally: Tally) -> int:
    told = port.lists()
    with parts.engine.connect() as conn:
        known = roster.sizes(conn, [place.key for place in lists])
    for place in lists:
        info = told.get(place.key.removeprefix(f"{HUBSPOT}:list:"))
        if info is None or info.size != known.get(place.key, 0):
            tally["found elsewhere"] += _see(parts, port, place, info)
        with parts.engine.begin() as conn:
            roster.looked(conn, place.key, parts.now())
    return tally.total()


def _see(parts: Parts, port: HubSpotPort, place: Place, info: ListInfo | None) -> int:
    """Note who of our people is there; nobody is on a list that was deleted."""
    pages = () if info is None else port.list_members(info.id)
    ids = [member.id for page in pages for member in page.members]
    with parts.engine.begin() as conn:
        return roster.seen_there(conn, place.key, ids)
