"""Writing merge fields on members that exist, and nothing else about them (facts/mailchimp.md §3, §7, §8.4).

Why not the bulk call `POST /lists/{id}`, 500 at a time: it names people by address, not by id. Somebody deleted, or whose
address changed, since we read her would be **created**, and `update_existing` is described as changing subscription
status. Trellis never creates contacts and never changes anyone's subscription, so each row is a PATCH at the contact_id
with merge fields only: it can create nobody, and answers 404 instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.errors import row_outcome
from adapters.mailchimp.fields import MergeFields
from adapters.mailchimp.read import MEMBER
from adapters.mailchimp.trouble import Trouble
from adapters.ports import (
    NOT_STORED,
    Change,
    Deadline,
    Outcome,
    PlatformError,
    PlatformRefused,
    RowOutcome,
)


class Writer:
    """Writes merge fields of members of the audience `list_id`."""

    def __init__(self, client: MailchimpClient, *, list_id: str, merge_fields: MergeFields) -> None:
        self._client = client
        self._list_id = list_id
        self._merge_fields = merge_fields

    def write(self, rows: Sequence[Change], deadline: Deadline | None = None) -> tuple[RowOutcome, ...]:
        """Each row by itself, eight at once; rows of one member become one call. Never raises for a row.

        When Mailchimp refuses our key, or has been busy or away for as many rows in turn as are in flight at once, the
        rest is not tried: LATER.
        """
        merged: dict[str, dict[str, str]] = {}
        for row in rows:
            merged.setdefault(row.id, {}).update(row.values)
        changes = [Change(id_, values) for id_, values in merged.items()]
        trouble = Trouble()
        return self._client.together(lambda change: self._write_row(change, trouble, deadline), changes)

    def store(self, member: str, values: Mapping[str, str], deadline: Deadline | None = None) -> Mapping[str, Any]:
        """Write merge fields of one member and see in the answer that they are stored; the answer is her whole row.

        Required merge fields that are empty do not stand in the way (facts/mailchimp.md §7, "complete address").
        Raises PlatformError; PlatformRefused with category NOT_STORED names the fields that the answer contradicts.
        """
        sent = self._merge_fields.encode(values, deadline)
        path = {"list_id": self._list_id, "member": member}
        query = {"skip_merge_validation": True}
        row = self._client.call("PATCH", MEMBER, path, query, {"merge_fields": sent}, deadline)
        lost = self._merge_fields.not_stored(sent, row.get("merge_fields") or {})
        if lost:
            raise PlatformRefused(
                "mailchimp",
                f"accepted but not stored: {', '.join(lost)}",
                status=200,
                category=NOT_STORED,
                fields=lost,
            )
        return row

    def _write_row(self, change: Change, trouble: Trouble, deadline: Deadline | None) -> RowOutcome:
        if trouble.lasting is not None:
            return RowOutcome(change.id, Outcome.LATER, trouble.lasting)
        try:
            self.store(change.id, change.values, deadline)
        except PlatformError as error:
            trouble.note(error)
            return row_outcome(change.id, error)
        trouble.note(None)
        return RowOutcome(change.id, Outcome.DONE)
