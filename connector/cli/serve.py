"""`trellis serve`: one machine. A supervisor of the same processes that the Procfile names, and of the bundled PostgreSQL."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from socket import socket

    from connector.assembly import Store
    from connector.cli.child import Child
    from connector.settings import Settings

#: Children have so long to finish or release what they hold; with PostgreSQL's own end after it, all is over in 25 s.
GRACE_S = 21.0
_TURN_S = 0.2
#: Starting takes all processors there are, and the platforms wait for the receiver only.
_HEAD_START_S = 1.0
#: How often the bundled server may die before it has a schema.
_STARTS = 5


@click.command()
@click.option(
    "--auto-apply", is_flag=True, help="Changed files go live by themselves where it is small and safe: see watch."
)
def serve(*, auto_apply: bool) -> None:
    """Run everything on this machine until stopped: PostgreSQL (unless DATABASE_URL is set), web, worker, clock and watch.

    Example: trellis serve
    """
    from connector.assembly import open_store, settings
    from connector.cli.port import take_port
    from connector.cli.session import say_what_is_off
    from connector.logs import set_up_logs

    given = settings()
    say_what_is_off(given)
    set_up_logs(given, "serve")
    stop = Stop()
    with ExitStack() as held:
        with stop.interrupting():
            store = held.enter_context(
                open_store(given, own=True, check=False, say=lambda line: click.echo(line, err=True))
            )
            _bring_up_to_date(store)
            # After the data: a second `serve` is told about the first one, not about its port.
            port = held.enter_context(take_port(given.port))
        for line in _greeting(given, store):
            click.echo(line)
        _supervise(store, _children(given, store, port, auto_apply=auto_apply), stop)


def _bring_up_to_date(store: Store) -> None:
    """Migrate the schema; a bundled server that is killed meanwhile is started again. Raises StoreUnavailable."""
    from connector.store.errors import StoreUnavailable
    from connector.store.migrate import migrate

    for left in reversed(range(_STARTS)):
        try:
            migrate(store.engine)
        except StoreUnavailable:
            if store.server is None or store.server.alive or not left:
                raise
            store.mind()
        else:
            return


class Stop:
    """What SIGTERM and Ctrl-C do: they ask the supervisor to end, and break off where it may wait for minutes."""

    def __init__(self) -> None:
        self.asked = False
        self._breaks_off = False
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True
        if self._breaks_off:
            self._breaks_off = False
            raise KeyboardInterrupt

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Within the block, being asked to stop raises KeyboardInterrupt."""
        self._breaks_off = True
        try:
            yield
        finally:
            self._breaks_off = False


def _greeting(given: Settings, store: Store) -> Sequence[str]:
    """What runs, and where; no address in it is a secret."""
    from connector.assembly import active_rulebook

    on = [name for name, is_on in (("HubSpot", given.hubspot_on), ("Mailchimp", given.mailchimp_on)) if is_on]
    database = "the database of DATABASE_URL" if given.database_url else f"PostgreSQL in {given.trellis_data}"
    lines = [
        f"Trellis serves {' and '.join(on)}: receiver on port {given.port}, worker, clock, {database}. Ctrl-C ends all."
    ]
    if given.hubspot_on and not given.public_url:
        lines.append("PUBLIC_URL is not set: no HubSpot webhook is believed; polling finds changes every 5 minutes.")
    if active_rulebook(store) is None:
        lines.append("There is no active rulebook yet. In another terminal: trellis provision, then trellis sync.")
    return lines


def _children(given: Settings, store: Store, port: socket, *, auto_apply: bool) -> Sequence[Child]:
    from connector.cli.child import Child
    from connector.cli.port import DESCRIPTOR

    environ = dict(os.environ)
    if not given.database_url:
        environ["DATABASE_URL"] = store.url
    listening = port.fileno()
    return (
        Child("web", {**environ, DESCRIPTOR: str(listening)}, descriptors=(listening,)),
        Child("worker", environ, after_s=_HEAD_START_S),
        Child("clock", environ, after_s=_HEAD_START_S),
        Child("watch", environ, words=("--auto-apply",) if auto_apply else (), after_s=_HEAD_START_S),
    )


def _supervise(store: Store, children: Sequence[Child], stop: Stop) -> None:
    try:
        while not stop.asked:
            with stop.interrupting():
                store.mind()
            for child in children:
                child.mind()
            time.sleep(_TURN_S)
    except KeyboardInterrupt:
        pass  # asked to stop while the database recovered: it ends with us
    finally:
        ends = time.monotonic() + GRACE_S
        for child in children:
            child.terminate()
        for child in children:
            child.wait(ends)
