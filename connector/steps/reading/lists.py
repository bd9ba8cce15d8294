"""Joining a list that the marketer keeps is an act. A membership is told once, whatever its time says later."""

from __future__ import annotations

from adapters.ports import HubSpotPort
from connector.facts import Event
from connector.steps import portal
from connector.steps.parts import HUBSPOT, Parts
from connector.store import ledger
from connector.store.engine import writer_lock


def read_lists(parts: Parts, port: HubSpotPort) -> int:
    """Read the lists that fields.yaml names as event sources; how many acts were new. Raises PlatformError."""
    added = 0
    now = parts.now()
    for kind, mapped in parts.rulebook.fields.events.items():
        for name in mapped.hubspot.lists if mapped.hubspot else ():
            list_id = portal.list_ids(parts)[name]
            members = [member for page in port.list_members(list_id) for member in page.members]
            with parts.engine.begin() as conn:
                writer_lock(conn)
                contacts = ledger.contacts_of(conn, HUBSPOT, [member.id for member in members])
                added += ledger.add_events(
                    conn,
                    [
                        (
                            contacts[member.id],
                            Event(
                                kind=kind,
                                happened_at=member.joined_at or now,
                                known_at=now,
                                key=f"hubspot:{kind}:list:{list_id}",
                                asset=name,
                                channel=HUBSPOT,
                            ),
                        )
                        for member in members
                        if member.id in contacts
                    ],
                )
    return added
