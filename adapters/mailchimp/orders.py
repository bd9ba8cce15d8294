"""Orders of the stores that are connected to an audience (facts/mailchimp.md §5).

There is no `since`: how many orders there are is all that tells of new ones, one small call for each store. In which order
they are listed is not documented [unsure]: the end is given first, then the beginning, then the rest, and whoever has seen
as many new ones as there are may stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.members import subscriber_hash, text_of
from adapters.mailchimp.paging import Listing, PageSize, Row
from adapters.ports import Order

STORES = "/ecommerce/stores"
ORDERS = "/ecommerce/stores/{store_id}/orders"

_STORE_FIELDS = ("stores.id", "stores.name", "stores.list_id", "total_items")
_ORDER_FIELDS = (
    "orders.id",
    "orders.customer.email_address",
    "orders.processed_at_foreign",
    "orders.updated_at_foreign",
    "orders.cancelled_at_foreign",
    "orders.order_total",
    "orders.currency_code",
    "total_items",
)
#: Known orders that are read with the new ones: one that was deleted meanwhile hides as many.
_OVERLAP = 20


@dataclass(frozen=True, slots=True)
class _Store:
    id: str
    name: str
    total: int


def orders(
    client: MailchimpClient, *, source: str, list_id: str, known: int, page_size: int
) -> Iterator[tuple[tuple[Order, ...], int]]:
    """Pages of orders with how many there are in all; nothing while they are `known` many. Some may come twice.

    Raises PlatformError. Read-only.
    """
    size = PageSize(page_size)
    stores = [_counted(client, store) for store in _stores(client, list_id, size)]
    total = sum(store.total for store in stores)
    if total == known:
        return
    new = total - known + _OVERLAP if 0 < known < total else total
    listings = [(store, _orders(client, store, size)) for store in stores if store.total]
    ends = ((store, at.span(max(0, store.total - new), new).rows) for store, at in listings)
    beginnings = ((store, at.span(0, min(new, store.total - new)).rows) for store, at in listings if store.total > new)
    rests = ((store, rows) for store, at in listings if store.total > new for rows in at.pages())
    whole = ((store, rows) for store, at in listings for rows in at.pages())
    for store, rows in chain(ends, beginnings, rests) if new < total else whole:
        yield tuple(_order(row, source, store) for row in rows), total


def _stores(client: MailchimpClient, list_id: str, size: PageSize) -> Iterator[Row]:
    for page in Listing(client, STORES, {}, "stores", {"fields": _STORE_FIELDS}, size).pages():
        yield from (store for store in page if store.get("list_id") == list_id)


def _counted(client: MailchimpClient, store: Row) -> _Store:
    answer = client.call("GET", ORDERS, {"store_id": str(store["id"])}, {"count": 1, "fields": ("total_items",)})
    return _Store(str(store["id"]), text_of(store.get("name")) or str(store["id"]), int(answer.get("total_items") or 0))


def _orders(client: MailchimpClient, store: _Store, size: PageSize) -> Listing:
    return Listing(client, ORDERS, {"store_id": store.id}, "orders", {"fields": _ORDER_FIELDS}, size)


def _order(row: Row, source: str, store: _Store) -> Order:
    return Order(
        source=source,
        id=f"{store.id}:{row.get('id')}",
        hash=subscriber_hash(str((row.get("customer") or {}).get("email_address") or "")),
        at=_moment(row, ("processed_at_foreign", "updated_at_foreign")),
        store=store.name,
        total=" ".join(filter(None, (text_of(row.get("order_total")), text_of(row.get("currency_code"))))),
        canceled=bool(row.get("cancelled_at_foreign")),
    )


def _moment(row: Row, names: Sequence[str]) -> datetime | None:
    """The first of these times that can be read; stores write them as they like, some without a zone."""
    for name in names:
        try:
            at = datetime.fromisoformat(str(row.get(name) or ""))
        except ValueError:
            continue
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return None
