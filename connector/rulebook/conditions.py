"""Conditions: what a rule may ask of a contact, as a tree, with the one meaning that everything shares.

A condition speaks of *names*: the fields of fields.yaml, and the computed names below where they exist already (an
override may ask for `fit`, a stage for `score`). A name without a value is *unknown*: every operator is false for it
but `is_not`, `not_in` and `known: false`, which are true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from types import MappingProxyType

from connector.facts import Event, Value
from connector.rulebook.operators import OPERATORS

#: Names that scoring computes; fields of fields.yaml may not be called so.
COMPUTED = frozenset(
    {
        *("score", "fit", "phase", "engagement", "reaction", "profile", "persona", "similarity"),
        *("stage", "model", "aim", "audience", "topic", "knows_brand", "knows_offer"),
    }
)

#: The single name that tests of one text (the asset of an event, the name of a mail) speak of.
ASSET = "asset"

#: Where something stands inside its condition: keys and places in lists, for messages.
At = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition is asked of: typed values by name, the events known by then, the day, and the team's zone.

    `day` is a day in `zone`; moments (of fields and events) become days in it before they are compared.
    """

    day: date
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    events: Sequence[Event] = ()
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Compare:
    """`name: {operator: argument}`; the argument is already normalized by the operator."""

    name: str
    operator: str
    argument: object
    at: At = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Every:
    """All of them (several keys side by side, or `all:`). Empty: true."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of them (`any:`). Empty: false."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`not:`"""

    of: Condition


@dataclass(frozen=True, slots=True)
class Did:
    """`did: {event, asset, within, at_least}`: at least so many such acts, in the last `within` days if given."""

    event: str
    asset: Condition | None  # tests over the single name "asset"
    within: int | None
    at_least: int
    at: At = field(default=(), compare=False, repr=False)


Condition = Compare | Every | Some | Not | Did


def holds(condition: Condition, subject: Subject) -> bool:
    """Whether `condition` is true of `subject`. Two-valued: an unknown name makes a test true or false, never unknown."""
    if isinstance(condition, Compare):
        return _compare(condition, subject)
    if isinstance(condition, Every):
        return all(holds(one, subject) for one in condition.of)
    if isinstance(condition, Some):
        return any(holds(one, subject) for one in condition.of)
    if isinstance(condition, Not):
        return not holds(condition.of, subject)
    return _did(condition, subject)


def asset_holds(test: Condition | None, text: str) -> bool:
    """Whether one text passes a text test, such as `{contains: demo}`; no test lets everything pass."""
    return test is None or holds(test, Subject(date.min, {ASSET: text}))


def names(condition: Condition) -> frozenset[str]:
    """The names that `condition` asks for: fields and computed ones, not those of assets."""
    return frozenset(leaf.name for leaf in leaves(condition) if isinstance(leaf, Compare))


def events(condition: Condition) -> frozenset[str]:
    """The kinds of events that `condition` asks for."""
    return frozenset(leaf.event for leaf in leaves(condition) if isinstance(leaf, Did))


def leaves(condition: Condition) -> Iterator[Compare | Did]:
    """The single tests of `condition`, in the order in which they were written."""
    if isinstance(condition, Compare | Did):
        yield condition
    elif isinstance(condition, Not):
        yield from leaves(condition.of)
    else:
        for one in condition.of:
            yield from leaves(one)


def _compare(test: Compare, subject: Subject) -> bool:
    operator = OPERATORS[test.operator]
    value = subject.values.get(test.name)
    if value is None or value == "":
        return not test.argument if test.operator == "known" else operator.unknown
    if isinstance(value, datetime):
        value = value.astimezone(subject.zone).date()
    return operator.holds(value, test.argument, subject.day)


def _did(test: Did, subject: Subject) -> bool:
    seen = 0
    for event in subject.events:
        if event.kind != test.event:
            continue
        age = (subject.day - event.happened_at.astimezone(subject.zone).date()).days
        if age < 0 or (test.within is not None and age > test.within) or not asset_holds(test.asset, event.asset):
            continue
        seen += 1
        if seen >= test.at_least:
            return True
    return False
