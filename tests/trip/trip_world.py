"""One small world, as a test sees it: what is done in it, and what either platform and the store show."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from receiving import SECRET
from sqlalchemy import text
from unhurried import unhurried

from adapters.ports import PlatformError
from adapters.sandbox import Sandbox
from adapters.sandbox.hubspot.signatures import signed_headers
from adapters.sandbox.people import Population
from connector.assembly import Store, make_parts
from connector.rulebook.types import Rulebook
from connector.settings import Settings
from connector.steps import sync as steps
from connector.steps.deliver import deliver
from connector.steps.judge import judge_all
from connector.steps.parts import Parts
from connector.steps.reading import read_all
from connector.steps.sync import Summary
from connector.store import ledger, state
from connector.store.engine import connect

#: When a world begins: in Madrid, in working hours.
TUESDAY_NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


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

    def next_pass(self, **delta: float) -> Summary:
        """Some time goes by (five minutes), and the next pass; platforms may fail in it."""
        self.pass_time(**(delta or {"minutes": 5}))
        self.end_pauses()
        return steps.sync(self.parts)

    def judge(self) -> Counter[str]:
        """Read and judge, but deliver nothing yet: the moment before the call."""
        self.pass_time(minutes=1)
        read_all(self.parts, full=False)
        return judge_all(self.parts, baseline=False)

    def deliver(self) -> Counter[str]:
        """Deliver what waits; no platform may fail."""
        errors: list[PlatformError] = []
        tally = deliver(self.parts, errors)
        assert errors == []
        return tally

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
        store = self._stack.enter_context(opened(url))
        with store.engine.begin() as conn:
            state.activate(conn, self.rulebook.hash, self.rulebook.source, TUESDAY_NOON)
        clients = unhurried(self.settings)
        parts = make_parts(self.settings, store, self.rulebook, clients=clients, now=self.sandbox.clock)
        return World(self.sandbox, self.population, self.settings, store, self.rulebook, parts, self._stack)


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """The store at this URL."""
    engine = connect(url)
    yield Store(engine, url)
    engine.dispose()
