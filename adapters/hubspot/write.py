"""Writing contact values in batches, with an ending for each row.

One bad row refuses its whole batch of 100 (facts/hubspot.md §3.2), so a refused batch is cut up until the bad rows
stand alone. Three things keep that cheap: each input carries an `objectWriteTraceId`, with which HubSpot may answer row
by row at once; a property that does not exist refuses every row that has it without asking again; and a value that was
refused once is refused everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.hubspot.answers import PLATFORM, ValuesRefused, context_values, read_complaint
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.read import BATCH
from adapters.hubspot.rows import in_batches, row_id, rows_of
from adapters.ports import (
    Change,
    CredentialsRefused,
    Deadline,
    DeadlinePassed,
    Outcome,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
    ScopeMissing,
)

#: Codes that refuse a property whatever its value; others refuse one value of it.
_WHATEVER_VALUE = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
#: Categories of one row's error in a 207 that may pass.
_PASSING = frozenset({"RATE_LIMITS", "RATE_LIMIT", "LOCKED", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"})


def write_contacts(
    client: HubSpotClient, changes: Iterable[Change], deadline: Deadline | None = None
) -> tuple[RowOutcome, ...]:
    """Write any number of changes; one outcome per id, in order of first appearance. Never raises PlatformError.

    Changes of one id are united, the later value wins. A platform that is busy, or that refuses the token, is not
    asked for the remaining batches: their rows end as LATER.
    """
    writing = _Writing(client, deadline)
    for batch in in_batches(_united(changes), BATCH):
        writing.batch(batch)
    return tuple(writing.outcomes.values())


def outcome_of(contact_id: str, error: PlatformError) -> RowOutcome:
    """How a row ends whose request failed with `error`: REFUSED, LATER or UNKNOWN.

    A refused token or a missing scope says nothing against the row: LATER.
    """
    if isinstance(error, PlatformUnreachable) and error.maybe_applied:
        return RowOutcome(contact_id, Outcome.UNKNOWN, error)
    if isinstance(error, PlatformRefused) and not isinstance(error, CredentialsRefused | ScopeMissing):
        return RowOutcome(contact_id, Outcome.REFUSED, error)
    return RowOutcome(contact_id, Outcome.LATER, error)


def not_found(contact_id: str) -> RowOutcome:
    """The refusal of a contact that HubSpot does not have."""
    error = PlatformRefused(PLATFORM, f"HubSpot has no contact {contact_id}", status=404, category="OBJECT_NOT_FOUND")
    return RowOutcome(contact_id, Outcome.REFUSED, error)


class _Writing:
    """The writing of one set of changes: what was learned from refusals, and how each row ended."""

    def __init__(self, client: HubSpotClient, deadline: Deadline | None) -> None:
        self._client = client
        self._deadline = deadline
        self._stopped: PlatformError | None = None
        self._bad_properties: dict[str, PlatformRefused] = {}
        self._bad_values: dict[tuple[str, str], PlatformRefused] = {}
        self.outcomes: dict[str, RowOutcome] = {}

    def batch(self, changes: Sequence[Change]) -> None:
        """Write the rows of one batch, halving it as long as it is refused."""
        rest = []
        for change in changes:
            known = self._stopped or self._known_refusal(change)
            if known is None:
                rest.append(change)
            else:
                self.outcomes[change.id] = outcome_of(change.id, known)
        if not rest:
            return
        try:
            self._send(rest)
        except (PlatformBusy, DeadlinePassed, CredentialsRefused, ScopeMissing) as error:
            self._stopped = error
            self._all_end(rest, error)
        except PlatformRefused as error:
            self._learn(error, rest)
            if len(rest) == 1:
                self._all_end(rest, error)
            elif any(self._known_refusal(change) for change in rest):
                self.batch(rest)
            else:
                for part in _suspects_apart(rest, error):
                    self.batch(part)
        except PlatformError as error:
            self._all_end(rest, error)

    def _send(self, changes: Sequence[Change]) -> None:
        inputs = [{"id": c.id, "properties": dict(c.values), "objectWriteTraceId": c.id} for c in changes]
        answer = self._client.call("contacts_update", body={"inputs": inputs}, deadline=self._deadline)
        written = {row_id(row) for row in rows_of(answer)}
        failed = _row_errors(answer)
        for change in changes:
            if change.id in written:
                self.outcomes[change.id] = RowOutcome(change.id, Outcome.DONE)
            elif change.id in failed:
                self.outcomes[change.id] = outcome_of(change.id, failed[change.id])
            else:
                self.outcomes[change.id] = not_found(change.id)

    def _known_refusal(self, change: Change) -> PlatformRefused | None:
        for name, value in change.values.items():
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

    def _all_end(self, changes: Sequence[Change], error: PlatformError) -> None:
        for change in changes:
            self.outcomes[change.id] = outcome_of(change.id, error)


def _united(changes: Iterable[Change]) -> list[Change]:
    values: dict[str, dict[str, str]] = {}
    for change in changes:
        values.setdefault(change.id, {}).update(change.values)
    return [Change(contact_id, each) for contact_id, each in values.items()]


def _suspects_apart(changes: Sequence[Change], error: PlatformRefused) -> list[Sequence[Change]]:
    """Two parts that are each smaller: those that write a named property and the others, or else two halves."""
    named = set(error.fields)
    suspects = [change for change in changes if named & change.values.keys()]
    others = [change for change in changes if not named & change.values.keys()]
    if suspects and others:
        return [others, suspects]
    middle = len(changes) // 2
    return [changes[:middle], changes[middle:]]


def _row_errors(answer: Mapping[str, Any]) -> dict[str, PlatformError]:
    """The errors of a 207 by contact id."""
    failed: dict[str, PlatformError] = {}
    for entry in answer.get("errors") or ():
        if not isinstance(entry, dict):
            continue
        complaint = read_complaint(entry)
        text = f"HubSpot refused the row: {complaint.message}"
        error: PlatformError
        if complaint.category in _PASSING:
            error = PlatformUnreachable(PLATFORM, text, maybe_applied=False)
        else:
            status = 404 if complaint.category == "OBJECT_NOT_FOUND" else 400
            error = ValuesRefused(text, status, complaint)
        for contact_id in context_values(entry, "objectWriteTraceId", "ids", "id"):
            failed[contact_id] = error
    return failed
