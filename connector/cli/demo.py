"""`trellis demo`: the main job on pretend platforms, from start to end, in a store and on a clock of its own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from adapters.sandbox import Sandbox
    from adapters.sandbox.people import Population
    from connector.assembly import Store
    from connector.settings import Settings
    from connector.steps.parts import Parts

_TOKEN, _KEY, _SECRET = "sandbox-token", "sandbox-us19", "demo-client-secret"
#: Properties whose changes the demo's HubSpot app tells by webhook; outputs of ours are not among them.
_TOLD = (
    "recent_conversion_date",
    "num_conversion_events",
    "hs_analytics_num_page_views",
    "hs_email_optout",
    "lifecyclestage",
    "trellis_exclude",
)


@dataclass(slots=True)
class Demo:
    """Everything that runs while the demo runs."""

    sandbox: Sandbox
    population: Population
    settings: Settings
    store: Store
    parts: Parts


@click.command()
@click.option("--keep", is_flag=True, help="Stay up afterwards, so that other commands can look at the demo.")
@click.option("--people", default=320, show_default=True, help="How many people to load.")
def demo(*, keep: bool, people: int) -> None:
    """Show the main job: pretend HubSpot and Mailchimp, people scored, written back and enrolled.

    Each run starts clean; it needs no account and sends nothing to anybody. Example: trellis demo
    """
    from connector.cli.demo_story import tell

    with demo_world(people) as world:
        tell(world)
        _how_to_look(world, keep=keep)
        if keep:
            _wait()


@contextmanager
def demo_world(people: int) -> Iterator[Demo]:
    """Pretend platforms with people, a fresh store, the receiver; all on one clock that starts in working hours."""
    from adapters.sandbox import Clock, Sandbox
    from adapters.sandbox.people import populate
    from connector.assembly import make_parts
    from connector.cli.session import activate
    from connector.rulebook.read import read_rulebook
    from connector.settings import read_settings

    rulebook = read_rulebook(Path("mappings"))
    clock = Clock()
    clock.advance(_to_working_hours(rulebook, clock()))
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(clock))
        population = populate(sandbox, count=people)
        store = stack.enter_context(_fresh_store())
        receiver = _Receiver()
        environ = {
            "HUBSPOT_ACCESS_TOKEN": _TOKEN,
            "HUBSPOT_CLIENT_SECRET": _SECRET,
            "HUBSPOT_BASE_URL": sandbox.hubspot_url,
            "MAILCHIMP_API_KEY": _KEY,
            "MAILCHIMP_BASE_URL": sandbox.mailchimp_url,
            "MAILCHIMP_WEBHOOK_TOKEN": secrets.token_urlsafe(24),
            "PUBLIC_URL": receiver.url,
            "DATABASE_URL": store.plain_url,
        }
        settings = read_settings(environ)
        stack.enter_context(receiver.serving(settings, store.url, clock))
        activate(store, rulebook)
        sandbox.hubspot.webhooks.configure(
            f"{receiver.url}/webhooks/hubspot",
            _SECRET,
            [("contact.creation", ""), *(("contact.propertyChange", name) for name in _TOLD)],
        )
        parts = make_parts(settings, store, rulebook, now=clock)
        yield Demo(sandbox, population, settings, store, parts)


def _to_working_hours(rulebook: object, now: object) -> timedelta:
    """How far the demo's clock has to lead, so that a demo on a Sunday night enrolls as well."""
    from datetime import datetime

    from connector.nurturing.working_time import next_open
    from connector.rulebook.types import Rulebook

    assert isinstance(rulebook, Rulebook)
    assert isinstance(now, datetime)
    opening = next_open(rulebook.tracks.calendar, ZoneInfo(rulebook.fields.timezone), now)
    return opening - now + timedelta(minutes=30) if opening > now else timedelta(0)


@contextmanager
def _fresh_store() -> Iterator[Store]:
    """A database of the demo's own on the bundled server, made anew."""
    from sqlalchemy import make_url, text

    from connector.assembly import Store, bundled_url
    from connector.store.engine import connect
    from connector.store.migrate import migrate

    with bundled_url(Path("var"), click.echo) as url:
        admin = connect(url)
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("DROP DATABASE IF EXISTS demo WITH (FORCE)"))
            conn.execute(text("CREATE DATABASE demo"))
        admin.dispose()
        mine = make_url(url).set(database="demo").render_as_string(hide_password=False)
        engine = connect(mine)
        migrate(engine)
        try:
            yield Store(engine, mine)
        finally:
            engine.dispose()


class _Receiver:
    """The real Flask app on a free port of loopback."""

    def __init__(self) -> None:
        import socket

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    @contextmanager
    def serving(self, settings: Settings, url: str, clock: object) -> Iterator[None]:
        import logging

        from werkzeug.serving import make_server

        from connector.assembly import make_receiver

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = make_server("127.0.0.1", self._port, make_receiver(settings, url, now=clock), threaded=True)  # type: ignore[arg-type]
        thread = Thread(target=server.serve_forever, name="receiver", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


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
    if keep:
        file = Path("var/demo.env")
        file.write_text("".join(f"export {name}='{value}'\n" for name, value in exports(world).items()))
        lines = (
            "The demo stays up until Ctrl-C. In another terminal:",
            f"  . {file}",
            "  .venv/bin/trellis explain maria@tramuntana.example",
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
