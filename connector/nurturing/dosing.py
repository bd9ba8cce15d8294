"""How much mail a person gets: the budget of touches, the pause after a rise, and who is held out to measure the effect.

Dosing gates entries; mails inside a platform's workflow run on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from connector.nurturing.intents import Memory
from connector.rulebook.types import Dosing, Touches
from connector.scoring.verdict import Step


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


def paused_until(dosing: Dosing, memory: Memory, step: Step, today: date) -> date | None:
    """Return the first day after the pause that follows a rise, or None when there is no pause today."""
    rose = step.after.since if step.moved and step.rise else memory.stage_rose
    if rose is None:
        return None
    until = rose + timedelta(days=dosing.hold_after_rise)
    return until if today < until else None


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
