"""A portal and an audience that are in order, on pretend platforms: what `check` says of them once something breaks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from adapters.sandbox import Sandbox
from adapters.sandbox.mailchimp.webhooks import EVENTS, SOURCES, Hook
from adapters.sandbox.people import populate
from connector.assembly import Store, make_parts
from connector.clients import Platforms
from connector.rulebook.read import read_rulebook
from connector.settings import Settings, read_settings
from connector.steps.doctor import Instruments, Surroundings, examine
from connector.steps.finding import Finding
from connector.steps.parts import Parts
from connector.steps.provision import provision
from connector.store.engine import connect

SHIPPED = Path(__file__).parents[2] / "mappings"
WEBHOOK = "https://trellis.acme.example/webhooks/mailchimp/a-token-that-nobody-guesses"


@dataclass
class Portal:
    """A portal after `provision`. Nothing was read yet: `check` needs no pass."""

    sandbox: Sandbox
    given: Settings
    parts: Parts
    surroundings: Surroundings
    store: Store
    healthy: frozenset[str] = field(default_factory=frozenset)

    def found(self, instruments: Instruments = Instruments()) -> tuple[Finding, ...]:  # noqa: B008 - frozen
        """All that `check` finds on platforms and in the environment."""
        return examine(self.parts, self.surroundings, instruments)

    def news(self, instruments: Instruments = Instruments()) -> set[str]:  # noqa: B008 - frozen
        """The lines that were not there while everything was in order."""
        return {str(one) for one in self.found(instruments)} - self.healthy

    def calling(self, **changes: str) -> Portal:
        """The same, called with other settings."""
        given = replace(self.given, **changes)
        return replace(self, given=given, parts=parts_of(given, self.store))


def parts_of(given: Settings, store: Store) -> Parts:
    """Parts whose clients never wait."""

    def budget() -> RateBudget:
        return RateBudget(100_000, 1.0)

    def sleep(_seconds: float) -> None:
        pass

    clients = Platforms(
        HubSpotClient(
            given.hubspot_access_token,
            base_url=given.hubspot_base_url,
            version=given.hubspot_api_version,
            budget=budget(),
            search_budget=budget(),
            sleep=sleep,
        ),
        MailchimpClient(
            api_key=given.mailchimp_api_key,
            base_url=given.mailchimp_base_url,
            slots=Slots(IN_FLIGHT),
            budget=budget(),
            sleep=sleep,
        ),
    )
    return make_parts(given, store, read_rulebook(SHIPPED), clients=clients)


@pytest.fixture(scope="module")
def portal(postgres_url: str) -> Iterator[Portal]:
    """One in which nothing is to be mended; whoever breaks something mends it again."""
    name = f"checkup_{os.getpid()}"
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    bare = postgres_url.replace("+psycopg", "", 1)
    with Sandbox() as sandbox, psycopg.connect(bare, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE trellis_template")  # type: ignore[arg-type]
        engine = connect(url)
        try:
            yield _portal(sandbox, Store(engine, url))
        finally:
            engine.dispose()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def _portal(sandbox: Sandbox, store: Store) -> Portal:
    sandbox.hubspot.settings.search_lag = 0.0
    sandbox.hubspot.settings.limits_on = False
    populate(sandbox, count=14)
    given = read_settings(
        {
            "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot.settings.token,
            "HUBSPOT_BASE_URL": sandbox.hubspot_url,
            "MAILCHIMP_API_KEY": sandbox.mailchimp.api_key,
            "MAILCHIMP_BASE_URL": sandbox.mailchimp_url,
        }
    )
    there = Surroundings(
        hubspot_on=True,
        mailchimp_on=True,
        public_url="https://trellis.acme.example",
        hubspot_secret=True,
        webhook_url=WEBHOOK,
    )
    portal = Portal(sandbox, given, parts_of(given, store), there, store)
    assert provision(portal.parts, dry_run=False, webhook_url=None).errors == []
    hook = Hook("1", "abc123", WEBHOOK, dict.fromkeys(EVENTS, True), dict.fromkeys(SOURCES, True), None)
    sandbox.mailchimp.webhooks.hooks["1"] = hook
    portal.healthy = frozenset(str(one) for one in portal.found())
    return portal
