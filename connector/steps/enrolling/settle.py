"""What became of enrollments whose answer was lost, or whose worker died while they were sent (promise 3).

They are probed by id, when the call can no longer be running, before anything else is done: found → accepted; proven
absent → sent again; what nobody can tell ends with a person. Where a channel is not safe to repeat, only a marker that does
not stand proves that nothing was asked (adapters/at_most_once.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta

from sqlalchemy import Connection

from adapters.one_by_one import by_halves
from adapters.ports import Deadline, Enrollment, EnrollmentChannel
from connector.nurturing.markers import parse_markers
from connector.steps.enrolling.decide import AT_MOST_ONCE, HALF_DONE, ways_of
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.tally import Tally
from connector.store import ledger, outbox
from connector.store.outbox import Intent

#: How long the call may still be running, from when `sending` was noted: the deadline of enrolling is shorter than this,
#: and a call that timed out here may still run at Mailchimp for 120 s (facts/mailchimp.md §2).
_RUNNING = {HUBSPOT: timedelta(seconds=55), "mailchimp": timedelta(seconds=55 + 130)}
#: No further batch of a channel is looked into after so many seconds: the others wait meanwhile.
_PROBING_S = 30.0
#: What could not be told until then ends with a person.
_GIVEN_UP = timedelta(hours=24)


def settle(parts: Parts, down: AbstractSet[str]) -> Tally:
    """Probe what is unknown. Platforms that are `down` are not asked. Never raises a PlatformError."""
    tally: Tally = Counter()
    with parts.engine.begin() as conn:
        outbox.not_sent_after(conn, parts.now())
        waiting = outbox.unsettled(conn)
    by_channel: dict[str, list[Intent]] = defaultdict(list)
    for intent in waiting:
        by_channel[intent.channel or ""].append(intent)
    for key, intents in by_channel.items():
        if key.partition(":")[0] in down:
            continue
        channel = parts.channel(key)
        if channel is None:
            tally += _without_channel(parts, intents)
            continue
        over = [one for one in intents if _since_sent(parts, one) >= _RUNNING[channel.source.partition(":")[0]]]
        deadline = Deadline.after(_PROBING_S, parts.monotonic)
        for start in range(0, len(over), channel.batch):
            if deadline.remaining() > 0:
                tally += _probe(parts, channel, over[start : start + channel.batch])
    return tally


_UNTOLD = "enrollment unknown"
_PARKED = "parked for a person"
_LEFT = "her marker knows the episode, and she is not in: she may have left since, look yourself"
_UNTELLABLE = "nobody can tell whether she was enrolled: look yourself"


def _since_sent(parts: Parts, intent: Intent) -> timedelta:
    return parts.now() - (intent.sending_at or parts.now())


def _without_channel(parts: Parts, intents: Sequence[Intent]) -> Tally:
    """Nobody can be asked on a platform that is switched off; it may be switched on again within the day."""
    tally: Tally = Counter()
    with parts.engine.begin() as conn:
        for intent in intents:
            why = "its platform was switched off while it was sent: look whether she was enrolled"
            tally[_given_up(parts, conn, intent, why)] += 1
    return tally


def _probe(parts: Parts, channel: EnrollmentChannel, intents: Sequence[Intent]) -> Tally:
    with parts.engine.connect() as conn:
        people = {one.contact: one for one in ledger.load_people(conn, [intent.contact for intent in intents])}
    ids = {
        intent.id: people[intent.contact].records[channel.source].id
        for intent in intents
        if intent.contact in people and channel.source in people[intent.contact].records
    }
    rows = [Enrollment(ids[one.id], one.track or "", f"{one.track}:{one.episode}") for one in intents if one.id in ids]
    entered = channel.entered(rows)
    left = [one for one in intents if _may_have_left(parts, channel, one, entered.get(ids.get(one.id, "")))]
    marked = _marked(parts, channel.source, {one.id: ids[one.id] for one in left}, left)
    tally: Tally = Counter()
    with parts.engine.begin() as conn:
        for intent in intents:
            found = entered.get(ids.get(intent.id, ""))
            absent = found is False and marked.get(intent.id, False) is False
            if found:
                segment = any(way.segment for way in ways_of(intent) if way.key == intent.channel)
                sent_at = intent.sending_at or parts.now()
                outbox.accept_enrollment(conn, intent.id, channel.key, sent_at, segment=segment)
                tally["enrolled"] += 1
            elif absent:
                outbox.release(conn, intent.id, "proven absent: sent again", parts.now(), again_in_s=0)
                tally["enrolled later"] += 1
            elif marked.get(intent.id):
                outbox.finish(conn, intent.id, "parked", _LEFT if channel.repeat_safe else AT_MOST_ONCE, parts.now())
                tally[_PARKED] += 1
            else:
                tally[_given_up(parts, conn, intent, _UNTELLABLE if channel.repeat_safe else AT_MOST_ONCE)] += 1
    return tally


def _may_have_left(parts: Parts, channel: EnrollmentChannel, intent: Intent, found: bool | None) -> bool:
    """Whether a marker that stands by now is all that is left of an enrollment, or all that will ever be told of it."""
    untold = found is None and not channel.repeat_safe
    return (found is False or untold) and _since_sent(parts, intent) >= HALF_DONE


def _marked(parts: Parts, source: str, ids: Mapping[int, str], intents: Sequence[Intent]) -> Mapping[int, bool | None]:
    """Whether the markers of these people know the episodes, by intent; None where nobody can tell.

    A marker without the enrollment, long after, is what an older copy of the database finds of somebody who has left.
    """
    if not ids:
        return {}
    standings = by_halves(parts.platforms[source].standings, sorted(set(ids.values())))
    return {
        one.id: not parse_markers(standings[ids[one.id]].markers).allows(one.track or "", one.episode or 0)
        if ids[one.id] in standings
        else None
        for one in intents
    }


def _given_up(parts: Parts, conn: Connection, intent: Intent, why: str) -> str:
    if _since_sent(parts, intent) < _GIVEN_UP:
        return _UNTOLD
    outbox.finish(conn, intent.id, "parked", why, parts.now())
    return _PARKED
