"""Who would wait to enter a track, and until when: for the calendar, a pause, or room in the pace. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from connector.change.plan.plan import Waiting
from connector.change.plan.wishes import Wish
from connector.store.pace import DAY, HOUR, Pace


def waiting(
    wishes: Collection[Wish],
    sent: Sequence[datetime],
    pace: Pace,
    now: datetime,
    opens: Callable[[datetime], datetime],
) -> Waiting | None:
    """Whoever is neither held nor enters now; None where nobody waits. `wishes` as the guard left them.

    `sent` is when those went out, oldest first, whom the pace counts still; `opens` gives the next time, from one on, at which
    the calendar lets anybody enter.
    """
    entering = [one for one in wishes if one.kind == "enroll" and not one.held]
    gone = [*sent, *(now for one in entering if one.due and not one.segment)]
    later = sorted((max(now, one.not_before or now), one.segment) for one in entering if not one.due)
    times = []
    for ready, segment in later:
        at = opens(ready if segment else max(ready, _room_at(gone, pace, now)))
        times.append(at)
        if not segment:
            gone.append(at)
    return Waiting(len(times), min(times), max(times)) if times else None


def _room_at(gone: Sequence[datetime], pace: Pace, now: datetime) -> datetime:
    """When the pace lets one more go after those that are `gone`."""
    windows: tuple[tuple[int | None, timedelta], ...] = ((pace.per_hour, HOUR), (pace.per_day, DAY))
    full = (gone[-most] + window for most, window in windows if most is not None and len(gone) >= most)
    return max(full, default=now)
