"""The ways into a track: which the rulebook names, and which are open to one person."""

from __future__ import annotations

from connector.facts import Consent, Refusal
from connector.nurturing.intents import Way
from connector.rulebook.types import Enroll, Rulebook, Track

HUBSPOT = "hubspot"


def ways_into(rulebook: Rulebook, track: Track) -> tuple[Way, ...]:  # noqa: ARG001 - all here are asked alike
    """Return every way of a track, in the order of the file."""
    return tuple(map(_way, track.enroll))


def segment_keys(rulebook: Rulebook, track_id: str) -> frozenset[str]:
    """Return the keys of the track's ways that nobody listens to; none for a track that is not in the rulebook."""
    track = rulebook.tracks.tracks.get(track_id)
    return frozenset(way.key for way in ways_into(rulebook, track) if way.segment) if track else frozenset()


def subscription_of(rulebook: Rulebook, track: Track) -> str | None:
    """Return the HubSpot subscription type of the track's mail: its own, else that of its first audience that has one.

    A track mails one kind of thing by whichever way, so an opt-out from it closes every way.
    """
    audiences = (rulebook.fields.audiences[enroll.mailchimp.audience] for enroll in track.enroll if enroll.mailchimp)
    types = (track.subscription, *(audience.subscription for audience in audiences))
    return next((str(number) for number in types if number is not None), None)


def refusal(consent: Consent, key: str, rulebook: Rulebook, track: Track) -> Refusal | None:
    """Return why a channel may not be used for her, or None: it refuses her, or she opted out of the track's mail."""
    if (refused := consent.channel.get(source_of(key))) is not None:
        return refused
    types = {subscription_of(rulebook, track), _audience_subscription(rulebook, key)}
    return Refusal.OPTED_OUT if types & consent.hubspot_types else None


def source_of(key: str) -> str:
    """Return the source of a channel key: `mailchimp:main` of `mailchimp:main:tag:…`, `hubspot` of `hubspot:list:…`."""
    platform, name, *_ = key.split(":")
    return HUBSPOT if platform == HUBSPOT else f"{platform}:{name}"


def _audience_subscription(rulebook: Rulebook, key: str) -> str | None:
    audience = rulebook.fields.audiences.get(source_of(key).partition(":")[2])
    return str(audience.subscription) if audience and audience.subscription is not None else None


def _way(enroll: Enroll) -> Way:
    source, how = _place(enroll)
    return Way(source, f"{source}:{how}", enroll.is_segment, entry_only=enroll.exit == "none")


def _place(enroll: Enroll) -> tuple[str, str]:
    """The source of a way, and what comes after it in the key of the way's channel."""
    if (there := enroll.mailchimp) is not None:
        how = f"tag:{there.tag}" if there.journey is None else f"journey:{there.journey}:{there.step}"
        return f"mailchimp:{there.audience}", how
    assert enroll.hubspot is not None, "one of the two is given"
    named = enroll.hubspot.model_dump(exclude_none=True)
    return HUBSPOT, next(f"{kind}:{name}" for kind, name in named.items())
