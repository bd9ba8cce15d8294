"""Where she stands in nurturing once a plan is done: the one state that people read, until when, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from connector.facts import Refusal
from connector.nurturing.annoyance import rests_until
from connector.nurturing.dosing import budget, dose
from connector.nurturing.eligibility import general_refusal, not_in_aim
from connector.nurturing.hold import waits_until
from connector.nurturing.intents import Enter, Leave, Standing, Tended
from connector.nurturing.matching import is_scored
from connector.nurturing.reasons import Held, Left
from connector.nurturing.running_on import mailed_until
from connector.nurturing.situation import Situation
from connector.scoring.verdict import SUPPRESSED


def standing_of(situation: Situation, enter: Sequence[Enter] = (), leave: Sequence[Leave] = ()) -> Standing:
    """Return how she stands once `enter` and `leave` are done. The first state that applies is told, in this order:
    gate, out, rectify, closing or on a track, about to enter one, hold, dosed, free.
    """
    return (
        _gate(situation, leave)
        or _out(situation)
        or _rectify(situation, leave)
        or _on_track(situation, leave)
        or _enters(enter)
        or _hold(situation)
        or _dosed(situation)
        or Standing(Tended.FREE)
    )


def quiet_of(situation: Situation, standing: Standing) -> Standing | None:
    """Return why and until when she is left in peace: she waits, rests or has had enough, behind the gate as well. None
    otherwise; whoever is on a track of ours goes on being mailed by it.
    """
    if standing.state is Tended.GATE and standing.track is None:
        standing = _rectify(situation, ()) or _hold(situation) or _dosed(situation) or standing
    quiet = standing.state in (Tended.HOLD, Tended.DOSED) or standing.cause in (Held.RESTING, Left.ANNOYED)
    return standing if quiet else None


def may_be_mailed(situation: Situation) -> bool:
    """Tell whether nothing forbids all mail to her, as far as it could be read."""
    return situation.stage != SUPPRESSED and general_refusal(situation.contact.consent) is None


def _gate(situation: Situation, leave: Sequence[Leave]) -> Standing | None:
    cause: str | None = None
    if not is_scored(situation):
        cause = Held.UNSCORED
    elif situation.verdict.day < situation.today:
        cause = Held.STALE
    elif Refusal.UNREADABLE in situation.contact.consent.general:
        cause = Refusal.UNREADABLE
    if cause is None:
        return None
    track, until = _present(situation, leave) or (None, None)
    return Standing(Tended.GATE, track, until, cause)


def _out(situation: Situation) -> Standing | None:
    if (refused := general_refusal(situation.contact.consent)) is not None:
        return Standing(Tended.OUT, cause=refused)
    if situation.stage == SUPPRESSED:
        return Standing(Tended.OUT, cause=Held.SUPPRESSED)
    closed = [not_in_aim(situation, track) for track in situation.rulebook.tracks.tracks.values()]
    cause = next(iter(closed), None)
    return None if cause is None or None in closed else Standing(Tended.OUT, cause=cause)


def _rectify(situation: Situation, leave: Sequence[Leave]) -> Standing | None:
    until = rests_until(situation)
    for one in leave:
        if one.why in (Left.ANNOYED, Left.INTEREST):
            return Standing(Tended.RECTIFY, one.track, until, one.why)
    return None if until is None else Standing(Tended.RECTIFY, until=until, cause=Held.RESTING)


def _enters(enter: Sequence[Enter]) -> Standing | None:
    return next((Standing(Tended.ENTERS, one.track) for one in enter if not one.ways[0].segment), None)


def _on_track(situation: Situation, leave: Sequence[Leave]) -> Standing | None:
    present = _present(situation, leave)
    if present is None:
        return None
    track, until = present
    closing = situation.rulebook.tracks.tracks[track].role == "closing"
    return Standing(Tended.CLOSING if closing else Tended.ON_TRACK, track, until)


def _hold(situation: Situation) -> Standing | None:
    until = waits_until(situation)
    return None if until is None else Standing(Tended.HOLD, until=until, cause=Held.AFTER_RISE)


def _dosed(situation: Situation) -> Standing | None:
    if (until := mailed_until(situation)) is not None:
        return Standing(Tended.DOSED, until=until, cause=Held.STILL_MAILED)
    left = budget(dose(situation), situation.memory.touches, situation.now)
    if left.left != 0:
        return None
    return Standing(Tended.DOSED, until=left.free_at and situation.day_of(left.free_at), cause=Held.DOSE)


def _present(situation: Situation, leave: Sequence[Leave]) -> tuple[str, date] | None:
    """The track that she goes on being on, and the day on which it ends; a closing one before any other."""
    tracks = situation.rulebook.tracks.tracks
    left = {(one.track, one.episode) for one in leave}
    stays = [one for one in situation.on if (one.track, one.number) not in left and one.track in tracks]
    if not stays:
        return None
    episode = min(stays, key=lambda one: tracks[one.track].role != "closing")
    return episode.track, situation.day_of(episode.entered_at) + timedelta(days=tracks[episode.track].lasts)
