"""Out of tracks, by the channels that people entered by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from sqlalchemy import Connection

from adapters.ports import Deadline, Enrollment, Outcome, RowOutcome
from connector.steps.enrolling.enroll import DEADLINE_S, LEASE_S
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.tally import Tally
from connector.store import ledger, outbox
from connector.store.ledger import Person
from connector.store.outbox import Intent

_AWAY = "its platform is away"


def leave_tracks(parts: Parts, down: AbstractSet[str], stop: Callable[[], bool]) -> Tally:
    """Take people out by the channels that they entered by; a channel whose platform is `down` or off is asked later,
    and so is one whose platform turns out to be away.
    """
    tally: Tally = Counter()
    down = set(down)
    while not stop():
        deadline = Deadline.after(DEADLINE_S, parts.monotonic)
        with parts.engine.begin() as conn:
            claimed = outbox.claim(conn, "leave", 100, LEASE_S, parts.now())
            people = {one.contact: one for one in ledger.load_people(conn, [intent.contact for intent in claimed])}
        if not claimed:
            break
        tally += _leave_some(parts, down, claimed, people, deadline)
    return tally


def _leave_some(
    parts: Parts, down: set[str], claimed: Sequence[Intent], people: Mapping[int, Person], deadline: Deadline
) -> Tally:
    """All that were claimed together, within one deadline: who comes late might take out those who have entered anew."""
    tally: Tally = Counter()
    by_channel: dict[tuple[str, str], list[Intent]] = defaultdict(list)
    for intent in claimed:
        by_channel[str(intent.payload["key"]), intent.track or ""].append(intent)
    for (key, track), intents in by_channel.items():
        channel = parts.channel(key)
        if channel is None or channel.source.partition(":")[0] in down:
            with parts.engine.begin() as conn:
                for intent in intents:
                    outbox.release(conn, intent.id, _AWAY, parts.now(), again_in_s=30)
            continue
        ids = _ids(parts, channel.source, intents, people)
        rows = [Enrollment(one, track, "") for one in ids.values()]
        ended: dict[str, RowOutcome] = {}
        platform = channel.source.partition(":")[0]
        for start in range(0, len(rows), channel.batch):
            some = rows[start : start + channel.batch]
            if platform in down:
                ended |= {row.id: RowOutcome(row.id, Outcome.LATER) for row in some}
                continue
            outcomes = channel.leave(some, deadline)
            ended |= {outcome.id: outcome for outcome in outcomes}
            mute = all(outcome.outcome in {Outcome.LATER, Outcome.UNKNOWN} for outcome in outcomes)
            if outcomes and mute and deadline.remaining() > 0:
                down.add(platform)
        with parts.engine.begin() as conn:
            for intent in intents:
                tally[_left(parts, conn, intent, ended.get(ids.get(intent.id, "")))] += 1
    return tally


def _ids(parts: Parts, source: str, intents: Sequence[Intent], people: Mapping[int, Person]) -> Mapping[int, str]:
    """Whom the platform is to take out, by intent: who entered. Two members at Mailchimp may be one person; HubSpot gives who
    was merged a new id, so there it is who she is now.
    """
    present = {
        one.id: record.id
        for one in intents
        if one.contact in people and (record := people[one.contact].records.get(source)) is not None
    }
    if source == HUBSPOT:
        return present
    with parts.engine.connect() as conn:
        return {**present, **outbox.entered_as(conn, intents)}


def _left(parts: Parts, conn: Connection, intent: Intent, outcome: RowOutcome | None) -> str:
    now = parts.now()
    if outcome is None or outcome.outcome is Outcome.REFUSED:
        reason = str(outcome.error) if outcome else "she is not there any more"
        outbox.finish(conn, intent.id, "refused", reason, now)
        outbox.end_episode(conn, intent.contact, intent.track or "", intent.episode or 0, now)
        return "left"
    if outcome.outcome is Outcome.DONE:
        outbox.finish(conn, intent.id, "accepted", "", now)
        outbox.end_episode(conn, intent.contact, intent.track or "", intent.episode or 0, now)
        return "left"
    outbox.release(conn, intent.id, str(outcome.error or _AWAY), now, again_in_s=30)
    return "left later"
