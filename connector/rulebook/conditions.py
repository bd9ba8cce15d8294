"""Conditions: what a rule may ask of a contact, as a tree, with the one meaning that everything shares.

A condition speaks of *names*: the fields of fields.yaml, and the computed names below where they exist already (an
override may ask for `fit`, a stage for `score`). A name without a value is *unknown*: every operator is false for it
but `is_not`, `not_in` and `known: false`, which are true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from connector.facts import Event, Value

#: Names that scoring computes; fields of fields.yaml may not be called so.
COMPUTED = frozenset(
    {"score", "fit", "phase", "engagement", "reaction", "profile", "persona", "similarity", "stage", "model", "aim"}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition is asked of: typed values by name, the events known by then, the day (in the team's zone)."""

    day: date
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Compare:
    """`name: {operator: argument}`; the argument is already normalized by the operator."""

    name: str
    operator: str
    argument: object


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


Condition = Compare | Every | Some | Not | Did
