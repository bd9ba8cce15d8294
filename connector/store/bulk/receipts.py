"""The receipts that are kept of some contacts, still packed, with the rulebook that made each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

_RECEIPTS = text(
    "SELECT contact, coalesce(word.text, '') AS model, score, coalesce(hash, '') AS made_by, receipt FROM verdict"
    " LEFT JOIN word ON word.id = model LEFT JOIN rulebook ON rulebook.id = verdict.rulebook WHERE contact = ANY(:ids)"
)


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """One packed receipt: `made_by` is the hash of its rulebook, empty where nobody knows it any more."""

    model: str
    score: int | None
    made_by: str
    packed: bytes


def read_receipts(conn: Connection, contacts: Sequence[int]) -> Mapping[int, KeptReceipt]:
    """The receipts of those of these contacts who were judged. Read-only."""
    rows = conn.execute(_RECEIPTS, {"ids": list(contacts)})
    return {row.contact: KeptReceipt(row.model, row.score, row.made_by, bytes(row.receipt)) for row in rows}
