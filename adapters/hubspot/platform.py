"""`HubSpotPlatform`: HubSpot as the port of `adapters.ports`; each method is one line into the module that knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from adapters.hubspot import deals, flows, forms, lists, people, removal, tasks
from adapters.hubspot import definitions as properties_api
from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.companies import changed_companies
from adapters.hubspot.concurrency import MOST_AT_ONCE, gather
from adapters.hubspot.consent import consent_properties, standing_from_values
from adapters.hubspot.contacts import ContactReader, contact_by_email
from adapters.hubspot.enroll import ListChannel, PropertyChannel
from adapters.hubspot.marks import Marks
from adapters.hubspot.membership import put_on_list, take_off_list
from adapters.hubspot.names import HubSpotNames
from adapters.hubspot.read import archived_ids, read_histories, read_values
from adapters.hubspot.stumbling import write_values
from adapters.hubspot.task_call import TaskChannel
from adapters.hubspot.workflow_call import WorkflowChannel
from adapters.hubspot.workflow_ids import WorkflowIds
from adapters.one_by_one import answers
from adapters.ports import (
    Change,
    Deadline,
    Deal,
    Definition,
    EnrollmentChannel,
    Flow,
    Found,
    Histories,
    ListInfo,
    MembersPage,
    Owner,
    Page,
    Record,
    RowOutcome,
    Standing,
    Submission,
)

_COMPANY_OF_CONTACT = "associatedcompanyid"


class HubSpotPlatform:
    """Implements `HubSpotPort` for one portal. Thread-safe as its client is.

    `properties` are the contact properties to read; what consent, markers and company need is always read along.
    `subscription_types` are the ids whose opt-outs count; `use_marketing_status` says that the portal uses marketing
    contacts.
    """

    source = PLATFORM

    def __init__(
        self,
        client: HubSpotClient,
        *,
        properties: Sequence[str],
        company_properties: Sequence[str] = (),
        subscription_types: Sequence[str] = (),
        names: HubSpotNames = HubSpotNames(),  # noqa: B008 - immutable
        use_marketing_status: bool = False,
    ) -> None:
        self._client = client
        self._company_properties = tuple(company_properties)
        self._subscription_types = tuple(subscription_types)
        self._names = names
        self._marks = Marks(client, names)
        self._workflow_ids = WorkflowIds(client)
        self._use_marketing_status = use_marketing_status
        self._consent_properties = consent_properties(subscription_types, names)
        company = (_COMPANY_OF_CONTACT,) if company_properties else ()
        self._contacts = ContactReader(client, (*properties, *self._consent_properties, *company))

    def changed(self, since: datetime, until: datetime, beyond: datetime | None = None) -> Generator[Page, None, None]:
        """See `HubSpotPort`."""
        return self._contacts.changed(since, until, beyond)

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        """See `ContactPlatform`."""
        return self._contacts.all(after)

    def count(self) -> int:
        """See `ContactPlatform`."""
        return self._contacts.count()

    def pace(self) -> float:
        """See `ContactPlatform`."""
        return self._client.pace()

    def count_within(self, low: int, high: int) -> int:
        """See `HubSpotPort`."""
        return self._contacts.count_within(low, high)

    def ids_within(self, low: int, high: int) -> tuple[str, ...]:
        """See `HubSpotPort`."""
        return self._contacts.ids_within(low, high)

    def archived(self, ids: Sequence[str]) -> frozenset[str]:
        """See `HubSpotPort`."""
        return archived_ids(self._client, ids)

    def changed_deals(self, since: datetime, until: datetime) -> Iterator[tuple[Deal, ...]]:
        """See `HubSpotPort`."""
        return deals.changed_deals(self._client, since, until)

    def contacts_of_deals(self, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """See `HubSpotPort`."""
        return deals.contacts_of_deals(self._client, ids)

    def forms(self) -> Mapping[str, str]:
        """See `HubSpotPort`."""
        return forms.read_forms(self._client)

    def submissions(self, form_id: str, form_name: str, since: datetime | None) -> Iterator[tuple[Submission, ...]]:
        """See `HubSpotPort`."""
        return forms.submissions(self._client, form_id, form_name, since)

    def by_ids(self, ids: Sequence[str]) -> Found:
        """See `ContactPlatform`."""
        return self._contacts.by_ids(ids)

    def history(self, ids: Sequence[str], properties: Sequence[str]) -> Histories:
        """See `HubSpotPort`."""
        return read_histories(self._client, ids, properties)

    def standings(self, ids: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Standing]:
        """See `ContactPlatform`; one call per 100 ids. Raises PlatformError."""
        values = read_values(self._client, "contacts_read", ids, self._consent_properties, deadline)
        return {
            contact_id: standing_from_values(
                contact_id,
                each,
                subscription_types=self._subscription_types,
                names=self._names,
                use_marketing_status=self._use_marketing_status,
            )
            for contact_id, each in values.items()
        }

    def write(self, rows: Sequence[Change], deadline: Deadline | None = None) -> tuple[RowOutcome, ...]:
        """See `ContactPlatform`; one outcome per id, changes of one id are united."""
        return write_values(self._client, rows, deadline)

    def definitions(self) -> Mapping[str, Definition]:
        """See `ContactPlatform`."""
        return properties_api.read_definitions(self._client)

    def define(
        self, definitions: Sequence[Definition], created: Callable[[str], None] | None = None
    ) -> tuple[str, ...]:
        """See `ContactPlatform`; properties without a group go into "trellis"."""
        return properties_api.define(self._client, definitions, created)

    def property_limit(self) -> tuple[int, int] | None:
        """See `HubSpotPort`."""
        return properties_api.property_limit(self._client)

    def portal(self) -> Mapping[str, str]:
        """See `HubSpotPort`."""
        return people.read_portal(self._client)

    def owners(self) -> tuple[Owner, ...]:
        """See `HubSpotPort`."""
        return people.read_owners(self._client)

    def create_task(
        self, contact_id: str | None, *, title: str, body: str, due: datetime, owner_id: str | None, deadline: Deadline
    ) -> str:
        """See `HubSpotPort`."""
        return people.create_task(
            self._client, contact_id, title=title, body=body, due=due, owner_id=owner_id, deadline=deadline
        )

    def tasks_done(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """See `HubSpotPort`; one call per 100 ids."""
        return tasks.tasks_done(self._client, ids)

    def create_note(self, contact_id: str, *, text: str, at: datetime, deadline: Deadline) -> str:
        """See `HubSpotPort`."""
        return tasks.create_note(self._client, contact_id, text=text, at=at, deadline=deadline)

    def values_of(self, ids: Sequence[str], properties: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """See `HubSpotPort`; one call per 100 ids."""
        return read_values(self._client, "contacts_read", ids, properties)

    def contact_by_email(self, email: str) -> Record | None:
        """See `HubSpotPort`."""
        return contact_by_email(self._client, email, self._consent_properties)

    def by_emails(self, emails: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Record | None]:
        """See `ContactPlatform`; one call each, for nothing tells by which of her addresses a batch read would answer."""
        find = partial(contact_by_email, self._client, properties=self._consent_properties, deadline=deadline)
        return answers(find, emails, lambda call, each: gather(call, each, lambda: MOST_AT_ONCE))

    def changed_companies(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """See `HubSpotPort`."""
        return changed_companies(self._client, since, until)

    def company_values(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """See `HubSpotPort`; one call per 100 ids."""
        return read_values(self._client, "companies_read", ids, self._company_properties)

    def company_definitions(self) -> Mapping[str, Definition]:
        """See `HubSpotPort`; one call."""
        return properties_api.read_company_definitions(self._client)

    def lists(self) -> Mapping[str, ListInfo]:
        """See `HubSpotPort`."""
        return lists.read_lists(self._client)

    def list_named(self, name: str) -> ListInfo | None:
        """See `HubSpotPort`; one call."""
        return lists.find_list(self._client, name)

    def create_list(self, name: str) -> ListInfo:
        """See `HubSpotPort`."""
        return lists.create_list(self._client, name)

    def list_members(self, list_id: str, token: str | None = None) -> Iterator[MembersPage]:
        """See `HubSpotPort`."""
        return lists.list_members(self._client, list_id, token)

    def put_on_list(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """See `HubSpotPort`."""
        return put_on_list(self._client, list_id, ids, deadline)

    def take_off_list(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """See `HubSpotPort`."""
        return take_off_list(self._client, list_id, ids, deadline)

    def flows(self, named: Collection[str] = ()) -> tuple[Flow, ...]:
        """See `HubSpotPort`."""
        return flows.read_flows(self._client, self._workflow_ids, named)

    def groups(self) -> tuple[str, ...]:
        """See `HubSpotRemoval`."""
        return removal.read_groups(self._client)

    def archive_property(self, name: str) -> None:
        """See `HubSpotRemoval`."""
        removal.archive_property(self._client, name)

    def archive_group(self, name: str) -> None:
        """See `HubSpotRemoval`."""
        removal.archive_group(self._client, name)

    def delete_list(self, list_id: str) -> None:
        """See `HubSpotRemoval`."""
        removal.delete_list(self._client, list_id)

    def property_channel(self, name: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return PropertyChannel(self._client, self._marks, name)

    def list_channel(self, list_name: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return ListChannel(self._client, self._marks, list_name)

    def workflow_channel(self, number: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return WorkflowChannel(self._client, self._marks, self._workflow_ids, number)

    def task_channel(self, title: str) -> EnrollmentChannel:
        """See `HubSpotPort`."""
        return TaskChannel(self._client, self._marks, title)
