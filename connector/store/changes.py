"""What became of records that were taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from connector.facts import Record


@dataclass(frozen=True, slots=True)
class Change:
    """One record that brought news: whose it is, and her snapshot on that source before (None: first sight) and after."""

    contact: int
    before: Record | None
    after: Record


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of some records, by (source, id). Each record is in `changed`, or counted once.

    `newcomers` are contacts who were nobody before, each with the ledger position of all that is known of her: whatever
    else the same transaction tells of them is as new (`events.add_events`).
    """

    changed: Mapping[tuple[str, str], Change]
    unchanged: int = 0
    forgotten: int = 0  # of people who were erased: dropped
    newcomers: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
