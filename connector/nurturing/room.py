"""How many tracks she may begin now, and which kinds: one move at a time, rest, hold, and the dose."""

from __future__ import annotations

from collections.abc import Sequence

from connector.nurturing.annoyance import rests_until
from connector.nurturing.dosing import budget, dose
from connector.nurturing.hold import waits_until
from connector.nurturing.reasons import Held, No
from connector.nurturing.running_on import mailed_until
from connector.nurturing.situation import Situation
from connector.rulebook.types import Track


def no_room(situation: Situation, *, leaving: bool) -> No | None:
    """Return why she may begin no track at all now, or None."""
    if leaving:
        return No(Held.LEAVING)
    if situation.rulebook.tracks.dosing.one_track and situation.on:
        return No(Held.ON_ANOTHER_TRACK)
    if (until := rests_until(situation)) is not None:
        return No(Held.RESTING, until)
    if (until := mailed_until(situation)) is not None:
        return No(Held.STILL_MAILED, until)
    return None


def no_room_for(situation: Situation, track: Track, begun: Sequence[Track]) -> No | None:
    """Return why she may not begin this track beside those that she is on, and those that she begins just now."""
    tracks = situation.rulebook.tracks
    present = (tracks.tracks[episode.track] for episode in situation.on if episode.track in tracks.tracks)
    if any(other.aim != track.aim for other in (*present, *begun)) and not tracks.dosing.one_track:
        return No(Held.ANOTHER_AIM)
    if track.role != "reminder" and (until := waits_until(situation)) is not None:
        return No(Held.AFTER_RISE, until)
    if tracks.dosing.one_track and begun:
        return No(Held.ANOTHER_CHOSEN)
    made = (*situation.memory.touches, *(situation.now for _ in begun))
    left = budget(dose(situation, track), made, situation.now)
    return No(Held.DOSE, left.free_at and situation.day_of(left.free_at)) if left.left == 0 else None
