"""Whether somebody is enrolled now, and by which way, after the fresh read. In doubt the answer is no, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.ports import Enrollment
from connector.facts import Refusal
from connector.nurturing.markers import Markers, fits_mailchimp, format_markers, parse_markers, unite
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.standing import Asked
from connector.store.ledger import Person
from connector.store.outbox import Intent

#: Within this an enrollment may have broken off after its marker. Later the marker may be all that is left of it.
HALF_DONE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of an intent's payload."""

    source: str
    key: str
    segment: bool


@dataclass(frozen=True, slots=True)
class Go:
    """A decision to send: by which channel, under which id there, with which whole marker text."""

    intent: Intent
    key: str
    row: Enrollment
    segment: bool


@dataclass(frozen=True, slots=True)
class No:
    """A decision not to: why, and whether it may be asked again `later`, or a `person` must look."""

    intent: Intent
    reason: str
    later: bool = False
    person: bool = False


def decide(parts: Parts, intent: Intent, person: Person | None, asked: Asked | None) -> Go | No:
    if person is None or asked is None:
        return No(intent, "the contact is gone")
    if (reason := _not_now(parts, person, asked)) is not None:
        return No(intent, reason, later=True)
    if (reason := _not_her(parts, intent, person, asked)) is not None:
        return No(intent, reason)
    shown = (*(standing.markers for standing in asked.standings.values()), *asked.markers)
    markers = unite(parse_markers(text) for text in shown)
    if markers.unreadable:
        return No(intent, "the marker on the platform cannot be read: a person must mend it")
    return _by_first_way(parts, intent, asked, markers)


def _not_now(parts: Parts, person: Person, asked: Asked) -> str | None:
    """Why nobody can say yet whether she may be enrolled: no fresh verdict, or a platform that did not answer."""
    if person.verdict is None or person.verdict.score is None or person.verdict.rulebook != parts.rulebook.hash:
        return "unscored or scored by another rulebook"
    if person.verdict.due is not None and person.verdict.due <= parts.today - timedelta(days=1):
        return "the verdict is stale"
    if asked.unreadable:
        return f"{Refusal.UNREADABLE}: {', '.join(sorted(asked.unreadable))}"
    return None


def _not_her(parts: Parts, intent: Intent, person: Person, asked: Asked) -> str | None:
    """What speaks against this enrollment for good: a refusal on any platform, or another track."""
    refusals = asked.elsewhere.union(*(standing.refusals for standing in asked.standings.values()))
    if any(standing.email for standing in asked.standings.values()):
        refusals -= {Refusal.NO_ADDRESS}
    if refusals:
        return ", ".join(sorted(refusals))
    types = asked.hubspot_types.union(*(one.hubspot_types for one in asked.standings.values()))
    if _opted_out_of(parts, intent) & types:
        return f"{Refusal.OPTED_OUT}: of this subscription type"
    tracked = any(not way.segment for way in ways_of(intent))
    on_another = tracked and any(one.left_at is None and one.track != intent.track for one in person.episodes)
    if parts.rulebook.tracks.dosing.one_track and on_another:
        return "she is on another track by now"
    return None


def _by_first_way(parts: Parts, intent: Intent, asked: Asked, markers: Markers) -> Go | No:
    episode = intent.episode or 0
    sent_before = intent.channel is not None
    lately = intent.sending_at is not None and parts.now() - intent.sending_at < HALF_DONE
    reasons = []
    for way in ways_of(intent):
        if sent_before and way.key != intent.channel:
            continue
        standing = asked.standings.get(way.source)
        channel = parts.channel(way.key)
        if standing is None or channel is None:
            reasons.append(f"{way.key}: not there")
            continue
        if standing.channel_refusal is not None:
            reasons.append(f"{way.key}: {standing.channel_refusal}")
            continue
        if way.segment:
            return Go(
                intent, way.key, Enrollment(standing.id, intent.track or "", format_markers(markers)), segment=True
            )
        half_done = sent_before and lately and channel.marks_first
        if not half_done and not markers.allows(intent.track or "", episode):
            used_up = "the marker on the platform says that this episode was used up"
            return No(intent, used_up, person=sent_before and channel.marks_first)
        after = markers.with_episode(intent.track or "", episode)
        if way.source != HUBSPOT and not fits_mailchimp(after):
            reasons.append(f"{way.key}: the marker has no room")  # cut off, it would forget an episode
            continue
        return Go(intent, way.key, Enrollment(standing.id, intent.track or "", format_markers(after)), segment=False)
    return No(intent, "; ".join(reasons) or "no way into the track")


def _opted_out_of(parts: Parts, intent: Intent) -> frozenset[str]:
    """The HubSpot subscription types that this track's mail belongs to: the track's own, and those of its audiences.

    Who opted out of one at HubSpot is not mailed of it by Mailchimp either (promise 1).
    """
    audiences = parts.rulebook.fields.audiences
    named = [audiences[way.source.partition(":")[2]].subscription for way in ways_of(intent) if way.source != HUBSPOT]
    return frozenset(str(one) for one in (intent.payload.get("subscription"), *named) if one is not None)


def ways_of(intent: Intent) -> Sequence[Way]:
    return [Way(way["source"], way["key"], bool(way["segment"])) for way in intent.payload["ways"]]
