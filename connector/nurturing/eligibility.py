"""Who may be on a track at all. Whoever may not is neither enrolled nor left on it, and does not count as matching."""

from __future__ import annotations

from connector.facts import Consent, Refusal
from connector.nurturing.reasons import Held
from connector.nurturing.situation import Situation
from connector.rulebook.types import Track
from connector.scoring.verdict import CUSTOMER, NOT_ENOUGH_DATA, SUPPRESSED

#: Acts by which a person becomes a customer, whatever the platform calls her yet.
WON = frozenset({"deal_won", "order"})


def barred(situation: Situation, track: Track) -> Held | Refusal | None:
    """Return why she may not be on this track, or None. The gravest reason comes first."""
    if (refused := general_refusal(situation.contact.consent)) is not None:
        return refused
    if situation.stage == SUPPRESSED:
        return Held.SUPPRESSED
    if (reason := not_in_aim(situation, track)) is not None:
        return reason
    if track.exit_when is not None and situation.holds(track.exit_when):
        return Held.EXIT_WHEN
    return None


def general_refusal(consent: Consent) -> Refusal | None:
    """Return what speaks against any mail to her, in the order of facts.Refusal, or None.

    `unreadable` is about one reading of ours, not about her: it forbids entering (entries.py) and takes nobody out.
    """
    return next((kind for kind in Refusal if kind in consent.general and kind is not Refusal.UNREADABLE), None)


def not_in_aim(situation: Situation, track: Track) -> Held | None:
    """Return why she is beyond the track's aim, or None. Only people on the ladder are to be won; of no other aim anybody is.

    (A person without evidence is off the ladder, and matches nothing anyway.)
    """
    if track.aim != "win":
        return None
    if situation.stage == CUSTOMER:
        return Held.CUSTOMER
    if any(event.kind in WON for event in situation.contact.events):
        return Held.WON
    ladder = {stage.id for stage in situation.rulebook.stages.stages} | {NOT_ENOUGH_DATA}
    return None if situation.stage in ladder else Held.OFF_LADDER
