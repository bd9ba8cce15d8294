"""Deals that were won or lost, as acts of the people they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

from adapters.hubspot_port import HubSpotPort
from adapters.ports import Deal
from connector.facts import Event
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.cursors import cursor, set_cursor
from connector.steps.reading.groups import in_groups
from connector.steps.reading.refusals import unless_refused
from connector.store import ledger
from connector.store.engine import writer_lock

#: Windows overlap by more than the search index lags: a deal may be found before its contact is.
OVERLAP = timedelta(minutes=10)

#: One call tells the contacts of so many (facts/hubspot.md §3.1).
GROUP = 1000

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def read_deals(parts: Parts, port: HubSpotPort, pause: Callable[[], None] = lambda: None) -> int:
    """Read the deals that were closed since the last pass, where fields.yaml maps any; how many acts were new.

    `pause` is called between transactions.
    The first reading is history: known at its own time. A refusal is noted, any other PlatformError raised.
    """
    wanted = {kind: mapped.hubspot.deals for kind, mapped in parts.rulebook.fields.events.items() if mapped.hubspot}
    outcomes = {kind: outcome for kind, outcome in wanted.items() if outcome}
    if not outcomes:
        return 0
    return unless_refused(parts, "deals", partial(_read, parts, port, outcomes, pause))


def _read(parts: Parts, port: HubSpotPort, outcomes: Mapping[str, str], pause: Callable[[], None]) -> int:
    stream = f"deals:{'+'.join(sorted(outcomes))}"  # what is mapped anew has its history to be read
    until = parts.now()
    since = cursor(parts, HUBSPOT, stream)
    found = chain.from_iterable(port.changed_deals((since or _EVER) - OVERLAP, until))
    closed = (deal for deal in found if _outcome(deal) in outcomes.values())
    added = 0
    for group in in_groups(closed, GROUP):
        added += _take_in(parts, port, group, outcomes, None if since is None else until)
        pause()
    set_cursor(parts, HUBSPOT, stream, until)
    return added


def _take_in(
    parts: Parts, port: HubSpotPort, deals: Sequence[Deal], outcomes: Mapping[str, str], seen_at: datetime | None
) -> int:
    whose = port.contacts_of_deals([deal.id for deal in deals])
    now = parts.now()
    with parts.engine.begin() as conn:
        writer_lock(conn)
        contacts = ledger.contacts_of(conn, HUBSPOT, sorted({one for each in whose.values() for one in each}))
        return ledger.add_events(
            conn,
            [
                (contacts[one], _event(kind, deal, now, seen_at))
                for deal in deals
                for kind, outcome in outcomes.items()
                if outcome == _outcome(deal)
                for one in whose.get(deal.id, ())
                if one in contacts
            ],
        )


def _event(kind: str, deal: Deal, now: datetime, seen_at: datetime | None) -> Event:
    """A close date is typed in by people: one that is empty or still to come is not when it happened."""
    at = deal.closed_at if deal.closed_at is not None and deal.closed_at <= now else deal.modified_at
    key = f"{HUBSPOT}:{kind}:deal:{deal.id}:{_outcome(deal)}"
    return Event(kind, at, seen_at or at, key, asset=deal.name, channel=HUBSPOT)


def _outcome(deal: Deal) -> str | None:
    return "won" if deal.won else "lost" if deal.lost else None
