"""Writing contact values in batches, several at once, with an ending for each row.

One bad row refuses its whole batch of 100 (facts/hubspot.md §3.2), so a refused batch is cut up until the bad rows
stand alone. Four things keep that cheap: each input carries an `objectWriteTraceId`, with which HubSpot may answer row
by row at once; a property that does not exist refuses every row that has it without asking again; a value that was
refused once is refused everywhere; and where a refusal is about the contacts themselves, and about many, they are told
apart by what they have in common (`alike`). The first batch goes alone, so that what it teaches is learned once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from adapters.hubspot.alike import Kind, kinds_of, probes_of
from adapters.hubspot.answers import ValuesRefused
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.concurrency import MOST_AT_ONCE, gather
from adapters.hubspot.endings import outcome_of, outcomes_of
from adapters.hubspot.read import BATCH
from adapters.hubspot.rows import in_batches
from adapters.hubspot.rules import in_words, names_ours
from adapters.ports import (
    Change,
    CredentialsRefused,
    Deadline,
    DeadlinePassed,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    RowOutcome,
    ScopeMissing,
)

#: Codes that refuse a property whatever its value; others refuse one value of it.
_WHATEVER_VALUE = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
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
    writing = _Writing(client, deadline)
    writing.write(united)
    return tuple(writing.outcomes[change.id] for change in united)


@dataclass(frozen=True, slots=True)
class _Refused:
    """Rows that were refused together, for a reason that none of them is yet known to be the one of."""

    rows: Sequence[Change]
    error: PlatformRefused


class _Writing:
    """The writing of one set of changes: what was learned from refusals, and how each row ended.

    Batches run side by side on threads: each row is in one of them at a time, and what is learned is only ever added.
    """

    def __init__(self, client: HubSpotClient, deadline: Deadline | None) -> None:
        self._client = client
        self._deadline = deadline
        self._stopped: PlatformError | None = None
        self._bad_properties: dict[str, PlatformRefused] = {}
        self._bad_values: dict[tuple[str, str], PlatformRefused] = {}
        self._apart: list[_Refused] = []
        self._counting = Lock()
        self._searches_left = _MOST_SEARCHING
        self.outcomes: dict[str, RowOutcome] = {}

    def write(self, changes: Sequence[Change]) -> None:
        """Write all of them: as they come, and then kind by kind those of batches that were refused for many a contact."""
        batches = list(in_batches(changes, BATCH))
        for first in batches[:1]:
            self._batch(first)
        _side_by_side(self._batch, batches[1:])
        if self._apart:
            self._write_by_kind()

    def _batch(self, rows: Sequence[Change]) -> None:
        refused = self._try(rows)
        if refused is not None:
            self._look_closer(refused)

    def _look_closer(self, refused: _Refused) -> None:
        """Find the bad rows by cutting up; contacts that are refused wherever one cuts are put apart."""
        parts = _suspects_apart(refused)
        if names_ours(refused.error, refused.rows) or len(refused.rows) <= _FEW:
            for part in parts:  # what one part teaches spares calls in the next
                self._batch(part)
            return
        still = None if self._apart else [self._try(part) for part in parts]
        if still is None or all(still):
            self._apart.append(refused)
            return
        for each in filter(None, still):
            self._look_closer(each)

    def _try(self, rows: Sequence[Change]) -> _Refused | None:
        """Write rows as one batch, less those whose ending is known by now or comes with the answer; what is left of
        them where they are refused as a whole, two rows at least.
        """
        while rows := self._still_open(rows):
            try:
                self._send(rows)
            except (PlatformBusy, DeadlinePassed, CredentialsRefused, ScopeMissing) as error:
                self._stopped = error
                self._all_end(rows, error)
            except PlatformRefused as error:
                self._learn(error, rows)
                named = [row for row in rows if isinstance(error, ValuesRefused) and row.id in error.ids]
                if len(rows) == 1 or named:
                    self._all_end(named or rows, error)
                elif not any(map(self._known_refusal, rows)):
                    return _Refused(rows, error)
            except PlatformError as error:
                self._all_end(rows, error)
        return None

    def _still_open(self, rows: Sequence[Change]) -> Sequence[Change]:
        rest = []
        for row in rows:
            known = self._stopped or self._known_refusal(row)
            if row.id in self.outcomes:
                continue
            if known is None:
                rest.append(row)
            else:
                self.outcomes[row.id] = outcome_of(row.id, known)
        return rest

    def _send(self, rows: Sequence[Change]) -> None:
        inputs = [{"id": row.id, "properties": dict(row.values), "objectWriteTraceId": row.id} for row in rows]
        answer = self._client.call("contacts_update", body={"inputs": inputs}, deadline=self._deadline)
        self.outcomes.update({outcome.id: outcome for outcome in outcomes_of(rows, answer)})

    def _known_refusal(self, row: Change) -> PlatformRefused | None:
        if not (self._bad_properties or self._bad_values):
            return None
        for name, value in row.values.items():
            known = self._bad_properties.get(name) or self._bad_values.get((name, value))
            if known is not None:
                return known
        return None

    def _learn(self, error: PlatformRefused, rows: Sequence[Change]) -> None:
        """Keep what the refusal says of other rows too. What a single row's value was is certain; in a batch it is not."""
        codes = error.codes if isinstance(error, ValuesRefused) else {}
        for name, code in codes.items():
            if code in _WHATEVER_VALUE:
                self._bad_properties[name] = error
            elif len(rows) == 1 and code and name in rows[0].values:
                self._bad_values[name, rows[0].values[name]] = error

    def _all_end(self, rows: Sequence[Change], error: PlatformError) -> None:
        worded = in_words(error, rows) if isinstance(error, PlatformRefused) else error
        for row in rows:
            self.outcomes[row.id] = outcome_of(row.id, worded)

    # ------------------------------------------------------------ many contacts refused for what they are

    def _write_by_kind(self) -> None:
        """Try a few of each kind; where all of them are refused, so are the others, else find the bad ones by halving."""
        errors = [in_words(refused.error, refused.rows) for refused in self._apart]
        rows = self._still_open([row for refused in self._apart for row in refused.rows])
        kinds = kinds_of(self._client, rows, {name for error in errors for name in error.fields}, self._deadline)
        _side_by_side(self._sample, [kind for kind in kinds if len(kind.rows) > _FEW and not kind.clear])
        rest = self._still_open([row for kind in kinds for row in kind.rows])
        _side_by_side(self._search, list(in_batches(rest, BATCH)))

    def _sample(self, kind: Kind) -> None:
        """Try some rows of a kind; if the portal takes none of them, none of the others is tried."""
        refused = [self._refusal_of(row) for row in probes_of(kind.rows)]
        last = refused[-1]
        if last is not None and all(refused):
            note = f"not tried: {len(refused)} contacts like this one were refused"
            self._all_end(self._still_open(kind.rows), _noted(last, note))

    def _refusal_of(self, row: Change) -> PlatformRefused | None:
        self._try([row])
        error = self.outcomes[row.id].error
        return error if isinstance(error, PlatformRefused) and error.status == 400 else None

    def _search(self, rows: Sequence[Change]) -> None:
        """Find the bad rows by halving, as long as calls are left for it."""
        refused = self._try(rows)
        if refused is None:
            return
        with self._counting:
            self._searches_left -= 2
        if self._searches_left < 0:
            error = in_words(refused.error, refused.rows)
            self._all_end(refused.rows, _noted(error, "not tried alone: too many are refused"))
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


def _suspects_apart(refused: _Refused) -> list[Sequence[Change]]:
    """Two parts that are each smaller: those that write a named property and the others, or else two halves."""
    rows, named = refused.rows, set(refused.error.fields)
    suspects = [row for row in rows if named & row.values.keys()]
    others = [row for row in rows if not named & row.values.keys()]
    if suspects and others:
        return [others, suspects]
    middle = len(rows) // 2
    return [rows[:middle], rows[middle:]]
