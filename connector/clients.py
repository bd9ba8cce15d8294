"""The clients of the platforms, and the budgets that they share with every other process on the same store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from connector.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adapters.budget import Quota
    from adapters.budget.limit import Limit
    from adapters.hubspot.client import HubSpotClient
    from adapters.mailchimp.client import MailchimpClient
    from adapters.skew import Skew

_SEARCHES_PER_S = 5  # facts/hubspot.md §3.1: an own bucket per account
_SEARCH_BURST = 4  # a quiet pass makes two: it need not be paced, the rolling window keeps the limit
_CALLS_PER_10_S = 100  # the smallest plan's limit, until the portal's own headers say more
_MAILCHIMP_PER_S = 100  # nothing is documented: what counts there is how many calls are under way


@dataclass(slots=True)
class Platforms:
    """The clients of one process, made once: they hold the pool of connections and the permits taken from `engine`."""

    hubspot: HubSpotClient | None
    mailchimp: MailchimpClient | None
    engine: Engine | None = None

    def calls(self) -> Mapping[str, Mapping[tuple[str, str], int]]:
        """Calls made so far by platform, endpoint and outcome."""
        both = {"hubspot": self.hubspot, "mailchimp": self.mailchimp}
        return {name: dict(client.calls) for name, client in both.items() if client is not None}

    def outcomes(self) -> Counter[tuple[str, str]]:
        """Calls made so far by platform and how they ended: ok, refused, credentials, busy, unreachable, not sent."""
        told: Counter[tuple[str, str]] = Counter()
        for platform, calls in self.calls().items():
            for (_, counted), number in calls.items():
                told[platform, _ending(platform, counted)] += number
        return told

    def skews(self) -> Mapping[str, Skew]:
        """How far our clock is from the platforms', by their names, as far as answers have told it so far."""
        both = {"HubSpot": self.hubspot, "Mailchimp": self.mailchimp}
        told = {name: client.clock.skew for name, client in both.items() if client is not None}
        return {name: skew for name, skew in told.items() if skew is not None}

    def quota(self) -> Quota | None:
        """What HubSpot's answers told of its limits; None without HubSpot, or if they told nothing."""
        return None if self.hubspot is None else self.hubspot.quota()

    def close(self) -> None:
        """Give back what other processes could use; what a store that is away does not hear runs out in seconds."""
        from connector.store.errors import StoreUnavailable

        for client in (self.hubspot, self.mailchimp):
            if client is not None:
                with suppress(StoreUnavailable):
                    client.close()


def connect_platforms(given: Settings, engine: Engine | None) -> Platforms:
    """Clients for the platforms that have credentials; without an engine their budgets are this process's own. Makes no call."""
    from adapters.budget import RateBudget, Slots
    from adapters.proxy import Proxies
    from connector.store.lanes import LockedLanes
    from connector.store.rate import StoredRate

    def kept(name: str) -> StoredRate | None:
        return StoredRate(engine, name) if engine is not None else None

    proxies = Proxies(given.https_proxy, given.no_proxy)
    hubspot = mailchimp = None
    if given.hubspot_on:
        from adapters.hubspot.client import HubSpotClient

        account = _hubspot_account(given)
        hubspot = HubSpotClient(
            given.hubspot_access_token,
            base_url=given.hubspot_base_url,
            version=given.hubspot_api_version,
            budget=RateBudget(_CALLS_PER_10_S, 10.0, kept=kept(account)),
            search_budget=RateBudget(_SEARCHES_PER_S, 1.0, burst=_SEARCH_BURST, kept=kept(f"{account}:search")),
            proxies=proxies,
        )
    if given.mailchimp_on:
        from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient

        account = _mailchimp_account(given)
        mailchimp = MailchimpClient(
            api_key=given.mailchimp_api_key or None,
            access_token=given.mailchimp_access_token or None,
            server_prefix=given.mailchimp_server or None,
            base_url=given.mailchimp_base_url or None,
            slots=Slots(
                IN_FLIGHT, LockedLanes(engine, f"trellis:{account}:slot", IN_FLIGHT) if engine is not None else None
            ),
            budget=RateBudget(_MAILCHIMP_PER_S, 1.0, kept=kept(account)),
            proxies=proxies,
        )
    return Platforms(hubspot, mailchimp, engine)


def limits(given: Settings) -> Mapping[str, Limit]:
    """The documented limits of the accounts that are on, by the names of their budgets."""
    from adapters.budget.limit import Limit

    hubspot, mailchimp = _hubspot_account(given), _mailchimp_account(given)
    both = {
        hubspot: Limit(_CALLS_PER_10_S, 10.0),
        f"{hubspot}:search": Limit(_SEARCHES_PER_S, 1.0, _SEARCH_BURST),
        mailchimp: Limit(_MAILCHIMP_PER_S, 1.0),
    }
    on = {"hubspot": given.hubspot_on, "mailchimp": given.mailchimp_on}
    return {name: limit for name, limit in both.items() if on[name.partition(":")[0]]}


def accounts(given: Settings) -> Mapping[str, str]:
    """A name for each platform's credentials and address, which tells nothing of either; another one with others."""
    mailchimp = given.mailchimp_api_key or given.mailchimp_access_token
    return {
        "hubspot": _named(f"{given.hubspot_access_token} {given.hubspot_base_url}"),
        "mailchimp": _named(f"{mailchimp} {given.mailchimp_server} {given.mailchimp_base_url}"),
    }


def _ending(platform: str, counted: str) -> str:
    if platform != "hubspot":
        return counted
    from adapters.hubspot.answers import outcome_of_call

    return outcome_of_call(counted)


def _hubspot_account(given: Settings) -> str:
    return f"hubspot:{_named(given.hubspot_access_token)}"


def _mailchimp_account(given: Settings) -> str:
    return f"mailchimp:{_named(given.mailchimp_api_key or given.mailchimp_access_token)}"


def _named(secret: str) -> str:
    """A name for the account that tells nothing of its key."""
    return sha256(secret.encode()).hexdigest()[:16]
