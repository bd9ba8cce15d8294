"""Whether a plan still says what applying it would do."""

from __future__ import annotations

from collections.abc import Iterator

from connector.change.plan.plan import Plan

#: So many more rows may be written by source than the plan says: news of every minute.
_A_HANDFUL = 10


class Moved(Exception):
    """What matters has moved since the plan was made: it would do something else by now."""


def require_same(plan: Plan, again: Plan) -> None:
    """Refuse a plan that would do more by now than it says; `again` is the same one, figured anew. Raises Moved.

    Nobody may move, enter, leave or be handed over who does not stand in the plan, or elsewhere than there; and to no source
    may go over ten rows more. That fewer do is no surprise: who moves no more is left alone.
    """
    more = list(_more(plan, again))
    if more:
        raise Moved(f"{', '.join(more)} than the plan says: make a new plan")


def _more(plan: Plan, again: Plan) -> Iterator[str]:
    moves = {(one.contact, one.before, one.after) for one in again.moves}
    moves -= {(one.contact, one.before, one.after) for one in plan.moves}
    if moves:
        yield f"{_people(len(moves))} would move"
    for passed, then, what in ((again.enters, plan.enters, "enter"), (again.leaves, plan.leaves, "leave")):
        new = {(one.contact, one.track) for one in passed} - {(one.contact, one.track) for one in then}
        if new:
            yield f"{_people(len(new))} would {what} a track"
    if handed := set(again.handovers) - set(plan.handovers):
        yield f"{_people(len(handed))} would be handed over"
    for source, rows in again.cost.writes.items():
        beyond = rows - plan.cost.writes.get(source, 0)
        if beyond > _A_HANDFUL:
            yield f"{beyond} more rows would be written to {source}"
    if created := set(again.creates) - set(plan.creates):
        yield f"{len(created)} more things would be created"


def _people(count: int) -> str:
    return f"{count} more {'person' if count == 1 else 'people'}"
