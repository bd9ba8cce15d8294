"""What Trellis may ask of HubSpot beyond what both platforms offer.

How a platform may fail, how a row ends and what a channel promises: adapters/ports.py.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from adapters.flows import Flow
from adapters.ports import ContactPlatform, Deadline, EnrollmentChannel
from adapters.removing import HubSpotRemoval
from adapters.rows import Deal, Definition, Histories, ListInfo, MembersPage, Owner, Page, Submission
from connector.facts import Record


class HubSpotPort(ContactPlatform, HubSpotRemoval, Protocol):
    """What only HubSpot has."""

    def changed(self, since: datetime, until: datetime, beyond: datetime | None = None) -> Generator[Page, None, None]:
        """See `ContactPlatform`; the first page holds the newest, newest first: a reader may stop there.

        With `beyond`, records changed until then count in `total`, but pages after the first need not show them.
        """

    def portal(self) -> Mapping[str, str]:
        """Account details: portalId, timeZone, uiDomain, … (facts/hubspot.md §2). Raises PlatformError."""

    def contact_by_email(self, email: str) -> Record | None:
        """The contact with this address, or None. Read-only. Raises PlatformError."""

    def count_within(self, low: int, high: int) -> int:
        """How many contacts have an id in [low, high], by search: a hint where to look, never a proof. Read-only."""

    def ids_within(self, low: int, high: int) -> tuple[str, ...]:
        """Ids in [low, high] that search shows, at most 200, lowest first: a hint like the count. Read-only."""

    def archived(self, ids: Sequence[str]) -> frozenset[str]:
        """Which of these ids are in HubSpot's bin, from where they may be restored for 90 days. Read-only."""

    def history(self, ids: Sequence[str], properties: Sequence[str]) -> Histories:
        """Property histories; several calls at once where that helps. Ids that are not there are absent. Read-only."""

    def changed_companies(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """Ids of companies changed in the window. Read-only."""

    def company_values(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """Chosen company properties by company id (names without the ``company.`` prefix). Read-only."""

    def company_definitions(self) -> Mapping[str, Definition]:
        """Company properties by name. Read-only. Raises PlatformError."""

    def lists(self) -> Mapping[str, ListInfo]:
        """Contact lists by name, by search: one that was just made may be missing (facts/hubspot.md §11.1). Read-only."""

    def list_named(self, name: str) -> ListInfo | None:
        """The contact list of this name, or None; it is there as soon as it is made. Read-only. Raises PlatformError."""

    def create_list(self, name: str) -> ListInfo:
        """Create a MANUAL contact list. Raises PlatformError."""

    def list_members(self, list_id: str, token: str | None = None) -> Iterator[MembersPage]:
        """Members of a list, those who joined last at the end; from the page on that `token` names. Read-only."""

    def put_on_list(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """Put at most 250 contacts on a static list, and nothing else; returns those that the platform does not know.

        It may be done again. Raises PlatformError: PlatformRefused (404) where there is no such list any more.
        """

    def take_off_list(self, list_id: str, ids: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """Take at most 250 contacts off a static list; else as `put_on_list`. Who is not on it is none that is unknown."""

    def changed_deals(self, since: datetime, until: datetime) -> Iterator[tuple[Deal, ...]]:
        """Deals that are closed and were changed in [since, until]; may repeat. Read-only."""

    def contacts_of_deals(self, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Contact ids by deal id. Read-only."""

    def forms(self) -> Mapping[str, str]:
        """Names of the portal's forms by id. Read-only."""

    def submissions(self, form_id: str, form_name: str, since: datetime | None) -> Iterator[tuple[Submission, ...]]:
        """Submissions of one form, newest first, down to `since` (None: all there are). Read-only."""

    def owners(self) -> tuple[Owner, ...]:
        """All owners. Read-only."""

    def create_task(
        self, contact_id: str | None, *, title: str, body: str, due: datetime, owner_id: str | None, deadline: Deadline
    ) -> str:
        """Create a task, on a contact if there is one, and return its id. Not repeat-safe. Raises PlatformError.

        The deadline is checked just before the request leaves; DeadlinePassed means that nothing was sent.
        """

    def tasks_done(self, ids: Sequence[str]) -> Mapping[str, bool]:
        """Whether each of these tasks is completed; those that were deleted are absent. Read-only. Raises PlatformError."""

    def create_note(self, contact_id: str, *, text: str, at: datetime, deadline: Deadline) -> str:
        """Create a note on a contact and return its id. Not repeat-safe, and counts as activity. Raises PlatformError."""

    def values_of(self, ids: Sequence[str], properties: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """Chosen contact properties by id, as they are now; who is not there is absent. Read-only. Raises PlatformError."""

    def flows(self, named: Collection[str] = ()) -> tuple[Flow, ...]:
        """Contact workflows and what they listen to; of those `named` by their older id, it is told whose it is.

        Read-only. Raises ScopeMissing where the token or tier may not look.
        """

    def property_limit(self) -> tuple[int, int] | None:
        """(used, limit) of custom contact properties, or None where the portal does not tell."""

    def property_channel(self, name: str) -> EnrollmentChannel:
        """The channel that puts the track's id into contact property `name`."""

    def list_channel(self, list_name: str) -> EnrollmentChannel:
        """The channel that adds people to the static list `list_name`."""

    def workflow_channel(self, number: str) -> EnrollmentChannel:
        """The channel that calls people into the workflow that has `number` for one of its ids. Not repeat-safe."""

    def task_channel(self, title: str) -> EnrollmentChannel:
        """The channel that makes a task, with ``{name}`` in its title filled in. Not repeat-safe; rows need `due`."""
