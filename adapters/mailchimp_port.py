"""What Trellis may ask of a Mailchimp audience beyond what both platforms offer.

How a platform may fail, how a row ends and what a channel promises: adapters/ports.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import Protocol

from adapters.ports import ContactPlatform, Deadline, EnrollmentChannel, RowOutcome
from adapters.removing import MailchimpRemoval
from adapters.rows import Activity, Order
from connector.facts import Record


class MailchimpPort(ContactPlatform, MailchimpRemoval, Protocol):
    """What only a Mailchimp audience has."""

    audience: str

    def account(self) -> Mapping[str, str]:
        """Account id and name. Raises PlatformError (CredentialsRefused on a bad key)."""

    def activity(
        self,
        since: datetime,
        until: datetime,
        done: Collection[str] = (),
        seen: MutableMapping[str, str] | None = None,
    ) -> Iterator[tuple[Activity, ...]]:
        """Opens, clicks, bounces, unsubscribes in campaigns and automations with activity since, but for those in `done`.

        One campaign after the other; the reports list is asked once. May repeat acts. `seen` is the platform's own note of
        what it has told, by campaign, which grows while you read: give back the one of the last reading that came to its
        end, or acts of which reports tell no time are missed (None: the note of this object). Read-only.
        """

    def member_activity(self, id: str) -> tuple[Activity, ...]:  # noqa: A002 - the word of every row
        """What one member did, by her own activity feed, custom events included (kind ``event``). Read-only."""

    def orders(self, known: int) -> Iterator[tuple[tuple[Order, ...], int]]:
        """Pages of orders with how many there are in all, where `known` were there last time: nothing when there are
        still so many, else those that are not known, most likely first, and known ones: stop when you have met as many
        as there are more. Read-only.
        """

    def member_by_email(self, email: str) -> Record | None:
        """The member with this address, archived included, or None. Read-only."""

    def webhooks(self) -> tuple[str, ...]:
        """URLs of the audience's webhooks. Read-only."""

    def create_webhook(self, url: str) -> str | None:
        """Create a webhook (all events; sources user and admin, not api) and return its signing secret if there is one."""

    def set_tag(self, ids: Sequence[str], tag: str, *, active: bool, deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Put a tag on members, or take it off them, without any flow noticing; one outcome each, and it may be done again.

        Never raises a PlatformError for a row. The deadline is checked just before each request leaves.
        """

    def tag_channel(self, tag: str) -> EnrollmentChannel:
        """The channel that puts `tag` on the member."""

    def journey_channel(self, journey: int, step: int) -> EnrollmentChannel:
        """The channel that calls people to a step of a flow. Not repeat-safe."""
