"""How the rows of a batch end: what an answer, whole or partial, or an error says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.hubspot.answers import NAMING_RECORDS, PLATFORM, ValuesRefused, context_values, read_complaint
from adapters.hubspot.rows import has_id, rows_of
from adapters.hubspot.rules import in_words
from adapters.ports import (
    NOT_STORED,
    Change,
    CredentialsRefused,
    Outcome,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
    ScopeMissing,
)

#: Categories of one row's error in a 207 that may pass.
_PASSING = frozenset({"RATE_LIMITS", "RATE_LIMIT", "LOCKED", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"})
#: Accepted and dropped: a lifecycle stage that moves back (facts/hubspot.md §8).
_MAY_BE_DROPPED = "lifecyclestage"


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


def outcomes_of(changes: Sequence[Change], answer: Mapping[str, Any]) -> list[RowOutcome]:
    """How each row of an answered batch update ends: by its result, by its error in a 207, or as one who is not there.

    Raises PlatformUnreachable for an answer without results.
    """
    written = {str(row.get("objectWriteTraceId") or row["id"]): row for row in rows_of(answer) if has_id(row)}
    failed, nameless = _errors(answer)
    return [
        _stored(change, written[change.id])
        if change.id in written
        else _failed(change, failed.get(change.id, nameless))
        for change in changes
    ]


def _stored(change: Change, row: Mapping[str, Any]) -> RowOutcome:
    """DONE, unless the answer shows that a value was not taken; other values of the row are stored all the same."""
    wanted, shown = change.values.get(_MAY_BE_DROPPED), row.get("properties")
    if wanted is None or not isinstance(shown, dict) or _MAY_BE_DROPPED not in shown:
        return RowOutcome(change.id, Outcome.DONE)
    if str(shown[_MAY_BE_DROPPED] or "").strip().casefold() == wanted.strip().casefold():
        return RowOutcome(change.id, Outcome.DONE)
    text = f"accepted but not stored: {_MAY_BE_DROPPED}, which moves forward only"
    error = PlatformRefused(PLATFORM, text, status=200, category=NOT_STORED, fields=(_MAY_BE_DROPPED,))
    return RowOutcome(change.id, Outcome.REFUSED, error)


def _failed(change: Change, error: PlatformError | None) -> RowOutcome:
    if error is None:
        return not_found(change.id)
    return outcome_of(change.id, in_words(error, [change]) if isinstance(error, PlatformRefused) else error)


def _errors(answer: Mapping[str, Any]) -> tuple[dict[str, PlatformError], PlatformError | None]:
    """The errors of a 207 by contact id, and one that names nobody: it speaks of all who are told nowhere else."""
    failed: dict[str, PlatformError] = {}
    nameless: PlatformError | None = None
    for entry in answer.get("errors") or ():
        if not isinstance(entry, dict):
            continue
        error = _error(entry)
        named = context_values(entry, *NAMING_RECORDS)
        failed |= dict.fromkeys(named, error)
        nameless = nameless if named else error
    return failed, nameless


def _error(entry: Mapping[str, Any]) -> PlatformError:
    complaint = read_complaint(entry)
    text = f"HubSpot refused the row: {complaint.message}"
    if complaint.category in _PASSING:
        return PlatformUnreachable(PLATFORM, text, maybe_applied=False)
    return ValuesRefused(text, 404 if complaint.category == "OBJECT_NOT_FOUND" else 400, complaint)
