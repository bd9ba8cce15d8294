"""Pretend Mailchimp: the Marketing API 3.0 with the quirks of facts/mailchimp.md §8."""

from collections.abc import Callable

from adapters.sandbox.mailchimp.account import Account, Switches
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.flows import Flow
from adapters.sandbox.mailchimp.routes import routes
from adapters.sandbox.web import Response, Routes

__all__ = ["Account", "Audience", "Flow", "Switches", "acts", "control", "routes"]


def acts(account: Account) -> dict[str, Callable[..., object]]:
    """What `POST /sandbox/life` can do here."""
    return {**account.life.acts(), "settle": account.settle, "flush": account.flush}


def control(account: Account) -> Routes:
    """`PUT /sandbox/webhooks/lost` and `DELETE` of it: drop every webhook, deliver them again."""
    routes_ = Routes()

    def lose(lost: bool) -> Response:
        account.webhooks.lost = lost
        return Response(204)

    routes_.add("PUT", "/sandbox/webhooks/lost", lambda _request: lose(True))
    routes_.add("DELETE", "/sandbox/webhooks/lost", lambda _request: lose(False))
    return routes_
