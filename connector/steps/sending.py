"""Rows to a platform, in an order that it takes: bad rows last, and a lifecycle stage that moves back emptied first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from adapters.ports import Change, ContactPlatform, Deadline, Outcome, PlatformError, PlatformUnreachable, RowOutcome
from connector.steps import portal
from connector.steps.parts import HUBSPOT, Parts

#: Of so few rows it cannot be told whether the platform is away or stumbles over them: they are listed in any case.
FEW = 3

Held = Mapping[str, Mapping[str, str | None]]


def send(
    parts: Parts,
    source: str,
    rows: Sequence[Change],
    held: Held,
    deadline: Deadline,
    *,
    failing: Collection[str] = (),
    back: str | None = None,
) -> Sequence[RowOutcome]:
    """Write rows, one outcome each. `held` is what the platform holds, by record id; `failing` are the records that could not
    be written last time; `back` is the name of a lifecycle stage that may move back.

    It is emptied first then, in a request of its own: the platform takes a lower stage only where there is none
    (facts/hubspot.md §8). If that fails the row waits untouched; if we die in between, the row is claimed again and both are
    done again; if the row is refused, the stage is put back.
    """
    platform = parts.platforms[source]
    stuck: dict[str, RowOutcome] = {}
    taken: dict[str, Change] = {}
    if source == HUBSPOT and back is not None:
        order = portal.stage_order(parts)
        lower = [row.id for row in rows if moves_back(row.values.get(back), held[row.id].get(back), order)]
        emptied = platform.write([Change(one, {back: ""}) for one in lower], deadline) if lower else ()
        stuck = {one.id: one for one in emptied if one.outcome is not Outcome.DONE}
        taken = {one: Change(one, {back: held[one][back] or ""}) for one in lower if one not in stuck}
    outcomes = _in_turn(platform, [row for row in rows if row.id not in stuck], failing, deadline)
    return (*stuck.values(), *_put_back(platform, outcomes, taken, deadline))


def away(outcomes: Sequence[RowOutcome], failing: Collection[str] = ()) -> PlatformError | None:
    """Why the platform should be left alone for now; None while it can be talked with.

    Where it answered for some rows, those without a usable answer are what it stumbled over; so are those of last time.
    """
    waiting = [one for one in outcomes if one.outcome in {Outcome.LATER, Outcome.UNKNOWN}]
    answered = len(waiting) < len(outcomes)
    for one in waiting:
        stumbled = isinstance(one.error, PlatformUnreachable) and (answered or one.id in failing)
        if one.error is not None and not stumbled:
            return one.error
    return None


def _put_back(
    platform: ContactPlatform, outcomes: Sequence[RowOutcome], taken: Mapping[str, Change], deadline: Deadline
) -> Sequence[RowOutcome]:
    """Give those who were refused what was taken from them; where that fails, everything of the row is tried again."""
    given = [taken[one.id] for one in outcomes if one.outcome is Outcome.REFUSED and one.id in taken]
    failed = (
        {one.id: one for one in platform.write(given, deadline) if one.outcome is not Outcome.DONE} if given else {}
    )
    return [RowOutcome(one.id, Outcome.LATER, failed[one.id].error) if one.id in failed else one for one in outcomes]


def _in_turn(
    platform: ContactPlatform, rows: Sequence[Change], failing: Collection[str], deadline: Deadline
) -> Sequence[RowOutcome]:
    """Write those who failed last time by themselves, after the others: one bad row can refuse a whole batch."""
    again = [row for row in rows if row.id in failing]
    outcomes = platform.write([row for row in rows if row.id not in failing], deadline)
    if not again:
        return outcomes
    gone = away(outcomes, {one.id for one in outcomes} if len(outcomes) <= FEW else ())
    if gone is not None:
        return (*outcomes, *(RowOutcome(row.id, Outcome.LATER, gone) for row in again))
    return (*outcomes, *platform.write(again, deadline))


def moves_back(wanted: str | None, present: str | None, order: Sequence[str]) -> bool:
    """Tell whether one lifecycle stage comes before another in the portal's order."""
    return wanted in order and present in order and order.index(str(wanted)) < order.index(str(present))
