"""Enrolling by the call to a step of a marketing automation flow (facts/mailchimp.md §6): by choice, and at most once.

Mailchimp takes the call and shows nothing of what became of it: no read, no report, no removal. So the marker is all that
tells (see adapters/at_most_once.py). Whom the flow's rules bar from entering again may be dropped without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.at_most_once import enroll_once
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.errors import row_outcome
from adapters.mailchimp.fields import TEXT_BYTES
from adapters.mailchimp.members import SUBSCRIBED
from adapters.mailchimp.read import Reader
from adapters.mailchimp.write import Writer
from adapters.markers import is_segment, knows, taken_back
from adapters.ports import Deadline, Enrollment, Outcome, PlatformError, PlatformRefused, RowOutcome

TRIGGER = "/customer-journeys/journeys/{journey_id}/steps/{step_id}/actions/trigger"


class JourneyChannel:
    """The `EnrollmentChannel` of one step of one flow; `markers_tag` is the merge field of the markers."""

    repeat_safe = False
    marks_first = True
    #: Three calls a row, eight rows at once.
    batch = 50

    def __init__(
        self,
        client: MailchimpClient,
        reader: Reader,
        writer: Writer,
        *,
        source: str,
        journey: int,
        step: int,
        markers_tag: str,
    ) -> None:
        self.key = f"{source}:journey:{journey}:{step}"
        self.source = source
        self._client = client
        self._reader = reader
        self._writer = writer
        self._path = {"journey_id": str(journey), "step_id": str(step)}
        self._markers_tag = markers_tag

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Marker, then call. Who is not `subscribed` at this moment is refused before anything is written."""
        return self._client.together(lambda row: self._enroll(row, deadline), rows)

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:  # noqa: ARG002 - the port's
        """Nothing is done: nobody can be taken out of a flow by the API."""
        return tuple(RowOutcome(row.id, Outcome.DONE) for row in rows)

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """No where no marker stands; else nobody can tell."""
        return dict(self._client.together(self._entered, rows))

    def _enroll(self, row: Enrollment, deadline: Deadline) -> RowOutcome:
        try:
            self._may_be_asked(row, deadline)
        except PlatformError as error:
            return row_outcome(row.id, error)
        stored: list[Mapping[str, Any]] = []

        def mark() -> None:
            stored.append(self._writer.store(row.id, {self._markers_tag: row.markers}, deadline))

        def ask() -> None:
            _is_subscribed(stored[0])
            body = {"email_address": str(stored[0].get("email_address") or "")}
            self._client.call("POST", TRIGGER, self._path, body=body, deadline=deadline)

        def unmark(longer: Deadline) -> None:
            self._writer.store(row.id, {self._markers_tag: taken_back(row)}, longer)

        return enroll_once(
            row.id, deadline, platform="mailchimp", mark=mark, ask=ask, unmark=unmark, outcome_of=row_outcome
        )

    def _may_be_asked(self, row: Enrollment, deadline: Deadline) -> None:
        if is_segment(row):
            raise PlatformRefused("mailchimp", "a flow is entered for an episode, and the markers name none")
        if len(row.markers.encode()) > TEXT_BYTES:
            raise PlatformRefused(
                "mailchimp", "the markers would be cut off", category="Markers Too Long", fields=(self._markers_tag,)
            )
        member = self._reader.member(row.id, deadline)
        if member is None:
            raise PlatformRefused("mailchimp", "no such member", status=404, category="Resource Not Found")
        _is_subscribed(member)

    def _entered(self, row: Enrollment) -> tuple[str, bool | None]:
        try:
            member = self._reader.member(row.id)
        except PlatformError:
            return row.id, None
        fields = (member or {}).get("merge_fields") or {}
        if self._markers_tag not in fields:
            return row.id, None
        return row.id, None if knows(str(fields[self._markers_tag] or ""), row) else False


def _is_subscribed(member: Mapping[str, Any]) -> None:
    if member.get("status") != SUBSCRIBED:
        raise PlatformRefused("mailchimp", f"status is {member.get('status')}", category="Not Subscribed")
