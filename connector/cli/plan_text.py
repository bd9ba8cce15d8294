"""A plan in the words of a terminal: what would be created and read, how scores and stages shift, who moves, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connector.cli.lasting import lasting
from connector.cli.plan_people import View, people_lines
from connector.cli.plan_spread import spread_lines

if TYPE_CHECKING:
    from connector.change.plan.plan import Plan

#: So much of a hash is shown.
_HASH = 12
_PLATFORMS = {"hubspot": "HubSpot", "mailchimp": "Mailchimp"}


def plan_lines(plan: Plan, view: View) -> Iterator[str]:
    """Everything that a plan says, as lines of `view.width` characters where names allow it. What to do next is not in it."""
    yield from wrap(_head(plan, view), view.width)
    if not plan.contacts:
        said = "Nobody is known here yet: the first `trellis sync` reads everybody, as a baseline that enrolls nobody."
        yield from wrap(said, view.width)
    if plan.creates or plan.uncreated:
        yield from ("", "On the platforms:")
        for line in plan.creates:
            yield from wrap(line, view.width, initial_indent="  ", subsequent_indent="    ")
        if plan.uncreated:
            said = f"What is to be created is not known: {plan.uncreated}"
            yield from wrap(said, view.width, initial_indent="  ", subsequent_indent="    ")
    if plan.newly_read is not None:
        finding = plan.newly_read.finding
        yield ""
        yield from wrap(f"Read for the first time: {finding.what}. {finding.cure}.", view.width, subsequent_indent="  ")
    if plan.contacts:
        yield ""
        yield from spread_lines(plan.before, plan.after, view.rulebooks[0], view.width)
    yield from people_lines(plan, view)
    if plan.versus is None:
        yield from _cost(plan, view.width)
        yield from _waiting(plan, view)


def _head(plan: Plan, view: View) -> str:
    contacts = f"{plan.contacts:,} contact{'' if plan.contacts == 1 else 's'} as of {plan.day}"
    planned = f"{view.planned} (rulebook {plan.rulebook[:_HASH]})"
    against = plan.active if plan.versus is None else plan.versus
    if against is None:
        return f"{contacts}, judged by {planned}; no rulebook is active yet."
    if against == plan.rulebook:
        what = "one rulebook" if plan.versus else "the active rulebook"
        return f"{contacts}, judged by {planned}: {what}{f' with {view.against}' if plan.versus else ''} already."
    return f"{contacts}, judged by {planned} and by {view.against} ({against[:_HASH]})."


def _cost(plan: Plan, width: int) -> Iterator[str]:
    cost = plan.cost
    if any(cost.writes.values()) or any(cost.calls.values()):
        rows = _listed({source: f"{count:,} at {source}" for source, count in cost.writes.items() if count})
        calls = _listed({name: f"{count:,} to {_PLATFORMS.get(name, name)}" for name, count in cost.calls.items()})
        told = f"Records to write: {rows or 'none'}. Calls: {calls or 'none'}; at least {lasting(cost.seconds)}"
        yield ""
        yield from wrap(f"{told} as the quota allows.", width, subsequent_indent="  ")
    if plan.held:
        yield ""
        people = sum(plan.held.values())
        yield f"Held for you, {people:,} contact{'' if people == 1 else 's'} in all:"
        for reason, count in sorted(plan.held.items(), key=lambda one: (-one[1], one[0])):
            yield from wrap(f"{count:,}  {reason}", width, initial_indent="  ", subsequent_indent="    ")


def _waiting(plan: Plan, view: View) -> Iterator[str]:
    """In the team's own time, as the calendar is."""
    if plan.waiting is None:
        return
    zone = view.rulebooks[0].fields.timezone
    first, last = (
        f"{at.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}" for at in (plan.waiting.first, plan.waiting.last)
    )
    until = f"from {first}" if first == last else f"the first from {first}, the last from {last}"
    told = f"Waiting to enter, for calendar or pace: {plan.waiting.entries:,}, {until} on ({zone})."
    yield ""
    yield from wrap(told, view.width, subsequent_indent="  ")


def _listed(parts: Mapping[str, str]) -> str:
    return ", ".join(parts[key] for key in sorted(parts))
