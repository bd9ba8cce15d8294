"""What an audit says: sections of counts, each with the few people who matter most and a cure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connector.store.audit import Groups, Some


@dataclass(frozen=True, slots=True)
class Line:
    """One count. `named` are people by our own numbers (``#12``), or groups of them (``#12 = #40``), never by address."""

    what: str
    count: int
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of disorder. `count` is how many it concerns in all: lines may overlap, and only the worst are told."""

    key: str
    title: str
    count: int
    lines: tuple[Line, ...]
    cure: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Up to when a source has been read, and when its first whole reading was done (None: never)."""

    source: str
    until: datetime | None
    whole: datetime | None


@dataclass(frozen=True, slots=True)
class Audit:
    """All of it, as the store knows it; `contacts` are those who are not archived everywhere."""

    contacts: int
    readings: tuple[Reading, ...]
    sections: tuple[Section, ...]


def of_people(what: str, people: Some) -> Line:
    """A line about contacts."""
    return Line(what, people.count, tuple(f"#{number}" for number in people.worst))


def of_groups(what: str, groups: Groups) -> Line:
    """A line about groups of contacts that may be one person each."""
    return Line(what, groups.count, tuple(" = ".join(f"#{number}" for number in one) for one in groups.worst))


def section(key: str, title: str, lines: Iterable[Line], cure: str, count: int | None = None) -> Section:
    """A section of what there is any of; its count is the sum of the lines, unless they overlap."""
    told = tuple(line for line in lines if line.count)
    return Section(key, title, sum(line.count for line in told) if count is None else count, told, cure)
