"""Connected stores and their orders (facts/mailchimp.md §5; the shapes are those of the vendor's contract)."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.member import Member
from adapters.sandbox.mailchimp.shape import stamp

CURRENCY = "EUR"


@dataclass(slots=True)
class Order:
    """One order; the customer keeps the address that she bought with."""

    id: str
    store_id: str
    customer_id: str
    email: str
    total: Decimal
    at: datetime
    canceled_at: datetime | None = None

    def as_json(self) -> Json:
        """The order as the API shows it, without links."""
        shown: Json = {
            "id": self.id,
            "customer": {"id": self.customer_id, "email_address": self.email, "opt_in_status": False},
            "store_id": self.store_id,
            "campaign_id": "",
            "financial_status": "paid",
            "fulfillment_status": "",
            "currency_code": CURRENCY,
            "order_total": float(self.total),
            "discount_total": 0,
            "tax_total": 0,
            "shipping_total": 0,
            "processed_at_foreign": stamp(self.at),
            "updated_at_foreign": stamp(self.canceled_at or self.at),
            "lines": [],
        }
        if self.canceled_at is not None:
            shown["cancelled_at_foreign"] = stamp(self.canceled_at)
        return shown


@dataclass
class Store:
    """A store of one audience; `orders` by id, oldest first."""

    id: str
    name: str
    list_id: str
    created: datetime
    orders: dict[str, Order] = field(default_factory=dict)

    def order(self, member: Member, total: Decimal, at: datetime) -> Order:
        """Place an order for a member."""
        made = Order(f"{member.web_id}-{member.orders}", self.id, f"c{member.web_id}", member.email, total, at)
        self.orders[made.id] = made
        return made

    def as_json(self) -> Json:
        """The store as the API shows it, without links."""
        return {
            "id": self.id,
            "list_id": self.list_id,
            "name": self.name,
            "platform": "",
            "domain": "shop.sandbox.example",
            "is_syncing": False,
            "email_address": "",
            "currency_code": CURRENCY,
            "money_format": "€",
            "primary_locale": "",
            "timezone": "",
            "phone": "",
            "list_is_active": True,
            "created_at": stamp(self.created),
            "updated_at": stamp(self.created),
        }
