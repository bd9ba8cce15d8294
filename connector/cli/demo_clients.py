"""Clients for platforms that have no quota: four weeks of calls are made in seconds, and nobody is to wait for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from connector.clients import Platforms

if TYPE_CHECKING:
    from connector.settings import Settings

_PER_S = 10_000


def unhurried(given: Settings) -> Platforms:
    """Clients like those of assembly, without its pace. Makes no call."""
    return Platforms(
        HubSpotClient(
            given.hubspot_access_token,
            base_url=given.hubspot_base_url,
            version=given.hubspot_api_version,
            budget=_no_pace(),
            search_budget=_no_pace(),
        ),
        MailchimpClient(
            api_key=given.mailchimp_api_key,
            base_url=given.mailchimp_base_url,
            slots=Slots(IN_FLIGHT),
            budget=_no_pace(),
        ),
    )


def _no_pace() -> RateBudget:
    return RateBudget(_PER_S, 1.0, burst=_PER_S)
