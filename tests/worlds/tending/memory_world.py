"""A world whose platforms are doubles in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tending.http_world import reader
from tending.lives import Script
from tending.memory_platforms import MemoryPlatforms
from tending.world import World

from adapters.sandbox import Clock
from connector.assembly import Platforms, Store, make_parts
from connector.rulebook.types import Rulebook
from connector.settings import read_settings
from connector.steps.parts import Parts
from connector.store.engine import connect


@contextmanager
def memory_world(script: Script, database: str, folder: Path) -> Iterator[World]:
    """A world of this script over a fresh database; rulebooks are written into `folder`."""
    clock = Clock(script.began)
    platforms = MemoryPlatforms(clock)
    settings = read_settings({"HUBSPOT_ACCESS_TOKEN": "token", "MAILCHIMP_API_KEY": "key-us1"})
    engine = connect(database)
    store = Store(engine, database)

    def parts_of(rulebook: Rulebook) -> Parts:
        made = make_parts(settings, store, rulebook, clients=Platforms(None, None), now=clock)
        audiences = {platforms.audience.source: platforms.audience}
        return replace(made, hubspot=platforms.portal, mailchimp=audiences)

    try:
        yield World(script, clock, platforms, parts_of, reader(folder))
    finally:
        engine.dispose()
