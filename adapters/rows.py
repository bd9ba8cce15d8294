"""What platforms tell and what they are told: one frozen record per kind, the words in which `adapters.ports` speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connector.facts import Record, Refusal


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records, and the rows that could not be understood (id → reason).

    `next` is where to go on when this page and all before it are kept (None: the end); `total` how many rows the whole
    stream has by the platform's own word, where it tells.
    """

    records: tuple[Record, ...]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a read by ids: what exists, and the ids that do not (deleted, merged away, never there).

    `unreadable` are those that exist and could not be understood (id → reason).
    """

    records: tuple[Record, ...]
    missing: tuple[str, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastValue:
    """One entry of a property's history; newest come first."""

    value: str | None
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Histories:
    """Property histories by contact id and property, newest first, and the contacts whose history could not be understood
    (id → reason).
    """

    found: Mapping[str, Mapping[str, tuple[PastValue, ...]]]
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing that a Mailchimp member did with one campaign. `id` is the subscriber hash; `asset` a link or a name.

    `by_proxy`: Mailchimp knows that a privacy proxy opened the mail, and no person.
    """

    source: str
    id: str
    kind: str  # email_sent | email_open | email_click | email_bounce | unsubscribe
    at: datetime
    campaign: str
    campaign_name: str
    asset: str = ""
    by_proxy: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Values to write on one record (platform names; an empty text clears)."""

    id: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the platform says about one person right before an enrollment, from one read.

    `refusals` hold for every channel, `hubspot_types` are subscription types she opted out of, `markers` is the raw text
    of the episodes marker, `track` the present value of the track property ("" at Mailchimp), `tags` her active tags,
    `other_emails` further addresses of hers (HubSpot keeps those of merged contacts).
    """

    id: str
    refusals: frozenset[Refusal]
    hubspot_types: frozenset[str] = frozenset()
    channel_refusal: Refusal | None = None
    markers: str = ""
    track: str = ""
    tags: frozenset[str] = frozenset()
    email: str | None = None
    other_emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One enrollment to make: `track` is put where the channel listens, `markers` is the whole new marker text.

    What a task needs besides: what the contact is called, why there is a task, and until when.
    """

    id: str
    track: str
    markers: str
    name: str = ""
    note: str = ""
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListMember:
    """One membership of a HubSpot list, with the time of joining where the platform tells it."""

    id: str
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MembersPage:
    """Members of a list in the order of their joining; `token` asks for this very page (and what comes after) again."""

    members: tuple[ListMember, ...]
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as HubSpot shows it; `closed_at` is its close date, which for an open one is a plan."""

    id: str
    name: str
    won: bool
    lost: bool
    closed_at: datetime | None
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission of a form: the address given (None where none was) and the page that it was filled in on."""

    form: str
    form_name: str
    at: datetime
    email: str | None = field(repr=False)
    page: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a store that is connected to an audience; `id` holds for the account, `hash` is the subscriber hash.

    `at` is None where the store tells no time; `total` is the sum with its currency.
    """

    source: str
    id: str
    hash: str
    at: datetime | None
    store: str
    total: str = ""
    canceled: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an enumeration property."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A property (HubSpot) or merge field (Mailchimp) as defined there. Types are the platform's own words.

    `built_in`: the platform defined it itself.
    """

    name: str
    label: str
    type: str
    field_type: str = ""
    options: tuple[Option, ...] = ()
    read_only: bool = False
    description: str = ""
    group: str = ""
    built_in: bool = False


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A HubSpot list, or a Mailchimp audience: id, name, kind (MANUAL, SNAPSHOT, DYNAMIC; ``audience``), size if told."""

    id: str
    name: str
    kind: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """A HubSpot user who can own contacts."""

    id: str
    email: str
