"""What a full read would cost, before it begins: one call a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from adapters.hubspot_port import HubSpotPort
from adapters.ports import ScopeMissing
from connector.rulebook.mapping import company_properties
from connector.steps.parts import HUBSPOT, Parts
from connector.store import companies
from connector.store.listing import count_present
from connector.store.past import count_to_read

#: Rows of one call (facts/hubspot.md §1.3, §11; facts/mailchimp.md §2, of which one row overlaps).
_CONTACTS, _HISTORIES, _COMPANIES, _LIST_MEMBERS, _MEMBERS = 100, 50, 100, 250, 999


@dataclass(frozen=True, slots=True)
class Estimate:
    """A source's records, the calls that reading them all takes, and the seconds at the pace that its quota allows."""

    source: str
    records: int
    calls: int
    seconds: float


def estimates(parts: Parts) -> Iterator[Estimate]:
    """One a source. What campaigns cost no count tells: it is not in it. Raises PlatformError."""
    if parts.hubspot is not None:
        records = parts.hubspot.count()
        yield _estimate(HUBSPOT, records, _hubspot_calls(parts, parts.hubspot, records), parts.hubspot.pace())
    for source, port in parts.mailchimp.items():
        records = port.count()
        yield _estimate(source, records, ceil(records / _MEMBERS) + 1, port.pace())


def _estimate(source: str, records: int, calls: int, pace: float) -> Estimate:
    return Estimate(source, records, calls, calls / pace)


def _hubspot_calls(parts: Parts, port: HubSpotPort, records: int) -> int:
    """Contacts, the companies that we know of, the members of lists, and the past of those whom we do not know yet."""
    named = {one for event in parts.rulebook.fields.events.values() if event.hubspot for one in event.hubspot.lists}
    try:
        sizes = [info.size or 0 for name, info in port.lists().items() if name in named] if named else []
    except ScopeMissing:  # a full read does not read them either
        sizes = []
    with parts.engine.connect() as conn:
        known = count_present(conn, HUBSPOT)
        past = max(0, records - known) + count_to_read(conn)
        firms = companies.count(conn) if company_properties(parts.rulebook.fields) else 0
    return (
        ceil(records / _CONTACTS)
        + ceil(past / _HISTORIES)
        + ceil(firms / _COMPANIES)
        + sum(max(1, ceil(size / _LIST_MEMBERS)) for size in sizes)
    )
