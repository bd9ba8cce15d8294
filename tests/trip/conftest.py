"""One small world: pretend platforms with people, a fresh database, the receiver; all on the sandbox's clock."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
from copies import CopiedSandbox
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from adapters.sandbox import Clock, Sandbox
from adapters.sandbox.hubspot.signatures import signed_headers
from adapters.sandbox.people import Population, exclude, populate
from connector.assembly import Platforms, Store, make_parts, receiver_over
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook
from connector.settings import Settings, read_settings
from connector.steps import sync as steps
from connector.steps.parts import Parts
from connector.steps.provision import provision
from connector.steps.sync import Summary
from connector.store import ledger, state
from connector.store.engine import connect

MAPPINGS = Path(__file__).parents[2] / "mappings"
TUESDAY_NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # in Madrid, in working hours
SECRET = "trip-client-secret"
TOKEN = "trip-webhook-token-0123456789"
FINANCE = "finance-consideration"
FINANCE_FLOW = "Finance: consideration"

#: What the portal's app tells by webhook; outputs of ours are not among them.
TOLD = (
    ("contact.creation", ""),
    ("contact.deletion", ""),
    ("contact.privacyDeletion", ""),
    ("contact.propertyChange", "recent_conversion_date"),
    ("contact.propertyChange", "num_conversion_events"),
    ("contact.propertyChange", "hs_analytics_num_page_views"),
    ("contact.propertyChange", "hs_email_optout"),
    ("contact.propertyChange", "lifecyclestage"),
    ("contact.propertyChange", "trellis_exclude"),
    ("contact.propertyChange", "email"),
)

Edits = Mapping[str, tuple[str, str]]


@dataclass
class World:
    """Everything of one trip; `parts` is what the steps are handed."""

    sandbox: Sandbox
    population: Population
    settings: Settings
    store: Store
    rulebook: Rulebook
    parts: Parts
    _stack: ExitStack = field(repr=False)

    # ------------------------------------------------------------ doing

    def sync(self, **options: Any) -> Summary:
        """One pass that must not fail, and the webhooks that it causes."""
        summary = steps.sync(self.parts, **options)
        assert summary.errors == []
        self.flush()
        return summary

    def work(self) -> Summary:
        """The worker's shorter pass."""
        summary = steps.work(self.parts)
        assert summary.errors == []
        self.flush()
        return summary

    def pass_time(self, **delta: float) -> None:
        """The sandbox's clock goes on, and mails that are due go out."""
        self.sandbox.clock.advance(timedelta(**delta))
        with self.sandbox.hubspot.lock:
            self.sandbox.hubspot.workflows.settle()
        with self.sandbox.mailchimp.lock:
            self.sandbox.mailchimp.settle()

    def end_pauses(self) -> None:
        """Leases and pauses run on the database's clock, which no test can turn: end them."""
        with self.store.engine.begin() as conn:
            conn.execute(text("UPDATE intent SET lease_until = clock_timestamp() - interval '1 second'"))
            conn.execute(text("UPDATE delivery SET lease_until = clock_timestamp() - interval '1 second'"))

    def post(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Send events to the receiver as HubSpot would, signed; the status of the answer."""
        url, body = f"{self.settings.public_url}/webhooks/hubspot", json.dumps(events).encode()
        now_ms = int(self.sandbox.clock().timestamp() * 1000)
        headers = {"Content-Type": "application/json", **signed_headers(SECRET, "POST", url, body, now_ms)}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return int(answer.status)

    def flush(self) -> None:
        """Wait until every webhook has been delivered or given up."""
        self.sandbox.hubspot.webhooks.flush()
        self.sandbox.mailchimp.flush()

    def settle(self) -> None:
        """Passes until nothing is left to tell: what we wrote has come back as echoes and was read."""
        for _ in range(2):
            self.pass_time(minutes=2)
            self.work()
            self.sync()
        self.pass_time(minutes=2)

    def new_lead(self, key: str, *, form: str = "Newsletter", title: str = "CFO", **more: str) -> str:
        """Somebody HubSpot has never seen fills in a form: by default a finance lead for the finance track."""
        email = f"{key}@{key}works.example"
        values = {"firstname": key.capitalize(), "jobtitle": title, "company": f"{key.capitalize()} Works"}
        values |= {"country": "Spain", "numemployees": "100-500", "phone": "+34 600 200 300", **more}
        self.sandbox.hubspot.life.fill_form(email, form, values, "https://www.brightledger.example/blog")
        return email

    def new_member(self, key: str, *, title: str = "Directora financiera") -> str:
        """Somebody whom HubSpot does not know signs up at Mailchimp, gets a mail and clicks in it: a finance lead too."""
        email, life = f"{key}@{key}works.example", self.sandbox.mailchimp.life
        life.subscribe(email, merge_fields={"FNAME": key.capitalize(), "JOBTITLE": title})
        mail = life.send_campaign(f"Hello {key}", to=[email])
        life.click(email, mail, "https://www.brightledger.example/blog")
        return email

    # ------------------------------------------------------------ looking

    def email(self, key: str) -> str:
        """The address of one of the named people."""
        return self.population.person(key).address

    def hubspot(self, email: str) -> Mapping[str, str]:
        """What the marketer sees of somebody in HubSpot."""
        return dict(self.sandbox.hubspot.life.person(email).values)

    def members(self) -> dict[str, dict[str, Any]]:
        """All members of the audience by contact id, as Mailchimp's API shows them."""
        audience = self.sandbox.mailchimp.audience(self.population.audience)
        return {member.contact_id: audience.member_json(member) for member in audience}

    def member(self, email: str) -> dict[str, Any]:
        """One of them."""
        return next(one for one in self.members().values() if one["email_address"].lower() == email.lower())

    def portal(self) -> dict[str, dict[str, str]]:
        """All contacts of the portal by id, with all their values."""
        return {str(record.id): dict(record.values) for record in self.sandbox.hubspot.contacts}

    def entered(self, email: str | None = None, flow: str | None = None) -> list[Any]:
        """Who was let into which workflow or flow."""
        return self.sandbox.effects.of(kind="entered", email=email, flow=flow)

    def contact(self, email: str) -> int:
        """Our own id of somebody."""
        with self.store.engine.connect() as conn:
            found = ledger.find_contact(conn, email)
        assert found is not None
        return found

    def rows(self, statement: str, **values: object) -> Sequence[Any]:
        """Rows of the store."""
        with self.store.engine.connect() as conn:
            return conn.execute(text(statement), values).all()

    def stage(self, email: str) -> str:
        """Where the store says that somebody stands."""
        statement = "SELECT word.text FROM verdict JOIN word ON word.id = stage WHERE contact = :id"
        return self.rows(statement, id=self.contact(email))[0].text

    def intents(self, email: str, kind: str = "enroll") -> list[tuple[str, str]]:
        """State and reason of somebody's intents, oldest first."""
        statement = "SELECT state, reason FROM intent WHERE contact = :id AND kind = :kind ORDER BY id"
        return [tuple(row) for row in self.rows(statement, id=self.contact(email), kind=kind)]

    def calls(self) -> dict[str, dict[str, int]]:
        """Calls that each platform answered since `forget_calls`, by route."""
        return {
            "hubspot": self.sandbox.hubspot_server.calls.counts,
            "mailchimp": self.sandbox.mailchimp_server.calls.counts,
        }

    def forget_calls(self) -> None:
        """Begin to count anew."""
        self.sandbox.hubspot_server.calls.reset()
        self.sandbox.mailchimp_server.calls.reset()

    # ------------------------------------------------------------ other circumstances

    def with_store(self, url: str) -> World:
        """The same platforms, another (empty) database."""
        store = self._stack.enter_context(_store(url))
        with store.engine.begin() as conn:
            state.activate(conn, self.rulebook.hash, self.rulebook.source, TUESDAY_NOON)
        clients = _unhurried(self.settings)
        parts = make_parts(self.settings, store, self.rulebook, clients=clients, now=self.sandbox.clock)
        return World(self.sandbox, self.population, self.settings, store, self.rulebook, parts, self._stack)


MakeWorld = Callable[..., World]


@dataclass(frozen=True, slots=True)
class Settled:
    """A world just after its baseline, in which nothing runs any more: others begin as copies of it."""

    sandbox: Sandbox
    population: Population
    database: str


@pytest.fixture(scope="session")
def settled(new_lasting_database: Callable[..., str]) -> Callable[[Circumstances], Settled]:
    """Gives the settled world of some circumstances; the first who asks has it made."""

    @cache
    def settle(given: Circumstances) -> Settled:
        url = new_lasting_database()
        with ExitStack() as stack:
            world = _sown(stack, url, given)
            world.sync()
            world.pass_time(minutes=10)
            world.flush()
            return Settled(world.sandbox, world.population, url)

    return settle


@pytest.fixture
def make_world(new_database: Callable[..., str], settled: Callable[[Circumstances], Settled]) -> Iterator[MakeWorld]:
    """Makes worlds.

    Options: `count` people; HubSpot's API `version`, or `hubspot` False without its credentials; `edits` of mappings, file → (old text, new text); `webhooks`: False
    for a world where all are lost; `baseline`: False for one that no pass has seen yet; `before`, called with sandbox and
    population before anything is read.
    """
    with ExitStack() as stack:

        def make(
            *,
            count: int = 40,
            version: str = "v3",
            edits: Edits | None = None,
            hubspot: bool = True,
            webhooks: bool = True,
            baseline: bool = True,
            before: Callable[[Sandbox, Population], object] | None = None,
        ) -> World:
            given = Circumstances(count, version if hubspot else None, tuple((edits or {}).items()), webhooks)
            if baseline and before is None:
                seed = settled(given)
                return _grown(stack, new_database(seed.database), seed, given)
            world = _sown(stack, new_database(), given, before)
            if baseline:
                world.sync()
                world.pass_time(minutes=10)
            return world

        yield make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A world after its baseline."""
    return make_world()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a world is made for: how many people, HubSpot's API version (None: it is off), edits of mappings, webhooks."""

    count: int
    version: str | None
    edits: tuple[tuple[str, tuple[str, str]], ...]
    webhooks: bool


def _sown(
    stack: ExitStack,
    database: str,
    given: Circumstances,
    before: Callable[[Sandbox, Population], object] | None = None,
) -> World:
    """A world that no pass has seen yet."""
    sandbox = stack.enter_context(Sandbox(Clock(TUESDAY_NOON)))
    sandbox.hubspot.settings.limits_on = False  # nobody waits for a quota here
    population = populate(sandbox, count=given.count)
    world = _served(stack, database, given, sandbox, population)
    with world.store.engine.begin() as conn:
        state.activate(conn, world.rulebook.hash, world.rulebook.source, TUESDAY_NOON)
    hook = f"{world.settings.public_url}/webhooks/mailchimp/{TOKEN}"
    provision(world.parts, dry_run=False, webhook_url=hook if given.webhooks else None)
    if given.version:
        exclude(sandbox, population)
    if before is not None:
        before(sandbox, population)
    _listen(world, given)
    return world


def _grown(stack: ExitStack, database: str, seed: Settled, given: Circumstances) -> World:
    """A world like a settled one, at addresses of its own."""
    sandbox = stack.enter_context(CopiedSandbox(seed.sandbox))
    world = _served(stack, database, given, sandbox, seed.population)
    for hook in sandbox.mailchimp.webhooks.hooks.values():
        hook.url = f"{world.settings.public_url}/webhooks/mailchimp/{TOKEN}"
    _listen(world, given)
    return world


def _served(stack: ExitStack, database: str, given: Circumstances, sandbox: Sandbox, population: Population) -> World:
    rulebook = _rulebook(given.edits)
    store = stack.enter_context(_store(database))
    settings = stack.enter_context(_received(sandbox, store, given.version))
    parts = make_parts(settings, store, rulebook, clients=_unhurried(settings), now=sandbox.clock)
    return World(sandbox, population, settings, store, rulebook, parts, stack)


def _listen(world: World, given: Circumstances) -> None:
    if given.webhooks:
        world.sandbox.hubspot.webhooks.configure(f"{world.settings.public_url}/webhooks/hubspot", SECRET, TOLD)


class _Quiet(WSGIRequestHandler):
    """Like gunicorn as we set it up: no access log, for the path holds the webhook token."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def _store(url: str) -> Iterator[Store]:
    engine = connect(url)
    yield Store(engine, url)
    engine.dispose()


@contextmanager
def _received(sandbox: Sandbox, store: Store, version: str | None) -> Iterator[Settings]:
    """The settings of a world whose receiver is served, by its real Flask app, on a free port; HubSpot off without version."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings = read_settings(
            {
                "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot.settings.token if version else "",
                "HUBSPOT_CLIENT_SECRET": SECRET,
                "HUBSPOT_BASE_URL": sandbox.hubspot_url,
                "HUBSPOT_API_VERSION": version or "v3",
                "MAILCHIMP_API_KEY": "sandbox-us19",
                "MAILCHIMP_BASE_URL": sandbox.mailchimp_url,
                "MAILCHIMP_WEBHOOK_TOKEN": TOKEN,
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
                "DATABASE_URL": store.plain_url,
            }
        )
        app = receiver_over(settings, store, now=sandbox.clock)
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno())
        server.daemon_threads = False  # so that its end waits for requests: none has a connection of the store after it
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="receiver", daemon=True)
        thread.start()
        try:
            yield settings
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _unhurried(given: Settings) -> Platforms:
    """Clients like those of assembly, without its pace: the pretend platforms of a trip have no quota."""

    def budget() -> RateBudget:
        clock = _Skipping()
        return RateBudget(10_000, 1.0, burst=10_000, monotonic=clock, sleep=clock.sleep)

    hubspot = HubSpotClient(
        given.hubspot_access_token,
        base_url=given.hubspot_base_url,
        version=given.hubspot_api_version,
        budget=budget(),
        search_budget=budget(),
        sleep=_not_at_all,
    )
    mailchimp = MailchimpClient(
        api_key=given.mailchimp_api_key,
        base_url=given.mailchimp_base_url,
        slots=Slots(IN_FLIGHT),
        budget=budget(),
        sleep=_not_at_all,
    )
    return Platforms(hubspot if given.hubspot_on else None, mailchimp)


class _Skipping:
    """The clock of a budget for whose permits nobody waits, refused or not: who would, has it put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += seconds


def _not_at_all(_seconds: float) -> None:
    """Nobody waits before a call is tried again."""


@cache
def _rulebook(edits: tuple[tuple[str, tuple[str, str]], ...]) -> Rulebook:
    """The shipped one with one text replaced in each named file. It is frozen, so that many worlds may have the same."""
    with TemporaryDirectory() as folder:
        for file in MAPPINGS.glob("*.yaml"):
            content = file.read_text()
            for old, new in [change for name, change in edits if name == file.name]:
                assert old in content, f"{file.name} has no {old!r}"
                content = content.replace(old, new)
            (Path(folder) / file.name).write_text(content)
        return read_rulebook(Path(folder))
