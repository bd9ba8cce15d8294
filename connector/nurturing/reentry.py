"""A second time on the same track: a new episode, after some time, once she has left off matching and matches again."""

from __future__ import annotations

from datetime import timedelta

from connector.nurturing.intents import TrackState
from connector.nurturing.reasons import Held, No
from connector.nurturing.situation import Situation
from connector.rulebook.types import Track


def next_episode(situation: Situation, track_id: str) -> int:
    """Return the number of her next episode of a track: one more than our store and the platform's marker know."""
    known = (episode.number for episode in situation.episodes if episode.track == track_id)
    return 1 + max((situation.memory.markers.get(track_id, 0), *known))


def not_again(situation: Situation, track_id: str, track: Track, state: TrackState) -> No | None:
    """Return why she may not enter once more, or None. After her last episode she must have left and matched again."""
    number = next_episode(situation, track_id)
    if number == 1:
        return None
    last = max(
        (episode for episode in situation.episodes if episode.track == track_id),
        key=lambda episode: episode.number,
        default=None,
    )
    if track.reenter_after is None or last is None or last.number != number - 1:
        return No(Held.ENTERED_BEFORE)
    hers = (episode.entered_at for episode in situation.episodes if episode.track == track_id)
    entered = situation.day_of(max(hers))  # where two people became one, the latest is not the highest
    if state.matched_since <= entered:
        return No(Held.SAME_MATCH)
    again = entered + timedelta(days=track.reenter_after)
    return No(Held.TOO_SOON, again) if situation.today < again else None
