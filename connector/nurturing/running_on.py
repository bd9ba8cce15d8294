"""Mails that run on after she has been taken out of a track, and the time in which no other one may begin beside them."""

from __future__ import annotations

from datetime import date, timedelta

from connector.facts import Episode
from connector.nurturing.situation import Situation
from connector.nurturing.ways import ways_into

#: How many days the mails of a track are taken to last that the rulebook does not know any more.
FORGOTTEN_LASTS = 30


def runs_on(situation: Situation, episode: Episode) -> bool:
    """Tell whether leaving may end no mail: an entry-only way, one that was seen so, or one that nobody knows any more."""
    track = situation.rulebook.tracks.tracks.get(episode.track)
    ways = ways_into(situation.rulebook, track) if track is not None else ()
    way = next((way for way in ways if way.key == episode.channel), None)
    return way is None or way.entry_only or (episode.track, episode.channel) in situation.memory.hearing.runs_on


def mailed_until(situation: Situation) -> date | None:
    """Return the first day on which the mails of all that she has left are over, or None if they are."""
    left = (episode for episode in situation.episodes if episode.left_at is not None)
    ends = (_ends(situation, episode) for episode in left if runs_on(situation, episode))
    return max((end for end in ends if situation.today < end), default=None)


def _ends(situation: Situation, episode: Episode) -> date:
    track = situation.rulebook.tracks.tracks.get(episode.track)
    lasts = FORGOTTEN_LASTS if track is None else track.lasts
    return situation.day_of(episode.entered_at) + timedelta(days=lasts)
