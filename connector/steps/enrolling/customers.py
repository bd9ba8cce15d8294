"""Who of others with somebody's address is a customer: two contacts may be one person, and a customer is never won again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from connector.nurturing.eligibility import WON
from connector.scoring.verdict import CUSTOMER
from connector.steps.parts import Parts
from connector.store import ledger
from connector.store.ledger import Person


def customers_among(parts: Parts, others: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Which of these records, (source, id), belong to contacts who are customers or have bought. Read-only."""
    ids: Mapping[str, list[str]] = defaultdict(list)
    for source, id_ in others:
        ids[source].append(id_)
    if not ids:
        return frozenset()
    with parts.engine.connect() as conn:
        owners = {
            (source, id_): contact
            for source, some in ids.items()
            for id_, contact in ledger.contacts_of(conn, source, some).items()
        }
        people = {one.contact: one for one in ledger.load_people(conn, sorted(set(owners.values())))}
    return frozenset(record for record, contact in owners.items() if contact in people and _bought(people[contact]))


def _bought(person: Person) -> bool:
    return person.stage == CUSTOMER or any(event.kind in WON for event in person.events)
