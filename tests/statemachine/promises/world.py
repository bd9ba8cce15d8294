"""One small world: two doubles, a store, a receiver, one clock. Passes are the real steps, and may be killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg
from promises.databases import Databases
from promises.faults import Clock, Fault, Faults, Gate
from promises.judge import Human, Judge, Sending
from promises.platforms import AUDIENCE, HUBSPOT, Audience, Portal
from sqlalchemy import Engine, text

from adapters.ports import Activity, Definition, Option, Record
from connector.assembly import Store, make_parts
from connector.clients import Platforms
from connector.receiving import StoredInbox
from connector.rulebook.mapping import hubspot_properties
from connector.rulebook.types import Rulebook
from connector.settings import Settings, read_settings
from connector.steps import sync as steps
from connector.steps.parts import Parts
from connector.steps.provision import provision
from connector.steps.sync import Summary
from connector.store import state
from connector.store.engine import connect
from webhooks import hubspot, mailchimp
from webhooks.app import create_app
from webhooks.ports import Inbox, Readiness, ReceiverSettings

TUESDAY_NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # in Madrid, in working hours
SECRET, TOKEN, URL = "machine-client-secret", "machine-webhook-token-0123456789", "https://machine.example"
_STAGES = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
)
_NUMBERS = ("num_", "hs_email_click", "hs_email_open", "hs_email_replied", "hs_email_delivered", "hs_analytics_num_")
_ECHOED = frozenset({"lifecyclestage", "trellis_stage", "trellis_track"})


@dataclass(frozen=True, slots=True)
class Told:
    """What one event of a webhook says: whom it is about, since when, and whether it is her erasure; `echo` is of our own."""

    platform: str
    id: str
    at: datetime
    event: Mapping[str, Any]
    erasure: bool = False
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the database, and of what was known of it then."""

    name: str
    journal: Mapping[int, Sequence[Told]]
    erased: Mapping[str, str]


@dataclass
class World:
    """`journal` holds what was acknowledged, by the number of the delivery; it is kept outside of the product.

    `erasing` are those whom HubSpot has erased (id → whose it was), `known_by` what the store knew them by before it heard.
    """

    databases: Databases
    rulebooks: Sequence[Rulebook]
    database: str
    clock: Clock = field(default_factory=lambda: Clock(TUESDAY_NOON))
    portal: Portal = field(default_factory=Portal)
    audience: Audience = field(default_factory=Audience)
    inbox: Callable[[Engine, str], Inbox] = StoredInbox
    queue: list[Told] = field(default_factory=list)
    journal: dict[int, Sequence[Told]] = field(default_factory=dict)
    people: list[Human] = field(default_factory=list)
    erasing: dict[str, str] = field(default_factory=dict)
    known_by: dict[str, frozenset[str]] = field(default_factory=dict)
    rulebook: int = 0

    def __post_init__(self) -> None:
        self.clock.moved = self._leases_run
        self.faults = Faults(self.clock)
        self.judge = Judge(self.portal, self.audience, self.clock)
        self.judge.sending = self._sending
        self.faults.lost = self.judge.lost_sight
        for platform in (self.portal, self.audience):
            platform.now, platform.witness = self.clock, self.judge
        self.portal.written = self._echo
        self._numbers = 0
        self.start()

    # ------------------------------------------------------------ the process

    def start(self) -> None:
        """A new process on the database of this world."""
        self.engine = connect(self.databases.url(self.database))
        self.faults.arm(None)
        self.faults.watch(self.engine)
        self._looking = psycopg.connect(self.databases.plain_url(self.database), autocommit=True)
        self._looking.execute("SET lock_timeout = '5s'")

    def stop(self) -> None:
        self._looking.close()
        self.engine.dispose()

    @property
    def settings(self) -> Settings:
        return read_settings(
            {
                "HUBSPOT_ACCESS_TOKEN": "token",
                "HUBSPOT_CLIENT_SECRET": SECRET,
                "MAILCHIMP_API_KEY": "key-us1",
                "MAILCHIMP_WEBHOOK_TOKEN": TOKEN,
                "PUBLIC_URL": URL,
            }
        )

    @property
    def parts(self) -> Parts:
        made = make_parts(
            self.settings,
            Store(self.engine, self.databases.url(self.database)),
            self.rulebooks[self.rulebook],
            clients=Platforms(None, None),
            now=self.clock,
        )
        gates: Mapping[str, Any] = {"hubspot": Gate(self.portal, self.faults)}
        return replace(
            made, **gates, mailchimp={AUDIENCE: Gate(self.audience, self.faults)}, monotonic=self.clock.monotonic
        )

    def sync(self, fault: Fault | None = None, **options: bool) -> Summary | None:
        """One pass; None if it was killed. What it has read whole is known from then on."""
        customers = self._customers()
        self.judge.in_baseline = steps.is_baseline(self.parts)
        summary = self._run(lambda parts: steps.sync(parts, **options), fault)
        if summary is not None and not summary.errors:
            self.judge.customers = customers
        self.judge.in_baseline = False
        return summary

    def work(self, fault: Fault | None = None) -> Summary | None:
        """The worker's shorter pass; None if it was killed."""
        return self._run(steps.work, fault)

    def _run(self, act: Callable[[Parts], Summary], fault: Fault | None) -> Summary | None:
        self.faults.arm(fault)
        try:
            return act(self.parts)
        except BaseException:  # what a dead process says is not heard
            if not self.faults.dead:
                raise
            self.stop()
            self.start()
            return None
        finally:
            self.faults.arm(None)

    # ------------------------------------------------------------ the database

    def backup(self) -> Backup:
        self.stop()
        made = Backup(self.databases.copy(self.database), dict(self.journal), dict(self.judge.erased))
        self.start()
        return made

    def restore(self, backup: Backup) -> None:
        """An older copy takes the place of the database."""
        self._replace(backup.name)
        self.journal, self.judge.erased = dict(backup.journal), dict(backup.erased)

    def lose_database(self) -> None:
        """An empty one takes its place: whoever is there now was there before its baseline."""
        self._replace(self.databases.empty)
        self.journal, self.judge.erased = {}, {}
        for human in self.people:
            human.plain, human.waits_for_change = False, True
        self.activate(self.rulebook)

    def _replace(self, name: str) -> None:
        self.stop()
        self.databases.drop(self.database)
        self.database = self.databases.copy(name)
        self.judge.customers.clear()
        self.judge.older_database()
        self.start()

    def activate(self, number: int) -> None:
        """Make one of the rulebooks the active one."""
        self.rulebook, chosen = number, self.rulebooks[number]
        with self.engine.begin() as conn:
            state.activate(conn, chosen.hash, chosen.source, self.clock())

    def execute(self, statement: str, **values: object) -> None:
        """What an operator's command would do, in one statement."""
        with self.engine.begin() as conn:
            conn.execute(text(statement), values)

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Rows of the store, as committed."""
        return self._looking.execute(statement.encode(), values).fetchall()

    def look(self, query: bytes, values: Mapping[str, object]) -> list[Any]:
        """The same, by named values."""
        return self._looking.execute(query, values).fetchall()

    def end(self) -> None:
        """Stop, and leave nothing."""
        self.stop()
        self.databases.drop(self.database)

    def _leases_run(self, delta: timedelta) -> None:
        for table in ("intent", "delivery"):
            self._looking.execute(
                f"UPDATE {table} SET lease_until = lease_until - %s WHERE lease_until IS NOT NULL".encode(), (delta,)
            )

    def _sending(self, source: str, id_: str, track: str) -> Sending:
        rows = self.rows(
            "SELECT approved_at IS NOT NULL, verdict.score IS NOT NULL AND rulebook.hash = %s AND (judged >= changed"
            "  OR EXISTS (SELECT FROM sweep WHERE sweep.rulebook = rulebook.id AND sweep.position >= changed))"
            " FROM identity JOIN intent USING (contact) JOIN contact ON contact.id = identity.contact"
            " LEFT JOIN verdict ON verdict.contact = contact.id LEFT JOIN rulebook ON rulebook.id = verdict.rulebook"
            " WHERE identity.source = %s AND platform_id = %s AND track = %s AND kind = 'enroll' AND state = 'sending'",
            self.rulebooks[self.rulebook].hash, source, id_, track,
        )  # fmt: skip
        if not rows:
            return Sending(committed=False, approved=False, fresh=False)
        return Sending(committed=True, approved=rows[0][0], fresh=bool(rows[0][1]))

    # ------------------------------------------------------------ webhooks

    def tell(self, kind: str, human: Human, id_: str, name: str = "", value: str = "", **more: Any) -> None:
        """HubSpot has an event to tell. Its numbers repeat, as HubSpot's may."""
        event = {
            "eventId": 1 + len(self.queue) % 2,
            "portalId": 62515,
            "subscriptionType": f"contact.{kind}",
            "objectId": int(id_),
            "occurredAt": self._milliseconds(),
            "attemptNumber": 0,
            "changeSource": "CRM_UI",
            **more,
        }
        if name:
            event |= {"propertyName": name, "propertyValue": value}
        self.queue.append(
            Told(HUBSPOT, id_, self.clock(), event, kind == "privacyDeletion", event["changeSource"] == "INTEGRATION")
        )

    def tell_mailchimp(self, kind: str, id_: str, **data: str) -> None:
        """Mailchimp has an event to tell."""
        email = self.audience.people[id_].email or ""
        form = {"type": kind, "fired_at": f"{self.clock():%Y-%m-%d %H:%M:%S}", "data[email]": email}
        form |= {"data[list_id]": "abc123", **{f"data[{name}]": value for name, value in data.items()}}
        self.queue.append(Told("mailchimp", id_, self.clock(), form))

    def deliver(self, told: Sequence[Told], fault: Fault | None = None) -> bool:
        """Post events of one platform; True if they were acknowledged, and stand in the journal then."""
        for one in told if told[0].platform == "mailchimp" else [None]:
            some = told if one is None else [one]
            number = self._post(some, fault)
            if number is None:
                return False
            self.journal[number] = some
        return True

    def _post(self, told: Sequence[Told], fault: Fault | None) -> int | None:
        self.faults.arm(fault)
        door = _Numbering(self.inbox(self.engine, self.databases.url(self.database)))
        client = create_app(
            inbox=door,
            settings=ReceiverSettings(URL, (SECRET,), (TOKEN,), lambda: ()),
            now=self.clock,
            ready=lambda: Readiness(True, {}),
            metrics=lambda: "",
        ).test_client()
        try:
            if told[0].platform == HUBSPOT:
                body, stamp = json.dumps([one.event for one in told]).encode(), str(self._milliseconds())
                signed = hubspot.sign(hubspot.signed_text("POST", f"{URL}{hubspot.PATH}", body, stamp), SECRET)
                headers = {hubspot.SIGNATURE: signed, hubspot.TIMESTAMP: stamp}
                answer = client.post(hubspot.PATH, data=body, headers=headers)
            else:
                form = "application/x-www-form-urlencoded"
                body = urlencode(told[0].event).encode()
                answer = client.post(f"{mailchimp.PATH}/{TOKEN}", data=body, content_type=form)
            assert answer.status_code == 200, answer.text
        except BaseException:  # what a dead process says is not heard
            if not self.faults.dead:
                raise
            self.stop()
            self.start()
            return None
        finally:
            self.faults.arm(None)
        return door.number

    def _echo(self, id_: str, values: Mapping[str, str | None]) -> None:
        for name in sorted(_ECHOED & values.keys()):
            human = self.judge.human(HUBSPOT, id_)
            self.tell("propertyChange", human, id_, name, values[name] or "", changeSource="INTEGRATION")

    def _milliseconds(self) -> int:
        return int(self.clock().timestamp() * 1000)

    # ------------------------------------------------------------ people

    def add(self, key: str, *, at_hubspot: bool = True, at_mailchimp: bool = False, **values: str) -> Human:
        """A finance lead who has just filled in a form, or what `values` make of her."""
        self._numbers += 1
        human = Human(key, f"{key}@{key}works.example")
        self.people.append(human)
        if at_hubspot:
            id_ = f"77001{self._numbers:05}"
            told = {**_lead(key, human.email, self.clock()), **values}
            self.portal.add(Record(HUBSPOT, id_, human.email, told, self.clock()))
            self.judge.humans[HUBSPOT, id_] = human
        if at_mailchimp:
            id_ = f"member{self._numbers:05}"
            merge = {f"merge_fields.{name}": told for name, told in (("FNAME", key), ("JOBTITLE", "CFO"))}
            told = {"email_address": human.email, "status": "subscribed", "subscriber_hash": f"hash{id_}", **merge}
            self.audience.add(Record(AUDIENCE, id_, human.email, told, self.clock()))
            act = Activity(AUDIENCE, f"hash{id_}", "email_click", self.clock(), "c1", "Hello", f"{URL}/blog")
            self.audience.acts.append(act)
            self.judge.humans[AUDIENCE, id_] = human
        return human

    def at(self, source: str, human: Human) -> Record | None:
        """Where she is on a platform, if she is not in the bin."""
        people = (self.portal if source == HUBSPOT else self.audience).people
        hers = [one for one in people.values() if self.judge.human(source, one.id) is human and not one.archived]
        return hers[0] if hers else None

    def _customers(self) -> set[Human]:
        records = [one for one in self.portal.people.values() if not one.archived]
        return {self.judge.human(HUBSPOT, one.id) for one in records if one.values.get("lifecyclestage") == "customer"}


class _Numbering:
    """An inbox that remembers the number of what it stored."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.number: int | None = None

    def receive(self, **given: Any) -> int:
        self.number = self._inbox.receive(**given)
        return self.number

    def ring(self) -> None:
        """Nobody hears it: what nobody rang for is found by sweeping."""


def _lead(key: str, email: str, now: datetime) -> dict[str, str | None]:
    return {
        "email": email,
        "firstname": key,
        "jobtitle": "CFO",
        "company": f"{key} works",
        "country": "Spain",
        "numemployees": "100-500",
        "phone": "+34 600 200 300",
        "lifecyclestage": "lead",
        "num_conversion_events": "1",
        "recent_conversion_date": now.isoformat().replace("+00:00", "Z"),
        "recent_conversion_event_name": "Newsletter",
    }


def define_everything(world: World) -> None:
    """What a portal must have before a pass works on it: its own properties, and those of Trellis."""
    fields, tracks = world.rulebooks[0].fields, world.rulebooks[0].tracks
    for name in hubspot_properties(fields, tracks):
        if name.startswith("trellis_"):
            continue
        kind = (
            "number"
            if name.startswith(_NUMBERS)
            else "datetime"
            if name.endswith(("_date", "_timestamp"))
            else "string"
        )
        options = tuple(Option(one, one) for one in _STAGES) if name == "lifecyclestage" else ()
        world.portal.known[name] = Definition(name, name, "enumeration" if options else kind, options=options)
    for tag in ("FNAME", "JOBTITLE"):
        world.audience.known[tag] = Definition(tag, tag, "text")
    assert provision(world.parts, dry_run=False, webhook_url=None).errors == []


@dataclass(frozen=True, slots=True)
class Seed:
    """A world just after its baseline, from which each example begins: maria and marta matched at it, brian is a customer,
    noor has opted out.
    """

    world: World

    @staticmethod
    def sown(databases: Databases, rulebooks: Sequence[Rulebook]) -> Seed:
        world = World(databases, rulebooks, databases.copy(databases.empty))
        world.activate(0)
        define_everything(world)
        world.add("maria", at_mailchimp=True)
        world.add("marta", at_hubspot=False, at_mailchimp=True)
        world.add("brian", lifecyclestage="customer")
        world.add("noor", at_mailchimp=True, hs_email_optout="true")
        summary = world.sync()
        assert summary is not None
        assert summary.errors == []
        world.clock.advance(timedelta(minutes=10))
        assert steps.is_baseline(world.parts) is False
        assert world.judge.effects == []
        world.stop()
        return Seed(world)

    def grown(self) -> World:
        """A new world like it."""
        seed = self.world
        portal = replace(seed.portal, people=dict(seed.portal.people), known=dict(seed.portal.known))
        portal.members = {name: dict(there) for name, there in seed.portal.members.items()}
        audience = replace(seed.audience, people=dict(seed.audience.people), known=dict(seed.audience.known))
        audience.acts = list(seed.audience.acts)
        world = World(
            seed.databases,
            seed.rulebooks,
            seed.databases.copy(seed.database),
            Clock(seed.clock.moment),
            portal,
            audience,
        )
        world.people = [copy(one) for one in seed.people]
        same = dict(zip(seed.people, world.people, strict=True))
        world.judge.humans = {name: same[one] for name, one in seed.judge.humans.items()}
        for human in world.people:
            human.waits_for_change = True
        world._numbers = seed._numbers
        return world
