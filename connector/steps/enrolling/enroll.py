"""Enrollment, by promises 1 and 3.

1. begin a deadline shorter than the lease, then claim intents (the guard counts in the claiming statement); 2. read
consent, exclude box and markers fresh from every platform she is on; 3. refuse, or choose the first possible way;
4. commit `sending`; 5. call, the deadline checked just before the bytes leave; 6. accepted, refused, or unknown, which
`settle` looks into before anything else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from adapters.ports import Deadline, Outcome
from connector.nurturing.working_time import next_open
from connector.steps.enrolling.blind import blind_tracks
from connector.steps.enrolling.customers import customers_among
from connector.steps.enrolling.decide import Go, No, decide
from connector.steps.enrolling.standing import Asked, ask
from connector.steps.parts import Parts
from connector.steps.tally import Tally
from connector.store import ledger, outbox
from connector.store.outbox import Intent

BATCH = 50
LEASE_S = 55
#: From before the claim to the last byte: shorter than the lease, and than the 60 s of promise 1.
DEADLINE_S = 30.0
#: What of it the platforms may take to say how people stand; who is not told of by then is asked about again.
READING_S = 20.0
_TOO_SLOW = "the platforms took too long to answer"
_TO_JUDGE = "there is news of her, and she is to be judged anew"
#: A platform that says nothing about more than so many is left alone for the rest of the pass.
_FEW = 3


@dataclass(frozen=True, slots=True)
class _Tried:
    """What became of one claim: who was `late` is to be asked about again, the platforms that were `silent` are not."""

    tally: Tally
    late: AbstractSet[int]
    silent: AbstractSet[str]


def enroll_all(parts: Parts, down: AbstractSet[str], stop: Callable[[], bool]) -> Tally:
    """Enroll whoever is due. Never raises a PlatformError; refusals are rows with reasons.

    Platforms that are `down` in this pass are not asked again: who is known there is not enrolled anywhere until they
    are. Where platforms are slow, fewer are claimed at once, so that some are always told of in time.
    """
    tally: Tally = Counter()
    down, size, tried = set(down), BATCH, set[int]()
    while size and not stop():
        deadline = Deadline.after(DEADLINE_S, parts.monotonic)
        opens = next_open(parts.rulebook.tracks.calendar, ZoneInfo(parts.rulebook.fields.timezone), parts.now())
        with parts.engine.begin() as conn:
            if opens > parts.now():
                outbox.put_off_enrollments(conn, parts.now(), opens)
            guard, pace = parts.rulebook.tracks.guard.enrollments, _pace(parts)
            claimed = outbox.claim_enrollments(conn, size, LEASE_S, parts.now(), guard, pace=pace, besides=tried)
        if not claimed:
            break
        done = _enroll(parts, claimed, down, deadline)
        tally += done.tally
        down |= done.silent
        tried |= {one.id for one in claimed}
        if done.late:
            size = len(claimed) // 2
            tried -= done.late
    return tally


def _enroll(parts: Parts, claimed: Sequence[Intent], down: AbstractSet[str], deadline: Deadline) -> _Tried:
    with parts.engine.connect() as conn:
        contacts = [one.contact for one in claimed]
        people = {person.contact: person for person in ledger.load_people(conn, contacts)}
        unjudged = ledger.unjudged(conn, contacts, parts.rulebook.hash)
        blind = blind_tracks(parts, conn)
    reading = deadline.within(READING_S)
    known = {one.contact: people[one.contact] for one in claimed if one.contact in people.keys() - unjudged}
    standings = ask(parts, list(known.values()), down, reading)
    customers = customers_among(parts, frozenset().union(*(asked.others for asked in standings.values())))
    out_of_time = reading.remaining() <= 0
    late = {one.id for one in claimed if out_of_time and one.contact in known and standings[one.contact].unreadable}
    waiting = {one.id for one in claimed if one.contact in unjudged}
    decisions = [
        No(one, blind[one.track], later=True)
        if one.track is not None and one.track in blind
        else decide(parts, one, people.get(one.contact), standings.get(one.contact), customers)
        for one in claimed
        if one.id not in late | waiting
    ]
    going = [decision for decision in decisions if isinstance(decision, Go)]
    tally: Tally = Counter()
    with parts.engine.begin() as conn:
        now = parts.now()
        outbox.release_all(conn, dict.fromkeys(late, _TOO_SLOW), now, again_in_s=0 if len(claimed) > 1 else 300)
        outbox.release_all(conn, dict.fromkeys(waiting, _TO_JUDGE), now, again_in_s=0)
        tally["enrolled later"] += len(late) + len(waiting)
        for no in (decision for decision in decisions if isinstance(decision, No)):
            if no.later:
                outbox.release(conn, no.intent.id, no.reason, now, again_in_s=300)
            elif no.person:
                outbox.finish(conn, no.intent.id, "parked", no.reason, now)
            else:
                _refuse(parts, conn, no.intent, no.reason)
            tally["not enrolled"] += 1
        may_go = outbox.mark_sending(conn, {go.intent.id: go.key for go in going}, now)
        tally["enrolled later"] += outbox.not_sent_in_time(conn, {go.intent.id for go in going} - may_go)
    by_channel: dict[str, list[Go]] = defaultdict(list)
    for go in going:
        if go.intent.id in may_go:
            by_channel[go.key].append(go)
    for key, batch in by_channel.items():
        tally += _send(parts, key, batch, deadline)
    return _Tried(+tally, late, frozenset() if out_of_time else _silent(standings))


def _silent(standings: Mapping[int, Asked]) -> AbstractSet[str]:
    """The platforms that said nothing of anybody, where they were asked about many."""
    mute = Counter(source for asked in standings.values() for source in asked.unreadable)
    return {source.partition(":")[0] for source, count in mute.items() if count == len(standings) > _FEW}


def _send(parts: Parts, key: str, batch: Sequence[Go], deadline: Deadline) -> Tally:
    tally: Tally = Counter()
    channel = parts.channel(key)
    assert channel is not None, "decided on a channel that is off"
    for some in _sent_together(batch, channel.batch):
        ended = {outcome.id: outcome for outcome in channel.enroll([go.row for go in some], deadline)}
        with parts.engine.begin() as conn:
            for go in some:
                outcome = ended.get(go.row.id)
                reason = str(outcome.error) if outcome and outcome.error else ""
                match outcome.outcome if outcome else Outcome.UNKNOWN:
                    case Outcome.DONE:
                        outbox.accept_enrollment(conn, go.intent.id, key, parts.now(), segment=go.segment)
                        tally["enrolled"] += 1
                    case Outcome.REFUSED:
                        _refuse(parts, conn, go.intent, reason)
                        tally["not enrolled"] += 1
                    case Outcome.LATER:
                        outbox.release(conn, go.intent.id, reason, parts.now(), again_in_s=60)
                        tally["enrolled later"] += 1
                    case Outcome.UNKNOWN:
                        outbox.finish(conn, go.intent.id, "unknown", reason, parts.now())
                        tally["enrollment unknown"] += 1
    return tally


def _sent_together(batch: Sequence[Go], size: int) -> Iterator[Sequence[Go]]:
    """Who was sent before goes alone, after the others: she may be the one over whom the platform stumbled."""
    first = [go for go in batch if go.intent.sending_at is None]
    yield from (first[start : start + size] for start in range(0, len(first), size))
    yield from ([go] for go in batch if go.intent.sending_at is not None)


def _refuse(parts: Parts, conn: Connection, intent: Intent, reason: str) -> None:
    """It may be asked again on the next day, should she match still: a refusal uses up no episode."""
    tomorrow = parts.today + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), ZoneInfo(parts.rulebook.fields.timezone))
    outbox.refuse_enrollment(conn, intent.id, reason, parts.now(), midnight.astimezone(UTC))
    ledger.look_again(conn, [intent.contact], tomorrow)


def _pace(parts: Parts) -> outbox.Pace:
    return outbox.Pace(parts.rulebook.tracks.dosing.per_hour, parts.rulebook.tracks.dosing.per_day)
