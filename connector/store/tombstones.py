"""Who was erased, told by keyed hashes alone: what comes late about her is known by them, and dropped.

The key is a secret of this store; without it the hashes cannot be tried out. They stay for ever. A restored backup may hold
several keys: each of them counts.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as randomness
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote_plus

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.facts import Record
from connector.store import state
from connector.store.schema import tombstone
from connector.store.texts import email_key

_PURPOSE = "tombstone"
_AT_ONCE = 20_000

#: HubSpot's ids are numbers, Mailchimp's are hexadecimal (facts/mailchimp.md §3).
_ID = re.compile(r"[0-9a-f]{8,}|\d+")
_PART = r"[^\s\"'<>&=,;:()\[\]{}]"
#: It begins where nothing of an address stands before, or a long text without one would be looked through from each place.
_ADDRESS = re.compile(rf"(?<!{_PART}){_PART}+@{_PART}+")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def id_name(source: str, platform_id: str) -> str:
    """What is buried of a record: nobody with this id is taken in again."""
    return f"{source}:{platform_id}"


def address_name(key: str) -> str:
    """What is buried of an address that was hers (as `texts.email_key` gives it): nobody who has it is taken in again."""
    return f"email:{key}"


def mentioned_id_name(source: str, id_: str) -> str:
    """What is buried of an id as a platform's deliveries tell it, which do not name our sources: they are not kept."""
    return f"{source.partition(':')[0]}:{id_}"


def former_address_name(key: str) -> str:
    """What is buried of an address that she had before: deliveries that tell it are not kept, but who has it now may be
    somebody else.
    """
    return f"was:{key}"


def bury(conn: Connection, names: Collection[str], at: datetime) -> None:
    """Remember that somebody with these names was erased."""
    if not state.secrets(conn, _PURPOSE):
        state.keep_secret(conn, _PURPOSE, randomness.token_hex(32), at)
    key = state.secrets(conn, _PURPOSE)[0]
    rows = [{"hash": _hash(key, name), "at": at} for name in sorted(names)]
    if rows:
        conn.execute(insert(tombstone).on_conflict_do_nothing(), rows)


def forgotten(conn: Connection, records: Sequence[Record]) -> set[int]:
    """The places in `records` of people who were erased, maybe under an id that has been merged since. Read-only."""
    named: dict[str, set[int]] = {}
    for number, one in enumerate(records):
        for name in _names_of(one):
            named.setdefault(name, set()).add(number)
    return set().union(*(named[name] for name in _buried(conn, named)))


def buried_ids(conn: Connection, source: str, ids: Collection[str]) -> frozenset[str]:
    """Those of these ids of a source whose owners were erased. Read-only."""
    named = {id_name(source, one): one for one in ids}
    return frozenset(named[name] for name in _buried(conn, named))


def names_forgotten(conn: Connection, platform: str, body: bytes) -> bool:
    """Whether a delivery's body names somebody who was erased, by an address or an id of `platform`. Read-only."""
    if not state.secrets(conn, _PURPOSE):
        return False
    plain = body.decode("utf-8", "replace")
    names: set[str] = set()
    for told in {_ESCAPED.sub(lambda found: chr(int(found[1], 16)), plain), unquote_plus(plain)}:
        names |= {mentioned_id_name(platform, id_) for id_ in _ID.findall(told)}
        for key in {key for address in _ADDRESS.findall(told) if (key := email_key(address))}:
            names |= {address_name(key), former_address_name(key)}
    return bool(_buried(conn, names))


def buried_contacts(conn: Connection) -> Sequence[int]:
    """Contacts who are here although they were erased: the store is younger than its tombstones, since a backup was restored
    and the tombstones after it. Everybody is looked at, so this is a question for once a day. Read-only.
    """
    if not state.secrets(conn, _PURPOSE):
        return ()
    everybody = text(
        "SELECT contact, source, platform_id, NULL AS email_key FROM identity"
        " UNION ALL SELECT contact, source, platform_id, email_key FROM record"
    )
    found: set[int] = set()
    rows = conn.execute(everybody.execution_options(stream_results=True, yield_per=_AT_ONCE))
    for some in rows.partitions():
        named: dict[str, int] = {}
        for row in some:
            named[id_name(row.source, row.platform_id)] = row.contact
            if row.email_key is not None:
                named[address_name(row.email_key)] = row.contact
        found |= {named[name] for name in _buried(conn, named)}
    return sorted(found)


def _names_of(record: Record) -> Iterator[str]:
    yield id_name(record.source, record.id)
    for old in record.merged_ids:
        yield id_name(record.source, old)
    if key := email_key(record.email):
        yield address_name(key)


def _buried(conn: Connection, names: Collection[str]) -> Collection[str]:
    keys = state.secrets(conn, _PURPOSE)
    if not keys or not names:
        return ()
    marks = {_hash(key, name): name for key in keys for name in names}
    found = conn.scalars(select(tombstone.c.hash).where(tombstone.c.hash == func.any(list(marks))))
    return {marks[bytes(one)] for one in found}


def _hash(key: str, name: str) -> bytes:
    return hmac.digest(bytes.fromhex(key), name.encode(), hashlib.sha256)
