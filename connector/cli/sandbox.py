"""`trellis sandbox`: the pretend platforms alone, on loopback, until stopped."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit

if TYPE_CHECKING:
    from adapters.sandbox import Sandbox

_PORT = click.IntRange(0, 65535)
#: So many values that were left out are told one by one.
_TOLD = 5


@click.command()
@click.option(
    "--contacts",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Load a HubSpot contact export: the header holds property names or labels, new ones are made.",
)
@click.option("--demo", is_flag=True, help="Load the people of the demo, with 120 days of history on both platforms.")
@click.option("--hubspot-port", type=_PORT, default=9001, show_default=True, help="0 takes any free port.")
@click.option("--mailchimp-port", type=_PORT, default=9002, show_default=True, help="0 takes any free port.")
@click.option(
    "--search-lag",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How long HubSpot's search does not see a change.",
)
def sandbox(*, contacts: Path | None, demo: bool, hubspot_port: int, mailchimp_port: int, search_lag: float) -> None:
    """Run pretend HubSpot and Mailchimp on this machine until Ctrl-C, and print the environment that points at them.

    Everything is kept in memory and gone afterwards.

    Example: trellis sandbox --contacts leads.csv
    """
    stopping = Event()
    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, lambda *_: stopping.set())
    world = _built(hubspot_port, mailchimp_port)
    world.hubspot.settings.search_lag = search_lag
    lines = [*(_demo_people(world) if demo else []), *(_exported(world, contacts) if contacts else [])]
    with world:
        for line in [*lines, *_environment(world), "Ready. Ctrl-C stops both and forgets everything."]:
            click.echo(line)
        stopping.wait()


def _built(hubspot_port: int, mailchimp_port: int) -> Sandbox:
    """Both platforms with their ports taken. Ends the command with one line if a port is not to be had."""
    from adapters.sandbox import Sandbox

    try:
        return Sandbox(hubspot_port=hubspot_port, mailchimp_port=mailchimp_port)
    except OSError as error:
        cure = "choose another --hubspot-port or --mailchimp-port; 0 takes any free one"
        raise _refused(f"{error.strerror}: {cure}.", Exit.STORE) from error


def _demo_people(world: Sandbox) -> Sequence[str]:
    from adapters.sandbox.people import populate

    return [f"{len(populate(world).people):,} people of the demo on both platforms."]


def _exported(world: Sandbox, path: Path) -> Sequence[str]:
    """Load the file; what it brought. Ends the command with one line if it cannot be read, before anything is served."""
    import csv

    from adapters.sandbox.hubspot import load_contacts_csv

    try:
        loaded = load_contacts_csv(world.hubspot, path)
    except OSError as error:
        raise _refused(f"{path} cannot be read: {error.strerror}", Exit.USAGE) from error
    except UnicodeDecodeError as error:
        raise _refused(f"{path} is not UTF-8: save the export as CSV UTF-8", Exit.USAGE) from error
    except (csv.Error, ValueError) as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise _refused(f"{path} is no contact export: {reason}", Exit.USAGE) from error
    again = f"; rows with an address seen before: {loaded.updated:,}" if loaded.updated else ""
    lines = [f"{loaded.created:,} contacts from {path.name}; new properties: {len(loaded.new_properties)}{again}."]
    if loaded.refused:
        lines.append(f"Values left out, as HubSpot would not hold them: {len(loaded.refused):,}")
        lines += [f"  line {line}: {reason}" for line, reason in loaded.refused[:_TOLD]]
        lines += ["  …"] if len(loaded.refused) > _TOLD else []
    return lines


def _environment(world: Sandbox) -> Sequence[str]:
    values = {
        "HUBSPOT_BASE_URL": world.hubspot_url,
        "HUBSPOT_ACCESS_TOKEN": world.hubspot.settings.token,
        "MAILCHIMP_BASE_URL": world.mailchimp_url,
        "MAILCHIMP_API_KEY": world.mailchimp.api_key,
    }
    return [f"export {name}={value}" for name, value in values.items()]


def _refused(line: str, code: Exit) -> click.exceptions.Exit:
    """The end of the command, its one line already told."""
    click.echo(line, err=True)
    return click.exceptions.Exit(code)
