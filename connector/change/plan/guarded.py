"""What the guard would hold of all wishes, in the order in which delivering asks it, and what the pace lets wait. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from connector.change.plan.wishes import Wish
from connector.store.bulk.waiting import Room
from connector.store.claiming import BEYOND_ENROLLMENTS
from connector.store.heard import HEARD_BEYOND
from connector.store.holds import BEYOND_MOVES


@dataclass(frozen=True, slots=True)
class Allowed:
    """How many more contacts' moves may go now, the rulebook's enrollments in 24 h, what of those is used up, and whether the
    calendar is `open`: else nobody enters now, and nobody is held for it.
    """

    moves: int
    enrollments: int
    used: Room
    open: bool = True


def guarded(wishes: Collection[Wish], allowed: Allowed, *, heard: bool) -> list[Wish]:
    """All wishes in their order, each held or not, due or not. `heard`: any workflow hears writes."""
    found = _hold_moves(sorted(wishes, key=lambda one: one.order), allowed.moves)
    if heard:
        found = _hold_heard(found, allowed)
    if not allowed.open:
        return [replace(one, due=False) if one.kind == "enroll" else one for one in found]
    return _hold_enrollments(found, allowed)


def held_by_reason(wishes: Collection[Wish]) -> Mapping[str, int]:
    """How many people would wait for a person, by reason."""
    people: dict[str, set[int]] = defaultdict(set)
    for one in wishes:
        if one.held:
            people[one.held].add(one.contact)
    return {reason: len(some) for reason, some in sorted(people.items())}


def _hold_moves(wishes: Sequence[Wish], room: int) -> list[Wish]:
    """Beyond the room nothing of a mover's goes on but leaving (store/holds.py)."""
    movers = dict.fromkeys(
        one.contact for one in wishes if one.kind == "write" and one.move and not (one.told or one.approved or one.held)
    )
    beyond = set(list(movers)[max(0, room) :])
    return [
        replace(one, held=BEYOND_MOVES)
        if one.contact in beyond and one.kind != "leave" and not one.approved and not one.held
        else one
        for one in wishes
    ]


def _hold_heard(wishes: Sequence[Wish], allowed: Allowed) -> list[Wish]:
    room = max(0, allowed.enrollments - allowed.used.sent - allowed.used.heard)
    result = []
    for one in wishes:
        if one.heard and not one.approved and not one.held:
            room -= 1
            result.append(one if room >= 0 else replace(one, held=HEARD_BEYOND))
        else:
            result.append(one)
    return result


def _hold_enrollments(wishes: Sequence[Wish], allowed: Allowed) -> list[Wish]:
    """What is written and heard by then counts as well. What is not due, or finds the pace full, is asked later.

    The best go first; what is decided only once something else is over comes last all the same.
    """
    heard = sum(one.heard and not one.approved and not one.held for one in wishes)
    used = allowed.used
    room = {
        False: max(0, allowed.enrollments - used.enrolled - used.heard - heard),
        True: max(0, allowed.enrollments - used.listed),
    }
    pace = used.pace
    went: Counter[bool] = Counter()
    result = list(wishes)
    for place in sorted(range(len(wishes)), key=lambda place: (wishes[place].is_again, wishes[place].rank)):
        one = wishes[place]
        if one.kind != "enroll" or one.held or not one.due:
            continue
        if not one.approved:
            went[one.segment] += 1
            if went[one.segment] > room[one.segment]:
                result[place] = replace(one, held=BEYOND_ENROLLMENTS)
                continue
        if not one.segment and pace is not None:
            pace -= 1
            if pace < 0:
                result[place] = replace(one, due=False)
    return result
