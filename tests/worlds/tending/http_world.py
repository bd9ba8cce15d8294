"""A world whose platforms are pretend ones behind real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tending.lives import Script
from tending.rule_files import rulebook_of
from tending.ruling import Ruling
from tending.sandbox_platforms import SandboxPlatforms
from tending.world import World
from unhurried import unhurried

from adapters.sandbox import Clock, Sandbox
from connector.assembly import Store, make_parts
from connector.rulebook.types import Rulebook
from connector.settings import read_settings
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
        clients = unhurried(settings)
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
