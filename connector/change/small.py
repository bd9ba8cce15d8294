"""Whether a plan is small and safe enough to be applied without anybody looking at it. Pure; in doubt, it waits."""

from __future__ import annotations

from collections.abc import Iterator

from connector.change.plan.plan import Plan
from connector.nurturing.guard import allowance
from connector.rulebook.types import Guard

#: Who is to be put on a list that a workflow may hear waits for `trellis approve segment:…`, whatever the rules are.
_LISTED = "segment "


def why_it_waits(plan: Plan, guard: Guard, *, moved: int, enrolled: int) -> str:
    """Why a person must say yes to this plan, or nothing. `moved` and `enrolled` are those of the last 24 h.

    `guard` is the active one: nothing passes by a guard that it brings along itself.
    """
    return "; ".join(_reasons(plan, guard, moved, enrolled))


def _reasons(plan: Plan, guard: Guard, moved: int, enrolled: int) -> Iterator[str]:
    if plan.creates:
        yield f"{_some(len(plan.creates), 'thing is', 'things are')} to be created on the platforms"
    if plan.uncreated:
        yield "nobody could tell whether anything is to be created on the platforms"
    if plan.newly_read is not None:
        yield f"{_some(len(plan.newly_read.names), 'property was', 'properties were')} never read"
    if held := sum(count for reason, count in plan.held.items() if not reason.startswith(_LISTED)):
        yield f"{held:,} would be held"
    room = allowance(guard, plan.contacts, moved, enrolled)
    counts = (
        ("move", len(plan.moves), room.stage_moves),
        ("enter tracks", len(plan.enters), room.enrollments),
        ("leave tracks", len(plan.leaves), room.enrollments),
    )
    for what, count, most in counts:
        if count > most:
            yield f"{count:,} would {what}, and the guard leaves {most:,} for today"


def _some(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
