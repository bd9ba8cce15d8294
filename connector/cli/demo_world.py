"""The demo's world: pretend platforms with people, a store of its own, the real receiver, all on one clock."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from adapters.sandbox import Clock, Sandbox
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
    """Everything that runs while the demo runs, on a clock that stands still between two `turn_to`.

    The story `begins` on a Monday morning of the team's, and `ends` at the present.
    """

    sandbox: Sandbox
    population: Population
    settings: Settings
    store: Store
    parts: Parts
    begins: datetime
    ends: datetime

    def turn_to(self, moment: datetime) -> None:
        """It is that time now, and what is due by then has happened."""
        self.sandbox.clock.fix(moment)
        with self.sandbox.hubspot.lock:
            self.sandbox.hubspot.settle()
        self.sandbox.mailchimp.settle()

    def let_go(self) -> None:
        """Wait until every webhook has been delivered."""
        self.sandbox.hubspot.webhooks.flush()
        self.sandbox.mailchimp.flush()


@contextmanager
def demo_world(people: int, store: Store, now: datetime) -> Iterator[Demo]:
    """Pretend platforms with people, and the receiver over an empty store, all on one clock: it begins four weeks back."""
    from adapters.sandbox import Clock, Sandbox
    from adapters.sandbox.people import populate
    from adapters.sandbox.people_story import story_cast
    from connector.assembly import make_parts
    from connector.cli.demo_clients import unhurried
    from connector.cli.session import activate
    from connector.rulebook.read import read_rulebook
    from connector.settings import read_settings

    rulebook = read_rulebook(Path("mappings"))
    begins = first_monday(now, ZoneInfo(rulebook.fields.timezone))
    clock = Clock(begins)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(clock))
        sandbox.hubspot.settings.limits_on = False  # its clock stands still while a day is lived
        population = populate(sandbox, count=people, named=story_cast())
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
        clients = unhurried(settings)
        stack.callback(clients.close)
        parts = make_parts(settings, store, rulebook, clients=clients, now=clock)
        yield Demo(sandbox, population, settings, store, parts, begins, now)


def first_monday(now: datetime, zone: ZoneInfo) -> datetime:
    """The Monday morning in `zone` of the latest four weeks that were over yesterday."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=28 + today.weekday())
    return datetime.combine(monday, time(9), zone)


@contextmanager
def fresh_store() -> Iterator[Store]:
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
    def serving(self, settings: Settings, url: str, clock: Clock) -> Iterator[None]:
        import logging

        from werkzeug.serving import make_server

        from connector.assembly import Store, receiver_over
        from connector.receiving import receiving_engine

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        engine = receiving_engine(url)
        app = receiver_over(settings, Store(engine, url), now=clock)
        server = make_server("127.0.0.1", self._port, app, threaded=True)
        thread = Thread(target=server.serve_forever, name="receiver", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            engine.dispose()
