"""Which tracks a contact matches, and since when: the memory that lets nobody enter by merely going on matching."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from connector.nurturing.eligibility import barred
from connector.nurturing.intents import TrackState
from connector.nurturing.situation import Situation
from connector.scoring.verdict import NOT_ENOUGH_DATA


def track_states(situation: Situation, *, baseline: bool) -> Mapping[str, TrackState]:
    """Return the new state of every track of the rulebook that she matches or that was remembered.

    She matches when the track is for her and nothing bars her from it. A match that goes on keeps its day and stays
    `at_baseline`; `baseline` marks every present match so, and a rollback every new one: by taking something back nobody
    comes into a track.
    """
    states: dict[str, TrackState] = {}
    for track_id, track in situation.rulebook.tracks.tracks.items():
        before = situation.memory.tracks.get(track_id)
        matched = is_for(situation, track_id) and barred(situation, track) is None
        if before is None and not matched:
            continue
        goes_on = before if before is not None and before.matched == matched else None
        states[track_id] = TrackState(
            track=track_id,
            matched=matched,
            matched_since=goes_on.matched_since if goes_on else situation.verdict.day,
            at_baseline=matched
            and (baseline or (situation.memory.rolled_back if goes_on is None else goes_on.at_baseline)),
        )
    return MappingProxyType(states)


def is_for(situation: Situation, track_id: str) -> bool:
    """Tell whether the track's `when` and its aim hold. Nobody without evidence and a score is meant: scoring comes first."""
    return is_scored(situation) and situation.holds(situation.rulebook.tracks.whom[track_id])


def is_scored(situation: Situation) -> bool:
    """Tell whether there is enough evidence, and a score."""
    verdict = situation.verdict
    return verdict.enough and verdict.score is not None and situation.stage != NOT_ENOUGH_DATA
