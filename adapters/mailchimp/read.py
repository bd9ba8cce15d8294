"""Reading members of one audience by id or address (facts/mailchimp.md §3, §5). Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.members import (
    FIELDS,
    consent_from_values,
    record_of,
    shown_tags,
    subscriber_hash,
)
from adapters.one_by_one import answers
from adapters.ports import Deadline, Found, PlatformRefused, PlatformUnreachable, Record, Standing
from connector.facts import Refusal

MEMBER = "/lists/{list_id}/members/{member}"
TAGS = "/lists/{list_id}/members/{member}/tags"


class Reader:
    """Members of the audience `list_id`, as records of `source`; `page_size` is the count of listings, 2 to 1,000."""

    def __init__(self, client: MailchimpClient, *, source: str, list_id: str, page_size: int) -> None:
        self._client = client
        self._source = source
        self._list_id = list_id
        self._page_size = page_size

    def by_ids(self, ids: Sequence[str]) -> Found:
        """Members by contact_id; an id that is not there, or no longer, is missing. Raises PlatformError."""
        records, missing, unreadable = [], [], {}
        for id_, member in self._members(ids).items():
            if member is None:
                missing.append(id_)
                continue
            try:
                records.append(self.record_of(member))
            except ValueError as error:
                unreadable[id_] = str(error)
        return Found(tuple(records), tuple(missing), unreadable)

    def by_email(self, email: str) -> Record | None:
        """The member with this address, or None. Raises PlatformError."""
        return self._by_email(email, None)

    def by_emails(self, emails: Sequence[str], deadline: Deadline | None = None) -> dict[str, Record | None]:
        """The same of many, eight at once; an address that got no answer is absent. Never raises PlatformError."""
        return answers(lambda email: self._by_email(email, deadline), emails, self._client.together)

    def standings(self, ids: Sequence[str], markers_tag: str, deadline: Deadline | None = None) -> dict[str, Standing]:
        """Consent, markers (merge field `markers_tag`) and tags by contact_id.

        Absent are ids that are not there, and those that got no answer. Never raises PlatformError.
        """

        def ask(id_: str) -> Standing | None:
            member = self.member(id_, deadline)
            return None if member is None else self.standing(id_, member, markers_tag, deadline)

        told = answers(ask, ids, self._client.together)
        return {id_: standing for id_, standing in told.items() if standing is not None}

    def standing(
        self, id_: str, member: Mapping[str, Any], markers_tag: str, deadline: Deadline | None = None
    ) -> Standing:
        """What one member's row says right now.

        A row that cannot be understood says no, and so does one without the merge field of the markers: it has been
        deleted in the audience, so nobody can tell which episodes there were.
        """
        try:
            tags = self.tags(member, deadline)
            record = record_of(member, self._source, tags)
        except ValueError:
            return Standing(id_, frozenset({Refusal.UNREADABLE}))
        refusals, channel_refusal = consent_from_values(record.values)
        if f"merge_fields.{markers_tag}" not in record.values:
            refusals |= {Refusal.UNREADABLE}
        return Standing(
            id=id_,
            refusals=refusals,
            channel_refusal=channel_refusal,
            markers=record.values.get(f"merge_fields.{markers_tag}") or "",
            tags=tags,
            email=record.email,
        )

    def member(self, member: str, deadline: Deadline | None = None) -> Mapping[str, Any] | None:
        """One member's row by contact_id or subscriber hash, None where there is none. Raises PlatformError."""
        try:
            return self._client.call("GET", MEMBER, self.path(member), {"fields": FIELDS}, deadline=deadline)
        except PlatformRefused as error:
            if error.status == 404:
                return None
            raise

    def record_of(self, member: Mapping[str, Any]) -> Record:
        """A member's row as a record, with all her tags. Raises ValueError when it cannot be understood, PlatformError."""
        return record_of(member, self._source, self.tags(member))

    def tags(self, member: Mapping[str, Any], deadline: Deadline | None = None) -> frozenset[str]:
        """All active tags of a member's row; asks for them where the row shows only the first fifty."""
        shown = shown_tags(member)
        if shown is not None:
            return shown
        names: set[str] = set()
        offset, total = 0, 1
        while offset < total:
            query = {"fields": ("tags.name", "total_items"), "count": self._page_size, "offset": offset}
            answer = self._client.call("GET", TAGS, self.path(str(member["id"])), query, deadline=deadline)
            names.update(str(tag["name"]) for tag in answer.get("tags") or ())
            total = int(answer.get("total_items") or 0)
            offset += self._page_size
        return frozenset(names)

    def path(self, member: str) -> dict[str, str]:
        """The ids in the path of a member's endpoints."""
        return {"list_id": self._list_id, "member": member}

    def _members(self, ids: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        unique = list(dict.fromkeys(ids))
        return dict(zip(unique, self._client.together(self.member, unique), strict=True))

    def _by_email(self, email: str, deadline: Deadline | None) -> Record | None:
        member = self.member(subscriber_hash(email), deadline)
        if member is None:
            return None
        try:
            return record_of(member, self._source, self.tags(member, deadline))
        except ValueError as error:
            raise PlatformUnreachable("mailchimp", f"a member not understood: {error}", maybe_applied=False) from error
