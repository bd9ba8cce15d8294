"""A task on the contact as the way into a track: a person is told, and does the rest. It works on a free portal, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.at_most_once import enroll_once
from adapters.hubspot.answers import PLATFORM
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.concurrency import gather
from adapters.hubspot.endings import not_found, outcome_of
from adapters.hubspot.marks import Marks
from adapters.hubspot.people import create_task
from adapters.ports import Deadline, Enrollment, Outcome, PlatformUnreachable, RowOutcome

_OWNER = "hubspot_owner_id"
#: Each row takes two calls, one after the other.
_AT_ONCE = 4
#: For the answers about a batch of enrollments that are looked into.
_PROBING_S = 20.0


class TaskChannel:
    """Makes a task with `title`, in which ``{name}`` is the contact's; for her owner, where she has one. At most once."""

    source = PLATFORM
    repeat_safe = False
    marks_first = True
    batch = 20

    def __init__(self, client: HubSpotClient, marks: Marks, title: str) -> None:
        self.key = f"hubspot:task:{title}"
        self._client = client
        self._marks = marks
        self._title = title

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """See `EnrollmentChannel`; a call for the owners of all, and two a row. Raises ValueError for a row without `due`."""
        told = self._marks.values(rows, (_OWNER,), deadline)

        def one(row: Enrollment) -> RowOutcome:
            if row.id not in told:
                error = PlatformUnreachable(PLATFORM, "whose contact she is cannot be read", maybe_applied=False)
                return RowOutcome(row.id, Outcome.LATER, error)
            if (values := told[row.id]) is None:
                return not_found(row.id)
            return self._make(row, values.get(_OWNER), deadline)

        return tuple(gather(one, rows, lambda: _AT_ONCE))

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:  # noqa: ARG002 - the port's
        """Nothing is done: what a person was told is not unsaid."""
        return tuple(RowOutcome(row.id, Outcome.DONE) for row in rows)

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """No where no marker stands; else nobody can tell whether there is a task."""
        marked = self._marks.known(rows, Deadline.after(_PROBING_S))
        return {row.id: False if marked[row.id] is False else None for row in rows}

    def _make(self, row: Enrollment, owner_id: str | None, deadline: Deadline) -> RowOutcome:
        due = _due(row)

        def ask() -> None:
            create_task(
                self._client,
                row.id,
                title=self._title.replace("{name}", row.name),
                body=row.note,
                due=due,
                owner_id=owner_id or None,
                deadline=deadline,
            )

        return enroll_once(
            row.id,
            deadline,
            platform=PLATFORM,
            mark=lambda: self._marks.write_one(row, deadline),
            ask=ask,
            unmark=lambda longer: self._marks.take_one_back(row, longer),
            outcome_of=outcome_of,
        )


def _due(row: Enrollment) -> datetime:
    if row.due is None:
        raise ValueError("a task needs a day on which it is due")
    return row.due
