"""Orders of the stores that are connected to a Mailchimp audience, as acts: told once, whatever becomes of them later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson

from adapters.mailchimp_port import MailchimpPort
from adapters.ports import Order
from connector.facts import Event
from connector.steps.parts import Parts
from connector.steps.reading.cursors import cursor, set_cursor
from connector.store import ledger, state
from connector.store.engine import writer_lock

#: A store may tell of an order as long after it was placed.
_LATE = timedelta(days=1)


def read_orders(parts: Parts, source: str, port: MailchimpPort) -> int:
    """Read orders that are new, where fields.yaml maps them; how many acts were new. Raises PlatformError.

    New ones are looked for until as many are met as there are more of. Whose customer we do not know, or who was canceled
    at once, counts by its time, unless it was met before.
    """
    kind = next((kind for kind, mapped in parts.rulebook.fields.events.items() if mapped.mailchimp == "orders"), None)
    if kind is None:
        return 0
    now = parts.now()
    since = cursor(parts, source, "orders")
    with parts.engine.connect() as conn:
        known = int(state.get_cursor(conn, source, "orders known") or 0)
        met: Mapping[str, str] = orjson.loads(state.get_cursor(conn, source, "orders met") or "{}")
    added, total = 0, known
    recent: dict[str, str] = {}
    elsewhere: set[str] = set()
    for orders, total in port.orders(known):
        with parts.engine.begin() as conn:
            writer_lock(conn)
            contacts = ledger.contacts_by_hash(conn, source, [order.hash for order in orders])
            told = [order for order in orders if order.hash in contacts and not order.canceled]
            added += ledger.add_events(
                conn, [(contacts[order.hash], _event(kind, order, now, history=since is None)) for order in told]
            )
        late = {order.id: order.at or now for order in orders if (order.at or now) >= (since or now) - _LATE}
        recent |= {one: at.isoformat() for one, at in late.items()}
        elsewhere |= late.keys() - met.keys() - {order.id for order in told}
        if since is not None and added + len(elsewhere) >= total - known > 0:
            break
    kept = {one: at for one, at in {**met, **recent}.items() if datetime.fromisoformat(at) >= now - _LATE}
    set_cursor(parts, source, "orders", now)
    with parts.engine.begin() as conn:
        state.set_cursor(conn, source, "orders known", str(total), now)
        state.set_cursor(conn, source, "orders met", orjson.dumps(kept).decode(), now)
    return added


def _event(kind: str, order: Order, now: datetime, *, history: bool) -> Event:
    at = order.at or now
    return Event(
        kind=kind,
        happened_at=at,
        known_at=at if history else now,
        key=f"{order.source}:order:{order.id}",
        asset=order.store,
        channel=order.source,
    )
