"""Platforms that hold their people in memory: the same ports, the same consent rules, no network.

What is behind the doubles of `adapters.recording` when they wrap no real platform. Nothing here imitates a platform's
quirks; the sandbox does that. Everything may be looked at and changed by the test that owns it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from adapters.ports import (
    Change,
    Deadline,
    DeadlinePassed,
    Definition,
    Enrollment,
    Found,
    Outcome,
    Page,
    PlatformError,
    PlatformRefused,
    Record,
    RowOutcome,
    Standing,
)

_PAGE = 100


def now_utc() -> datetime:
    """The present, where no other clock is given."""
    return datetime.now(UTC)


@dataclass
class Memory(ABC):
    """People of one source, by id, and the definitions of their values."""

    source: str
    people: dict[str, Record] = field(default_factory=dict)
    known: dict[str, Definition] = field(default_factory=dict)
    now: Callable[[], datetime] = now_utc

    def add(self, *people: Record) -> None:
        """Take people in, or put others in their place."""
        self.people.update({person.id: person for person in people})

    def changed(self, since: datetime, until: datetime) -> Generator[Page, None, None]:
        """See `ContactPlatform`."""
        within = [person for person in self.people.values() if since <= person.modified_at <= until]
        return _pages(sorted(within, key=lambda person: person.modified_at, reverse=True), 0)

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        """See `ContactPlatform`."""
        return _pages([person for person in self.people.values() if not person.archived], int(after or 0))

    def count(self) -> int:
        """See `ContactPlatform`."""
        return sum(not person.archived for person in self.people.values())

    def pace(self) -> float:
        """See `ContactPlatform`."""
        return 1000.0

    def by_ids(self, ids: Sequence[str]) -> Found:
        """See `ContactPlatform`."""
        unique = dict.fromkeys(ids)
        there = tuple(self.people[id_] for id_ in unique if id_ in self.people)
        return Found(there, tuple(id_ for id_ in unique if id_ not in self.people))

    def standings(self, ids: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Standing]:
        """See `ContactPlatform`."""
        if _has_passed(deadline):
            raise DeadlinePassed(self.source, "the deadline passed")
        return {id_: self.standing(self.people[id_]) for id_ in ids if id_ in self.people}

    @abstractmethod
    def standing(self, person: Record) -> Standing:
        """What the person's values say, by the rules of her platform."""

    def by_emails(self, emails: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Record | None]:
        """See `ContactPlatform`."""
        return {} if _has_passed(deadline) else {email: self.by_email(email) for email in emails}

    @abstractmethod
    def by_email(self, email: str) -> Record | None:
        """Who has this address, by the rules of the platform."""

    def write(self, rows: Sequence[Change], deadline: Deadline | None = None) -> tuple[RowOutcome, ...]:
        """See `ContactPlatform`; rows of one person end as one."""
        ended: dict[str, RowOutcome] = {}
        for row in rows:
            ended[row.id] = self.in_time(row.id, deadline, partial(self.set, row.id, row.values))
        return tuple(ended.values())

    def in_time(self, id_: str, deadline: Deadline | None, act: Callable[[], None]) -> RowOutcome:
        """How a row ends that is acted on if the deadline has not passed."""
        if _has_passed(deadline):
            return RowOutcome(id_, Outcome.LATER, DeadlinePassed(self.source, "the deadline passed"))
        try:
            act()
        except PlatformError as error:
            return RowOutcome(id_, Outcome.REFUSED, error)
        return RowOutcome(id_, Outcome.DONE)

    def set(self, id_: str, values: Mapping[str, str | None]) -> None:
        """Change values of one person; raises PlatformRefused for a stranger."""
        person = self.person(id_)
        cleared = {self.value_name(name): value or None for name, value in values.items()}
        self.people[id_] = replace(person, values={**person.values, **cleared}, modified_at=self.now())

    def value_name(self, name: str) -> str:
        """The raw value's name for a name that may be written."""
        return name

    def person(self, id_: str) -> Record:
        """One person; raises PlatformRefused for a stranger."""
        if id_ not in self.people:
            raise PlatformRefused(self.source.partition(":")[0], "no such person", status=404, category="NOT_FOUND")
        return self.people[id_]

    def definitions(self) -> Mapping[str, Definition]:
        """See `ContactPlatform`."""
        return dict(self.known)

    def define(
        self, definitions: Sequence[Definition], created: Callable[[str], None] | None = None
    ) -> tuple[str, ...]:
        """See `ContactPlatform`."""
        lines = []
        for wanted in definitions:
            known = self.known.get(wanted.name)
            if known is None:
                self.known[wanted.name] = wanted
                lines.append(f"created {wanted.name}")
                if created is not None:
                    created(wanted.name)
            elif added := [option for option in wanted.options if option not in known.options]:
                self.known[wanted.name] = replace(known, options=(*known.options, *added))
                lines.append(f"added to {wanted.name}: {', '.join(option.label for option in added)}")
        return tuple(lines)


@dataclass
class MemoryChannel:
    """An `EnrollmentChannel` of a memory: how to enter, how to leave, and how to see who is in."""

    key: str
    source: str
    memory: Memory
    enter: Callable[[Enrollment], None]
    exit: Callable[[Enrollment], None]
    is_in: Callable[[Enrollment], bool | None]
    repeat_safe: bool = True
    marks_first: bool = False
    batch: int = 100

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `EnrollmentChannel`."""
        return self._each(rows, deadline, self.enter)

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `EnrollmentChannel`."""
        return self._each(rows, deadline, self.exit)

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """See `EnrollmentChannel`."""
        return {row.id: row.id in self.memory.people and self.is_in(row) for row in rows}

    def _each(
        self, rows: Sequence[Enrollment], deadline: Deadline, act: Callable[[Enrollment], None]
    ) -> tuple[RowOutcome, ...]:
        def known(row: Enrollment) -> None:
            self.memory.person(row.id)
            act(row)

        return tuple(self.memory.in_time(row.id, deadline, partial(known, row)) for row in rows)


def _has_passed(deadline: Deadline | None) -> bool:
    return deadline is not None and deadline.remaining() <= 0


def _pages(people: Sequence[Record], start: int) -> Generator[Page, None, None]:
    for offset in range(start, len(people), _PAGE):
        end = offset + _PAGE
        yield Page(tuple(people[offset:end]), next=str(end) if end < len(people) else None, total=len(people))
