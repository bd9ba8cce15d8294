"""Who is on several tracks where one at a time is the rule: two people who turned out to be one, or a rule that is new."""

from __future__ import annotations

from collections.abc import Sequence

from connector.facts import Episode
from connector.nurturing.running_on import runs_on
from connector.nurturing.situation import Situation


def gives_way(situation: Situation, stays: Sequence[Episode]) -> frozenset[Episode]:
    """Return which of the episodes that would go on are to end for the best of them (`dosing.one_track`).

    The best is one whose mails run on anyhow, then the one with the highest priority, then the first in the file. None
    ends where leaving ends no mail, or where the best one goes by the same way into the same track.
    """
    tracks = situation.rulebook.tracks.tracks
    known = [episode for episode in stays if episode.track in tracks]
    if not situation.rulebook.tracks.dosing.one_track or len(known) < 2:
        return frozenset()
    order = list(tracks)

    def rank(episode: Episode) -> tuple[bool, int, int]:
        return not runs_on(situation, episode), -tracks[episode.track].priority, order.index(episode.track)

    best = min(known, key=rank)
    return frozenset(
        episode
        for episode in known
        if not runs_on(situation, episode) and (episode.track, episode.channel) != (best.track, best.channel)
    )
