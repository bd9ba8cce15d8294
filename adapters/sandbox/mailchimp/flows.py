"""Automation flows: who enters, which mails follow, who leaves (facts/mailchimp.md §6).

Mailchimp has no way to list or read flows, so they exist only in-process: the marketer's side of the sandbox.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from adapters.sandbox.effects import EffectLedger, Kind
from adapters.sandbox.mailchimp.campaigns import Campaign
from adapters.sandbox.mailchimp.member import Member

PLATFORM = "mailchimp"


@dataclass
class Flow:
    """One flow; it starts by a tag, an event's name, or the API trigger (journey id, step id).

    Attributes:
        on: a flow that is off takes nobody in and sends nothing.
        reenter: whether somebody who has been in may enter again.
        minimum_wait: time since the last entry before she may.
        exit_on_tag_removed: taking the starting tag away ends the mails.
        mails: one automation campaign per mail; the first goes out at entry, each next one `every` later.

    """

    id: str
    name: str
    list_id: str
    mails: list[Campaign]
    tag: str = ""
    event: str = ""
    journey: tuple[int, int] | None = None
    on: bool = True
    reenter: bool = False
    minimum_wait: timedelta = timedelta(0)
    exit_on_tag_removed: bool = True
    every: timedelta = timedelta(days=3)
    inside: dict[str, "Entry"] = field(default_factory=dict)
    last_entries: dict[str, datetime] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Entry:
    """One stay of one member in a flow."""

    member: Member
    over: bool = False


@dataclass(order=True, slots=True)
class _Due:
    at: datetime
    number: int
    run: Callable[[datetime], None] = field(compare=False)


class Flows:
    """All flows of an account and what they have yet to do; callers hold the account's lock."""

    def __init__(self, effects: EffectLedger) -> None:
        self.all: list[Flow] = []
        self._effects = effects
        self._due: list[_Due] = []
        self._number = 0

    def settle(self, now: datetime) -> None:
        """Do everything that is due by `now`, in order."""
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            due.run(due.at)

    def tagged(self, list_id: str, member: Member, tag: str, at: datetime) -> None:
        """A tag became active: flows that start by it take her in at `at`."""
        self._start(list_id, lambda flow: flow.tag.lower() == tag.lower(), member, at, f"tag added: {tag}")

    def happened(self, list_id: str, member: Member, event: str, at: datetime) -> None:
        """An API event came in."""
        self._start(list_id, lambda flow: flow.event == event, member, at, f"event: {event}")

    def triggered(self, flow: Flow, member: Member, at: datetime) -> None:
        """The API trigger was called."""
        self._later(at, partial(self._enter, flow, member, "API trigger"))

    def untagged(self, list_id: str, member: Member, tag: str, at: datetime) -> None:
        """A tag was taken away: flows with that exit condition let her go."""
        for flow in self.all:
            if flow.list_id == list_id and flow.tag.lower() == tag.lower() and flow.exit_on_tag_removed:
                self._leave(flow, member, at, f"tag removed: {tag}")

    def forget(self, member: Member, at: datetime) -> None:
        """She left the audience: no flow goes on."""
        for flow in self.all:
            self._leave(flow, member, at, "no longer in the audience")

    def _start(self, list_id: str, fits: Callable[[Flow], bool], member: Member, at: datetime, why: str) -> None:
        for flow in self.all:
            if flow.list_id == list_id and flow.on and fits(flow):
                self._later(at, partial(self._enter, flow, member, why))

    def _enter(self, flow: Flow, member: Member, why: str, at: datetime) -> None:
        key = member.contact_id
        if not flow.on:
            return
        if key in flow.inside:
            self._record("refused", flow, member, at, "already in the flow")
            return
        last = flow.last_entries.get(key)
        if last is not None and not flow.reenter:
            self._record("refused", flow, member, at, "re-entry is off")
            return
        if last is not None and at - last < flow.minimum_wait:
            self._record("refused", flow, member, at, "minimum wait before re-entry")
            return
        entry = flow.inside[key] = Entry(member)
        flow.last_entries[key] = at
        self._record("entered", flow, member, at, why)
        for position in range(len(flow.mails)):
            self._later(at + position * flow.every, partial(self._send, flow, entry, position))

    def _send(self, flow: Flow, entry: Entry, position: int, at: datetime) -> None:
        member, mail = entry.member, flow.mails[position]
        if entry.over:
            return
        if flow.on and member.status == "subscribed":
            mail.send_to(member, at)
            self._record("sent", flow, member, at, f"mail {position + 1} of {len(flow.mails)}", mail.title)
        else:
            why = f"status is {member.status}" if flow.on else "flow is off"
            self._record("not_sent", flow, member, at, why, mail.title)
        if mail is flow.mails[-1]:
            self._leave(flow, member, at, "finished")

    def _leave(self, flow: Flow, member: Member, at: datetime, why: str) -> None:
        entry = flow.inside.pop(member.contact_id, None)
        if entry is not None:
            entry.over = True
            self._record("left", flow, member, at, why)

    def _later(self, at: datetime, run: Callable[[datetime], None]) -> None:
        self._number += 1
        heapq.heappush(self._due, _Due(at, self._number, run))

    def _record(self, kind: Kind, flow: Flow, member: Member, at: datetime, why: str, mail: str | None = None) -> None:
        self._effects.record(
            kind,
            platform=PLATFORM,
            person=member.contact_id,
            email=member.email,
            flow=flow.id,
            flow_name=flow.name,
            mail=mail,
            why=why,
            at=at,
        )
