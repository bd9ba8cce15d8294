"""One batch of claimed deliveries, on its way to an ending for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from connector.steps.parts import Parts
from connector.steps.reading.intake import READ, take_in
from connector.store import failures, inbox
from connector.store.inbox import Delivery, End


class Stopped(Exception):
    """Told to stop in the middle of a batch: it is given back, and what was read of it is read again."""


#: What is said of a delivery some of whose people are listed.
UNREAD = "could not be read: see `trellis failures`"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: an end for each delivery by its number, the keys of events that need no second look, and about
    how many calls were made for it.
    """

    ends: Mapping[int, End]
    seen: Sequence[str] = ()
    calls: int = 0


@dataclass(slots=True)
class Round:
    """One call of taking in: what it was handed, and who was read in it.

    A delivery that had a number before a reading began tells nothing that this reading did not show. That is told by numbers
    because clocks of several machines differ.
    """

    parts: Parts
    stop: Callable[[], bool]
    _read_after: dict[str, int] = field(default_factory=dict)

    def newest_number(self) -> int:
        """Ask before a reading begins what number the newest delivery has."""
        with self.parts.engine.connect() as conn:
            return inbox.newest_number(conn)

    def was_read(self, id_: str, since: Delivery) -> bool:
        """Whether this record was read since that delivery came. A person who has it replayed wants another reading."""
        return not since.replayed and since.id <= self._read_after.get(id_, -1)

    def note_read(self, ids: Sequence[str], newest: int) -> None:
        """Remember that these were read when `newest` was the newest delivery."""
        self._read_after |= dict.fromkeys(ids, newest)

    def go_on(self) -> None:
        """Raises Stopped when told to stop."""
        if self.stop():
            raise Stopped


def list_unread(parts: Parts, source: str, unread: Mapping[str, str]) -> None:
    """Put those who could not be read (id → reason) where a person finds them, until they can be."""
    if unread:
        take_in(parts, source, (), unread)


def listed_unread(parts: Parts, source: str, ids: Collection[str]) -> set[str]:
    """Those of these ids who stand there: since this batch was read, or one before it. Read-only."""
    with parts.engine.connect() as conn:
        return failures.open_among(conn, ids, step=READ, source=source)
