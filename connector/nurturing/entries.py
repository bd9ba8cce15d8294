"""Who is enrolled in what: every track that she matches is asked in order of priority, and each no has its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from connector.facts import Refusal
from connector.nurturing.dosing import budget, held_out, paused_until
from connector.nurturing.eligibility import barred
from connector.nurturing.exits import segment_number
from connector.nurturing.intents import Enter, NotEnrolled, TrackState, Way
from connector.nurturing.markers import Markers, fits_mailchimp
from connector.nurturing.matching import is_for
from connector.nurturing.reasons import Chosen, Held
from connector.nurturing.situation import Situation
from connector.nurturing.ways import HUBSPOT, refusal, subscription_of, ways_into
from connector.nurturing.working_time import next_open
from connector.rulebook.types import Track


@dataclass(frozen=True, slots=True)
class _No:
    """A reason, and the day on which it may be asked again."""

    reason: Held | Refusal
    again: date | None = None


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
    opened, refused = _ask_each(situation, states)
    segments = [_enter(situation, track, states[track.id], Chosen.MATCHES) for track in opened if track.segment]
    tracks = [track for track in opened if not track.segment]
    room, no = _room(situation, len(tracks), leaving=leaving)
    refused += [_not_enrolled(situation, track.id, no or _No(Held.ANOTHER_CHOSEN)) for track in tracks[room:]]
    chosen = [_enter(situation, track, states[track.id], _why(situation, track, tracks)) for track in tracks[:room]]
    return (*chosen, *segments), tuple(refused)


def next_episode(situation: Situation, track_id: str) -> int:
    """Return the number of her next episode of a track: one more than our store and the platform's marker know."""
    known = (episode.number for episode in situation.episodes if episode.track == track_id)
    return 1 + max((situation.memory.markers.get(track_id, 0), *known))


def _ask_each(situation: Situation, states: Mapping[str, TrackState]) -> tuple[list[_Open], list[NotEnrolled]]:
    opened: list[_Open] = []
    refused: list[NotEnrolled] = []
    on = {episode.track for episode in situation.on}
    by_priority = sorted(situation.rulebook.tracks.tracks.items(), key=lambda item: -item[1].priority)  # stable
    for track_id, track in by_priority:
        if track_id in on or not is_for(situation, track_id):
            continue
        answer = _ask(situation, track_id, track, states)
        if isinstance(answer, _No):
            refused.append(_not_enrolled(situation, track_id, answer))
        else:
            opened.append(_Open(track_id, track, answer))
    return opened, refused


def _ask(situation: Situation, track_id: str, track: Track, states: Mapping[str, TrackState]) -> tuple[Way, ...] | _No:
    """Return the ways by which she may enter this track (all segments, or none of them), or why she may not."""
    if (reason := barred(situation, track) or _closed(situation, track_id, states)) is not None:
        return _No(reason)
    ways = _ways(situation, track_id, track)
    if isinstance(ways, _No) or ways[0].segment:
        return ways
    return _reentry(situation, track_id, track, states[track_id]) or ways


def _closed(situation: Situation, track_id: str, states: Mapping[str, TrackState]) -> Held | Refusal | None:
    if Refusal.UNREADABLE in situation.contact.consent.general:
        return Refusal.UNREADABLE
    if situation.verdict.day < situation.today:
        return Held.STALE
    if states[track_id].at_baseline:
        return Held.BASELINE
    share = situation.rulebook.tracks.holdout.share
    return Held.HOLDOUT if held_out(share, situation.contact.refs, track_id) else None


def _ways(situation: Situation, track_id: str, track: Track) -> tuple[Way, ...] | _No:
    rulebook, contact = situation.rulebook, situation.contact
    known = [way for way in ways_into(rulebook, track) if way.source in contact.refs]
    if not known:
        return _No(Held.UNKNOWN_THERE)
    refusals = {way.key: refusal(contact.consent, way.key, rulebook, track) for way in known}
    allowed = [way for way in known if refusals[way.key] is None]
    if not allowed:
        return _No(next(refused for refused in refusals.values() if refused is not None))
    after = Markers(situation.memory.markers).with_episode(track_id, next_episode(situation, track_id))
    fits = fits_mailchimp(after)
    open_ways = [way for way in allowed if way.segment or way.source == HUBSPOT or fits]
    if not open_ways:
        return _No(Held.MARKERS_FULL)
    return tuple(way for way in open_ways if way.segment == open_ways[0].segment)


def _reentry(situation: Situation, track_id: str, track: Track, state: TrackState) -> _No | None:
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
        return _No(Held.ENTERED_BEFORE)
    entered = situation.day_of(last.entered_at)
    if state.matched_since <= entered:
        return _No(Held.SAME_MATCH)
    again = entered + timedelta(days=track.reenter_after)
    return _No(Held.TOO_SOON, again) if situation.today < again else None


def _room(situation: Situation, wanted: int, *, leaving: bool) -> tuple[int, _No | None]:
    """Return how many of the `wanted` tracks she may enter now, and the reason where a rule other than choice says so."""
    dosing = situation.rulebook.tracks.dosing
    if leaving:
        return 0, _No(Held.LEAVING)
    if dosing.one_track and situation.on:
        return 0, _No(Held.ON_ANOTHER_TRACK)
    if (until := paused_until(dosing, situation.memory, situation.step, situation.today)) is not None:
        return 0, _No(Held.AFTER_RISE, until)
    touches = budget(dosing.touches, situation.memory.touches, situation.now)
    if touches.left == 0:
        return 0, _No(Held.DOSE, touches.free_at and situation.day_of(touches.free_at))
    if dosing.one_track:
        return 1, None
    return (wanted, None) if touches.left is None else (touches.left, _No(Held.DOSE))


def _why(situation: Situation, track: _Open, among: list[_Open]) -> Chosen:
    rivals = [rival for rival in among if rival is not track]
    if not rivals or not situation.rulebook.tracks.dosing.one_track:
        return Chosen.MATCHES
    tie = any(rival.track.priority == track.track.priority for rival in rivals)
    return Chosen.FIRST_IN_FILE if tie else Chosen.HIGHEST_PRIORITY


def _enter(situation: Situation, track: _Open, state: TrackState, why: Chosen) -> Enter:
    rulebook = situation.rulebook
    return Enter(
        contact=situation.contact.id,
        track=track.id,
        episode=segment_number(state) if track.segment else next_episode(situation, track.id),
        ways=track.ways,
        subscription=subscription_of(rulebook, track.track),
        not_before=next_open(rulebook.tracks.calendar, situation.tz, situation.now),
        why=why,
    )


def _not_enrolled(situation: Situation, track_id: str, no: _No) -> NotEnrolled:
    return NotEnrolled(situation.contact.id, track_id, no.reason, no.again)
