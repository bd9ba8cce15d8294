"""What search sees of one shelf: every live record as it was before its changes of the last seconds (facts §11.1)."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from adapters.sandbox.hubspot.record import Record

Seen = Mapping[str, str]


class SearchIndex:
    """Lags behind the records; keeps the ids in order, and in order of their last-modified date, for narrow filters.

    Whoever changes a record calls `changed`, and before it `hide` where search is to go on seeing the old values.
    """

    def __init__(self, records: Mapping[int, Record], modified: str) -> None:
        self._records = records
        self._modified = modified
        self._old: dict[int, list[Seen | None]] = {}
        self._expiring: deque[tuple[float, int]] = deque()
        self._stale: set[int] = set()
        self._ids: list[int] = []
        self._moments: list[tuple[str, int]] = []

    def changed(self, record_id: int) -> None:
        """A record was added, changed, archived, restored or taken away."""
        self._stale.add(record_id)

    def hide(self, record: Record, until: float, *, new: bool = False) -> None:
        """Until that moment (epoch seconds) show the record as it is now, or not at all if it is new."""
        self._old.setdefault(record.id, []).append(None if new else dict(record.values))
        self._expiring.append((until, record.id))

    def forget(self, record_id: int) -> None:
        """The record is gone for good."""
        self._old.pop(record_id, None)
        self._stale.add(record_id)

    def refresh(self, now: float) -> None:
        """Take in what has become visible by `now`; call it before reading."""
        while self._expiring and self._expiring[0][0] <= now:
            _, id_ = self._expiring.popleft()
            versions = self._old.get(id_)
            if versions is not None:
                versions.pop(0)
                if not versions:
                    del self._old[id_]
                self._stale.add(id_)
        if not self._stale:
            return
        stale, self._stale = self._stale, set()
        shown = [(seen[self._modified], id_) for id_ in stale if (seen := self.values(id_)) is not None]
        self._moments = sorted([pair for pair in self._moments if pair[1] not in stale] + shown)
        self._ids = sorted([id_ for id_ in self._ids if id_ not in stale] + [id_ for _, id_ in shown])

    def values(self, record_id: int) -> Seen | None:
        """What search sees of a record; None where it sees nothing."""
        record = self._records.get(record_id)
        if record is None or record.archived is not None:
            return None
        versions = self._old.get(record_id)
        return versions[0] if versions else record.values

    def ids(self, low: float = float("-inf"), high: float = float("inf")) -> Sequence[int]:
        """The visible ids in [low, high], lowest first."""
        return self._ids[bisect_left(self._ids, low) : bisect_right(self._ids, high)]

    def ids_by_modified(self, low: str, high: str) -> Sequence[int]:
        """The visible ids last modified in [low, high] (ISO texts), oldest change first."""
        start = bisect_left(self._moments, (low, 0))
        end = bisect_right(self._moments, (high, 1 << 62))
        return [id_ for _, id_ in self._moments[start:end]]

    def rows(self, ids: Sequence[int]) -> Iterator[tuple[Record, Seen]]:
        """Records with the values that search sees."""
        for id_ in ids:
            seen = self.values(id_)
            if seen is not None:
                yield self._records[id_], seen
