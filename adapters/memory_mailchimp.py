"""A Mailchimp audience held in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from adapters.mailchimp.members import SUBSCRIBED, consent_from_values
from adapters.mailchimp.platform import MailchimpNames
from adapters.markers import knows
from adapters.memory import Memory, MemoryChannel
from adapters.ports import (
    Activity,
    Deadline,
    Enrollment,
    EnrollmentChannel,
    Order,
    PlatformRefused,
    Record,
    RowOutcome,
    Standing,
)


@dataclass
class MailchimpMemory(Memory):
    """An audience in memory; implements `MailchimpPort`."""

    source: str = "mailchimp:main"
    audience: str = "main"
    names: MailchimpNames = field(default_factory=MailchimpNames)
    acts: list[Activity] = field(default_factory=list)
    bought: list[Order] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)
    called: list[tuple[str, int, int]] = field(default_factory=list)  # (contact id, journey, step)

    def value_name(self, name: str) -> str:
        """Merge fields may be written by their tag alone."""
        return f"merge_fields.{name.removeprefix('merge_fields.')}"

    def standing(self, person: Record) -> Standing:
        """By Mailchimp's rules."""
        values = {"email_address": person.email, **person.values}
        refusals, channel_refusal = consent_from_values(values)
        return Standing(
            person.id,
            refusals,
            channel_refusal=channel_refusal,
            markers=values.get(self.value_name(self.names.markers)) or "",
            tags=_tags(person),
            email=person.email,
        )

    def account(self) -> Mapping[str, str]:
        """See `MailchimpPort`."""
        return {"account_id": "0", "account_name": "In memory"}

    def activity(
        self,
        since: datetime,
        until: datetime,
        done: Collection[str] = (),
        seen: MutableMapping[str, str] | None = None,  # noqa: ARG002 - a memory knows the time of everything
    ) -> Iterator[tuple[Activity, ...]]:
        """See `MailchimpPort`."""
        within = tuple(act for act in self.acts if since <= act.at <= until and act.campaign not in done)
        return iter([within] if within else [])

    def member_activity(self, id: str) -> tuple[Activity, ...]:  # noqa: A002 - the port's word
        """See `MailchimpPort`."""
        hash_ = self.person(id).values.get("subscriber_hash")
        return tuple(act for act in self.acts if act.id == hash_)

    def orders(self, known: int) -> Iterator[tuple[tuple[Order, ...], int]]:
        """See `MailchimpPort`."""
        return iter([(tuple(self.bought[known:]), len(self.bought))] if len(self.bought) > known else [])

    def member_by_email(self, email: str) -> Record | None:
        """See `MailchimpPort`."""
        return self.by_email(email)

    def by_email(self, email: str) -> Record | None:
        """Archived ones included."""
        wanted = email.strip().lower()
        return next((one for one in self.people.values() if (one.email or "").lower() == wanted), None)

    def webhooks(self) -> tuple[str, ...]:
        """See `MailchimpPort`."""
        return tuple(self.hooks)

    def create_webhook(self, url: str) -> str | None:
        """See `MailchimpPort`; its secret is always the same."""
        self.hooks.append(url)
        return "secret in memory"

    def delete_webhook(self, url: str) -> None:
        """See `MailchimpRemoval`."""
        self.hooks = [one for one in self.hooks if one != url]

    def delete_merge_field(self, tag: str) -> None:
        """See `MailchimpRemoval`."""
        self.known.pop(tag, None)

    def tags(self) -> Mapping[str, str]:
        """See `MailchimpRemoval`; a tag's id is its name."""
        return {tag: tag for person in self.people.values() for tag in _tags(person)}

    def delete_tag(self, tag_id: str) -> None:
        """See `MailchimpRemoval`."""
        for id_, person in self.people.items():
            self._set_tags(id_, _tags(person) - {tag_id})

    def set_tag(self, ids: Sequence[str], tag: str, *, active: bool, deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `MailchimpPort`; nothing listens to tags here anyway."""

        def act(id_: str) -> None:
            tags = _tags(self.person(id_))
            self._set_tags(id_, tags | {tag} if active else tags - {tag})

        return tuple(self.in_time(id_, deadline, partial(act, id_)) for id_ in dict.fromkeys(ids))

    def tag_channel(self, tag: str) -> EnrollmentChannel:
        """See `MailchimpPort`."""

        def enter(row: Enrollment) -> None:
            self._mark(row)
            self._set_tags(row.id, _tags(self.people[row.id]) | {tag})

        return MemoryChannel(
            f"{self.source}:tag:{tag}",
            self.source,
            self,
            enter=enter,
            exit=lambda row: self._set_tags(row.id, _tags(self.people[row.id]) - {tag}),
            is_in=lambda row: tag in _tags(self.people[row.id]),
            batch=50,
        )

    def journey_channel(self, journey: int, step: int) -> EnrollmentChannel:
        """See `MailchimpPort`; whom it was called with stands in `called`."""

        def enter(row: Enrollment) -> None:
            self._mark(row)
            self.called.append((row.id, journey, step))

        def is_in(row: Enrollment) -> bool | None:
            return None if knows(self.standing(self.people[row.id]).markers, row) else False

        key = f"{self.source}:journey:{journey}:{step}"
        return MemoryChannel(
            key, self.source, self, enter, lambda _row: None, is_in, repeat_safe=False, marks_first=True, batch=50
        )

    def _mark(self, row: Enrollment) -> None:
        status = self.people[row.id].values.get("status")
        if status != SUBSCRIBED:
            raise PlatformRefused("mailchimp", f"status is {status}", category="Not Subscribed")
        self.set(row.id, {self.names.markers: row.markers})

    def _set_tags(self, id_: str, tags: frozenset[str]) -> None:
        person = self.people[id_]
        self.people[id_] = replace(person, values={**person.values, "tags": ";".join(sorted(tags)) or None})


def _tags(person: Record) -> frozenset[str]:
    return frozenset((person.values.get("tags") or "").split(";")) - {""}
