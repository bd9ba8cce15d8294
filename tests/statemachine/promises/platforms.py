"""The doubles: a portal and an audience in memory, with a bin, merges, erasures, and an eye on every enrollment."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from adapters.memory import Memory, MemoryChannel
from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import Deadline, Enrollment, EnrollmentChannel, Found, Page, Record, Standing

HUBSPOT, AUDIENCE = "hubspot", "mailchimp:main"


class Witness(Protocol):
    """Who is told what happens at the platforms, at the moment when it does."""

    def consent_read(self, source: str, ids: Sequence[str]) -> None:
        """These were asked for right before an enrollment."""

    def looked(self, source: str, rows: Sequence[Enrollment]) -> None:
        """Somebody looks whether these are in."""

    def enrolling(self, source: str, key: str, row: Enrollment, *, in_already: bool) -> None:
        """An enrollment takes effect now."""


class NobodyLooks:
    """No witness."""

    def consent_read(self, source: str, ids: Sequence[str]) -> None:
        pass

    def looked(self, source: str, rows: Sequence[Enrollment]) -> None:
        pass

    def enrolling(self, source: str, key: str, row: Enrollment, *, in_already: bool) -> None:
        pass


@dataclass
class Watched(Memory):
    """What both doubles add to their memories."""

    witness: Witness = field(default_factory=NobodyLooks)

    def by_ids(self, ids: Sequence[str]) -> Found:
        found = super().by_ids(ids)
        gone = tuple(one.id for one in found.records if self.in_bin(one))
        return Found(tuple(one for one in found.records if not self.in_bin(one)), (*found.missing, *gone))

    def in_bin(self, person: Record) -> bool:
        """Whether she is not shown any more, and may come back."""
        return person.archived

    def changed(self, since: datetime, until: datetime) -> Generator[Page, None, None]:
        """People in the bin are in no search."""
        for page in super().changed(since, until):
            there = tuple(one for one in page.records if not self.in_bin(one))
            yield replace(page, records=there, total=len(there))

    def standings(self, ids: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Standing]:
        standings = super().standings([one for one in ids if one in self.people and not self.in_bin(self.people[one])])
        self.witness.consent_read(self.source, list(standings))
        return standings

    def by_emails(self, emails: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Record | None]:
        told = super().by_emails(emails, deadline)
        self.witness.consent_read(self.source, [one.id for one in told.values() if one is not None])
        return told

    def change(self, id_: str, **values: str | None) -> None:
        """Somebody other than Trellis changes values."""
        person = self.people[id_]
        email = values.get("email", values.get("email_address", person.email))
        self.people[id_] = replace(person, values={**person.values, **values}, email=email, modified_at=self.now())

    def seen(self, channel: MemoryChannel) -> EnrollmentChannel:
        """The channel, with the witness at its entrance."""

        def enter(row: Enrollment) -> None:
            self.witness.enrolling(self.source, channel.key, row, in_already=channel.is_in(row))
            channel.enter(row)

        def is_in(row: Enrollment) -> bool:
            self.witness.looked(self.source, [row])
            return channel.is_in(row)

        return replace(channel, enter=enter, is_in=is_in)


@dataclass
class Portal(Watched, HubSpotMemory):
    """A HubSpot portal."""

    source: str = HUBSPOT
    written: Callable[[str, Mapping[str, str | None]], None] = lambda _id, _values: None

    def set(self, id_: str, values: Mapping[str, str | None]) -> None:
        super().set(id_, values)
        self.written(id_, values)

    def person(self, id_: str) -> Record:
        person = super().person(id_)
        return person if not person.archived else super().person("nobody")

    def changed(self, since: datetime, until: datetime, beyond: datetime | None = None) -> Generator[Page, None, None]:
        return Watched.changed(self, since, until)

    def property_channel(self, name: str) -> EnrollmentChannel:
        return self.seen(super().property_channel(name))

    def list_channel(self, list_name: str) -> EnrollmentChannel:
        return self.seen(super().list_channel(list_name))

    def merge(self, into: str, gone: str) -> None:
        """One contact swallows another: her own values win, the other's fill what is empty."""
        winner, loser = self.people[into], self.people.pop(gone)
        values = {**loser.values, **{name: value for name, value in winner.values.items() if value}}
        ids = (*winner.merged_ids, gone, *loser.merged_ids)
        self.people[into] = replace(winner, values=values, merged_ids=ids, modified_at=self.now())


@dataclass
class Audience(Watched, MailchimpMemory):
    """A Mailchimp audience; whoever is archived there is still shown."""

    source: str = AUDIENCE

    def in_bin(self, person: Record) -> bool:
        return False

    def tag_channel(self, tag: str) -> EnrollmentChannel:
        return self.seen(super().tag_channel(tag))
