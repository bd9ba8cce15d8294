"""From the outbox to the platforms: what is unknown is looked into, then values, people out of tracks, hand-overs, lists and
tags of segments, people into tracks; last, what became of hand-overs.

A platform that is away is left alone: its intents wait in the outbox and cost the others nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet

from adapters.ports import PlatformError
from connector.nurturing.guard import allowance
from connector.steps.enrolling.enroll import enroll_all
from connector.steps.enrolling.leave import leave_tracks
from connector.steps.enrolling.part import part
from connector.steps.enrolling.settle import settle
from connector.steps.listening.heard_writes import hold_heard
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.sales.hand_over import hand_over
from connector.steps.sales.overdue import chase
from connector.steps.segments import keep_in_line
from connector.steps.tally import Tally
from connector.steps.tell_held import tell_held
from connector.steps.write import write_values
from connector.store import ledger, outbox


def deliver(
    parts: Parts,
    errors: list[PlatformError],
    stop: Callable[[], bool] = lambda: False,
    judge_entering: Callable[[], object] = lambda: None,
) -> Tally:
    """Deliver what is due, but to platforms that `errors` are about; those that fail are added, and nothing of theirs is lost.

    `judge_entering` is asked before anybody is enrolled: what was just written may be a fact about her.
    """
    tally: Tally = Counter()
    tally += settle(parts, _down(errors))
    tally["held"] += hold_surprises(
        parts, [one for one in parts.platforms if one.partition(":")[0] not in _down(errors)]
    )
    tally["held"] += hold_heard(parts)
    for source in parts.platforms:
        if source.partition(":")[0] not in _down(errors) and not stop():
            tally += write_values(parts, source, errors, stop)
    if not stop():
        tally += part(parts, _down(errors))
        tally += leave_tracks(parts, _down(errors), stop)
    if parts.hubspot is not None and HUBSPOT not in _down(errors) and not stop():
        tally += hand_over(parts, parts.hubspot, stop)
    tally += keep_in_line(parts, _down(errors), stop)
    if not stop():
        judge_entering()
        tally += enroll_all(parts, _down(errors), stop)
    if parts.hubspot is not None and HUBSPOT not in _down(errors) and not stop():
        try:
            tally += chase(parts, parts.hubspot)
            tell_held(parts, parts.hubspot)
        except PlatformError as error:
            errors.append(error)
    return tally


def _down(errors: Sequence[PlatformError]) -> AbstractSet[str]:
    return {error.platform for error in errors}


def hold_surprises(parts: Parts, sources: Collection[str]) -> int:
    """Beyond the guard's share of stage moves in 24 h the rest is held for a person (promise 6), where it could be written."""
    now = parts.now()
    with parts.engine.begin() as conn:
        room = allowance(
            parts.rulebook.tracks.guard, ledger.count_contacts(conn), outbox.moves_delivered(conn, now), 0
        ).stage_moves
        return outbox.hold_moves_beyond(conn, room, sources, now)
