"""Lists and tags brought in line with who belongs there by our judgement: only differences, and the guard before them.

Who belongs is kept with each judgement (store/membership.py). To put somebody where she stands already, or to take her off
where she does not stand, does no harm: what was broken off is done again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import partial

from sqlalchemy import Connection

from adapters.ports import Deadline, PlatformError
from connector.nurturing.guard import SHARE_FLOOR
from connector.nurturing.segments import places
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.hearing import unheard_lists
from connector.steps.segments.moving import STEP, bring_in_line
from connector.steps.segments.seeing import see_who_is_there
from connector.steps.tally import Tally
from connector.store import failures, roster, state

__all__ = ["keep_in_line"]

#: A tag of many members takes hours; meanwhile nothing would be read, and nobody would leave a track.
_MOST_S = 120.0
#: What a failure is about that is no single list's or tag's.
_ALL = "lists and tags"


def keep_in_line(parts: Parts, down: AbstractSet[str], stop: Callable[[], bool] = lambda: False) -> Tally:
    """Take people off lists and tags where they do not belong any more, and put them where they do, as far as the guard
    lets them, for some minutes: what is left is the next pass's. Platforms that are `down` wait. Until the baseline is over
    nobody is put anywhere (promise 6).

    A platform that fails is listed as a failure, and left alone until the next pass: lists and tags mail nobody, so those
    who are to be enrolled do not wait for them.
    """
    tally: Tally = Counter()
    with parts.engine.connect() as conn:
        if not all(state.baseline_done(conn, source) for source in parts.platforms):
            return tally
    away, deadline = set(down), Deadline.after(_MOST_S, parts.monotonic)

    def enough() -> bool:
        return stop() or deadline.remaining() <= 0

    def attempt(source: str, act: Callable[[], Tally]) -> None:
        if source.partition(":")[0] not in away and not enough():
            try:
                tally.update(act())
            except PlatformError as error:
                away.add(source.partition(":")[0])
                _note(parts, source, error)
            else:
                _settle(parts, source)

    attempt(HUBSPOT, partial(see_who_is_there, parts))
    with parts.engine.begin() as conn:
        guarded = {place.key for place in places(parts.rulebook) if place.guarded} - _unheard(parts)
        roster.let_go(conn, guarded)
        keys = roster.open_keys(conn, parts.now())
        tally["held"] += sum(_hold(parts, conn, key) for key in sorted(guarded & keys.keys()))
    for key, source in keys.items():
        if source in parts.platforms:
            attempt(source, partial(bring_in_line, parts, key, source, enough))
    return tally


def _note(parts: Parts, source: str, error: PlatformError) -> None:
    reason = f"{type(error).__name__}: {error.message}"
    with parts.engine.begin() as conn:
        failures.record_failure(
            conn, step=STEP, source=source, platform_id=_ALL, contact=None, reason=reason, at=parts.now()
        )


def _settle(parts: Parts, source: str) -> None:
    with parts.engine.begin() as conn:
        failures.resolve_failures(conn, step=STEP, source=source, platform_ids=[_ALL], at=parts.now())


def _unheard(parts: Parts) -> frozenset[str]:
    """The keys of lists to which nobody listens, as far as that is known: to put people there starts nothing."""
    return frozenset(f"{HUBSPOT}:list:{name}" for name in unheard_lists(parts))


def _hold(parts: Parts, conn: Connection, key: str) -> int:
    """Hold for a person whom the guard does not let on this list: a workflow that nobody told us of may listen to it.

    The first that are put there are let go by themselves only if they are few.
    """
    now, room = parts.now(), parts.rulebook.tracks.guard.enrollments
    if not roster.ever_put(conn, key) and roster.count_unasked(conn, key, now) > SHARE_FLOOR:
        return roster.hold_beyond(conn, key, 0, now)
    return roster.hold_beyond(conn, key, room - roster.put_lately(conn, key, now), now)
