"""Snapshots: rows of `record` to facts.Record and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import RowMapping

from connector.facts import Record
from connector.store.texts import email_key, storable

#: Under this raw name the Mailchimp adapter gives the id that campaign activity is told under.
SUBSCRIBER_HASH = "subscriber_hash"


def normalized(record: Record) -> tuple[Record, bytes]:
    """The record as the store keeps it (storable text, an empty text as None), and its values so, as JSON.

    One look at the JSON says that there is nothing to do, as nearly always.
    """
    try:
        values = orjson.dumps(record.values)
    except orjson.JSONEncodeError:  # half a surrogate pair
        return _mended(record)
    if b':""' in values or rb"\u0000" in values or _is_odd(record.email):
        return _mended(record)
    return record, values


def _mended(record: Record) -> tuple[Record, bytes]:
    values = {storable(name): storable(value) if value else None for name, value in record.values.items()}
    email = storable(record.email) if record.email else None
    return replace(record, email=email, values=values), orjson.dumps(values)


def _is_odd(email: str | None) -> bool:
    return email is not None and (not email or storable(email) != email)


def same_facts(before: Record, after: Record) -> bool:
    """True when nothing but times differs. A name that is newly read and empty is no news."""
    return (
        before.email == after.email
        and before.archived == after.archived
        and before.id == after.id
        and not changed_values(before, after)
    )


def changed_values(before: Record | None, after: Record) -> Mapping[str, str | None]:
    """What is new or different in `after`, by name; None where a value is gone."""
    return changed_texts(before.values if before else {}, after.values)


def changed_texts(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The same of bare values. What is empty and was not there before is no difference."""
    changed = {name: value for name, value in after.items() if value != before.get(name)}
    gone = {name: None for name, value in before.items() if value is not None and name not in after}
    return {**changed, **gone}


def from_row(row: RowMapping) -> Record:
    """The Record that a row of `record` holds."""
    return Record(
        source=row["source"],
        id=row["platform_id"],
        email=row["email"],
        values=row["raw"],
        modified_at=row["modified_at"],
        archived=row["archived"],
        merged_ids=tuple(row["merged_ids"]),
    )


def to_row(contact: int, record: Record) -> dict[str, Any]:
    """The columns of `record` for this snapshot, but for `read_at`."""
    return {
        "contact": contact,
        "source": record.source,
        "platform_id": record.id,
        "email": record.email,
        "email_key": email_key(record.email),
        "member_hash": record.values.get(SUBSCRIBER_HASH),
        "raw": dict(record.values),
        "modified_at": record.modified_at,
        "archived": record.archived,
        "merged_ids": list(record.merged_ids),
    }
