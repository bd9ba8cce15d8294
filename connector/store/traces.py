"""Where a contact is named outside the rows that are hers: bodies of deliveries, reasons, alerts, what is cached.

None of these should name people but the bodies; platforms put into their refusals what they like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from sqlalchemy import Connection, text

from connector.store.texts import email_key
from connector.store.tombstones import address_name, former_address_name, id_name, mentioned_id_name

#: The raw names under which platforms tell addresses, and ids besides the record's own.
_ADDRESSES = ("email", "email_address", "hs_additional_emails")
_IDS = ("unique_email_id", "subscriber_hash")
#: Anything else that stands for an address ("n/a", "-") may be everybody's.
_AN_ADDRESS = re.compile(r"\S@\S")

#: Stands where a reason named her.
_ERASED = "(named somebody who was erased)"

_TOLD = text(
    "SELECT DISTINCT true AS now, source, name, value FROM record, jsonb_each_text(raw) AS held (name, value)"
    "  WHERE contact = :contact AND name = ANY(:names) AND value <> ''"
    " UNION SELECT true, source, 'email', email FROM record WHERE contact = :contact AND email <> ''"
    " UNION SELECT false, word.text, name, value FROM sighting JOIN word ON word.id = source,"
    "  jsonb_each_text(values) AS told (name, value) WHERE contact = :contact AND name = ANY(:names) AND value <> ''"
)
# OFFSET 0: each body is made readable once, however many spellings are looked for.
_EMPTY_BODIES = text(
    "UPDATE delivery SET body = '' WHERE id IN (SELECT id FROM"
    " (SELECT id, platform, lower(encode(body, 'escape')) AS told FROM delivery"
    "  WHERE state <> 'waiting' AND body <> '' OFFSET 0) AS ended"
    " WHERE EXISTS (SELECT FROM unnest(CAST(:spellings AS text[])) AS spelling"
    "   WHERE strpos(told, lower(encode(convert_to(spelling, 'UTF8'), 'escape'))) > 0)"
    "  OR EXISTS (SELECT FROM unnest(CAST(:platforms AS text[]), CAST(:ids AS text[])) AS hers (platform, id)"
    "   WHERE hers.platform = ended.platform AND strpos(told, hers.id) > 0 AND told ~ ('\\m' || hers.id || '\\M')))"
)
_REASONS = ("failure", "intent", "delivery")


@dataclass(frozen=True, slots=True)
class Traces:
    """What somebody is called. `records`: (source, id); `more`: other ids that deliveries tell, by source.

    `keys` are of the addresses that are hers now, `former` of those before; `addresses` are both, as they were told.
    """

    records: frozenset[tuple[str, str]]
    more: frozenset[tuple[str, str]] = frozenset()
    keys: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    def tombstones(self) -> set[str]:
        """What is to be buried."""
        return {
            *(id_name(*one) for one in self.records),
            *(mentioned_id_name(*one) for one in self.records | self.more),
            *map(address_name, self.keys),
            *map(former_address_name, self.former),
        }


def traces_of(conn: Connection, contact: int) -> Traces:
    """What this contact is and was called. Read-only."""
    rows = conn.execute(text("SELECT source, platform_id FROM identity WHERE contact = :id"), {"id": contact})
    records = {(row.source, row.platform_id) for row in rows}
    told = conn.execute(_TOLD, {"contact": contact, "names": [*_ADDRESSES, *_IDS]}).all()
    ids = {(row.source, row.value) for row in told if row.name in _IDS}
    addresses = [
        (row.now, one.strip())
        for row in told
        if row.name in _ADDRESSES
        for one in row.value.split(";")
        if _AN_ADDRESS.search(one)
    ]
    keys = {key for now, one in addresses if now and (key := email_key(one))}
    ever = {key for _, one in addresses if (key := email_key(one))}
    return Traces(
        frozenset(records),
        frozenset(ids),
        frozenset(keys),
        frozenset(ever - keys),
        frozenset(one for _, one in addresses),
    )


def wipe(conn: Connection, hers: Traces) -> None:
    """Empty the bodies of ended deliveries that name her, and take her out of all other texts.

    One look through the deliveries whose bodies are still kept. Those that wait tell of others too; they are emptied at
    their end (`names_forgotten`).
    """
    plain = [
        (source.partition(":")[0], id_) for source, id_ in sorted(hers.records | hers.more) if re.fullmatch(r"\w+", id_)
    ]
    conn.execute(
        _EMPTY_BODIES,
        {
            "spellings": sorted({one for address in hers.addresses for one in _spellings(address)}),
            "platforms": [platform for platform, _ in plain],
            "ids": [id_.lower() for _, id_ in plain],
        },
    )
    addresses = [re.escape(one.lower()) for one in sorted(hers.addresses)]
    pattern = "|".join([*addresses, *(rf"\m{id_.lower()}\M" for _, id_ in plain)])
    if pattern:
        for table in _REASONS:
            conn.execute(
                text(
                    f"UPDATE {table} SET reason = :erased WHERE reason <> '' AND lower(reason) ~ :pattern"  # noqa: S608 -- our own names
                ),
                {"erased": _ERASED, "pattern": pattern},
            )
        conn.execute(text("DELETE FROM alert WHERE lower(about || ' ' || message) ~ :pattern"), {"pattern": pattern})
    if addresses:
        conn.execute(
            text("DELETE FROM portal_cache WHERE lower(key || ' ' || value::text) ~ :pattern"),
            {"pattern": "|".join(addresses)},
        )


def _spellings(address: str) -> Iterator[str]:
    """As JSON and forms write it; case does not matter."""
    yield address
    yield json.dumps(address)[1:-1]
    yield quote_plus(address)
    yield quote(address, safe="@")


def share(conn: Connection, keys: Collection[str]) -> list[tuple[int, str]]:
    """Who holds a record under one of these addresses: (contact, source). Read-only."""
    rows = conn.execute(
        text("SELECT contact, source FROM record WHERE email_key = ANY(:keys) ORDER BY contact, source"),
        {"keys": sorted(keys)},
    )
    return [(row.contact, row.source) for row in rows]
