"""May she enter this one track, whatever she is on and however much she has had? And by which ways?"""

from __future__ import annotations

from datetime import timedelta

from connector.facts import Refusal
from connector.nurturing.annoyance import shunned_source
from connector.nurturing.dosing import held_out
from connector.nurturing.eligibility import barred
from connector.nurturing.intents import TrackState, Way
from connector.nurturing.markers import Markers, fits_mailchimp
from connector.nurturing.reasons import Held, No
from connector.nurturing.reentry import next_episode, not_again
from connector.nurturing.situation import Situation
from connector.nurturing.ways import HUBSPOT, refusal, ways_into
from connector.rulebook.types import Track


def ask(situation: Situation, track_id: str, track: Track, state: TrackState | None) -> tuple[Way, ...] | No:
    """Return the ways by which she may enter a track that is for her (all segments, or none of them), or why she may not.

    `state` is what will be remembered of her and the track; whoever is barred from it has none.
    """
    if (reason := barred(situation, track) or _closed(situation, track_id, track, state)) is not None:
        return No(reason)
    ways = _open_ways(situation, track_id, track)
    if isinstance(ways, No) or ways[0].segment or state is None:
        return ways
    return not_again(situation, track_id, track, state) or ways


def _closed(situation: Situation, track_id: str, track: Track, state: TrackState | None) -> Held | Refusal | None:
    if Refusal.UNREADABLE in situation.contact.consent.general:
        return Refusal.UNREADABLE
    if situation.verdict.day < situation.today:
        return Held.STALE
    if state is not None and state.at_baseline:
        return Held.BASELINE
    if state is not None and _deal_lost(situation, track, state):
        return Held.DEAL_LOST
    share = situation.rulebook.tracks.holdout.share
    return Held.HOLDOUT if held_out(share, situation.contact.refs, track_id) else None


def _deal_lost(situation: Situation, track: Track, state: TrackState) -> bool:
    """Tell whether there is nothing to close any more: what would have ended a closing track happened before she entered."""
    lost = (situation.day_of(event.happened_at) for event in situation.contact.events if event.kind == "deal_lost")
    return track.role == "closing" and any(day >= state.matched_since for day in lost)


def _open_ways(situation: Situation, track_id: str, track: Track) -> tuple[Way, ...] | No:
    """Narrow the ways down step by step; the step that leaves none says why. The first way decides for its kind."""
    rulebook, contact = situation.rulebook, situation.contact
    every = zip(ways_into(rulebook, track), track.enroll, strict=True)
    known = [(way, rule) for way, rule in every if way.source in contact.refs]
    if not known:
        return No(Held.UNKNOWN_THERE)
    meant = [way for way, rule in known if rule.when is None or situation.holds(rule.when)]
    if not meant:
        return No(Held.NO_WAY)
    refusals = {way.key: refusal(contact.consent, way.key, rulebook, track) for way in meant}
    allowed = [way for way in meant if refusals[way.key] is None]
    if not allowed:
        return No(next(refused for refused in refusals.values() if refused is not None))
    heard = [way for way in allowed if (track_id, way.key) not in situation.memory.hearing.deaf]
    if not heard or heard[0].segment > allowed[0].segment:  # a list is no stand-in for a workflow that is off
        return No(Held.NO_LISTENER, situation.today + timedelta(days=1))
    after = Markers(situation.memory.markers).with_episode(track_id, next_episode(situation, track_id))
    fits = fits_mailchimp(after)
    writable = [way for way in heard if way.segment or way.source == HUBSPOT or fits]
    if not writable:
        return No(Held.MARKERS_FULL)
    shunned = shunned_source(situation)
    of_a_kind = (way for way in writable if way.segment == writable[0].segment)
    return tuple(sorted(of_a_kind, key=lambda way: way.source == shunned))
