"""Enrollment, by promises 1 and 3.

1. claim intents (the guard counts in the claiming statement); 2. read consent, exclude box and markers fresh from every
platform she is on; 3. refuse, or choose the first possible way; 4. commit `sending`; 5. call, with a deadline shorter
than the lease, checked just before the bytes leave; 6. accepted, refused, or unknown. What is unknown is probed by id
before anything else; found → accepted, proven absent → sent again where the channel is safe to repeat, else a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta

from sqlalchemy import Connection

from adapters.ports import Deadline, Enrollment, Outcome
from connector.steps.decide import Go, No, decide, ways_of
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.standing import ask
from connector.steps.tally import Tally
from connector.store import ledger, outbox
from connector.store.outbox import Intent

BATCH = 50
LEASE_S = 55
#: Shorter than the lease, and with the reading before it under the 60 s of promise 1.
DEADLINE_S = 30.0
#: A call that timed out here may still run at Mailchimp for 120 s (facts/mailchimp.md §2).
_SETTLE = {"hubspot": timedelta(0), "mailchimp": timedelta(seconds=130)}
#: What could not be told until then ends with a person (promise 3).
_GIVEN_UP = timedelta(hours=24)


def enroll_all(parts: Parts, down: AbstractSet[str], stop: Callable[[], bool]) -> Tally:
    """Probe what is unknown, then enroll whoever is due. Never raises a PlatformError; refusals are rows with reasons.

    Platforms that are `down` in this pass are not asked again: who is known there is not enrolled anywhere until they are.
    """
    tally: Tally = Counter()
    tally += _settle(parts, down)
    after = 0
    while not stop():
        with parts.engine.begin() as conn:
            claimed = outbox.claim_enrollments(
                conn, BATCH, LEASE_S, parts.now(), parts.rulebook.tracks.guard.enrollments, after=after
            )
        if not claimed:
            break
        after = claimed[-1].id
        tally += _enroll(parts, claimed, down)
    return tally


def _enroll(parts: Parts, claimed: Sequence[Intent], down: AbstractSet[str]) -> Tally:
    tally: Tally = Counter()
    with parts.engine.connect() as conn:
        people = {person.contact: person for person in ledger.load_people(conn, [one.contact for one in claimed])}
    deadline = Deadline.after(DEADLINE_S)
    standings = ask(parts, [people[one.contact] for one in claimed if one.contact in people], down)
    decisions = [decide(parts, one, people.get(one.contact), standings.get(one.contact)) for one in claimed]
    going = [decision for decision in decisions if isinstance(decision, Go)]
    with parts.engine.begin() as conn:
        for no in (decision for decision in decisions if isinstance(decision, No)):
            if no.later:
                outbox.release(conn, no.intent.id, no.reason, parts.now(), again_in_s=300)
            else:
                _refuse(parts, conn, no.intent, no.reason)
            tally["not enrolled"] += 1
        may_go = outbox.mark_sending(conn, {go.intent.id: go.key for go in going}, parts.now())
        tally["enrolled later"] += outbox.not_sent_in_time(conn, {go.intent.id for go in going} - may_go)
    by_channel: dict[str, list[Go]] = defaultdict(list)
    for go in going:
        if go.intent.id in may_go:
            by_channel[go.key].append(go)
    for key, batch in by_channel.items():
        tally += _send(parts, key, batch, deadline)
    return tally


def _send(parts: Parts, key: str, batch: Sequence[Go], deadline: Deadline) -> Tally:
    tally: Tally = Counter()
    channel = parts.channel(key)
    assert channel is not None, "decided on a channel that is off"
    for start in range(0, len(batch), channel.batch):
        some = batch[start : start + channel.batch]
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


def _refuse(parts: Parts, conn: Connection, intent: Intent, reason: str) -> None:
    """It may be asked again on the next day, should she match still: a refusal uses up no episode."""
    outbox.finish(conn, intent.id, "refused", reason, parts.now())
    ledger.look_again(conn, [intent.contact], parts.today + timedelta(days=1))


# ---------------------------------------------------------------- what became of it (promise 3)


def _settle(parts: Parts, down: AbstractSet[str]) -> Tally:
    """Probe by id what was being sent when a process died, or whose answer was lost."""
    tally: Tally = Counter()
    with parts.engine.begin() as conn:
        waiting = outbox.unsettled(conn)
    by_channel: dict[str, list[Intent]] = defaultdict(list)
    for intent in waiting:
        settle = _SETTLE[(intent.channel or "").split(":", 1)[0] or HUBSPOT]
        if intent.sending_at is not None and parts.now() - intent.sending_at >= settle + timedelta(seconds=LEASE_S):
            by_channel[intent.channel or ""].append(intent)
    for key, intents in by_channel.items():
        channel = parts.channel(key)
        if channel is None or channel.source.partition(":")[0] in down:
            continue
        with parts.engine.connect() as conn:
            people = {one.contact: one for one in ledger.load_people(conn, [intent.contact for intent in intents])}
        rows = {
            people[intent.contact].records[channel.source].id: intent
            for intent in intents
            if intent.contact in people and channel.source in people[intent.contact].records
        }
        entered = channel.entered(
            [Enrollment(one, intent.track or "", f"{intent.track}:{intent.episode}") for one, intent in rows.items()]
        )
        found = {intent.id: entered.get(one) for one, intent in rows.items()}
        with parts.engine.begin() as conn:
            for intent in intents:
                tally[_settled(parts, conn, channel.repeat_safe, intent, found.get(intent.id))] += 1
    return tally


def _settled(parts: Parts, conn: Connection, repeat_safe: bool, intent: Intent, entered: bool | None) -> str:
    sent_at = intent.sending_at or parts.now()
    if entered:
        segment = any(way.segment for way in ways_of(intent) if way.key == intent.channel)
        outbox.accept_enrollment(conn, intent.id, intent.channel or "", sent_at, segment=segment)
        return "enrolled"
    if entered is False and repeat_safe:
        outbox.release(conn, intent.id, "proven absent: sent again", parts.now(), again_in_s=0)
        return "enrolled later"
    if entered is False:
        outbox.finish(conn, intent.id, "parked", "absent, and the channel is not safe to repeat", parts.now())
        return "parked for a person"
    if parts.now() - sent_at >= _GIVEN_UP:
        outbox.finish(conn, intent.id, "parked", "nobody can tell whether she was enrolled: look yourself", parts.now())
        return "parked for a person"
    return "enrollment unknown"
