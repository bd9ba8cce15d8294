"""The records of one kind of object: by id, by e-mail, in pages, in the recycling bin."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator

from adapters.sandbox.hubspot.index import SearchIndex
from adapters.sandbox.hubspot.kinds import Kind
from adapters.sandbox.hubspot.record import Record, Source, Values
from adapters.sandbox.hubspot.values import iso


class Shelf:
    """All records of one kind; not thread-safe, the portal's lock protects it.

    `merged` leads from the id of a record that was merged away to the id that has taken its place.
    """

    def __init__(self, kind: Kind, first_id: int) -> None:
        self.kind = kind
        self.records: dict[int, Record] = {}
        self.by_email: dict[str, int] = {}
        self.erased: set[str] = set()
        self.merged: dict[int, int] = {}
        self.index = SearchIndex(self.records, kind.modified)
        self._next_id = first_id
        self._live: list[int] = []
        self._archived: list[int] = []
        self._bin: deque[tuple[int, int]] = deque()

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
        self.index.changed(id_)
        return record

    def touch(self, record: Record, moment: int) -> None:
        """Move the last-modified date (ms) on; it never goes back."""
        record.modified = max(record.modified, moment)
        record.values[self.kind.modified] = iso(record.modified)
        self.index.changed(record.id)

    def find(self, key: str, *, archived: bool = False, by_email: bool = False, follow: bool = False) -> Record | None:
        """A record by the text of its id, or by e-mail (additional addresses too, without case).

        `follow` leads from an id that was merged away to the record in its place.
        """
        known = int(key) if key.isdigit() else None
        id_ = self.by_email.get(key.lower()) if by_email else known
        while follow and id_ in self.merged:
            id_ = self.merged[id_]
        record = self.records.get(id_) if id_ is not None else None
        return record if record is not None and (record.archived is not None) == archived else None

    def page(self, after: int, limit: int, *, archived: bool = False) -> tuple[list[Record], int | None]:
        """Up to `limit` records with ids from `after` on, and the id where the next page begins (None: the end)."""
        ids = self._archived if archived else self._live
        start = bisect_left(ids, after)
        chosen = ids[start : start + limit]
        more = start + limit < len(ids)
        return [self.records[id_] for id_ in chosen], chosen[-1] + 1 if more else None

    def page_at(self, start: int, limit: int, *, archived: bool = False) -> tuple[list[Record], int | None]:
        """The same by position: up to `limit` records from the `start`-th on, and the next position."""
        ids = self._archived if archived else self._live
        following = start + limit
        return [self.records[id_] for id_ in ids[start:following]], following if following < len(ids) else None

    def set_archived(self, record: Record, at: int | None) -> None:
        """Archive (`at` in ms) or restore (None) a record."""
        source, target = (self._live, self._archived) if at is not None else (self._archived, self._live)
        del source[bisect_left(source, record.id)]
        insort(target, record.id)
        record.archived = at
        if at is not None:
            self._bin.append((at, record.id))
        self.index.changed(record.id)

    def empty_bin(self, before: int) -> list[Record]:
        """Remove for good what was archived before that moment (ms), and tell what it was."""
        gone = []
        while self._bin and self._bin[0][0] < before:
            at, id_ = self._bin.popleft()
            record = self.records.get(id_)
            if record is not None and record.archived == at:
                self.remove(record)
                gone.append(record)
        return gone

    def remove(self, record: Record) -> None:
        """Take a record away for good."""
        ids = self._live if record.archived is None else self._archived
        del ids[bisect_left(ids, record.id)]
        del self.records[record.id]
        self.index.forget(record.id)
        for address in [address for address, id_ in self.by_email.items() if id_ == record.id]:
            del self.by_email[address]
