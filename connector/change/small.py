"""Whether a plan is small and safe enough to be applied without anybody looking at it. Pure; in doubt, it waits."""

from __future__ import annotations

from collections.abc import Iterator

from connector.change.plan.plan import Plan
from connector.nurturing.guard import allowance
from connector.rulebook.types import Guard

#: Who is to be put on a list that a workflow may hear waits for `trellis approve segment:…`, whatever the rules are.
_LISTED = "segment "


def why_it_waits(plan: Plan, active: Guard, files: Guard, *, moved: int, enrolled: int) -> str:
    """Why a person must say yes to this plan, or nothing. `moved` and `enrolled` are those of the last 24 h.

    Both guards count, the active one and that of the files: nothing passes by a guard that it brings along itself.
    """
    return "; ".join(_reasons(plan, active, files, moved, enrolled))


def _reasons(plan: Plan, active: Guard, files: Guard, moved: int, enrolled: int) -> Iterator[str]:
    if plan.creates:
        yield f"{_some(len(plan.creates), 'thing is', 'things are')} to be created on the platforms"
    if plan.uncreated:
        yield "nobody could tell whether anything is to be created on the platforms"
    if plan.newly_read is not None:
        yield f"{_some(len(plan.newly_read.names), 'property was', 'properties were')} never read"
    if held := sum(count for reason, count in plan.held.items() if not reason.startswith(_LISTED)):
        yield f"{held:,} would be held"
    if _is_looser(files, active):
        yield "the guard is loosened"
    rooms = [allowance(guard, plan.contacts, moved, enrolled) for guard in (active, files)]
    counts = (
        ("move", len(plan.moves), min(room.stage_moves for room in rooms)),
        ("enter tracks", len(plan.enters), min(room.enrollments for room in rooms)),
        ("leave tracks", len(plan.leaves), min(room.enrollments for room in rooms)),
    )
    for what, count, room in counts:
        if count > room:
            yield f"{count:,} would {what}, and the guard leaves {room:,} for today"


def _is_looser(files: Guard, active: Guard) -> bool:
    return (
        files.stage_moves.share > active.stage_moves.share
        or files.stage_moves.count > active.stage_moves.count
        or files.enrollments > active.enrollments
    )


def _some(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
