"""Out of tracks, for those who were forgotten while they were on one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from itertools import groupby

from adapters.ports import Deadline, Enrollment, Outcome
from connector.steps.enrolling.enroll import DEADLINE_S
from connector.steps.parts import Parts
from connector.steps.tally import Tally
from connector.store import failures, parting
from connector.store.parting import Parting

_OVER = frozenset({Outcome.DONE, Outcome.REFUSED})
_WHO = "somebody who was forgotten"


def part(parts: Parts, down: AbstractSet[str]) -> Tally:
    """Take them out by the channels that they entered by, where the platform is not `down`. Whoever is still on a track when
    her hour is over is forgotten all the same; that this happened, and not to whom, is a failure for a person.
    """
    with parts.engine.connect() as conn:
        waiting = parting.partings(conn)
    tally: Tally = Counter()
    for (key, track), some in groupby(sorted(waiting, key=_way), key=_way):
        tally += _part_some(parts, down, key, track, list(some))
    return tally


def _way(row: Parting) -> tuple[str, str]:
    return row.key, row.track


def _part_some(parts: Parts, down: AbstractSet[str], key: str, track: str, rows: list[Parting]) -> Tally:
    channel, ended = parts.channel(key), set[str]()
    if channel is not None and channel.source.partition(":")[0] not in down:
        deadline = Deadline.after(DEADLINE_S, parts.monotonic)
        for start in range(0, len(rows), channel.batch):
            batch = [Enrollment(row.platform_id, track, "") for row in rows[start : start + channel.batch]]
            ended |= {one.id for one in channel.leave(batch, deadline) if one.outcome in _OVER}
    late = [row for row in rows if row.platform_id not in ended and row.until <= parts.now()]
    with parts.engine.begin() as conn:
        parting.end_partings(conn, [*(row for row in rows if row.platform_id in ended), *late])
        if late:
            reason = f"could not be taken out of track {track} within the hour: {len(late)}"
            failures.record_failure(
                conn,
                step="leave",
                source=late[0].source,
                platform_id=_WHO,
                contact=None,
                reason=reason,
                at=parts.now(),
            )
    return Counter({"left": len(ended)} if ended else {})
