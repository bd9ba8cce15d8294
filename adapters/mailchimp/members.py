"""A member as Mailchimp shows it, in Trellis's words: record, consent, tags. Pure (facts/mailchimp.md §3, §5, §8)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.ports import Record
from connector.facts import Refusal

#: What is read of a member. Always named, or `_links` would be most of every answer (facts/mailchimp.md §8.17).
FIELDS = (
    "id",
    "contact_id",
    "email_address",
    "unique_email_id",
    "status",
    "unsubscribe_reason",
    "merge_fields",
    "tags",
    "tags_count",
    "member_rating",
    "stats",
    "source",
    "language",
    "vip",
    "timestamp_opt",
    "last_changed",
)

_TEXTS = (
    "email_address",
    "unique_email_id",
    "status",
    "unsubscribe_reason",
    "member_rating",
    "source",
    "language",
    "vip",
    "timestamp_opt",
)

#: Words in `unsubscribe_reason` that make it a complaint; Mailchimp's own list and its "abuse" are English.
_COMPLAINTS = ("abuse", "spam", "complain")

#: What a status says against mail from this audience; only `subscribed` says nothing.
_CHANNEL_REFUSALS = {
    "pending": Refusal.UNCONFIRMED,
    "archived": Refusal.ARCHIVED,
    "transactional": Refusal.NOT_SUBSCRIBED,
}

SUBSCRIBED = "subscribed"


def record_of(member: Mapping[str, Any], source: str, tags: Iterable[str]) -> Record:
    """The member as a Record; `tags` are all her active tags.

    Values are ``email_address``, ``status``, ``merge_fields.<TAG>``, ``stats.<name>``, ``tags`` (sorted, joined by
    ";"), ``subscriber_hash`` and the other names of the API; nested ones are joined by dots. Raises ValueError with a
    reason (that names no person) when the row cannot be understood.
    """
    contact_id, subscriber = member.get("contact_id"), member.get("id")
    if not isinstance(contact_id, str) or not contact_id:
        raise ValueError("no contact_id")
    merge_fields, stats = member.get("merge_fields") or {}, member.get("stats") or {}
    if not isinstance(merge_fields, Mapping) or not isinstance(stats, Mapping):
        raise ValueError("merge_fields or stats is not an object")
    values = {name: text_of(member.get(name)) for name in _TEXTS}
    values["subscriber_hash"] = text_of(subscriber)
    values["tags"] = ";".join(sorted(tags)) or None
    values.update(_flat("merge_fields", merge_fields))
    values.update(_flat("stats", stats))
    return Record(
        source=source,
        id=contact_id,
        email=values["email_address"],
        values=values,
        modified_at=moment(member.get("last_changed")),
        archived=values["status"] == "archived",
    )


#: What the rules below look at, besides the address.
CONSENT = ("status", "unsubscribe_reason")


def consent_from_values(values: Mapping[str, str | None]) -> tuple[frozenset[Refusal], Refusal | None]:
    """What a member's values say against mail: (refusals that hold on every platform, the refusal of this audience).

    Used on stored snapshots and on fresh reads alike. A status that is missing or unknown is a no.
    """
    status = values.get("status")
    general = set()
    if not values.get("email_address"):
        general.add(Refusal.NO_ADDRESS)
    if status == "unsubscribed":
        general.add(Refusal.OPTED_OUT)
    elif status == "cleaned":
        general.add(Refusal.BOUNCED)
    elif status != SUBSCRIBED and status not in _CHANNEL_REFUSALS:
        general.add(Refusal.UNREADABLE)
    reason = (values.get("unsubscribe_reason") or "").lower()
    if status != SUBSCRIBED and any(word in reason for word in _COMPLAINTS):
        general.add(Refusal.COMPLAINED)
    return frozenset(general), _CHANNEL_REFUSALS.get(status or "")


def subscriber_hash(email: str) -> str:
    """MD5 of the lower-cased address: Mailchimp's id of an address within one audience."""
    address = unicodedata.normalize("NFC", email).strip().lower()
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()


def shown_tags(member: Mapping[str, Any]) -> frozenset[str] | None:
    """Names of the member's active tags, or None where the member shows only the first fifty of them."""
    tags = member.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, Mapping) and "name" in tag for tag in tags):
        raise ValueError("tags are not a list of named tags")
    if int(member.get("tags_count") or 0) > len(tags):
        return None
    return frozenset(str(tag["name"]) for tag in tags)


def moment(text: object) -> datetime:
    """An API time as aware UTC; ValueError for anything else, the empty text included."""
    if not isinstance(text, str) or not text:
        raise ValueError("a time is missing")
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError("a time has no zone")
    return parsed.astimezone(UTC)


def text_of(value: object) -> str | None:
    """A JSON value as raw text: no value for "" and null, the shortest text for numbers (5.0 is ``5``)."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", text_of(value)
