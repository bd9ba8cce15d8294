"""Pretend HubSpot: one portal (`Portal`), its API (`routes`), its life (`acts`) and further controls (`control`)."""

from adapters.sandbox.hubspot import (
    account_api,
    associations_api,
    batch_api,
    enrollments_api,
    flows_api,
    lists_api,
    objects_api,
    properties_api,
    search,
)
from adapters.sandbox.hubspot.api import Api
from adapters.sandbox.hubspot.contact_csv import Loaded, load_contacts_csv
from adapters.sandbox.hubspot.panel import acts, control
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.settings import ALL_SCOPES, RequiredWhen, Settings
from adapters.sandbox.web import Routes

__all__ = [
    "ALL_SCOPES",
    "Loaded",
    "Portal",
    "RequiredWhen",
    "Settings",
    "acts",
    "control",
    "load_contacts_csv",
    "routes",
]

_AREAS = (
    objects_api,
    batch_api,
    search,
    properties_api,
    lists_api,
    associations_api,
    flows_api,
    enrollments_api,
    account_api,
)


def routes(portal: Portal) -> Routes:
    """The whole API of a portal."""
    api = Api(portal)
    for area in _AREAS:
        area.register(api)
    return api.routes
