"""Writing contact values in batches, several at once, with an ending for each row.

One bad row refuses its whole batch of 100 (facts/hubspot.md §3.2), so a refused batch is cut up until the bad rows
stand alone. What `attempts` learns keeps that cheap, hence the first batch goes alone; and where a refusal is about the
contacts themselves, and about many, they are told apart by what they have in common (`alike`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import TypeVar

from adapters.hubspot.alike import Kind, kinds_of, probes_of
from adapters.hubspot.attempts import Attempts, Refused
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.concurrency import MOST_AT_ONCE, gather
from adapters.hubspot.read import BATCH
from adapters.hubspot.rows import in_batches
from adapters.hubspot.rules import in_words, names_ours
from adapters.ports import Change, Deadline, PlatformRefused, RowOutcome

#: Of so few rows each is found by halving, however many of them are bad.
_FEW = 10
#: Calls that may be spent on finding bad rows among many of the same kind.
_MOST_SEARCHING = 300

_Item = TypeVar("_Item")


def write_contacts(
    client: HubSpotClient, changes: Iterable[Change], deadline: Deadline | None = None
) -> tuple[RowOutcome, ...]:
    """Write any number of changes; one outcome per id, in order of first appearance. Never raises PlatformError.

    Changes of one id are united, the later value wins. A platform that is busy, or that refuses the token, is not
    asked for the remaining batches: their rows end as LATER.
    """
    united = _united(changes)
    outcomes = _Writing(client, deadline).write(united)
    return tuple(outcomes[change.id] for change in united)


class _Writing:
    """The writing of one set of changes: which rows go together, and how those of a refused batch are told apart."""

    def __init__(self, client: HubSpotClient, deadline: Deadline | None) -> None:
        self._client = client
        self._deadline = deadline
        self._attempts = Attempts(client, deadline)
        self._apart: list[Refused] = []
        self._counting = Lock()
        self._searches_left = _MOST_SEARCHING

    def write(self, changes: Sequence[Change]) -> Mapping[str, RowOutcome]:
        """Write all of them: as they come, and then kind by kind those of batches that were refused for many a contact."""
        batches = list(in_batches(changes, BATCH))
        for first in batches[:1]:
            self._batch(first)
        _side_by_side(self._batch, batches[1:])
        if self._apart:
            self._write_by_kind()
        return self._attempts.outcomes

    def _batch(self, rows: Sequence[Change]) -> None:
        refused = self._attempts.send(rows)
        if refused is not None:
            self._look_closer(refused)

    def _look_closer(self, refused: Refused) -> None:
        """Find the bad rows by cutting up; contacts that are refused wherever one cuts are put apart."""
        parts = _suspects_apart(refused)
        if names_ours(refused.error, refused.rows) or len(refused.rows) <= _FEW:
            for part in parts:  # what one part teaches spares calls in the next
                self._batch(part)
            return
        still = None if self._apart else [self._attempts.send(part) for part in parts]
        if still is None or all(still):
            self._apart.append(refused)
            return
        for each in filter(None, still):
            self._look_closer(each)

    # ------------------------------------------------------------ many contacts refused for what they are

    def _write_by_kind(self) -> None:
        """Try a few of each kind; where all of them are refused, so are the others, else find the bad ones by halving."""
        errors = [in_words(refused.error, refused.rows) for refused in self._apart]
        rows = self._attempts.still_open([row for refused in self._apart for row in refused.rows])
        kinds = kinds_of(self._client, rows, {name for error in errors for name in error.fields}, self._deadline)
        _side_by_side(self._sample, [kind for kind in kinds if len(kind.rows) > _FEW and not kind.clear])
        rest = self._attempts.still_open([row for kind in kinds for row in kind.rows])
        _side_by_side(self._search, list(in_batches(rest, BATCH)))

    def _sample(self, kind: Kind) -> None:
        """Try some rows of a kind; if the portal takes none of them, none of the others is tried."""
        refused = [self._refusal_of(row) for row in probes_of(kind.rows)]
        last = refused[-1]
        if last is not None and all(refused):
            note = f"not tried: {len(refused)} contacts like this one were refused"
            self._attempts.all_end(self._attempts.still_open(kind.rows), _noted(last, note))

    def _refusal_of(self, row: Change) -> PlatformRefused | None:
        self._attempts.send([row])
        error = self._attempts.outcomes[row.id].error
        return error if isinstance(error, PlatformRefused) and error.status == 400 else None

    def _search(self, rows: Sequence[Change]) -> None:
        """Find the bad rows by halving, as long as calls are left for it."""
        refused = self._attempts.send(rows)
        if refused is None:
            return
        with self._counting:
            self._searches_left -= 2
        if self._searches_left < 0:
            error = in_words(refused.error, refused.rows)
            self._attempts.all_end(refused.rows, _noted(error, "not tried alone: too many are refused"))
            return
        for part in _suspects_apart(refused):
            self._search(part)


def _side_by_side(act: Callable[[_Item], None], items: Sequence[_Item]) -> None:
    gather(act, items, lambda: MOST_AT_ONCE)


def _united(changes: Iterable[Change]) -> list[Change]:
    values: dict[str, dict[str, str]] = {}
    for change in changes:
        values.setdefault(change.id, {}).update(change.values)
    return [Change(contact_id, each) for contact_id, each in values.items()]


def _noted(error: PlatformRefused, note: str) -> PlatformRefused:
    text = f"{error.message} ({note})"
    return PlatformRefused(error.platform, text, status=error.status, category=error.category, fields=error.fields)


def _suspects_apart(refused: Refused) -> list[Sequence[Change]]:
    """Two parts that are each smaller: those that write a named property and the others, or else two halves."""
    rows, named = refused.rows, set(refused.error.fields)
    suspects = [row for row in rows if named & row.values.keys()]
    others = [row for row in rows if not named & row.values.keys()]
    if suspects and others:
        return [others, suspects]
    middle = len(rows) // 2
    return [rows[:middle], rows[middle:]]
