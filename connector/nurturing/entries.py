"""Who is enrolled in what: every track that is for her is asked in order of priority, and each no has its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.nurturing.asking import ask
from connector.nurturing.intents import Enter, NotEnrolled, TrackState, Way
from connector.nurturing.matching import is_for
from connector.nurturing.reasons import Chosen, Held, No
from connector.nurturing.reentry import next_episode
from connector.nurturing.room import no_room, no_room_for
from connector.nurturing.situation import Situation
from connector.nurturing.unheard import match_number
from connector.nurturing.ways import subscription_of
from connector.nurturing.working_time import next_open
from connector.rulebook.types import Track


@dataclass(frozen=True, slots=True)
class _Open:
    """A track that she may enter as far as the track goes."""

    id: str
    track: Track
    ways: tuple[Way, ...]

    @property
    def segment(self) -> bool:
        return self.ways[0].segment


def entries(
    situation: Situation, states: Mapping[str, TrackState], *, leaving: bool
) -> tuple[tuple[Enter, ...], tuple[NotEnrolled, ...]]:
    """Return whom to enroll in what, and why not in the other tracks that are for her.

    `leaving`: she is being taken out of a track in this same plan, so she enters none until that has been done.
    A segment costs no dose and stands beside any track.
    """
    asked = [
        (track_id, ask(situation, track_id, track, states.get(track_id))) for track_id, track in _for_her(situation)
    ]
    tracks = situation.rulebook.tracks.tracks
    opened = [_Open(track_id, tracks[track_id], answer) for track_id, answer in asked if not isinstance(answer, No)]
    refused = {track_id: answer for track_id, answer in asked if isinstance(answer, No)}
    chosen, no_place = _choose(situation, [one for one in opened if not one.segment], leaving=leaving)
    refused |= no_place
    rivals = [tracks[track_id] for track_id, no in no_place.items() if no.reason == Held.ANOTHER_CHOSEN]
    enters = [
        *(_enter(situation, one, next_episode(situation, one.id), _why(one.track, rivals)) for one in chosen),
        *(_enter(situation, one, match_number(states[one.id]), Chosen.MATCHES) for one in opened if one.segment),
    ]
    return tuple(enters), tuple(
        NotEnrolled(situation.contact.id, track_id, no.reason, no.again) for track_id, no in refused.items()
    )


def _for_her(situation: Situation) -> Iterator[tuple[str, Track]]:
    """The tracks that are for her and that she is not on, the highest priority first, then in the order of the file."""
    on = {episode.track for episode in situation.on}
    for track_id, track in sorted(situation.rulebook.tracks.tracks.items(), key=lambda item: -item[1].priority):
        if track_id not in on and is_for(situation, track_id):
            yield track_id, track


def _choose(situation: Situation, opened: Sequence[_Open], *, leaving: bool) -> tuple[list[_Open], dict[str, No]]:
    """The tracks that she begins, and why not the others; whoever comes first takes the room of those that follow."""
    chosen: list[_Open] = []
    refused: dict[str, No] = {}
    none_at_all = no_room(situation, leaving=leaving)
    for one in opened:
        no = none_at_all or no_room_for(situation, one.track, [other.track for other in chosen])
        if no is None:
            chosen.append(one)
        else:
            refused[one.id] = no
    return chosen, refused


def _why(track: Track, rivals: Sequence[Track]) -> Chosen:
    if not rivals:
        return Chosen.MATCHES
    tie = any(rival.priority == track.priority for rival in rivals)
    return Chosen.FIRST_IN_FILE if tie else Chosen.HIGHEST_PRIORITY


def _enter(situation: Situation, one: _Open, number: int, why: Chosen) -> Enter:
    rulebook = situation.rulebook
    return Enter(
        contact=situation.contact.id,
        track=one.id,
        episode=number,
        ways=one.ways,
        subscription=subscription_of(rulebook, one.track),
        not_before=next_open(rulebook.tracks.calendar, situation.tz, situation.now),
        why=why,
    )
