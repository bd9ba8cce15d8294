"""One record of the pretend portal: its values and how they came to be."""

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass, replace

Values = dict[str, str]

#: Lifetime totals (facts/hubspot.md §7): an act told late raises every later entry of their history.
COUNTERS: Collection[str] = frozenset(
    {
        "hs_analytics_num_page_views",
        "hs_analytics_num_visits",
        "hs_email_bounce",
        "hs_email_click",
        "hs_email_delivered",
        "hs_email_open",
        "hs_email_replied",
        "num_associated_deals",
        "num_contacted_notes",
        "num_conversion_events",
        "num_notes",
        "num_unique_conversion_events",
    }
)


@dataclass(frozen=True, slots=True)
class Source:
    """Who changed something, as webhooks (`changeSource`, `sourceId`) and histories (`sourceType`) name it."""

    change: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """One entry of a property's history."""

    value: str
    at: int
    source: Source


class Record:
    """One record. `values` holds every property that was ever set, built-in dates and the id included; times are in ms.

    `history` has entries (oldest first) only for properties that changed after creation.
    """

    __slots__ = ("archived", "created", "history", "id", "modified", "origin", "values")

    def __init__(self, id_: int, values: Values, created: int, origin: Source) -> None:
        self.id = id_
        self.values = values
        self.created = created
        self.modified = created
        self.archived: int | None = None
        self.origin = origin
        self.history: dict[str, list[Past]] | None = None

    def past(self, name: str) -> list[Past]:
        """The history of one property, newest first."""
        if self.history is not None and name in self.history:
            return self.history[name][::-1]
        value = self.values.get(name)
        return [] if value is None else [Past(value, self.created, self.origin)]

    def remember(self, name: str, value: str, at: int, source: Source) -> None:
        """Note that a property got a value; call it before `values` changes.

        What is told last stands, so nothing is noted before the newest entry. Only counters may be told in any order:
        `value` is the total that an act leads to, whenever it happened, and later entries rise by it.
        """
        if self.history is None:
            self.history = {}
        entries = self.history.setdefault(name, self.past(name))
        place = bisect_right(entries, at, key=lambda past: past.at)
        if name not in COUNTERS or place == len(entries):
            entries.append(Past(value, max(at, entries[-1].at) if entries else at, source))
            return
        raised = int(value) - int(entries[-1].value or 0)
        before = int(entries[place - 1].value or 0) if place else 0
        entries[place:] = [replace(each, value=str(int(each.value or 0) + raised)) for each in entries[place:]]
        entries.insert(place, Past(str(before + raised), at, source))
