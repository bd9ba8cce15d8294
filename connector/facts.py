"""What Trellis knows of a person: contact, events, consent. Pure data; every other part speaks in these words.

All times are aware UTC datetimes (naive ones are refused when the object is built); all values are immutable.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType


class Trust(StrEnum):
    """How sure we are that a person, not a machine, did it."""

    HUMAN = "human"
    UNSURE = "unsure"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Range:
    """A number known only as a range, such as the option "100-500" of a portal. `high` None means open-ended."""

    low: float
    high: float | None


#: One typed field value: text, a number, yes/no, a day, a moment, or a range.
Value = str | int | float | bool | date | datetime | Range


def aware(moment: datetime) -> datetime:
    """Return `moment`; raise ValueError if it has no time zone (a naive time is a bug at the edge, never a guess)."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: times must carry a zone")
    return moment


def normal_email(address: str) -> str:
    """An address as identities are compared by: trimmed, lower case, NFC. Dots and plus stay: they can be other people."""
    return unicodedata.normalize("NFC", address.strip().lower())


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a contact did, or that happened to her.

    `key` names the act uniquely within its contact (``hubspot:form_submit:#5`` is the fifth submission the counter
    told of), so the same act told twice is one event. `known_at` is when the platform could first have told us.
    """

    kind: str
    happened_at: datetime
    known_at: datetime
    key: str
    asset: str = ""
    channel: str = ""
    trust: Trust = Trust.HUMAN

    def __post_init__(self) -> None:
        aware(self.happened_at)
        aware(self.known_at)


@dataclass(frozen=True, slots=True)
class Record:
    """One contact as one platform shows it at one moment.

    `source` is ``hubspot`` or ``mailchimp:<audience name of fields.yaml>``. `values` are raw text under the platform's
    own names (``jobtitle``, ``company.numberofemployees``, ``merge_fields.JOBTITLE``, ``status``); None means that the
    platform holds no value (an empty string is read as None). `merged_ids` are ids that this record has swallowed.
    """

    source: str
    id: str
    email: str | None
    values: Mapping[str, str | None]
    modified_at: datetime
    archived: bool = False
    merged_ids: tuple[str, ...] = ()


class Refusal(StrEnum):
    """Why a person may not be enrolled. The value is stored and shown; the sentence comes from the language files."""

    OPTED_OUT = "opted_out"  # unsubscribed from all mail, or from the track's subscription type
    BOUNCED = "bounced"  # hard bounce, quarantined, or cleaned
    COMPLAINED = "complained"
    UNCONFIRMED = "unconfirmed"  # pending double opt-in
    ARCHIVED = "archived"
    FORGOTTEN = "forgotten"  # erased: never to be contacted again
    EXCLUDED = "excluded"  # a person ticked trellis_exclude
    NO_ADDRESS = "no_address"  # no e-mail address
    NOT_MARKETING = "not_marketing"  # HubSpot non-marketing contact, in portals that use marketing contacts
    NOT_SUBSCRIBED = "not_subscribed"  # on Mailchimp, but not a subscriber of the audience
    UNREADABLE = "unreadable"  # the platform could not be asked, so the answer is no


@dataclass(frozen=True, slots=True)
class Consent:
    """Everything that speaks against mail to one person, united over the platforms. Empty means: may be mailed.

    `general` refusals hold everywhere (an opt-out on one platform refuses on both, promise 1);
    `hubspot_types` are ids of HubSpot subscription types she opted out of;
    `channel` refusals hold for one channel only: key ``hubspot`` or ``mailchimp:<audience>``.
    """

    general: frozenset[Refusal] = frozenset()
    hubspot_types: frozenset[str] = frozenset()
    channel: Mapping[str, Refusal] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Episode:
    """The n-th time a contact entered a track, as our store knows it (only used-up ones: accepted, sending, unknown)."""

    track: str
    number: int
    channel: str
    entered_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """One person as of a moment: typed fields under the names of fields.yaml, events oldest first, consent, episodes.

    `id` is our own. `refs` ties it to the platforms: ``{"hubspot": "501", "mailchimp:main": "<contact_id>"}``.
    A field that is empty or unknown is absent from `fields`; `changed` says when a present one last changed, if known.
    """

    id: int
    refs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fields: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    changed: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    events: tuple[Event, ...] = ()
    consent: Consent = Consent()
    episodes: tuple[Episode, ...] = ()
