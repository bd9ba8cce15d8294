"""Who is no longer there, or is there again: what no webhook told, found by comparing numbers of ids once a night.

Search only says where to look, since its index lags; a proof is an answer to a read by ids. A portal in which nothing
was deleted costs one call.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from math import ceil

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.cursors import cursor, set_cursor
from connector.steps.reading.intake import read_by_ids
from connector.steps.tally import Tally
from connector.store import failures, ledger, state
from connector.store.engine import writer_lock
from connector.store.erasure import SURPLUS
from connector.store.listing import archived_between, count_present, present_numbers

#: A night apart, whatever the hour: a pass by cron may be a little early.
EVERY = timedelta(hours=20)

#: So long after she was found gone nobody can have left the bin by the end of its 90 days (facts/hubspot.md §11.15): we may
#: have found out late, but hardly by more than a month.
BIN = timedelta(days=60)

#: Contacts that one call reads by id: where no more are left to doubt, asking is cheaper than counting further.
A_CALL = 100

#: Beyond so many and this share of all, erasing is left to a person: the bin may just not have been readable.
_MANY, _SHARE = 25, 0.1

_HIGHEST = 2**53

_STEP = "sweep"


def sweep(parts: Parts, port: HubSpotPort, pause: Callable[[], None] = lambda: None) -> Tally:
    """Once a night: archive who is gone from HubSpot, read who came back, erase who was erased there.

    Raises PlatformError; the next pass tries again.
    """
    tally: Tally = Counter()
    last = cursor(parts, HUBSPOT, "sweep")
    if last is not None and parts.now() - last < EVERY:
        return tally
    began = parts.now()
    with parts.engine.connect() as conn:
        ours = present_numbers(conn, HUBSPOT)
        surplus = int(state.get_cursor(conn, HUBSPOT, SURPLUS) or 0)
    if ours and (told := port.count()) != len(ours) + surplus:
        hidden = surplus and told < len(ours) + surplus  # strangers there make up for somebody of ours who is gone
        suspects = [*map(str, ours)] if hidden else _suspects(port, ours, told, pause)
        tally += read_by_ids(parts, HUBSPOT, port, suspects)
        keep_count(parts, HUBSPOT, port.count())
    tally += _erase(parts, port, len(ours))
    set_cursor(parts, HUBSPOT, "sweep", began)
    return tally


def count_differs(parts: Parts, source: str, port: MailchimpPort) -> bool:
    """Once a night: whether an audience's own count has moved away from ours, by other than it had after the last full read.

    Raises PlatformError.
    """
    last = cursor(parts, source, "counted")
    if last is None or parts.now() - last < EVERY:
        return False
    told = port.count()
    with parts.engine.begin() as conn:
        surplus = max(0, told - count_present(conn, source))
        differs = state.get_cursor(conn, source, SURPLUS) not in (None, str(surplus))
    set_cursor(parts, source, "counted", parts.now())
    return differs


def keep_count(parts: Parts, source: str, told: int) -> None:
    """Everybody was read: note how many more the platform counts than we know to be there (the forgotten, above all)."""
    now = parts.now()
    with parts.engine.begin() as conn:
        known = len(present_numbers(conn, source)) if source == HUBSPOT else count_present(conn, source)
        state.set_cursor(conn, source, SURPLUS, str(max(0, told - known)), now)
        state.set_cursor(conn, source, "counted", now.isoformat(), now)


def _suspects(port: HubSpotPort, ours: Sequence[int], told: int, pause: Callable[[], None]) -> list[str]:
    """Ids of ours that may be gone, and ids there that we may not know: halving where the numbers differ.

    Counting never costs more than asking for everybody would.
    """
    calls_left = ceil(len(ours) / A_CALL)
    gone: list[str] = []
    strange: list[str] = []
    spans = [(0, _HIGHEST, told)]
    while spans:
        pause()
        low, high, there = spans.pop()
        known = ours[bisect_left(ours, low) : bisect_right(ours, high)]
        if there == len(known):
            continue
        if len(known) <= A_CALL or calls_left <= 0:
            gone += map(str, known)
            if there > len(known):
                met = set(known)
                strange += [one for one in _shown(port, low, high, there) if int(one) not in met]
            continue
        middle = known[len(known) // 2]
        below = port.count_within(low, middle - 1)
        calls_left -= 1
        spans += [(low, middle - 1, below), (middle, high, there - below)]
    return gone + strange


def _shown(port: HubSpotPort, low: int, high: int, there: int) -> list[str]:
    """The ids that search shows in a span, as far as it said there were any."""
    shown: list[str] = []
    while len(shown) < there and (page := port.ids_within(low, high)):
        shown += page
        low = int(page[-1]) + 1
    return shown


def _erase(parts: Parts, port: HubSpotPort, contacts: int) -> Tally:
    """Erase who has been gone since before the last night and is not in the bin: deleted for good, or for privacy.

    (A merged contact is no record of ours any more: the one who swallowed it is, and has changed. Whoever's days in the bin
    are over is out of it as well, though nobody asked for that: she stays archived.)
    """
    with parts.engine.connect() as conn:
        candidates = archived_between(conn, HUBSPOT, parts.now() - BIN, parts.now() - EVERY)
    if not candidates:
        return Counter()
    erased = sorted(set(candidates) - port.archived(candidates))
    with parts.engine.begin() as conn:
        if len(erased) > max(_MANY, contacts * _SHARE):
            reason = f"{len(erased)} contacts are gone from HubSpot and from its bin: that many are not erased unasked"
            failures.record_failure(
                conn, step=_STEP, source=HUBSPOT, platform_id="", contact=None, reason=reason, at=parts.now()
            )
            return Counter({"not erased": len(erased)})
        failures.resolve_failures(conn, step=_STEP, source=HUBSPOT, platform_ids=[""], at=parts.now())
    for one in erased:
        with parts.engine.begin() as conn:
            writer_lock(conn)
            ledger.forget_record(conn, HUBSPOT, one, parts.now())
    return Counter({"erased": len(erased)})
