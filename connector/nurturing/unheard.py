"""Tracks that nobody listens to: lists and tags that people are put on while they match. No episode, no dose, no reaction."""

from __future__ import annotations

from collections.abc import Mapping

from connector.nurturing.eligibility import barred
from connector.nurturing.intents import Leave, TrackState
from connector.nurturing.reasons import Left
from connector.nurturing.situation import Situation
from connector.nurturing.ways import ways_into


def unheard_leaves(situation: Situation, states: Mapping[str, TrackState]) -> tuple[Leave, ...]:
    """Return the exits from those that she matched until now. Whoever was in at baseline was never put there."""
    found: list[Leave] = []
    for track_id, before in situation.memory.tracks.items():
        track = situation.rulebook.tracks.tracks.get(track_id)
        if track is None or not before.matched or before.at_baseline or states[track_id].matched:
            continue
        why = barred(situation, track) or Left.NO_LONGER_MATCHES
        found.extend(
            Leave(situation.contact.id, track_id, match_number(before), way.key, why)
            for way in ways_into(situation.rulebook, track)
            if way.segment and way.source in situation.contact.refs
        )
    return tuple(found)


def match_number(state: TrackState) -> int:
    """Return the number by which entry and exit of one match belong together: the day it began, as yyyymmdd.

    No episode is used, so there is nothing to count; the day tells one match from the next.
    """
    return int(f"{state.matched_since:%Y%m%d}")
