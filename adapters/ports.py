"""What the rest of Trellis may ask of a platform, and how a platform may fail.

The error tree (errors are sorted at the edge; nobody outside `adapters` looks at a status code):

    PlatformError
    ├── PlatformRefused             for good: the same request would be refused again (400, 404, 409, …)
    │   ├── CredentialsRefused      401: the token is wrong or withdrawn; the platform is stopped
    │   └── ScopeMissing            403: names what the token may not do
    ├── PlatformBusy                wait `retry_after` seconds (429, 423, 477, Mailchimp's bodyless 403, a quota gone)
    ├── PlatformUnreachable         no usable answer (network, 5xx, HTML, truncated JSON); `maybe_applied` says if the
    │                               request may have taken effect all the same
    └── DeadlinePassed              our own deadline ran out before the bytes left: nothing was sent

A `source` names where a record lives: ``hubspot`` or ``mailchimp:<audience name of fields.yaml>``. Raw values are text
under the platform's own names (``jobtitle``, ``company.numberofemployees``, ``merge_fields.JOBTITLE``, ``status``);
None means that the platform holds no value. An empty string is read as None.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connector.facts import Record as Record  # noqa: PLC0414 — re-exported: the unit of every read
from connector.facts import Refusal


class PlatformError(Exception):
    """A platform did not do what was asked. `platform` is ``hubspot`` or ``mailchimp``; the text names no person."""

    def __init__(self, platform: str, message: str) -> None:
        super().__init__(message)
        self.platform = platform
        self.message = message


class PlatformRefused(PlatformError):
    """The platform said no, for good. `status` is HTTP's; `category` the platform's own word; `fields` those it named."""

    def __init__(
        self, platform: str, message: str, *, status: int = 400, category: str = "", fields: Sequence[str] = ()
    ) -> None:
        super().__init__(platform, message)
        self.status = status
        self.category = category
        self.fields = tuple(fields)


class CredentialsRefused(PlatformRefused):
    """The platform does not accept our token or key."""


class ScopeMissing(PlatformRefused):
    """The token may not do this; `scopes` are what the platform says is required (may be empty)."""

    def __init__(self, platform: str, message: str, *, scopes: Sequence[str] = ()) -> None:
        super().__init__(platform, message, status=403, category="MISSING_SCOPES")
        self.scopes = tuple(scopes)


class PlatformBusy(PlatformError):
    """The platform asks to wait `retry_after` seconds (clamped to something sane by the adapter)."""

    def __init__(self, platform: str, message: str, *, retry_after: float, daily: bool = False) -> None:
        super().__init__(platform, message)
        self.retry_after = retry_after
        self.daily = daily


class PlatformUnreachable(PlatformError):
    """No usable answer came. With `maybe_applied` the request may have taken effect."""

    def __init__(self, platform: str, message: str, *, maybe_applied: bool) -> None:
        super().__init__(platform, message)
        self.maybe_applied = maybe_applied


class DeadlinePassed(PlatformError):
    """The deadline ran out before the request left this process; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A total time limit on a monotonic clock: `Deadline.after(20)`. Adapters check it just before bytes leave."""

    ends: float
    monotonic: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> Deadline:
        return cls(monotonic() + seconds, monotonic)

    def remaining(self) -> float:
        """Seconds left; negative when it has passed."""
        return self.ends - self.monotonic()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records, the rows that could not be understood (id → reason), and where to go on (None: the end)."""

    records: tuple[Record, ...]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Newest:
    """The latest changed records of a window, and how many records the window holds in all."""

    page: Page
    total: int


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a read by ids: what exists, and the ids that do not (deleted, merged away, never there)."""

    records: tuple[Record, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastValue:
    """One entry of a property's history; newest come first."""

    value: str | None
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing that a Mailchimp member did with one campaign. `id` is the subscriber hash; `asset` a link or a name."""

    source: str
    id: str
    kind: str  # email_sent | email_open | email_click | email_bounce | unsubscribe
    at: datetime
    campaign: str
    campaign_name: str
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Values to write on one record (platform names; an empty text clears)."""

    id: str
    values: Mapping[str, str]


class Outcome(StrEnum):
    """How one row ended."""

    DONE = "done"  # the platform accepted it
    REFUSED = "refused"  # for good
    LATER = "later"  # not applied; may be tried again
    UNKNOWN = "unknown"  # it may have been applied: look before anything else is tried


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """One row's ending; `error` says why when it is not DONE."""

    id: str
    outcome: Outcome
    error: PlatformError | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the platform says about one person right before an enrollment, from one read.

    `refusals` hold for every channel, `hubspot_types` are subscription types she opted out of, `markers` is the raw text
    of the episodes marker, `track` the present value of the track property ("" at Mailchimp), `tags` her active tags.
    """

    id: str
    refusals: frozenset[Refusal]
    hubspot_types: frozenset[str] = frozenset()
    channel_refusal: Refusal | None = None
    markers: str = ""
    track: str = ""
    tags: frozenset[str] = frozenset()
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One enrollment to make: `track` is put where the channel listens, `markers` is the whole new marker text."""

    id: str
    track: str
    markers: str


@dataclass(frozen=True, slots=True)
class ListMember:
    """One membership of a HubSpot list, with the time of joining where the platform tells it."""

    id: str
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an enumeration property."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A property (HubSpot) or merge field (Mailchimp) as defined there. Types are the platform's own words."""

    name: str
    label: str
    type: str
    field_type: str = ""
    options: tuple[Option, ...] = ()
    read_only: bool = False
    description: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A HubSpot list, or a Mailchimp audience: id, name, kind (MANUAL, SNAPSHOT, DYNAMIC; ``audience``), size if told."""

    id: str
    name: str
    kind: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A HubSpot workflow as far as the flows API shows it: what it listens to, and what happens on leaving."""

    id: str
    name: str
    enabled: bool
    listens_to: tuple[tuple[str, str], ...] = ()  # ("property", "trellis_track=finance"), ("list", "12")
    re_enrolls: bool = False
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """A HubSpot user who can own contacts."""

    id: str
    email: str


class EnrollmentChannel(Protocol):
    """One way of getting people into a platform's automation; every implementation passes the same conformance tests.

    `key` is stable and stored with the episode (``hubspot:property:trellis_track``, ``hubspot:list:<name>``,
    ``mailchimp:<audience>:tag:<tag>``). With `repeat_safe`, enrolling twice for one episode cannot mail twice.
    Calls never raise a PlatformError for a row: each row ends by itself. At most `batch` rows a call.
    """

    key: str
    source: str
    repeat_safe: bool
    batch: int

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Write the marker and enroll; the deadline is checked just before each request leaves."""

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Take people out of the track (clear the property, leave the list, deactivate the tag)."""

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """Probe by id, never by search: is the enrollment visible? None: cannot be told. Read-only."""


class ContactPlatform(Protocol):
    """What both platforms offer for one `source`."""

    source: str

    def changed(self, since: datetime, until: datetime) -> Iterator[Page]:
        """Records changed in [since, until], oldest first; may repeat records, never concludes absence. Read-only."""

    def all(self, after: str | None = None) -> Iterator[Page]:
        """Every record that is not archived; resumes from a page's `next`. Read-only."""

    def by_ids(self, ids: Sequence[str]) -> Found:
        """Records by id, any number of ids (batched inside). Read-only. Raises PlatformError."""

    def standings(self, ids: Sequence[str]) -> Mapping[str, Standing]:
        """Consent, exclude box and markers, read fresh by id; an id that is missing in the answer may not be enrolled."""

    def write(self, rows: Sequence[Change]) -> tuple[RowOutcome, ...]:
        """Write values; any number of rows (batched inside). Never raises for a row."""

    def definitions(self) -> Mapping[str, Definition]:
        """Properties or merge fields by name. Read-only. Raises PlatformError."""

    def define(self, definitions: Sequence[Definition]) -> tuple[str, ...]:
        """Create what is missing and add missing options; never deletes; returns what it did, one line each."""


class HubSpotPort(ContactPlatform, Protocol):
    """What only HubSpot has."""

    def portal(self) -> Mapping[str, str]:
        """Account details: portalId, timeZone, uiDomain, … (facts/hubspot.md §2). Raises PlatformError."""

    def contact_by_email(self, email: str) -> Record | None:
        """The contact with this address, or None. Read-only. Raises PlatformError."""

    def newest(self, since: datetime, until: datetime) -> Newest:
        """The latest of what `changed` would give, in one call: enough to see that a window holds nothing unknown.

        Read-only. Raises PlatformError.
        """

    def history(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> Mapping[str, Mapping[str, tuple[PastValue, ...]]]:
        """Property histories by contact id and property, newest first. Read-only."""

    def changed_companies(self, since: datetime, until: datetime) -> tuple[str, ...]:
        """Ids of companies changed in the window. Read-only."""

    def company_values(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str | None]]:
        """Chosen company properties by company id (names without the ``company.`` prefix). Read-only."""

    def lists(self) -> Mapping[str, ListInfo]:
        """Contact lists by name. Read-only."""

    def create_list(self, name: str) -> ListInfo:
        """Create a MANUAL contact list. Raises PlatformError."""

    def list_members(self, list_id: str) -> Iterator[ListMember]:
        """All members of a list. Read-only."""

    def owners(self) -> tuple[Owner, ...]:
        """All owners. Read-only."""

    def create_task(self, contact_id: str, *, title: str, body: str, due: datetime, owner_id: str | None) -> str:
        """Create a task on a contact and return its id. Not repeat-safe. Raises PlatformError."""

    def flows(self) -> tuple[Flow, ...]:
        """Contact workflows and what they listen to. Raises ScopeMissing where the token or tier may not look."""

    def property_limit(self) -> tuple[int, int] | None:
        """(used, limit) of custom contact properties, or None where the portal does not tell."""

    def property_channel(self, name: str) -> EnrollmentChannel:
        """The channel that puts the track's id into contact property `name`."""

    def list_channel(self, list_name: str) -> EnrollmentChannel:
        """The channel that adds people to the static list `list_name`."""


class MailchimpPort(ContactPlatform, Protocol):
    """What only a Mailchimp audience has."""

    audience: str

    def account(self) -> Mapping[str, str]:
        """Account id and name. Raises PlatformError (CredentialsRefused on a bad key)."""

    def activity(self, since: datetime, until: datetime) -> Iterator[tuple[Activity, ...]]:
        """Opens, clicks, bounces in campaigns and automations with activity since; the reports list is asked once."""

    def member_by_email(self, email: str) -> Record | None:
        """The member with this address, archived included, or None. Read-only."""

    def webhooks(self) -> tuple[str, ...]:
        """URLs of the audience's webhooks. Read-only."""

    def create_webhook(self, url: str) -> str | None:
        """Create a webhook (all events; sources user and admin, not api) and return its signing secret if there is one."""

    def tag_channel(self, tag: str) -> EnrollmentChannel:
        """The channel that puts `tag` on the member."""
