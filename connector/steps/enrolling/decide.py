"""Whether somebody is enrolled now, and by which way, after the fresh read. In doubt the answer is no, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta

from adapters.ports import Enrollment, EnrollmentChannel
from connector.facts import Refusal
from connector.nurturing.markers import Markers, fits_mailchimp, format_markers, parse_markers, unite
from connector.steps.enrolling.standing import Asked
from connector.steps.enrolling.task_row import is_task, task_row
from connector.steps.parts import HUBSPOT, Parts
from connector.store.ledger import Person
from connector.store.outbox import Intent

#: Within this an enrollment may have broken off after its marker. Later the marker may be all that is left of it.
HALF_DONE = timedelta(hours=1)
#: Why a person must look at an enrollment that is not safe to repeat, and what she does.
AT_MOST_ONCE = (
    "it may have happened, and is tried once only: look whether she is in, put her there if not, then discard"
)


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


def decide(
    parts: Parts,
    intent: Intent,
    person: Person | None,
    asked: Asked | None,
    customers: AbstractSet[tuple[str, str]] = frozenset(),
) -> Go | No:
    """Decide on one enrollment. `customers` are those of the records with her address that are not hers, as (source, id)."""
    if person is None or asked is None:
        return No(intent, "the contact is gone")
    if (reason := _not_now(parts, person, asked)) is not None:
        return No(intent, reason, later=True)
    if (reason := _not_her(parts, intent, person, asked)) is not None:
        return No(intent, reason)
    if (reason := _may_be_another(parts, intent, asked, customers)) is not None:
        return No(intent, reason, later=True)
    shown = (*(standing.markers for standing in asked.standings.values()), *asked.markers)
    markers = unite(parse_markers(text) for text in shown)
    if markers.unreadable:
        return No(intent, "the marker on the platform cannot be read: a person must mend it")
    return _by_first_way(parts, intent, person, asked, markers)


def _may_be_another(parts: Parts, intent: Intent, asked: Asked, customers: AbstractSet[tuple[str, str]]) -> str | None:
    """Why nobody can say whether she is a customer, or whom a track mails already, by another name."""
    if HUBSPOT in asked.known_as_another:
        return "HubSpot has her address at a contact that is not known as hers"
    track = parts.rulebook.tracks.tracks.get(intent.track or "")
    if track is not None and track.aim == "win" and asked.others & customers:
        return "another contact with an address of hers is a customer, and may be the same person"
    return None


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


def _by_first_way(parts: Parts, intent: Intent, person: Person, asked: Asked, markers: Markers) -> Go | No:
    """By the first way that is open to her; what was sent by one way before goes by no other."""
    reasons = []
    for way in ways_of(intent):
        if intent.channel not in (None, way.key):
            continue
        standing = asked.standings.get(way.source)
        channel = parts.channel(way.key)
        if standing is None or channel is None:
            reasons.append(f"{way.key}: not there")
            continue
        if standing.channel_refusal is not None:
            reasons.append(f"{way.key}: {standing.channel_refusal}")
            continue
        track = intent.track or ""
        if way.segment:
            return Go(intent, way.key, Enrollment(standing.id, track, format_markers(markers)), segment=True)
        if not markers.allows(track, intent.episode or 0) and not _goes_on(parts, intent, channel):
            return _used_up(intent, channel)
        after = markers.with_episode(track, intent.episode or 0)
        if way.source != HUBSPOT and not fits_mailchimp(after):
            reasons.append(f"{way.key}: the marker has no room")  # cut off, it would forget an episode
            continue
        row = Enrollment(standing.id, track, format_markers(after))
        return Go(intent, way.key, task_row(parts, person, row) if is_task(way.key) else row, segment=False)
    return No(intent, "; ".join(reasons) or "no way into the track")


def _goes_on(parts: Parts, intent: Intent, channel: EnrollmentChannel) -> bool:
    """Whether the marker is that of an enrollment of ours that broke off after it, and may be repeated."""
    lately = intent.sending_at is not None and parts.now() - intent.sending_at < HALF_DONE
    return intent.channel is not None and lately and channel.marks_first and channel.repeat_safe


def _used_up(intent: Intent, channel: EnrollmentChannel) -> No:
    tried = intent.channel is not None and channel.marks_first
    if tried and not channel.repeat_safe:
        return No(intent, "; ".join(filter(None, (AT_MOST_ONCE, intent.reason))), person=True)
    return No(intent, "the marker on the platform says that this episode was used up", person=tried)


def _opted_out_of(parts: Parts, intent: Intent) -> frozenset[str]:
    """The HubSpot subscription types that this track's mail belongs to: the track's own, and those of its audiences.

    Who opted out of one at HubSpot is not mailed of it by Mailchimp either (promise 1).
    """
    audiences = parts.rulebook.fields.audiences
    named = [audiences[way.source.partition(":")[2]].subscription for way in ways_of(intent) if way.source != HUBSPOT]
    return frozenset(str(one) for one in (intent.payload.get("subscription"), *named) if one is not None)


def ways_of(intent: Intent) -> Sequence[Way]:
    return [Way(way["source"], way["key"], bool(way["segment"])) for way in intent.payload["ways"]]
