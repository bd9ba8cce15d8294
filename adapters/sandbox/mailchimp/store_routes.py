"""Connected stores: listing them and their orders; no `since`, and an order that a switch decides."""

from adapters.sandbox.mailchimp import asking, shape
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.links import links
from adapters.sandbox.mailchimp.stores import Order
from adapters.sandbox.web import Request


def all_stores(account: Account, request: Request) -> Json:
    """GET /ecommerce/stores."""
    stores = list(account.stores.values())
    shown = [one.as_json() for one in asking.page(request).cut(stores)]
    return _listed(request, "stores", "/ecommerce/stores", shown, len(stores))


def one_store(account: Account, request: Request) -> Json:
    """GET /ecommerce/stores/{id}."""
    return account.store(request.params["store_id"]).as_json()


def orders(account: Account, request: Request) -> Json:
    """GET /ecommerce/stores/{id}/orders."""
    store = account.store(request.params["store_id"])
    rows: list[Order] = list(store.orders.values())
    if account.switches.newest_orders_first:
        rows.reverse()
    shown = [one.as_json() for one in asking.page(request).cut(rows)]
    answer = _listed(request, "orders", f"/ecommerce/stores/{store.id}/orders", shown, len(rows))
    answer["store_id"] = store.id
    return answer


def _listed(request: Request, name: str, path: str, rows: list[Json], total: int) -> Json:
    answer: Json = {name: rows, "total_items": total}
    if shape.wants_links(request):
        for row in rows:
            row["_links"] = links(f"{path}/{row['id']}", "Ecommerce")
        answer["_links"] = links(path, "Ecommerce")
    return answer


_STORE = "/ecommerce/stores/{store_id}"
ROUTES = (
    ("GET", "/ecommerce/stores", all_stores),
    ("GET", _STORE, one_store),
    ("GET", f"{_STORE}/orders", orders),
)
