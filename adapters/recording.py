"""The ports with a tape running: a dry run in production and a fake in tests are the same object.

`RecordingHubSpot(real)` and `RecordingMailchimp(real)` pass every read on to the real platform, and write down what
would have been written instead of writing it. Without a real platform they hold people in memory (`adapters.memory`):
writes are written down and then done there, so that later reads show them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from adapters.memory import Memory
from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import (
    Activity,
    Change,
    ContactPlatform,
    Deadline,
    DeadlinePassed,
    Deal,
    Definition,
    Enrollment,
    EnrollmentChannel,
    Flow,
    Found,
    Histories,
    ListInfo,
    MembersPage,
    Order,
    Outcome,
    Owner,
    Page,
    Record,
    RowOutcome,
    Standing,
    Submission,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One thing asked of the platform: `act` is write, enroll, leave, put_on_list, take_off_list, set_tag, define, create_list,
    create_task, create_note, create_webhook, or what takes away (archive_property, delete_tag, …).

    `id` is whom it is about (or the name of what is made), `channel` the key of the channel, `values` what was given.
    """

    act: str
    id: str
    values: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""


Port = TypeVar("Port", bound=ContactPlatform)


class _Recording(Generic[Port]):
    """What both doubles share. `tape` holds, in order, what was done (in memory) or would have been (for real)."""

    def __init__(self, platform: Port) -> None:
        self._platform = platform
        self._dry = not isinstance(platform, Memory)
        self.source = platform.source
        self.tape: list[Recorded] = []

    def recorded(self, act: str) -> tuple[Recorded, ...]:
        """Everything of one act on the tape."""
        return tuple(one for one in self.tape if one.act == act)

    def changed(self, since: datetime, until: datetime) -> Generator[Page, None, None]:
        """See `ContactPlatform`."""
        return self._platform.changed(since, until)

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        """See `ContactPlatform`."""
        return self._platform.all(after)

    def count(self) -> int:
        """See `ContactPlatform`."""
        return self._platform.count()

    def pace(self) -> float:
        """See `ContactPlatform`."""
        return self._platform.pace()

    def by_ids(self, ids: Sequence[str]) -> Found:
        """See `ContactPlatform`."""
        return self._platform.by_ids(ids)

    def standings(self, ids: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Standing]:
        """See `ContactPlatform`."""
        return self._platform.standings(ids, deadline)

    def by_emails(self, emails: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Record | None]:
        """See `ContactPlatform`."""
        return self._platform.by_emails(emails, deadline)

    def definitions(self) -> Mapping[str, Definition]:
        """See `ContactPlatform`."""
        return self._platform.definitions()

    def write(self, rows: Sequence[Change], deadline: Deadline | None = None) -> tuple[RowOutcome, ...]:
        """See `ContactPlatform`."""
        ids = dict.fromkeys(row.id for row in rows)
        outcomes = _unsent(self.source, ids, deadline) if self._dry else self._platform.write(rows, deadline)
        done = {one.id for one in outcomes if one.outcome is Outcome.DONE}
        self.tape += [Recorded("write", row.id, dict(row.values)) for row in rows if row.id in done]
        return outcomes

    def define(
        self, definitions: Sequence[Definition], created: Callable[[str], None] | None = None
    ) -> tuple[str, ...]:
        """See `ContactPlatform`; in a dry run, what would be created."""
        if self._dry:
            known = self._platform.definitions()
            missing = [wanted.name for wanted in definitions if wanted.name not in known]
            lines = tuple(f"would create {name}" for name in missing)
        else:
            lines = self._platform.define(definitions, created)
        self.tape += [Recorded("define", line) for line in lines]
        return lines

    def _taken_away(self, act: str, name: str, take: Callable[[str], None]) -> None:
        if not self._dry:
            take(name)
        self.tape.append(Recorded(act, name))

    def _channel(self, channel: EnrollmentChannel) -> EnrollmentChannel:
        return _RecordingChannel(channel, self.tape, dry=self._dry)


class _RecordingChannel:
    def __init__(self, channel: EnrollmentChannel, tape: list[Recorded], *, dry: bool) -> None:
        self.key = channel.key
        self.source = channel.source
        self.repeat_safe = channel.repeat_safe
        self.marks_first = channel.marks_first
        self.batch = channel.batch
        self._channel = channel
        self._tape = tape
        self._dry = dry

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `EnrollmentChannel`."""
        outcomes = self._unsent(rows, deadline) if self._dry else self._channel.enroll(rows, deadline)
        return self._taped("enroll", rows, outcomes)

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `EnrollmentChannel`."""
        outcomes = self._unsent(rows, deadline) if self._dry else self._channel.leave(rows, deadline)
        return self._taped("leave", rows, outcomes)

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """See `EnrollmentChannel`; what the tape says of this channel goes before what the real platform shows."""
        on_tape = {(one.id, one.values["track"]): one.act == "enroll" for one in self._tape if one.channel == self.key}
        shown = self._channel.entered(rows)
        return {row.id: on_tape.get((row.id, row.track), shown[row.id]) if self._dry else shown[row.id] for row in rows}

    def _unsent(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        return _unsent(self.source, [row.id for row in rows], deadline)

    def _taped(self, act: str, rows: Sequence[Enrollment], outcomes: tuple[RowOutcome, ...]) -> tuple[RowOutcome, ...]:
        done = {one.id for one in outcomes if one.outcome is Outcome.DONE}
        self._tape += [
            Recorded(act, row.id, {"track": row.track, "markers": row.markers}, self.key)
            for row in rows
            if row.id in done
        ]
        return outcomes


def _unsent(source: str, ids: Iterable[str], deadline: Deadline | None) -> tuple[RowOutcome, ...]:
    """The endings of a call that is not made."""
    if deadline is None or deadline.remaining() > 0:
        return tuple(RowOutcome(id_, Outcome.DONE) for id_ in ids)
    late = DeadlinePassed(source.partition(":")[0], "the deadline passed before anything was recorded")
    return tuple(RowOutcome(id_, Outcome.LATER, late) for id_ in ids)


class RecordingHubSpot(_Recording[HubSpotPort]):
    """`HubSpotPort` with a tape, over a real portal or over one in memory (an empty one by default)."""

    def __init__(self, platform: HubSpotPort | None = None) -> None:
        super().__init__(HubSpotMemory() if platform is None else platform)

    def changed(self, since: datetime, until: datetime, beyond: datetime | None = None) -> Generator[Page, None, None]:
        """See `HubSpotPort`."""
        return self._platform.changed(since, until, beyond)

    def portal(self) -> Mapping[str, str]:
        """See `HubSpotPort`."""
        return self._platform.portal()

    def history(self, ids: Sequence[str], properties: Sequence[str]) -> Histories:
        """See `HubSpotPort`."""
        return self._platform.history(ids, properties)

    def contact_by_email(self, email: str) -> Record | None:
        """See `HubSpotPort`."""
        return self._platform.contact_by_email(email)

    def changed_companies(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """See `HubSpotPort`."""
        return self._platform.changed_companies(since, until)

    def company_values(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """See `HubSpotPort`."""
        return self._platform.company_values(ids)

    def company_definitions(self) -> Mapping[str, Definition]:
        """See `HubSpotPort`."""
        return self._platform.company_definitions()

    def lists(self) -> Mapping[str, ListInfo]:
        """See `HubSpotPort`."""
        return self._platform.lists()

    def list_named(self, name: str) -> ListInfo | None:
        """See `HubSpotPort`."""
        return self._platform.list_named(name)

    def create_list(self, name: str) -> ListInfo:
        """See `HubSpotPort`; in a dry run the id is "not created"."""
        self.tape.append(Recorded("create_list", name))
        return ListInfo("not created", name, "MANUAL") if self._dry else self._platform.create_list(name)

    def list_members(self, list_id: str, token: str | None = None) -> Iterator[MembersPage]:
        """See `HubSpotPort`."""
        return self._platform.list_members(list_id, token)

    def put_on_list(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """See `HubSpotPort`; in a dry run everybody is known."""
        unknown = frozenset() if self._dry else self._platform.put_on_list(list_id, ids, deadline)
        return self._listed("put_on_list", list_id, ids, unknown)

    def take_off_list(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """See `HubSpotPort`; in a dry run everybody is known."""
        unknown = frozenset() if self._dry else self._platform.take_off_list(list_id, ids, deadline)
        return self._listed("take_off_list", list_id, ids, unknown)

    def _listed(self, act: str, list_id: str, ids: Sequence[str], unknown: frozenset[str]) -> frozenset[str]:
        self.tape += [Recorded(act, id_, {"list": list_id}) for id_ in ids if id_ not in unknown]
        return unknown

    def changed_deals(self, since: datetime, until: datetime) -> Iterator[tuple[Deal, ...]]:
        """See `HubSpotPort`."""
        return self._platform.changed_deals(since, until)

    def contacts_of_deals(self, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """See `HubSpotPort`."""
        return self._platform.contacts_of_deals(ids)

    def forms(self) -> Mapping[str, str]:
        """See `HubSpotPort`."""
        return self._platform.forms()

    def submissions(self, form_id: str, form_name: str, since: datetime | None) -> Iterator[tuple[Submission, ...]]:
        """See `HubSpotPort`."""
        return self._platform.submissions(form_id, form_name, since)

    def count_within(self, low: int, high: int) -> int:
        """See `HubSpotPort`."""
        return self._platform.count_within(low, high)

    def ids_within(self, low: int, high: int) -> tuple[str, ...]:
        """See `HubSpotPort`."""
        return self._platform.ids_within(low, high)

    def archived(self, ids: Sequence[str]) -> frozenset[str]:
        """See `HubSpotPort`."""
        return self._platform.archived(ids)

    def owners(self) -> tuple[Owner, ...]:
        """See `HubSpotPort`."""
        return self._platform.owners()

    def create_task(
        self, contact_id: str | None, *, title: str, body: str, due: datetime, owner_id: str | None, deadline: Deadline
    ) -> str:
        """See `HubSpotPort`; in a dry run the id is "not created"."""
        values = {"title": title, "due": due.isoformat(), "owner": owner_id or ""}
        self.tape.append(Recorded("create_task", contact_id or "", values))
        if self._dry:
            return "not created"
        return self._platform.create_task(
            contact_id, title=title, body=body, due=due, owner_id=owner_id, deadline=deadline
        )

    def tasks_done(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """See `HubSpotPort`."""
        return self._platform.tasks_done(ids)

    def create_note(self, contact_id: str, *, text: str, at: datetime, deadline: Deadline) -> str:
        """See `HubSpotPort`; in a dry run the id is "not created"."""
        self.tape.append(Recorded("create_note", contact_id, {"at": at.isoformat()}))
        if self._dry:
            return "not created"
        return self._platform.create_note(contact_id, text=text, at=at, deadline=deadline)

    def values_of(self, ids: Sequence[str], properties: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """See `HubSpotPort`."""
        return self._platform.values_of(ids, properties)

    def flows(self, named: Collection[str] = ()) -> tuple[Flow, ...]:
        """See `HubSpotPort`."""
        return self._platform.flows(named)

    def property_limit(self) -> tuple[int, int] | None:
        """See `HubSpotPort`."""
        return self._platform.property_limit()

    def groups(self) -> tuple[str, ...]:
        """See `HubSpotRemoval`."""
        return self._platform.groups()

    def archive_property(self, name: str) -> None:
        """See `HubSpotRemoval`."""
        self._taken_away("archive_property", name, self._platform.archive_property)

    def archive_group(self, name: str) -> None:
        """See `HubSpotRemoval`."""
        self._taken_away("archive_group", name, self._platform.archive_group)

    def delete_list(self, list_id: str) -> None:
        """See `HubSpotRemoval`."""
        self._taken_away("delete_list", list_id, self._platform.delete_list)

    def property_channel(self, name: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return self._channel(self._platform.property_channel(name))

    def list_channel(self, list_name: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return self._channel(self._platform.list_channel(list_name))

    def workflow_channel(self, number: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return self._channel(self._platform.workflow_channel(number))

    def task_channel(self, title: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return self._channel(self._platform.task_channel(title))


class RecordingMailchimp(_Recording[MailchimpPort]):
    """`MailchimpPort` with a tape, over a real audience or over one in memory (an empty one by default)."""

    def __init__(self, platform: MailchimpPort | None = None) -> None:
        super().__init__(MailchimpMemory() if platform is None else platform)
        self.audience = self._platform.audience

    def account(self) -> Mapping[str, str]:
        """See `MailchimpPort`."""
        return self._platform.account()

    def activity(
        self,
        since: datetime,
        until: datetime,
        done: Collection[str] = (),
        seen: MutableMapping[str, str] | None = None,
    ) -> Iterator[tuple[Activity, ...]]:
        """See `MailchimpPort`."""
        return self._platform.activity(since, until, done, seen)

    def member_activity(self, id: str) -> tuple[Activity, ...]:  # noqa: A002 - the port's word
        """See `MailchimpPort`."""
        return self._platform.member_activity(id)

    def orders(self, known: int) -> Iterator[tuple[tuple[Order, ...], int]]:
        """See `MailchimpPort`."""
        return self._platform.orders(known)

    def member_by_email(self, email: str) -> Record | None:
        """See `MailchimpPort`."""
        return self._platform.member_by_email(email)

    def webhooks(self) -> tuple[str, ...]:
        """See `MailchimpPort`."""
        return self._platform.webhooks()

    def create_webhook(self, url: str) -> str | None:
        """See `MailchimpPort`; in a dry run there is no secret."""
        self.tape.append(Recorded("create_webhook", url))
        return None if self._dry else self._platform.create_webhook(url)

    def delete_webhook(self, url: str) -> None:
        """See `MailchimpRemoval`."""
        self._taken_away("delete_webhook", url, self._platform.delete_webhook)

    def delete_merge_field(self, tag: str) -> None:
        """See `MailchimpRemoval`."""
        self._taken_away("delete_merge_field", tag, self._platform.delete_merge_field)

    def tags(self) -> Mapping[str, str]:
        """See `MailchimpRemoval`."""
        return self._platform.tags()

    def delete_tag(self, tag_id: str) -> None:
        """See `MailchimpRemoval`."""
        self._taken_away("delete_tag", tag_id, self._platform.delete_tag)

    def set_tag(self, ids: Sequence[str], tag: str, *, active: bool, deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `MailchimpPort`."""
        outcomes = (
            _unsent(self.source, dict.fromkeys(ids), deadline)
            if self._dry
            else self._platform.set_tag(ids, tag, active=active, deadline=deadline)
        )
        status = "active" if active else "inactive"
        self.tape += [Recorded("set_tag", one.id, {tag: status}) for one in outcomes if one.outcome is Outcome.DONE]
        return outcomes

    def tag_channel(self, tag: str) -> EnrollmentChannel:
        """See `MailchimpPort`."""
        return self._channel(self._platform.tag_channel(tag))

    def journey_channel(self, journey: int, step: int) -> EnrollmentChannel:
        """See `MailchimpPort`."""
        return self._channel(self._platform.journey_channel(journey, step))
