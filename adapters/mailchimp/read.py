"""Reading one audience's members (facts/mailchimp.md §3, §5, §8.9). Nothing here writes."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.members import (
    FIELDS,
    consent_from_values,
    moment,
    record_of,
    shown_tags,
    subscriber_hash,
    text_of,
)
from adapters.ports import Deadline, Found, Page, PlatformRefused, PlatformUnreachable, Record, Standing
from connector.facts import Refusal

MEMBERS = "/lists/{list_id}/members"
MEMBER = "/lists/{list_id}/members/{member}"
TAGS = "/lists/{list_id}/members/{member}/tags"

#: `since_last_changed` is said to mean "after"; a second of overlap on both sides makes the window closed.
_GRAIN = timedelta(seconds=1)
#: How often a full listing is repeated for rows that slipped from one page to another meanwhile.
_SWEEPS = 3


class Reader:
    """Members of the audience `list_id`, as records of `source`; `page_size` is 2 to 1,000."""

    def __init__(self, client: MailchimpClient, *, source: str, list_id: str, page_size: int) -> None:
        self._client = client
        self._source = source
        self._list_id = list_id
        self._page_size = page_size

    def changed(self, since: datetime, until: datetime) -> Generator[Page, None, None]:
        """Members changed in [since, until], oldest first, the archived ones after the others; none of them twice."""
        seen: set[str] = set()
        for status in ({}, {"status": "archived"}):
            yield from self._changed(since, until, status, seen)

    def _changed(
        self, since: datetime, until: datetime, status: Mapping[str, str], seen: set[str]
    ) -> Generator[Page, None, None]:
        """Page by the time of the last row, not by offset: rows that change meanwhile leave the window at its end, and
        an offset would then skip as many (facts/mailchimp.md §8.9). Only within one second the offset is needed.
        """
        floor, offset = since, 0
        while True:
            members, total = self._list(
                {
                    **status,
                    "since_last_changed": _iso(floor - _GRAIN),
                    "before_last_changed": _iso(until + _GRAIN),
                    "sort_field": "last_changed",
                    "sort_dir": "ASC",
                    "offset": offset,
                }
            )
            page = self._page(members, seen)
            if page.records or page.unreadable:
                yield page
            offset += len(members)
            if not members or offset >= total:
                return
            newest = _newest(members, floor)
            if newest > floor:
                floor, offset = newest, 0

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        """Every member, the archived ones last (with `archived` set).

        A listing from the start is checked against the total that Mailchimp tells and repeated for rows that moved
        between its pages. Raises PlatformUnreachable if rows are still missing then: nobody may conclude that they are
        gone.
        """
        kind, _, start = (after or "members:0").partition(":")
        if kind == "members":
            yield from self._everyone({}, "members", int(start), then="archived:0")
        yield from self._everyone(
            {"status": "archived"}, "archived", int(start) if kind == "archived" else 0, then=None
        )

    def _everyone(
        self, query: Mapping[str, object], kind: str, start: int, then: str | None
    ) -> Generator[Page, None, None]:
        """Each page begins with the last row of the one before; if it does not, rows have moved meanwhile."""
        seen: set[str] = set()
        total = 0
        for _sweep in range(_SWEEPS):
            offset, last, moved = start, None, False
            while True:
                listing = {**query, "sort_field": "timestamp_opt", "sort_dir": "ASC", "offset": offset}
                members, total = self._list(listing)
                moved = moved or (last is not None and _key(members) != last)
                offset += len(members)
                ended = offset >= total or len(members) < 2
                page = self._page(members, seen, next_page=then if ended else f"{kind}:{offset}")
                if page.records or page.unreadable:
                    yield page
                if ended:
                    break
                last, offset = _key(members[-1:]), offset - 1
            if start or (not moved and len(seen) >= total):
                return
        if len(seen) < total:
            text = f"{len(seen)} of {total} members could be listed"
            raise PlatformUnreachable("mailchimp", text, maybe_applied=False)

    def count(self) -> int:
        """How many members there are that are not archived."""
        answer = self._client.call("GET", MEMBERS, {"list_id": self._list_id}, {"count": 1, "fields": ("total_items",)})
        return int(answer.get("total_items") or 0)

    def by_ids(self, ids: Sequence[str]) -> Found:
        """Members by contact_id; an id that is not there, or no longer, is missing. Raises PlatformError."""
        found = self._members(ids)
        records = tuple(self._known(member) for member in found.values() if member is not None)
        return Found(records, tuple(id_ for id_, member in found.items() if member is None))

    def by_email(self, email: str) -> Record | None:
        """The member with this address, or None. Raises PlatformError."""
        member = self.member(subscriber_hash(email))
        return None if member is None else self._known(member)

    def standings(self, ids: Sequence[str], markers_tag: str) -> dict[str, Standing]:
        """Consent, markers (merge field `markers_tag`) and tags by contact_id; ids not there are absent."""
        return {
            id_: self.standing(id_, member, markers_tag)
            for id_, member in self._members(ids).items()
            if member is not None
        }

    def standing(self, id_: str, member: Mapping[str, Any], markers_tag: str) -> Standing:
        """What one member's row says right now.

        A row that cannot be understood says no, and so does one without the merge field of the markers: it has been
        deleted in the audience, so nobody can tell which episodes there were.
        """
        try:
            tags = self.tags(member)
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

    def _list(self, query: Mapping[str, object]) -> tuple[Sequence[Mapping[str, Any]], int]:
        fields = (*(f"members.{name}" for name in FIELDS), "total_items")
        paging = {"count": self._page_size, "fields": fields}
        answer = self._client.call("GET", MEMBERS, {"list_id": self._list_id}, {**query, **paging})
        members = answer.get("members")
        if not isinstance(members, list):
            raise PlatformUnreachable("mailchimp", "a member listing without members", maybe_applied=False)
        return members, int(answer.get("total_items") or 0)

    def _members(self, ids: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        unique = list(dict.fromkeys(ids))
        return dict(zip(unique, self._client.together(self.member, unique), strict=True))

    def _page(self, members: Sequence[Mapping[str, Any]], seen: set[str], next_page: str | None = None) -> Page:
        records, unreadable = [], {}
        for number, member in enumerate(members):
            key = _key([member]) or f"(row {number} of a page has no id)"
            if key in seen:
                continue
            seen.add(key)
            try:
                records.append(self._record(member))
            except ValueError as error:
                unreadable[key] = str(error)
        return Page(tuple(records), unreadable, next_page)

    def _record(self, member: Mapping[str, Any]) -> Record:
        return record_of(member, self._source, self.tags(member))

    def _known(self, member: Mapping[str, Any]) -> Record:
        try:
            return self._record(member)
        except ValueError as error:
            raise PlatformUnreachable("mailchimp", f"a member not understood: {error}", maybe_applied=False) from error


def _key(members: Sequence[Mapping[str, Any]]) -> str | None:
    """What the first of these rows is known by; None where there is none."""
    return next((text_of(member.get("contact_id")) or text_of(member.get("id")) for member in members), None)


def _newest(members: Sequence[Mapping[str, Any]], floor: datetime) -> datetime:
    """When the last row of an ascending page changed; `floor` if it does not say."""
    try:
        return moment(members[-1].get("last_changed"))
    except ValueError:
        return floor


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
