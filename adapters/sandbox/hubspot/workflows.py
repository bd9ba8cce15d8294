"""Workflows of the pretend portal: who enters, who leaves, and which mails would go out (facts/hubspot.md §5).

Contact workflows with one trigger: a property that takes one of some values, membership of a list, or none (manual).
What happens goes to the effect ledger; mails are sent as sandbox time passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from adapters.sandbox.hubspot.builtin import optout_property
from adapters.sandbox.hubspot.record import Record, Source

if TYPE_CHECKING:
    from adapters.sandbox.effects import Kind
    from adapters.sandbox.hubspot.portal import Portal

MAIL = Source("EMAIL", "")


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
        property, values: the property trigger; the workflow may exist before the property does.
        list_id: the list trigger.
        mails: in order of sending.
        enabled: a switched-off workflow lets nobody in and sends nothing.
        reenroll: whether those who were in before may enter again.
        leave: whether those who stop matching are taken out.
        subscription: id of the mails' subscription type.
        suppression_lists: members are refused.
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
    leave: bool = True
    subscription: str = ""
    suppression_lists: tuple[str, ...] = ()
    created: str = ""
    inside: dict[int, int] = field(default_factory=dict)
    ever: set[int] = field(default_factory=set)


class Workflows:
    """All workflows of the portal; not thread-safe, the portal's lock protects it."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._by_id: dict[str, Workflow] = {}
        self._by_property: dict[str, list[Workflow]] = {}
        self._by_list: dict[str, list[Workflow]] = {}
        self._enrollments = count(1)
        self._due: list[tuple[datetime, int, str, int, int]] = []

    def __iter__(self) -> Iterator[Workflow]:
        return iter(self._by_id.values())

    def add(
        self,
        name: str,
        *,
        property: str = "",  # noqa: A002 - the field's name in the trade
        values: Sequence[str] = (),
        list_id: str = "",
        mails: Sequence[str] = (),
        days_between: float = 3.0,
        enabled: bool = True,
        reenroll: bool = True,
        leave: bool = True,
        subscription: str = "",
        suppression_lists: Sequence[str] = (),
    ) -> Workflow:
        """Make a workflow; the first mail goes out on entry, each further one `days_between` days later.

        Without `property` and `list_id` it has no trigger: only a manual or direct enrollment enters it.
        """
        number = len(self._by_id) + 1
        workflow = Workflow(
            str(1_500_000_000 + number),
            str(60_000_000 + number),
            name,
            tuple(Mail(mail, i * timedelta(days=days_between)) for i, mail in enumerate(mails)),
            property=property,
            values=frozenset(values),
            list_id=list_id,
            enabled=enabled,
            reenroll=reenroll,
            leave=leave,
            subscription=subscription,
            suppression_lists=tuple(suppression_lists),
            created=self._portal.now_iso(),
        )
        self._by_id[workflow.id] = workflow
        if property:
            self._by_property.setdefault(property, []).append(workflow)
        if list_id:
            self._by_list.setdefault(list_id, []).append(workflow)
        return workflow

    def find(self, key: str) -> Workflow | None:
        """By flowId or by name."""
        return self._by_id.get(key) or next((w for w in self if w.name == key), None)

    def by_workflow_id(self, workflow_id: str) -> Workflow | None:
        """By the id that v2 uses."""
        return next((workflow for workflow in self if workflow.workflow_id == workflow_id), None)

    def property_changed(self, record: Record, name: str, old: str, new: str) -> None:
        """A contact's property got another value."""
        for workflow in self._by_property.get(name, ()):
            if new in workflow.values and old not in workflow.values:
                self.enroll(workflow, record, f"{name} became {new}")
            elif new not in workflow.values and workflow.leave:
                self.unenroll(workflow, record, f"{name} is {new or 'empty'}")

    def list_joined(self, record: Record, list_id: str, list_name: str) -> None:
        """A contact became a member."""
        for workflow in self._by_list.get(list_id, ()):
            self.enroll(workflow, record, f"joined list {list_name}")

    def list_left(self, record: Record, list_id: str, list_name: str) -> None:
        """A contact ceased to be a member."""
        for workflow in self._by_list.get(list_id, ()):
            if workflow.leave:
                self.unenroll(workflow, record, f"left list {list_name}")

    def enroll(self, workflow: Workflow, record: Record, why: str) -> bool:
        """Let a contact in, if the workflow's rules allow it; either way the ledger says so."""
        refused = self._refusal(workflow, record)
        if refused:
            self._record("refused", workflow, record, f"{refused} ({why})")
            return False
        enrollment = next(self._enrollments)
        workflow.inside[record.id] = enrollment
        workflow.ever.add(record.id)
        self._record("entered", workflow, record, why)
        now = self._portal.clock()
        for position, mail in enumerate(workflow.mails):
            heappush(self._due, (now + mail.after, enrollment, workflow.id, record.id, position))
        if not workflow.mails:
            self.unenroll(workflow, record, "finished")
        self.settle()
        return True

    def unenroll(self, workflow: Workflow, record: Record, why: str, at: datetime | None = None) -> bool:
        """Take a contact out; False if she was not in."""
        if workflow.inside.pop(record.id, None) is None:
            return False
        self._record("left", workflow, record, why, at=at)
        return True

    def forget(self, record: Record, why: str) -> None:
        """The contact is archived, merged or erased: she leaves every workflow."""
        for workflow in self:
            self.unenroll(workflow, record, why)

    def settle(self) -> None:
        """Send every mail that is due by now."""
        now = self._portal.clock()
        while self._due and self._due[0][0] <= now:
            at, enrollment, flow_id, contact_id, position = heappop(self._due)
            workflow = self._by_id[flow_id]
            record = self._portal.contacts.records.get(contact_id)
            if record is None or workflow.inside.get(contact_id) != enrollment:
                continue
            self._send(workflow, record, workflow.mails[position].name, at)
            if position == len(workflow.mails) - 1:
                self.unenroll(workflow, record, "finished", at)

    def _send(self, workflow: Workflow, record: Record, mail: str, at: datetime) -> None:
        reason = "workflow is off" if not workflow.enabled else self.unmailable(record, workflow.subscription)
        if reason:
            self._record("not_sent", workflow, record, reason, mail, at)
            return
        self._record("sent", workflow, record, f"mail of {workflow.name}", mail, at)
        self._portal.life.mail_received(record, mail, at)

    def unmailable(self, record: Record, subscription: str = "") -> str:
        """Why HubSpot itself would not mail this contact; "" if it would."""
        values = record.values
        if not values.get("email"):
            return "no e-mail address"
        if values.get("hs_email_optout") == "true":
            return "unsubscribed from all e-mail"
        if subscription and values.get(optout_property(subscription)) == "true":
            return f"opted out of subscription type {subscription}"
        if values.get("hs_email_hard_bounce_reason_enum"):
            return "hard bounced"
        if values.get("hs_email_quarantined") == "true":
            return "quarantined"
        if self._portal.settings.uses_marketing_contacts and values.get("hs_marketable_status") != "true":
            return "not a marketing contact"
        return ""

    def _refusal(self, workflow: Workflow, record: Record) -> str:
        if not workflow.enabled:
            return "workflow is off"
        if record.id in workflow.inside:
            return "already inside"
        if record.id in workflow.ever and not workflow.reenroll:
            return "re-enrollment is off"
        lists = self._portal.lists
        if any(lists.has_member(list_id, record.id) for list_id in workflow.suppression_lists):
            return "on a suppression list"
        return ""

    def _record(
        self,
        kind: Kind,
        workflow: Workflow,
        record: Record,
        why: str,
        mail: str | None = None,
        at: datetime | None = None,
    ) -> None:
        self._portal.effects.record(
            kind,
            platform="hubspot",
            person=str(record.id),
            email=record.values.get("email") or None,
            flow=workflow.id,
            flow_name=workflow.name,
            mail=mail,
            why=why,
            at=at and at.astimezone(UTC),
        )
