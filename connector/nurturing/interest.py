"""Another interest than before: the track she is on is not for her any more, and a better one would take her."""

from __future__ import annotations

from collections.abc import Mapping

from connector.facts import Episode
from connector.nurturing.asking import ask
from connector.nurturing.intents import TrackState
from connector.nurturing.matching import is_for
from connector.nurturing.reasons import No
from connector.nurturing.running_on import runs_on
from connector.nurturing.situation import Situation


def changes_over(situation: Situation, states: Mapping[str, TrackState], episode: Episode) -> bool:
    """Tell whether she changes over (`rectify.interest`): leaves now, and enters the better one once that is done.

    Only where leaving ends the mails of the present track; else two would mail her. A reminder is no better track.
    """
    file = situation.rulebook.tracks
    present = file.tracks.get(episode.track)
    if present is None or not file.rectify.interest or is_for(situation, episode.track) or runs_on(situation, episode):
        return False
    on = {one.track for one in situation.on}
    better = (
        ask(situation, name, track, states.get(name))
        for name, track in file.tracks.items()
        if track.aim == present.aim and track.role != "reminder" and name not in on and is_for(situation, name)
    )
    return any(not isinstance(answer, No) and not answer[0].segment for answer in better)
