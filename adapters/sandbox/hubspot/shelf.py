"""The records of one kind of object: by id, by e-mail, in pages, and as the search index sees them."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.sandbox.hubspot.kinds import Kind
from adapters.sandbox.hubspot.values import iso

Values = dict[str, str]


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
        """Note that a property got a value; call it before `values` changes."""
        if self.history is None:
            self.history = {}
        entries = self.history.setdefault(name, self.past(name))
        entries.append(Past(value, at, source))


class Shelf:
    """All records of one kind; not thread-safe, the portal's lock protects it."""

    def __init__(self, kind: Kind, first_id: int) -> None:
        self.kind = kind
        self.records: dict[int, Record] = {}
        self.by_email: dict[str, int] = {}
        self.erased: set[str] = set()
        self._next_id = first_id
        self._live: list[int] = []
        self._archived: list[int] = []
        self._old: dict[int, list[tuple[float, Mapping[str, str] | None]]] = {}
        self._expiring: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[Record]:
        """The records that are not archived, by rising id."""
        return (self.records[id_] for id_ in self._live)

    def add(self, values: Values, created: int, origin: Source, *, id_: int | None = None) -> Record:
        """A new record; `id_` only for imports that bring their own ids."""
        if id_ is None:
            id_ = self._next_id
        self._next_id = max(self._next_id, id_ + 1)
        record = Record(id_, values, created, origin)
        values["hs_object_id"] = str(id_)
        values[self.kind.created] = values[self.kind.modified] = iso(created)
        self.records[id_] = record
        insort(self._live, id_)
        return record

    def find(self, key: str, *, archived: bool = False, by_email: bool = False) -> Record | None:
        """A record by the text of its id, or by e-mail (additional addresses too, without case)."""
        known = int(key) if key.isdigit() else None
        id_ = self.by_email.get(key.lower()) if by_email else known
        record = self.records.get(id_) if id_ is not None else None
        return record if record is not None and (record.archived is not None) == archived else None

    def page(self, after: int, limit: int, *, archived: bool = False) -> tuple[list[Record], int | None]:
        """Up to `limit` records with ids from `after` on, and the id where the next page begins (None: the end)."""
        ids = self._archived if archived else self._live
        start = bisect_left(ids, after)
        chosen = ids[start : start + limit]
        more = start + limit < len(ids)
        return [self.records[id_] for id_ in chosen], chosen[-1] + 1 if more else None

    def set_archived(self, record: Record, at: int | None) -> None:
        """Archive (`at` in ms) or restore (None) a record."""
        source, target = (self._live, self._archived) if at is not None else (self._archived, self._live)
        del source[bisect_left(source, record.id)]
        insort(target, record.id)
        record.archived = at

    def remove(self, record: Record) -> None:
        """Take a record away for good."""
        ids = self._live if record.archived is None else self._archived
        del ids[bisect_left(ids, record.id)]
        del self.records[record.id]
        self._old.pop(record.id, None)
        for address in [address for address, id_ in self.by_email.items() if id_ == record.id]:
            del self.by_email[address]

    def hide_change(self, record: Record, until: float, now: float, *, new: bool = False) -> None:
        """Let search see the record as it is now (or not at all, if new) until the moment `until` (epoch seconds)."""
        self._expire(now)
        self._old.setdefault(record.id, []).append((until, None if new else dict(record.values)))
        self._expiring.append((until, record.id))

    def indexed(self, now: float) -> Iterator[tuple[Record, Mapping[str, str]]]:
        """Every live record with the values that search sees at `now`."""
        self._expire(now)
        if not self._old:
            for record in self:
                yield record, record.values
            return
        for record in self:
            versions = self._old.get(record.id)
            seen = versions[0][1] if versions else record.values
            if seen is not None:
                yield record, seen

    def _expire(self, now: float) -> None:
        while self._expiring and self._expiring[0][0] <= now:
            _, id_ = self._expiring.popleft()
            versions = self._old.get(id_)
            if versions is not None:
                versions.pop(0)
                if not versions:
                    del self._old[id_]
