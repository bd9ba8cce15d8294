"""A world whose platforms are pretend ones behind real HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tending.lives import Script
from tending.rule_files import rulebook_of
from tending.ruling import Ruling
from tending.sandbox_platforms import SandboxPlatforms
from tending.world import World

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from adapters.sandbox import Clock, Sandbox
from connector.assembly import Platforms, Store, make_parts
from connector.rulebook.types import Rulebook
from connector.settings import Settings, read_settings
from connector.steps.parts import Parts
from connector.store.engine import connect


@contextmanager
def http_world(script: Script, database: str, folder: Path) -> Iterator[World]:
    """A world of this script over a fresh database; rulebooks are written into `folder`."""
    with Sandbox(Clock(script.began)) as sandbox:
        sandbox.hubspot.settings.limits_on = False
        settings = read_settings(
            {
                "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot.settings.token,
                "HUBSPOT_BASE_URL": sandbox.hubspot_url,
                "HUBSPOT_API_VERSION": "v3",
                "MAILCHIMP_API_KEY": "sandbox-us19",
                "MAILCHIMP_BASE_URL": sandbox.mailchimp_url,
                "DATABASE_URL": database.replace("+psycopg", "", 1),
            }
        )
        engine = connect(database)
        clients = _unhurried(settings)
        store = Store(engine, database)

        def parts_of(rulebook: Rulebook) -> Parts:
            return make_parts(settings, store, rulebook, clients=clients, now=sandbox.clock)

        try:
            yield World(script, sandbox.clock, SandboxPlatforms(sandbox), parts_of, reader(folder))
        finally:
            clients.close()
            engine.dispose()


def reader(folder: Path) -> Callable[[Ruling], Rulebook]:
    """Writes each ruling into a folder of its own and reads it."""
    made: list[Ruling] = []

    def read(ruling: Ruling) -> Rulebook:
        made.append(ruling)
        return rulebook_of(ruling, folder / str(len(made)))

    return read


def _unhurried(given: Settings) -> Platforms:
    """Clients like those of assembly, without its pace: the pretend platforms have no quota here."""

    def budget() -> RateBudget:
        return RateBudget(10_000, 1.0, burst=10_000)

    hubspot = HubSpotClient(
        given.hubspot_access_token,
        base_url=given.hubspot_base_url,
        version=given.hubspot_api_version,
        budget=budget(),
        search_budget=budget(),
        sleep=_briefly,
    )
    mailchimp = MailchimpClient(
        api_key=given.mailchimp_api_key,
        base_url=given.mailchimp_base_url,
        slots=Slots(IN_FLIGHT),
        budget=budget(),
        sleep=_briefly,
    )
    return Platforms(hubspot, mailchimp)


def _briefly(seconds: float) -> None:
    time.sleep(min(seconds, 0.001))
