"""Enrollment, by promises 1 and 3.

1. claim intents (the guard counts in the claiming statement); 2. read consent, exclude box and markers fresh from every
platform she is on; 3. refuse, or choose the first possible way; 4. commit `sending`; 5. call, with a deadline shorter
than the lease, checked just before the bytes leave; 6. accepted, refused, or unknown. What is unknown is probed by id
before anything else; found → accepted, proven absent → sent again where the channel is safe to repeat, else a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from adapters.ports import Deadline, Enrollment, Outcome, PlatformError, Standing
from connector.facts import Refusal
from connector.nurturing.markers import Markers, fits_mailchimp, format_markers, parse_markers, unite
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading import Tally
from connector.store import ledger, outbox
from connector.store.ledger import Person
from connector.store.outbox import Intent

BATCH = 50
LEASE_S = 55
#: Shorter than the lease, and with the reading before it under the 60 s of promise 1.
DEADLINE_S = 30.0
#: A call that timed out here may still run at Mailchimp for 120 s (facts/mailchimp.md §2).
_SETTLE = {"hubspot": timedelta(0), "mailchimp": timedelta(seconds=130)}
#: What could not be told until then ends with a person (promise 3).
_GIVEN_UP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way of an intent's payload."""

    source: str
    key: str
    segment: bool


@dataclass(frozen=True, slots=True)
class _Go:
    """A decision to send: by which channel, under which id there, with which whole marker text."""

    intent: Intent
    key: str
    row: Enrollment
    segment: bool


@dataclass(frozen=True, slots=True)
class _No:
    """A decision not to: why, and whether it may be asked again later."""

    intent: Intent
    reason: str
    later: bool = False


def enroll_all(parts: Parts, errors: list[PlatformError], stop: Callable[[], bool]) -> Tally:
    """Probe what is unknown, then enroll whoever is due. Never raises a PlatformError; refusals are rows with reasons."""
    tally: Tally = Counter()
    tally += _settle(parts)
    after = 0
    while not stop() and not errors:
        with parts.engine.begin() as conn:
            claimed = outbox.claim_enrollments(
                conn, BATCH, LEASE_S, parts.now(), parts.rulebook.tracks.guard.enrollments, after=after
            )
        if not claimed:
            break
        after = claimed[-1].id
        tally += _enroll(parts, claimed)
    return tally


def _enroll(parts: Parts, claimed: Sequence[Intent]) -> Tally:
    tally: Tally = Counter()
    with parts.engine.connect() as conn:
        people = {person.contact: person for person in ledger.load_people(conn, [one.contact for one in claimed])}
    deadline = Deadline.after(DEADLINE_S)
    standings = _ask(parts, [people[one.contact] for one in claimed if one.contact in people])
    decisions = [_decide(parts, one, people.get(one.contact), standings.get(one.contact)) for one in claimed]
    going = [decision for decision in decisions if isinstance(decision, _Go)]
    with parts.engine.begin() as conn:
        for no in (decision for decision in decisions if isinstance(decision, _No)):
            if no.later:
                outbox.release(conn, no.intent.id, no.reason, parts.now(), again_in_s=300)
            else:
                outbox.finish(conn, no.intent.id, "refused", no.reason, parts.now())
            tally["not enrolled"] += 1
        may_go = outbox.mark_sending(conn, {go.intent.id: go.key for go in going}, parts.now())
    by_channel: dict[str, list[_Go]] = defaultdict(list)
    for go in going:
        if go.intent.id in may_go:
            by_channel[go.key].append(go)
    for key, batch in by_channel.items():
        tally += _send(parts, key, batch, deadline)
    return tally


def _send(parts: Parts, key: str, batch: Sequence[_Go], deadline: Deadline) -> Tally:
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
                        outbox.finish(conn, go.intent.id, "refused", reason, parts.now())
                        tally["not enrolled"] += 1
                    case Outcome.LATER:
                        outbox.release(conn, go.intent.id, reason, parts.now(), again_in_s=60)
                        tally["enrolled later"] += 1
                    case Outcome.UNKNOWN:
                        outbox.finish(conn, go.intent.id, "unknown", reason, parts.now())
                        tally["enrollment unknown"] += 1
    return tally


# ---------------------------------------------------------------- the fresh read (promise 1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the platforms say of one person right now, by source; `unreadable` are sources that gave no answer."""

    standings: Mapping[str, Standing]
    unreadable: frozenset[str] = frozenset()
    elsewhere: frozenset[Refusal] = frozenset()  # of a member with her address whom we did not know yet


def _ask(parts: Parts, people: Sequence[Person]) -> Mapping[int, _Asked]:
    found: dict[int, dict[str, Standing]] = defaultdict(dict)
    silent: dict[int, set[str]] = defaultdict(set)
    for source, platform in parts.platforms.items():
        ids = {person.records[source].id: person.contact for person in people if source in person.records}
        if not ids:
            continue
        try:
            standings = platform.standings(sorted(ids))
        except PlatformError:
            standings = {}
        for platform_id, contact in ids.items():
            if platform_id in standings:
                found[contact][source] = standings[platform_id]
            else:
                silent[contact].add(source)
    asked = {}
    for person in people:
        mine = found[person.contact]
        elsewhere, mute = _look_elsewhere(parts, person, mine)
        asked[person.contact] = _Asked(mine, frozenset(silent[person.contact] | mute), elsewhere)
    return asked


def _look_elsewhere(
    parts: Parts, person: Person, mine: Mapping[str, Standing]
) -> tuple[frozenset[Refusal], frozenset[str]]:
    """An opt-out at Mailchimp counts even where we have not met that member yet: ask by the address HubSpot shows now."""
    email = mine[HUBSPOT].email if HUBSPOT in mine else None
    refusals: frozenset[Refusal] = frozenset()
    mute: set[str] = set()
    for source, port in parts.mailchimp.items():
        if source in person.records or not email:
            continue
        try:
            record = port.member_by_email(email)
        except PlatformError:
            mute.add(source)
            continue
        if record is not None:
            refusals |= parts.consent_of({source: record}).general
    return refusals, frozenset(mute)


# ---------------------------------------------------------------- the decision


def _decide(parts: Parts, intent: Intent, person: Person | None, asked: _Asked | None) -> _Go | _No:
    if person is None or asked is None:
        return _No(intent, "the contact is gone")
    if (reason := _not_now(parts, person, asked)) is not None:
        return _No(intent, reason, later=True)
    if (reason := _not_her(parts, intent, person, asked)) is not None:
        return _No(intent, reason)
    markers = unite(parse_markers(standing.markers) for standing in asked.standings.values())
    if markers.unreadable:
        return _No(intent, "the marker on the platform cannot be read: a person must mend it")
    return _by_first_way(parts, intent, asked, markers)


def _not_now(parts: Parts, person: Person, asked: _Asked) -> str | None:
    """Why nobody can say yet whether she may be enrolled: no fresh verdict, or a platform that did not answer."""
    if person.verdict is None or person.verdict.score is None or person.verdict.rulebook != parts.rulebook.hash:
        return "unscored or scored by another rulebook"
    if parts.today - person.verdict.day > timedelta(days=1):
        return "the verdict is stale"
    if asked.unreadable:
        return f"{Refusal.UNREADABLE}: {', '.join(sorted(asked.unreadable))}"
    return None


def _not_her(parts: Parts, intent: Intent, person: Person, asked: _Asked) -> str | None:
    """What speaks against this enrollment for good: a refusal on any platform, or another track."""
    refusals = asked.elsewhere.union(*(standing.refusals for standing in asked.standings.values()))
    if any(standing.email for standing in asked.standings.values()):
        refusals -= {Refusal.NO_ADDRESS}
    if refusals:
        return ", ".join(sorted(refusals))
    if _opted_out_of(parts, intent) & frozenset().union(*(one.hubspot_types for one in asked.standings.values())):
        return f"{Refusal.OPTED_OUT}: of this subscription type"
    on_another = any(one.left_at is None and one.track != intent.track for one in person.episodes)
    if parts.rulebook.tracks.dosing.one_track and on_another:
        return "she is on another track by now"
    return None


def _by_first_way(parts: Parts, intent: Intent, asked: _Asked, markers: Markers) -> _Go | _No:
    episode = intent.episode or 0
    sent_before = intent.channel is not None
    reasons = []
    for way in _ways(intent):
        if sent_before and way.key != intent.channel:
            continue
        standing = asked.standings.get(way.source)
        if standing is None or parts.channel(way.key) is None:
            reasons.append(f"{way.key}: not there")
            continue
        if standing.channel_refusal is not None:
            reasons.append(f"{way.key}: {standing.channel_refusal}")
            continue
        if way.segment:
            return _Go(
                intent, way.key, Enrollment(standing.id, intent.track or "", format_markers(markers)), segment=True
            )
        if not sent_before and not markers.allows(intent.track or "", episode):
            return _No(intent, "the marker on the platform says that this episode was used up")
        after = markers.with_episode(intent.track or "", episode)
        if way.source != HUBSPOT and not fits_mailchimp(after):
            reasons.append(f"{way.key}: the marker has no room")  # cut off, it would forget an episode
            continue
        return _Go(intent, way.key, Enrollment(standing.id, intent.track or "", format_markers(after)), segment=False)
    return _No(intent, "; ".join(reasons) or "no way into the track")


def _opted_out_of(parts: Parts, intent: Intent) -> frozenset[str]:
    """The HubSpot subscription types that this track's mail belongs to: the track's own, and those of its audiences.

    Who opted out of one at HubSpot is not mailed of it by Mailchimp either (promise 1).
    """
    audiences = parts.rulebook.fields.audiences
    named = [audiences[way.source.partition(":")[2]].subscription for way in _ways(intent) if way.source != HUBSPOT]
    return frozenset(str(one) for one in (intent.payload.get("subscription"), *named) if one is not None)


def _ways(intent: Intent) -> Sequence[_Way]:
    return [_Way(way["source"], way["key"], bool(way["segment"])) for way in intent.payload["ways"]]


# ---------------------------------------------------------------- what became of it (promise 3)


def _settle(parts: Parts) -> Tally:
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
        if channel is None:
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
        segment = any(way.segment for way in _ways(intent) if way.key == intent.channel)
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
