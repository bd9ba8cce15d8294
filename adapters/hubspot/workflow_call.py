"""The legacy call that puts one contact into one workflow (facts/hubspot.md §5): by choice, at most once, until September 2027.

It takes an address, which is read by id right before, and answers with nothing. What it says of a workflow that is off, of
who is in already or is suppressed, is not documented: an answer of success is taken for one, any other one refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.at_most_once import enroll_once
from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.concurrency import gather
from adapters.hubspot.endings import not_found, outcome_of
from adapters.hubspot.marks import Marks, Values
from adapters.hubspot.workflow_ids import WorkflowId, WorkflowIds
from adapters.markers import is_segment
from adapters.ports import (
    Deadline,
    Enrollment,
    Outcome,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
)

_ADDRESS = "email"
#: Each row takes two calls, one after the other.
_AT_ONCE = 4
#: For the answers about a batch of enrollments that are looked into.
_PROBING_S = 20.0

Act = Callable[[Enrollment, Mapping[str, str]], RowOutcome]


class WorkflowChannel:
    """Calls contacts into the workflow that has `number` for one of its ids; marker first, one call each."""

    source = PLATFORM
    repeat_safe = False
    marks_first = True
    batch = 20

    def __init__(self, client: HubSpotClient, marks: Marks, ids: WorkflowIds, number: str) -> None:
        self.key = f"hubspot:workflow:{number}"
        self._client = client
        self._marks = marks
        self._ids = ids
        self._number = number

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `EnrollmentChannel`; a call for the addresses of all, and two a row."""

        def enter(row: Enrollment, path: Mapping[str, str]) -> RowOutcome:
            if is_segment(row):
                error = PlatformRefused(PLATFORM, "a workflow is entered for an episode, and the markers name none")
                return RowOutcome(row.id, Outcome.REFUSED, error)
            return enroll_once(
                row.id,
                deadline,
                platform=PLATFORM,
                mark=lambda: self._marks.write_one(row, deadline),
                ask=lambda: _drop(self._client.call("workflow_enroll", path=path, deadline=deadline)),
                unmark=lambda longer: self._marks.take_one_back(row, longer),
                outcome_of=outcome_of,
            )

        return self._each(rows, deadline, enter)

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Take people out of the workflow; who is not in it has left."""

        def remove(row: Enrollment, path: Mapping[str, str]) -> RowOutcome:
            try:
                self._client.call("workflow_unenroll", path=path, deadline=deadline)
            except PlatformError as error:
                if not (isinstance(error, PlatformRefused) and error.status == 404):
                    return outcome_of(row.id, error)
            return RowOutcome(row.id, Outcome.DONE)

        return self._each(rows, deadline, remove)

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """No where no marker stands; yes where the workflow is among those that she is in; else nobody can tell.

        One call a person: who is through with the workflow, or was refused by it, is told of nowhere.
        """
        deadline = Deadline.after(_PROBING_S)
        marked = self._marks.known(rows, deadline)
        return {row.id: self._is_in(row.id, deadline) if marked[row.id] else marked[row.id] for row in rows}

    def _each(self, rows: Sequence[Enrollment], deadline: Deadline, act: Act) -> tuple[RowOutcome, ...]:
        """Act on each row with the path of its calls; who cannot be named in one ends as such."""
        try:
            workflow = self._ids.of(self._number, deadline).workflow
        except PlatformError as error:
            return tuple(outcome_of(row.id, error) for row in rows)
        told = self._marks.values(rows, (_ADDRESS,), deadline)

        def one(row: Enrollment) -> RowOutcome:
            if (no := _unnamed(row, told)) is not None:
                return no
            return act(row, {"workflow_id": workflow, "email": str((told[row.id] or {})[_ADDRESS])})

        return tuple(gather(one, rows, lambda: _AT_ONCE))

    def _is_in(self, contact_id: str, deadline: Deadline) -> bool | None:
        try:
            workflow = self._ids.of(self._number, deadline)
            answer = self._client.call("workflows_of_contact", path={"contact_id": contact_id}, deadline=deadline)
        except PlatformError:
            return None
        return True if any(_is_of(entry, workflow) for entry in _entries(answer)) else None


def _unnamed(row: Enrollment, told: Values) -> RowOutcome | None:
    """How a row ends whose contact has no address to be called by; None for one who has."""
    if row.id not in told:
        error = PlatformUnreachable(PLATFORM, "her address cannot be read", maybe_applied=False)
        return RowOutcome(row.id, Outcome.LATER, error)
    values = told[row.id]
    if values is None:
        return not_found(row.id)
    if not values.get(_ADDRESS):
        return RowOutcome(row.id, Outcome.REFUSED, PlatformRefused(PLATFORM, "the contact has no address"))
    return None


def _entries(answer: Mapping[str, Any]) -> list[Any]:
    """What may be an enrollment in an answer whose shape is not documented: the items of every list at its top."""
    return [item for value in answer.values() if isinstance(value, list) for item in value]


def _is_of(entry: object, workflow: WorkflowId) -> bool:
    """Whether it is of this workflow. Numbers of the two kinds may meet, and v2 tells the older one where it says no more."""
    if not isinstance(entry, dict):
        return str(entry) == workflow.workflow
    by_flow = workflow.flow is not None and str(entry.get("flowId")) == workflow.flow
    return by_flow or any(str(entry.get(name)) == workflow.workflow for name in ("id", "workflowId"))


def _drop(_answer: Mapping[str, Any]) -> None:
    """A success says nothing."""
