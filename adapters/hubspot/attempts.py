"""Sending batches of changes: how each row ended, and what its batch taught about others.

Each input carries an `objectWriteTraceId`, with which HubSpot may answer row by row at once (facts/hubspot.md §3.2). A
property that does not exist refuses every row that has it without asking again, and a value that was refused once is
refused everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.hubspot.answers import ValuesRefused
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.endings import outcome_of, outcomes_of
from adapters.hubspot.rules import in_words
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


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows that were refused together, for a reason that none of them is yet known to be the one of."""

    rows: Sequence[Change]
    error: PlatformRefused


class Attempts:
    """What was sent so far, `outcomes` by contact id.

    Batches may run side by side on threads: each row is in one of them at a time, and what is learned is only ever added.
    A platform that is busy, or that refuses the token, is not asked again.
    """

    def __init__(self, client: HubSpotClient, deadline: Deadline | None) -> None:
        self._client = client
        self._deadline = deadline
        self._stopped: PlatformError | None = None
        self._bad_properties: dict[str, PlatformRefused] = {}
        self._bad_values: dict[tuple[str, str], PlatformRefused] = {}
        self.outcomes: dict[str, RowOutcome] = {}

    def send(self, rows: Sequence[Change]) -> Refused | None:
        """Write rows as one batch, less those whose ending is known by now or comes with the answer; what is left of
        them where they are refused as a whole, two rows at least.
        """
        while rows := self.still_open(rows):
            try:
                self._send(rows)
            except (PlatformBusy, DeadlinePassed, CredentialsRefused, ScopeMissing) as error:
                self._stopped = error
                self.all_end(rows, error)
            except PlatformRefused as error:
                self._learn(error, rows)
                named = [row for row in rows if isinstance(error, ValuesRefused) and row.id in error.ids]
                if len(rows) == 1 or named:
                    self.all_end(named or rows, in_words(error, rows))
                elif not any(map(self._known_refusal, rows)):
                    return Refused(rows, error)
            except PlatformError as error:
                self.all_end(rows, error)
        return None

    def still_open(self, rows: Sequence[Change]) -> Sequence[Change]:
        """The rows that have no ending yet; those that are known to be refused get theirs now."""
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

    def all_end(self, rows: Sequence[Change], error: PlatformError) -> None:
        """End rows by one error."""
        for row in rows:
            self.outcomes[row.id] = outcome_of(row.id, error)
