"""How much mail a person gets: the budget of touches, and who is held out to measure the effect.

Dosing gates entries; mails inside a platform's workflow run on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from connector.facts import Trust
from connector.nurturing.situation import Situation
from connector.rulebook.types import Touches, Track


@dataclass(frozen=True, slots=True)
class Budget:
    """How many touches are left now (None: no limit), and when the next one comes free if none is."""

    left: int | None
    free_at: datetime | None = None


def budget(touches: Touches | None, made: Sequence[datetime], now: datetime) -> Budget:
    """Return what is left of `touches.max` in the sliding `touches.per` days up to `now`; later touches count too."""
    if touches is None:
        return Budget(left=None)
    period = timedelta(days=touches.per)
    recent = sorted(moment for moment in made if moment > now - period)
    left = max(0, touches.max - len(recent))
    free_at = recent[len(recent) - touches.max] + period if left == 0 and touches.max else None
    return Budget(left, free_at)


def dose(situation: Situation, track: Track | None = None) -> Touches | None:
    """Return how many touches she may have for a track (None: for any that has no `cap`); None means without a limit.

    Whoever answered (`rectify.pleased`) may have more for a while, but of a closing track: its cap is a hard one.
    """
    file = situation.rulebook.tracks
    cap = track.cap if track is not None else None
    touches = cap or file.dosing.by_stage.get(situation.stage, file.dosing.touches)
    if touches is None or (track is not None and track.role == "closing"):
        return touches
    return touches.model_copy(update={"max": touches.max + _more(situation)})


def held_out(share: Decimal, refs: Mapping[str, str], track: str) -> bool:
    """Tell whether this person belongs to the share that the track leaves alone; the same answer on every machine.

    It hangs on a platform id (HubSpot's where there is one, as our own ids do not outlive the database) and the track.
    """
    if not share or not refs:
        return False
    source = "hubspot" if "hubspot" in refs else min(refs)
    digest = hashlib.sha256(f"{source}:{refs[source]}\n{track}".encode()).digest()
    numerator, denominator = share.as_integer_ratio()
    return int.from_bytes(digest[:8]) * denominator < numerator << 64


def _more(situation: Situation) -> int:
    pleased = situation.rulebook.tracks.rectify.pleased
    if pleased is None:
        return 0
    answered = any(
        act.kind in pleased.events
        and act.trust is Trust.HUMAN
        and (situation.today - situation.day_of(act.happened_at)).days <= pleased.within
        for act in situation.acts
    )
    return pleased.more if answered else 0
