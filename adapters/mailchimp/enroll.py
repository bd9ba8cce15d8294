"""Enrolling by a tag that a marketing automation flow listens to (facts/mailchimp.md §6).

Adding an active tag again starts nothing, so an enrollment may be repeated; the same fact means that a tag left over from
an earlier episode must be taken off first. Which of the two an active tag is, the markers tell: they are written after
the old tag is off and before the new one is on. Hence "our episode is in the markers and the tag is active" is true only
once the enrollment has happened, whatever was killed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.errors import row_outcome
from adapters.mailchimp.fields import TEXT_BYTES
from adapters.mailchimp.members import SUBSCRIBED
from adapters.mailchimp.read import TAGS, Reader
from adapters.mailchimp.write import Writer
from adapters.markers import episodes, is_segment, taken_back
from adapters.ports import Deadline, Enrollment, Outcome, PlatformError, PlatformRefused, RowOutcome


class TagChannel:
    """The `EnrollmentChannel` of one tag of one audience; `markers_tag` is the merge field of the markers."""

    repeat_safe = True
    marks_first = True
    #: Three or four calls a row, eight rows at once, about half a second a call: some ten seconds.
    batch = 50

    def __init__(
        self, client: MailchimpClient, reader: Reader, writer: Writer, *, source: str, tag: str, markers_tag: str
    ) -> None:
        self.key = f"{source}:tag:{tag}"
        self.source = source
        self._client = client
        self._reader = reader
        self._writer = writer
        self._tag = tag
        self._markers_tag = markers_tag

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Marker, then tag. Who is not `subscribed` at this moment is refused before anything is written.

        The marker of who is refused after it is taken back: she has used no episode up.
        """
        return self._each(rows, deadline, self._enroll)

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Take the tag off; the markers stay, for they say what has been."""
        return self._each(rows, deadline, self._leave)

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """Whether the tag is active and the markers hold this episode; None where Mailchimp could not be asked."""
        return dict(self._client.together(self._entered, rows))

    def _each(
        self, rows: Sequence[Enrollment], deadline: Deadline, act: Callable[[Enrollment, Deadline], None]
    ) -> tuple[RowOutcome, ...]:
        if len(rows) > self.batch:
            raise ValueError(f"{len(rows)} rows; at most {self.batch} a call")

        def one(row: Enrollment) -> RowOutcome:
            try:
                act(row, deadline)
            except PlatformError as error:
                return row_outcome(row.id, error)
            return RowOutcome(row.id, Outcome.DONE)

        return self._client.together(one, rows)

    def _enroll(self, row: Enrollment, deadline: Deadline) -> None:
        if len(row.markers.encode()) > TEXT_BYTES:
            raise PlatformRefused(
                "mailchimp", "the markers would be cut off", category="Markers Too Long", fields=(self._markers_tag,)
            )
        member = self._present(row.id, deadline)
        if member.get("status") != SUBSCRIBED:
            raise PlatformRefused("mailchimp", f"status is {member.get('status')}", category="Not Subscribed")
        if self._is_active(member, deadline):
            if self._holds(member, row):
                return
            self._set_tag(member, "inactive", deadline)
        member = self._writer.store(row.id, {self._markers_tag: row.markers}, deadline)
        try:
            self._begin(member, row, deadline)
        except PlatformRefused:
            self._writer.store(row.id, {self._markers_tag: taken_back(row)}, deadline)
            raise

    def _begin(self, member: Mapping[str, Any], row: Enrollment, deadline: Deadline) -> None:
        if member.get("status") != SUBSCRIBED:
            raise PlatformRefused("mailchimp", f"status is now {member.get('status')}", category="Not Subscribed")
        self._set_tag(member, "active", deadline, silent=is_segment(row))

    def _leave(self, row: Enrollment, deadline: Deadline) -> None:
        member = self._present(row.id, deadline)
        if self._is_active(member, deadline):
            self._set_tag(member, "inactive", deadline)

    def _entered(self, row: Enrollment) -> tuple[str, bool | None]:
        try:
            member = self._reader.member(row.id)
            entered = member is not None and self._is_active(member) and self._holds(member, row)
        except (PlatformError, ValueError):  # a row that cannot be understood proves nothing
            return row.id, None
        return row.id, entered

    def _present(self, id_: str, deadline: Deadline) -> Mapping[str, Any]:
        member = self._reader.member(id_, deadline)
        if member is None:
            raise PlatformRefused("mailchimp", "no such member", status=404, category="Resource Not Found")
        return member

    def _is_active(self, member: Mapping[str, Any], deadline: Deadline | None = None) -> bool:
        """Whether the member has the tag; Mailchimp tells tags apart without case."""
        return self._tag.lower() in {tag.lower() for tag in self._reader.tags(member, deadline)}

    def _holds(self, member: Mapping[str, Any], row: Enrollment) -> bool:
        """Whether the member's markers have this row's episode, or a later one, of its track."""
        merge_fields = member.get("merge_fields") or {}
        there, wanted = episodes(str(merge_fields.get(self._markers_tag) or "")), episodes(row.markers)
        if row.track not in wanted:
            return wanted.items() <= there.items()
        return there.get(row.track, 0) >= wanted[row.track]

    def _set_tag(self, member: Mapping[str, Any], status: str, deadline: Deadline, *, silent: bool = False) -> None:
        """The tags endpoint takes the subscriber hash only, not the contact_id.

        With `is_syncing` automations do not notice (facts/mailchimp.md §6). That is right for a segment, which is there to
        be looked at and counts no dose. Never else: adding is what starts the flow, and taking off is what ends it where
        its owner made that its exit; nothing starts on a tag's removal, so there is nobody to be spared.
        """
        body = {"tags": [{"name": self._tag, "status": status}], "is_syncing": silent}
        self._client.call("POST", TAGS, self._reader.path(str(member["id"])), body=body, deadline=deadline)
