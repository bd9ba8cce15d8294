"""Who is taken out of what she is on, and why."""

from __future__ import annotations

from collections.abc import Mapping

from connector.facts import Episode, Refusal
from connector.nurturing.eligibility import WON, barred
from connector.nurturing.intents import Leave, TrackState
from connector.nurturing.reasons import Left
from connector.nurturing.situation import Situation
from connector.nurturing.ways import refusal, ways_into
from connector.rulebook.types import Track

#: Acts that end every track but those that keep customers, when they happen on it.
_ENDINGS = {**dict.fromkeys(WON, Left.WON), "deal_lost": Left.LOST}


def leaves(situation: Situation) -> tuple[Leave, ...]:
    """Return the exits from the tracks she is on. Repeated until the store knows that she has left."""
    return tuple(
        Leave(situation.contact.id, episode.track, episode.number, episode.channel, why)
        for episode in situation.on
        if (why := _why_leave(situation, episode)) is not None
    )


def segment_leaves(situation: Situation, states: Mapping[str, TrackState]) -> tuple[Leave, ...]:
    """Return the exits from the segments that she matched until now. Whoever was in at baseline was never put there."""
    found: list[Leave] = []
    for track_id, before in situation.memory.tracks.items():
        track = situation.rulebook.tracks.tracks.get(track_id)
        if track is None or not before.matched or before.at_baseline or states[track_id].matched:
            continue
        why = barred(situation, track) or Left.NO_LONGER_MATCHES
        found.extend(
            Leave(situation.contact.id, track_id, segment_number(before), way.key, why)
            for way in ways_into(situation.rulebook, track)
            if way.segment and way.source in situation.contact.refs
        )
    return tuple(found)


def segment_number(state: TrackState) -> int:
    """Return the number by which a segment's entry and exit belong together: the day the match began, as yyyymmdd.

    A segment uses no episode, so there is nothing to count; the day tells one match from the next.
    """
    return int(f"{state.matched_since:%Y%m%d}")


def _why_leave(situation: Situation, episode: Episode) -> str | None:
    track = situation.rulebook.tracks.tracks.get(episode.track)
    if track is None:
        return Left.TRACK_REMOVED
    if (reason := barred(situation, track)) is not None:
        return reason
    refused = refusal(situation.contact.consent, episode.channel, situation.rulebook, track)
    if refused is not None and refused is not Refusal.UNREADABLE:
        return refused
    if (ending := _ending(situation, episode, track)) is not None:
        return ending
    days = (situation.today - situation.day_of(episode.entered_at)).days
    return Left.LASTS if days >= track.lasts else None


def _ending(situation: Situation, episode: Episode, track: Track) -> Left | None:
    if track.aim == "retain":
        return None
    kinds = (event.kind for event in situation.contact.events if event.happened_at >= episode.entered_at)
    return next((_ENDINGS[kind] for kind in kinds if kind in _ENDINGS), None)
