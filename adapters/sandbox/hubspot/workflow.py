"""What a workflow of the pretend portal is: its triggers and its rules (facts/hubspot.md §5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Trigger = Literal["property", "list"]


@dataclass(frozen=True)
class Mail:
    """One mail of a workflow, `after` the entry."""

    name: str
    after: timedelta


@dataclass
class Workflow:
    """One contact workflow.

    Attributes:
        id: the flowId of v4 and of the UI.
        workflow_id: the other id, which the legacy v2 enrollment wants.
        property, values: the property trigger, of any value where there are none; it may exist before the property does.
        list_id: the list trigger; with both, either lets in.
        mails: in order of sending.
        enabled: a switched-off workflow lets nobody in and sends nothing.
        reenroll: whether those who were in before may enter again.
        reenroll_by: by which triggers.
        leave: whether those who stop matching are taken out.
        by_events: whether it goes by what happens: each change enters, and nobody is watched.
        goal: property and value; whoever has it leaves, and does not enter.
        subscription: id of the mails' subscription type.
        suppression_lists: members are refused, and pushed out when they become members.
        inside: contact id → number of the present enrollment.
        ever: contacts that were in at least once.

    """

    id: str
    workflow_id: str
    name: str
    mails: tuple[Mail, ...]
    property: str = ""
    values: frozenset[str] = frozenset()
    list_id: str = ""
    enabled: bool = True
    reenroll: bool = True
    reenroll_by: frozenset[Trigger] = frozenset(("property", "list"))
    leave: bool = True
    by_events: bool = False
    goal: tuple[str, str] | None = None
    subscription: str = ""
    suppression_lists: tuple[str, ...] = ()
    created: str = ""
    inside: dict[int, int] = field(default_factory=dict)
    ever: set[int] = field(default_factory=set)

    def goes_by(self, kind: Trigger, name: str) -> bool:
        """Whether this property, or list by id, lets in, keeps out or ends it."""
        if kind == "property":
            return name in (self.property, self.goal[0] if self.goal else "")
        return name == self.list_id or name in self.suppression_lists

    def wants(self, value: str) -> bool:
        """Whether the property's value is one that it waits for."""
        return value in self.values if self.values else value != ""

    def lets_in_again(self, by: Trigger | None) -> bool:
        """Whether it lets in who was in before, by this trigger (None: by hand or call)."""
        return self.reenroll and (by is None or by in self.reenroll_by)
