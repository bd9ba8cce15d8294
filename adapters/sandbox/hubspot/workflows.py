"""Workflows of the pretend portal: who enters, who leaves, and which mails would go out (facts/hubspot.md §5).

What happens goes to the effect ledger; mails are sent as sandbox time passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from adapters.sandbox.hubspot.builtin import optout_property
from adapters.sandbox.hubspot.errors import invalid
from adapters.sandbox.hubspot.record import Record, Source
from adapters.sandbox.hubspot.workflow import Mail, Trigger, Workflow

if TYPE_CHECKING:
    from adapters.sandbox.effects import Kind
    from adapters.sandbox.hubspot.portal import Portal

MAIL = Source("EMAIL", "")


class Workflows:
    """All workflows of the portal; not thread-safe, the portal's lock protects it."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._by_id: dict[str, Workflow] = {}
        self._enrollments = 0
        self._due: list[tuple[datetime, int, str, int, int]] = []

    def __iter__(self) -> Iterator[Workflow]:
        return iter(self._by_id.values())

    def keep(self, kind: Trigger, name: str) -> None:
        """400 for a property, or list by id, that may not go because a workflow goes by it."""
        used_by = [flow.name for flow in self if flow.goes_by(kind, name)]
        if used_by and self._portal.settings.keeps_what_is_used:
            raise invalid(
                f'The {kind} "{name}" is in use and cannot be deleted. Used in workflows: {", ".join(used_by)}'
            )

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
        reenroll_by: Sequence[Trigger] = ("property", "list"),
        leave: bool = True,
        by_events: bool = False,
        goal: tuple[str, str] | None = None,
        subscription: str = "",
        suppression_lists: Sequence[str] = (),
    ) -> Workflow:
        """Make a workflow; the first mail goes out on entry, each further one `days_between` days later.

        Without `property` and `list_id` it has no trigger: only a manual or direct enrollment enters it. Without `values`
        any value of the property enters. `goal` is a property and its value.
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
            reenroll_by=frozenset(reenroll_by),
            leave=leave,
            by_events=by_events,
            goal=goal and (goal[0], goal[1]),
            subscription=subscription,
            suppression_lists=tuple(suppression_lists),
            created=self._portal.now_iso(),
        )
        self._by_id[workflow.id] = workflow
        return workflow

    def find(self, key: str) -> Workflow | None:
        """By flowId or by name."""
        return self._by_id.get(key) or next((w for w in self if w.name == key), None)

    def by_workflow_id(self, workflow_id: str) -> Workflow | None:
        """By the id that v2 uses."""
        return next((workflow for workflow in self if workflow.workflow_id == workflow_id), None)

    def switch(self, workflow: Workflow, *, on: bool) -> None:
        """Switch a workflow on or off; those who are inside stay, and what is due while it is off is not sent.

        One that goes by what people are may let in who met it already and never was in: HubSpot asks, a setting answers.
        """
        begins, workflow.enabled = on and not workflow.enabled, on
        if begins and self._portal.settings.switching_on_enrolls and not workflow.by_events:
            for record in list(self._portal.contacts):
                if (trigger := self._met(workflow, record)) and record.id not in workflow.ever:
                    self.enroll(workflow, record, "met it when it was switched on", trigger)

    def property_changed(self, record: Record, name: str, old: str, new: str) -> None:
        """A contact's property got another value."""
        for workflow in self:
            if workflow.goal == (name, new):
                self.unenroll(workflow, record, f"reached its goal: {name} is {new}")
            if workflow.property != name:
                continue
            if workflow.wants(new) and (workflow.by_events or not workflow.wants(old)):
                self.enroll(workflow, record, f"{name} became {new}", "property")
            elif not workflow.wants(new):
                self._stopped_matching(workflow, record, f"{name} is {new or 'empty'}")

    def list_joined(self, record: Record, list_id: str, list_name: str) -> None:
        """A contact became a member."""
        for workflow in self:
            if list_id in workflow.suppression_lists:
                self.unenroll(workflow, record, f"joined suppression list {list_name}")
            if workflow.list_id == list_id:
                self.enroll(workflow, record, f"joined list {list_name}", "list")

    def list_left(self, record: Record, list_id: str, list_name: str) -> None:
        """A contact ceased to be a member."""
        for workflow in self:
            if workflow.list_id == list_id:
                self._stopped_matching(workflow, record, f"left list {list_name}")

    def _stopped_matching(self, workflow: Workflow, record: Record, why: str) -> None:
        if workflow.leave and not workflow.by_events and self._met(workflow, record) is None:
            self.unenroll(workflow, record, why)

    def _met(self, workflow: Workflow, record: Record) -> Trigger | None:
        """By which of its triggers a contact meets a workflow now."""
        if workflow.property and workflow.wants(record.values.get(workflow.property, "")):
            return "property"
        return "list" if workflow.list_id and self._portal.lists.has_member(workflow.list_id, record.id) else None

    def enroll(self, workflow: Workflow, record: Record, why: str, by: Trigger | None = None) -> bool:
        """Let a contact in, if the workflow's rules allow it; either way the ledger says so. `by` None: by hand or call."""
        refused = self._refusal(workflow, record, by)
        if refused:
            self._record("refused", workflow, record, f"{refused} ({why})")
            return False
        self._enrollments += 1
        workflow.inside[record.id] = enrollment = self._enrollments
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

    def _refusal(self, workflow: Workflow, record: Record, by: Trigger | None) -> str:
        if not workflow.enabled:
            return "workflow is off"
        if record.id in workflow.inside:
            return "already inside"
        if record.id in workflow.ever and not workflow.lets_in_again(by):
            return "re-enrollment is off"
        if workflow.goal and record.values.get(workflow.goal[0]) == workflow.goal[1]:
            return "its goal is reached"
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
