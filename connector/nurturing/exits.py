"""Who is taken out of what she is on, and why."""

from __future__ import annotations

from collections.abc import Mapping

from connector.facts import Episode, Event, Refusal
from connector.nurturing.annoyance import annoyed_on, rests_until
from connector.nurturing.eligibility import WON, barred
from connector.nurturing.intents import Leave, TrackState
from connector.nurturing.interest import changes_over
from connector.nurturing.one_at_a_time import gives_way
from connector.nurturing.reasons import Left
from connector.nurturing.situation import Situation
from connector.nurturing.ways import refusal
from connector.rulebook.types import Track
from connector.scoring.verdict import CUSTOMER

#: What closes a deal, one way or the other.
_CLOSED = WON | {"deal_lost"}


def leaves(situation: Situation, states: Mapping[str, TrackState]) -> tuple[Leave, ...]:
    """Return the exits from the tracks she is on. Repeated until the store knows that she has left."""
    whys = {episode: _why_leave(situation, states, episode) for episode in situation.on}
    stays = [episode for episode, why in whys.items() if why is None]
    whys |= dict.fromkeys(gives_way(situation, stays), Left.ONE_TRACK)
    return tuple(
        Leave(situation.contact.id, episode.track, episode.number, episode.channel, why)
        for episode, why in whys.items()
        if why is not None
    )


def _why_leave(situation: Situation, states: Mapping[str, TrackState], episode: Episode) -> str | None:
    track = situation.rulebook.tracks.tracks.get(episode.track)
    if track is None:
        return Left.TRACK_REMOVED
    return (
        barred(situation, track)
        or _refused(situation, track, episode)
        or _ending(situation, track, episode)
        or _mended(situation, states, track, episode)
    )


def _refused(situation: Situation, track: Track, episode: Episode) -> Refusal | None:
    refused = refusal(situation.contact.consent, episode.channel, situation.rulebook, track)
    return None if refused is Refusal.UNREADABLE else refused


def _ending(situation: Situation, track: Track, episode: Episode) -> Left | None:
    """What ends this track when it happens on it. To buy is what all aims are for but to retain: a customer buys again."""
    events = situation.contact.events
    closed = {event.kind for event in events if event.kind in _CLOSED and _closed_on_it(situation, episode, event)}
    if track.aim != "retain" and (closed & WON or _became_a_customer(situation, episode)):
        return Left.WON
    if closed - WON:
        return Left.LOST
    since = (event.kind for event in events if event.happened_at >= episode.entered_at)
    return Left.STOPPED if not set(track.stops_on).isdisjoint(since) else None


def _closed_on_it(situation: Situation, episode: Episode, event: Event) -> bool:
    """Tell whether it was closed since she entered; what was told since may carry the midnight of its day."""
    if event.happened_at >= episode.entered_at:
        return True
    same_day = situation.day_of(event.happened_at) == situation.day_of(episode.entered_at)
    return same_day and event.known_at >= episode.entered_at


def _became_a_customer(situation: Situation, episode: Episode) -> bool:
    """Tell whether she is called a customer since she entered: often this is all that is told of a purchase."""
    step = situation.step
    since = step.moved or step.after.since > situation.day_of(episode.entered_at)
    return situation.stage == CUSTOMER and since


def _mended(situation: Situation, states: Mapping[str, TrackState], track: Track, episode: Episode) -> Left | None:
    if annoyed_on(situation, episode) or rests_until(situation) is not None:
        return Left.ANNOYED
    if (situation.today - situation.day_of(episode.entered_at)).days >= track.lasts:
        return Left.LASTS
    return Left.INTEREST if changes_over(situation, states, episode) else None
