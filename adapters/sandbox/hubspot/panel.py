"""Pretend HubSpot's part of `/sandbox/…`: the acts of life, webhook subscriptions, settings."""

import inspect
from collections.abc import Callable
from dataclasses import asdict, fields
from functools import partial
from typing import Any

from adapters.sandbox.hubspot.contact_csv import load_contacts_csv
from adapters.sandbox.hubspot.crowd import add_many, change_many
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.webhooks import subscriptions_from
from adapters.sandbox.web import Request, Response, Routes

_NOT_ACTS = frozenset({"mail_received", "person"})


def acts(portal: Portal) -> dict[str, Callable[..., object]]:
    """Every public act of `Life` and `Admin` by its name, and what stands at the end of the function."""

    def settle() -> None:
        with portal.lock:
            portal.settle()

    def flush() -> None:
        settle()
        portal.webhooks.flush()

    def add_workflow(**wish: Any) -> dict[str, str]:
        with portal.lock:
            made = portal.workflows.add(**wish)
            return {"flow_id": made.id, "workflow_id": made.workflow_id}

    found = {
        name: act
        for actor in (portal.life, portal.admin)
        for name, act in inspect.getmembers(actor, inspect.ismethod)
        if not name.startswith("_") and name not in _NOT_ACTS
    }
    return {
        **found,
        "settle": settle,
        "flush": flush,
        "add_workflow": add_workflow,
        "add_many": partial(add_many, portal),
        "change_many": partial(change_many, portal),
        "load_contacts_csv": lambda path: asdict(load_contacts_csv(portal, path)),
    }


def control(portal: Portal) -> Routes:
    """Further control routes.

    - `POST /sandbox/webhooks`: `{"target_url", "client_secret", "subscriptions": ["contact.creation",
      {"type": "contact.propertyChange", "property": "lifecyclestage"}]}` and any field of `Delivery` (`lost`,
      `shuffle`, `duplicate`, …); what is left out stays as it is.
    - `POST /sandbox/settings`: any field of `Settings` with a plain value.
    """
    routes = Routes()
    routes.add("POST", "/sandbox/webhooks", lambda request: _set_webhooks(portal, request))
    routes.add("POST", "/sandbox/settings", lambda request: _set_settings(portal, request))
    return routes


def _set_webhooks(portal: Portal, request: Request) -> Response:
    wish = dict(request.json() or {})
    if "target_url" in wish:
        url, secret = wish.pop("target_url"), wish.pop("client_secret")
        portal.webhooks.configure(url, secret, subscriptions_from(wish.pop("subscriptions")))
    return _set_fields(portal.webhooks.delivery, wish)


def _set_settings(portal: Portal, request: Request) -> Response:
    wish = dict(request.json() or {})
    if "scopes" in wish:
        wish["scopes"] = frozenset(wish["scopes"])
    return _set_fields(portal.settings, wish)


def _set_fields(target: Any, wish: dict[str, Any]) -> Response:
    known = {each.name for each in fields(target)}
    unknown = sorted(wish.keys() - known)
    if unknown:
        return Response.json({"error": f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}"}, 400)
    for name, value in wish.items():
        setattr(target, name, value)
    return Response(204)
