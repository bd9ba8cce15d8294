"""A HubSpot portal held in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.hubspot.consent import consent_properties, standing_from_values
from adapters.hubspot.names import HubSpotNames
from adapters.markers import knows
from adapters.memory import Memory, MemoryChannel
from adapters.ports import (
    GROUP,
    Deadline,
    DeadlinePassed,
    Deal,
    Definition,
    Enrollment,
    EnrollmentChannel,
    Flow,
    Histories,
    ListInfo,
    ListMember,
    MembersPage,
    Owner,
    Page,
    PastValue,
    PlatformRefused,
    Record,
    Standing,
    Submission,
)
from connector.facts import normal_email


@dataclass(frozen=True, slots=True)
class Company:
    """Values of one company and when they last changed."""

    values: Mapping[str, str | None]
    modified_at: datetime


@dataclass
class HubSpotMemory(Memory):
    """A portal in memory; implements `HubSpotPort`."""

    source: str = "hubspot"
    names: HubSpotNames = field(default_factory=HubSpotNames)
    subscription_types: Sequence[str] = ()
    companies: dict[str, Company] = field(default_factory=dict)
    companies_known: dict[str, Definition] = field(default_factory=dict)
    users: tuple[Owner, ...] = ()
    workflows: tuple[Flow, ...] = ()
    members: dict[str, dict[str, datetime]] = field(default_factory=dict)  # by list name: contact id → joined at
    deals: dict[str, tuple[Deal, tuple[str, ...]]] = field(default_factory=dict)  # by id: the deal, its contacts
    submitted: list[Submission] = field(default_factory=list)
    tasks: list[tuple[str, str]] = field(default_factory=list)  # (contact id or "", title)
    done: set[str] = field(default_factory=set)  # ids of tasks: their places among `tasks`, from 1
    notes: list[tuple[str, str, datetime]] = field(default_factory=list)  # (contact id, text, when)
    called: dict[str, set[str]] = field(default_factory=dict)  # by a workflow's id: contacts called into it

    def standing(self, person: Record) -> Standing:
        """By HubSpot's rules; every property that they look at counts as defined."""
        names = consent_properties(self.subscription_types, self.names)
        values = {**dict.fromkeys(names), "email": person.email, **person.values}
        return standing_from_values(
            person.id,
            values,
            subscription_types=self.subscription_types,
            names=self.names,
            use_marketing_status=False,
        )

    def changed(self, since: datetime, until: datetime, beyond: datetime | None = None) -> Generator[Page, None, None]:
        """See `HubSpotPort`."""
        for page in super().changed(since, until):
            yield page
            if beyond is not None and page.records[-1].modified_at <= beyond:
                return

    def portal(self) -> Mapping[str, str]:
        """See `HubSpotPort`."""
        return {"portalId": "0", "timeZone": "UTC"}

    def history(self, ids: Sequence[str], properties: Sequence[str]) -> Histories:
        """See `HubSpotPort`; only the present value is remembered."""
        return Histories(
            {
                id_: {
                    name: (PastValue(person.values[name], person.modified_at),)
                    for name in properties
                    if name in person.values
                }
                for id_, person in self.people.items()
                if id_ in ids
            }
        )

    def contact_by_email(self, email: str) -> Record | None:
        """See `HubSpotPort`."""
        return self.by_email(email)

    def by_email(self, email: str) -> Record | None:
        """Whoever is not archived."""
        address = normal_email(email)
        there = (one for one in self.people.values() if not one.archived and one.email)
        return next((one for one in there if normal_email(one.email or "") == address), None)

    def changed_companies(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """See `HubSpotPort`."""
        return tuple(id_ for id_, company in self.companies.items() if since <= company.modified_at <= until)

    def company_values(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """See `HubSpotPort`."""
        return {id_: self.companies[id_].values for id_ in ids if id_ in self.companies}

    def company_definitions(self) -> Mapping[str, Definition]:
        """See `HubSpotPort`."""
        return dict(self.companies_known)

    def lists(self) -> Mapping[str, ListInfo]:
        """See `HubSpotPort`; a list's id is its name."""
        return {name: ListInfo(name, name, "MANUAL", len(there)) for name, there in self.members.items()}

    def list_named(self, name: str) -> ListInfo | None:
        """See `HubSpotPort`."""
        return self.lists().get(name)

    def create_list(self, name: str) -> ListInfo:
        """See `HubSpotPort`."""
        self.members.setdefault(name, {})
        return self.lists()[name]

    def list_members(self, list_id: str, token: str | None = None) -> Iterator[MembersPage]:
        """See `HubSpotPort`; one page, from the place that `token` numbers."""
        members = [ListMember(id_, joined_at) for id_, joined_at in self.members[list_id].items()]
        return iter([MembersPage(tuple(members[int(token or 0) :]), token)])

    def put_on_list(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """See `HubSpotPort`."""
        there, known = self._listing(list_id, deadline), frozenset(ids) & self.people.keys()
        for id_ in ids:
            if id_ in known:
                there.setdefault(id_, self.now())
        return frozenset(ids) - known

    def take_off_list(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """See `HubSpotPort`."""
        there = self._listing(list_id, deadline)
        for id_ in ids:
            there.pop(id_, None)
        return frozenset(ids) - self.people.keys()

    def _listing(self, list_id: str, deadline: Deadline) -> dict[str, datetime]:
        if deadline.remaining() <= 0:
            raise DeadlinePassed(self.source, "the deadline passed")
        if list_id not in self.members:
            raise PlatformRefused(self.source, f"there is no list {list_id}", status=404)
        return self.members[list_id]

    def changed_deals(self, since: datetime, until: datetime) -> Iterator[tuple[Deal, ...]]:
        """See `HubSpotPort`."""
        closed = (deal for deal, _ in self.deals.values() if deal.won or deal.lost)
        return iter([tuple(deal for deal in closed if since <= deal.modified_at <= until)])

    def contacts_of_deals(self, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """See `HubSpotPort`."""
        return {id_: self.deals[id_][1] for id_ in ids if id_ in self.deals}

    def forms(self) -> Mapping[str, str]:
        """See `HubSpotPort`."""
        return {one.form: one.form_name for one in self.submitted}

    def submissions(self, form_id: str, form_name: str, since: datetime | None) -> Iterator[tuple[Submission, ...]]:  # noqa: ARG002
        """See `HubSpotPort`."""
        there = [one for one in self.submitted if one.form == form_id and (since is None or one.at >= since)]
        return iter([tuple(sorted(there, key=lambda one: one.at, reverse=True))])

    def count_within(self, low: int, high: int) -> int:
        """See `HubSpotPort`."""
        return len(self._within(low, high))

    def ids_within(self, low: int, high: int) -> tuple[str, ...]:
        """See `HubSpotPort`."""
        return tuple(str(one) for one in self._within(low, high)[:200])

    def archived(self, ids: Sequence[str]) -> frozenset[str]:
        """See `HubSpotPort`."""
        return frozenset(id_ for id_ in ids if id_ in self.people and self.people[id_].archived)

    def _within(self, low: int, high: int) -> list[int]:
        numbers = (int(id_) for id_, person in self.people.items() if id_.isdigit() and not person.archived)
        return sorted(one for one in numbers if low <= one <= high)

    def owners(self) -> tuple[Owner, ...]:
        """See `HubSpotPort`."""
        return self.users

    def create_task(
        self,
        contact_id: str | None,
        *,
        title: str,
        body: str,  # noqa: ARG002
        due: datetime,  # noqa: ARG002
        owner_id: str | None,  # noqa: ARG002
        deadline: Deadline,
    ) -> str:
        """See `HubSpotPort`."""
        if deadline.remaining() <= 0:
            raise DeadlinePassed(self.source, "the deadline passed")
        self.tasks.append((self.person(contact_id).id if contact_id else "", title))
        return str(len(self.tasks))

    def tasks_done(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """See `HubSpotPort`; done are those in `done`."""
        return {id_: id_ in self.done for id_ in ids if 0 < int(id_) <= len(self.tasks)}

    def create_note(self, contact_id: str, *, text: str, at: datetime, deadline: Deadline) -> str:
        """See `HubSpotPort`."""
        if deadline.remaining() <= 0:
            raise DeadlinePassed("hubspot", "the deadline passed before the note was made")
        self.notes.append((self.person(contact_id).id, text, at))
        return str(len(self.notes))

    def values_of(self, ids: Sequence[str], properties: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """See `HubSpotPort`."""
        there = {id_: self.people[id_] for id_ in ids if id_ in self.people and not self.people[id_].archived}
        return {id_: {name: person.values.get(name) for name in properties} for id_, person in there.items()}

    def flows(self, named: Collection[str] = ()) -> tuple[Flow, ...]:  # noqa: ARG002
        """See `HubSpotPort`."""
        return self.workflows

    def property_limit(self) -> tuple[int, int] | None:
        """See `HubSpotPort`."""
        return None

    def groups(self) -> tuple[str, ...]:
        """See `HubSpotRemoval`: those of the properties that there are."""
        return tuple(dict.fromkeys(one.group or GROUP for one in self.known.values()))

    def archive_property(self, name: str) -> None:
        """See `HubSpotRemoval`."""
        self.known.pop(name, None)

    def archive_group(self, name: str) -> None:
        """See `HubSpotRemoval`; it is gone with its last property."""
        if name in self.groups():
            raise PlatformRefused(self.source, f"group {name} still has properties")

    def delete_list(self, list_id: str) -> None:
        """See `HubSpotRemoval`."""
        self.members.pop(list_id, None)

    def property_channel(self, name: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return MemoryChannel(
            f"hubspot:property:{name}",
            self.source,
            self,
            enter=lambda row: self.set(row.id, {name: row.track, self.names.enrolled: row.markers}),
            exit=lambda row: self.set(row.id, {name: ""} if self.people[row.id].values.get(name) == row.track else {}),
            is_in=lambda row: self.people[row.id].values.get(name) == row.track,
        )

    def list_channel(self, list_name: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        there = self.members.setdefault(list_name, {})

        def enter(row: Enrollment) -> None:
            self.set(row.id, {self.names.enrolled: row.markers})
            there.setdefault(row.id, self.now())

        return MemoryChannel(
            f"hubspot:list:{list_name}",
            self.source,
            self,
            enter=enter,
            exit=lambda row: _forget(there, row.id),
            is_in=lambda row: row.id in there,
        )

    def workflow_channel(self, number: str) -> EnrollmentChannel:
        """See `HubSpotPort`; who is in a workflow stays there until she leaves."""
        there = self.called.setdefault(number, set())
        return self._at_most_once(
            f"hubspot:workflow:{number}",
            ask=lambda row: there.add(row.id),
            exit=lambda row: there.discard(row.id),
            shows=lambda row: row.id in there,
        )

    def task_channel(self, title: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return self._at_most_once(
            f"hubspot:task:{title}",
            ask=lambda row: self.tasks.append((row.id, title.replace("{name}", row.name))),
            exit=lambda _row: None,
            shows=lambda _row: False,
        )

    def _at_most_once(
        self,
        key: str,
        *,
        ask: Callable[[Enrollment], None],
        exit: Callable[[Enrollment], None],  # noqa: A002 - as `MemoryChannel` has it
        shows: Callable[[Enrollment], bool],
    ) -> MemoryChannel:
        def enter(row: Enrollment) -> None:
            self.set(row.id, {self.names.enrolled: row.markers})
            ask(row)

        def is_in(row: Enrollment) -> bool | None:
            if not knows(self.people[row.id].values.get(self.names.enrolled) or "", row):
                return False
            return True if shows(row) else None

        return MemoryChannel(key, self.source, self, enter, exit, is_in, repeat_safe=False, marks_first=True, batch=20)


def _forget(members: dict[str, datetime], id_: str) -> None:
    members.pop(id_, None)
