"""How much may move by itself in a sliding 24 h; the rest is held for a person (promise 6). Arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass

from connector.rulebook.types import Guard

#: A share of few contacts is no alarm: in a portal of forty people five moves are an ordinary morning.
SHARE_FLOOR = 25


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may still be done without asking; never negative."""

    stage_moves: int
    enrollments: int


def allowance(guard: Guard, contacts: int, moves_in_24h: int, enrollments_in_24h: int) -> Allowance:
    """Return what is left of the last 24 hours' allowance.

    Stage moves: the share of `contacts`, rounded down but at least SHARE_FLOOR, and never more than the count.
    """
    numerator, denominator = guard.stage_moves.share.as_integer_ratio()
    share = max(SHARE_FLOOR, contacts * numerator // denominator)
    return Allowance(
        stage_moves=max(0, min(guard.stage_moves.count, share) - moves_in_24h),
        enrollments=max(0, guard.enrollments - enrollments_in_24h),
    )
