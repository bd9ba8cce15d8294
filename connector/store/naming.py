"""The records of people as they stand, to tell by what name they go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store.records import from_row

_RECORDS = text(
    "SELECT record.*, company.raw AS company FROM record LEFT JOIN company"
    " ON record.source = 'hubspot' AND company.id = record.raw ->> 'associatedcompanyid'"
    " WHERE record.contact = ANY(:contacts) AND NOT record.archived"
)


def records_of(conn: Connection, contacts: Sequence[int]) -> Mapping[int, Mapping[str, Record]]:
    """What platforms show of these contacts, by source; of HubSpot with the values of her company. Who is archived there is
    left out. Read-only.
    """
    found: dict[int, dict[str, Record]] = defaultdict(dict)
    for row in conn.execute(_RECORDS, {"contacts": list(contacts)}).mappings():
        record, company = from_row(row), row["company"] or {}
        firm = {f"company.{name}": value for name, value in company.items()}
        found[row["contact"]][record.source] = replace(record, values={**firm, **record.values})
    return found
