"""Clients of pretend platforms that have no quota: nobody waits, neither for a permit nor before a call is tried again."""

from __future__ import annotations

import time

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from connector.assembly import Platforms
from connector.settings import Settings


def unhurried(given: Settings) -> Platforms:
    """Clients like those of assembly, without its pace."""

    def budget() -> RateBudget:
        clock = Skipping()
        return RateBudget(10_000, 1.0, burst=10_000, monotonic=clock, sleep=clock.sleep)

    hubspot = HubSpotClient(
        given.hubspot_access_token,
        base_url=given.hubspot_base_url,
        version=given.hubspot_api_version,
        budget=budget(),
        search_budget=budget(),
        sleep=_not_at_all,
    )
    mailchimp = MailchimpClient(
        api_key=given.mailchimp_api_key,
        base_url=given.mailchimp_base_url,
        slots=Slots(IN_FLIGHT),
        budget=budget(),
        sleep=_not_at_all,
    )
    return Platforms(hubspot if given.hubspot_on else None, mailchimp)


class Skipping:
    """The clock of a budget for whose permits nobody waits, refused or not: who would, has it put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += seconds


def _not_at_all(_seconds: float) -> None:
    """Nobody waits before a call is tried again."""
