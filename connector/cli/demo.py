"""`trellis demo`: the main job on pretend platforms, from start to end, in a store and on a clock of its own."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from connector.cli.demo_world import Demo


@click.command()
@click.option("--keep", is_flag=True, help="Stay up afterwards, so that other commands can look at the demo.")
@click.option(
    "--people", type=click.IntRange(40, 20_000), default=320, show_default=True, help="How many people to load."
)
def demo(*, keep: bool, people: int) -> None:
    """Show the main job: pretend HubSpot and Mailchimp, people scored, written back and enrolled.

    Each run starts clean; it needs no account and sends nothing to anybody. Example: trellis demo
    """
    from connector.cli.demo_story import tell
    from connector.cli.demo_world import demo_world, fresh_store

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: the database is stopped as well
    with fresh_store() as store, demo_world(people, store, datetime.now(UTC)) as world:
        tell(world)
        world.sandbox.clock.resume()
        _how_to_look(world, keep=keep)
        if keep:
            _wait()


def exports(world: Demo) -> Mapping[str, str]:
    """The environment under which other commands look at this demo."""
    given = world.settings
    return {
        "DATABASE_URL": given.database_url,
        "HUBSPOT_BASE_URL": given.hubspot_base_url,
        "HUBSPOT_ACCESS_TOKEN": given.hubspot_access_token,
        "MAILCHIMP_BASE_URL": given.mailchimp_base_url,
        "MAILCHIMP_API_KEY": given.mailchimp_api_key,
    }


def _how_to_look(world: Demo, *, keep: bool) -> None:
    lines: Sequence[str]
    maria = world.population.person("maria").email
    if keep:
        file = Path("var/demo.env")
        file.write_text("".join(f"export {name}='{value}'\n" for name, value in exports(world).items()))
        lines = (
            f"The story ended on a Sunday; their clock has gone on since, and says {world.ends:%A %d %B %Y}.",
            "The demo stays up until Ctrl-C. In another terminal:",
            f"  . {file}",
            f"  .venv/bin/trellis explain {maria}",
            "  .venv/bin/trellis sync        # nothing changed: no write",
            "  .venv/bin/trellis check",
        )
    else:
        lines = (
            "Try next:",
            "  .venv/bin/trellis demo --keep   # the same, and it stays up for `trellis explain`, `sync`, `check`",
            "  edit mappings/model.yaml, then run the demo again: a broken file is refused with file, line and key",
            "  README.md, “Going live”: the same with your own portal",
        )
    for line in lines:
        click.echo(line)


def _wait() -> None:
    while True:
        time.sleep(3600)
