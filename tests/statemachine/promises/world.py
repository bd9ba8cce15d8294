"""One small world: two doubles, a store, a receiver, one clock. Passes are the real steps, and may be killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import psycopg
from promises.databases import Databases
from promises.events import SECRET, TOKEN, URL, Told, Webhooks
from promises.faults import Clock, Fault, Faults, Gate
from promises.judge import Human, Judge, Sending
from promises.platforms import AUDIENCE, HUBSPOT, Audience, Portal
from sqlalchemy import Engine, event, text

from adapters.ports import Record
from connector.assembly import Store, make_parts
from connector.clients import Platforms
from connector.receiving import StoredInbox
from connector.rulebook.types import Rulebook
from connector.settings import Settings, read_settings
from connector.steps import sync as steps
from connector.steps.parts import Parts
from connector.steps.sync import Summary
from connector.store import state
from connector.store.engine import connect
from webhooks.ports import Inbox

TUESDAY_NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # in Madrid, in working hours
Ended = TypeVar("Ended")


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the database, and of what was known of it then."""

    name: str
    journal: Mapping[int, Sequence[Told]]
    erased: Mapping[str, str]
    waiting: frozenset[str]


@dataclass
class World:
    """`database` is the name of the store's, which may be replaced by an older one.

    `erasing` are those whom HubSpot has erased (id → whose it was), `known_by` what the store knew them by before it heard.
    """

    databases: Databases
    rulebooks: Sequence[Rulebook]
    database: str
    clock: Clock = field(default_factory=lambda: Clock(TUESDAY_NOON))
    portal: Portal = field(default_factory=Portal)
    audience: Audience = field(default_factory=Audience)
    inbox: Callable[[Engine, str], Inbox] = StoredInbox
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
        self.webhooks = Webhooks(self.clock)
        self.portal.written = self.webhooks.echo
        self.start()

    # ------------------------------------------------------------ the process

    def start(self) -> None:
        """A new process on the database of this world."""
        self.engine = connect(self.databases.url(self.database))
        self.faults.arm(None)
        self.faults.watch(self.engine)
        self._sessions: list[Any] = []
        event.listen(self.engine, "connect", lambda session, _: self._sessions.append(session))
        self._looking = psycopg.connect(self.databases.plain_url(self.database), autocommit=True)
        self._looking.execute("SET lock_timeout = '5s'")

    def stop(self) -> None:
        """The end of a process: all its sessions, and what they held."""
        self.engine.dispose()
        for session in (self._looking, *self._sessions):
            session.close()

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
            if self.judge.in_baseline:
                self.judge.baseline_at = self.clock()
        self.judge.in_baseline = False
        return summary

    def work(self, fault: Fault | None = None) -> Summary | None:
        """The worker's shorter pass; None if it was killed."""
        return self._run(steps.work, fault)

    def deliver(self, told: Sequence[Told], fault: Fault | None = None) -> bool:
        """Post events of one platform; True if they were acknowledged, and stand in the journal then."""
        for some in self.webhooks.requests(told):
            inbox = self.inbox(self.engine, self.databases.url(self.database))
            if self._run(lambda _, some=some, inbox=inbox: self.webhooks.post(some, inbox) or True, fault) is None:
                return False
        return True

    def _run(self, act: Callable[[Parts], Ended], fault: Fault | None) -> Ended | None:
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
        waiting = frozenset(human.key for human in self.people if human.waits_for_change)
        name = self.databases.copy(self.database)
        made = Backup(name, dict(self.webhooks.journal), dict(self.judge.erased), waiting)
        self.start()
        return made

    def restore(self, backup: Backup) -> None:
        """An older copy takes the place of the database."""
        self._replace(backup.name)
        self.webhooks.journal, self.judge.erased = dict(backup.journal), dict(backup.erased)
        for human in self.people:  # the baseline of a database that was lost since is not this one's
            human.waits_for_change &= human.key in backup.waiting

    def lose_database(self) -> None:
        """An empty one takes its place: whoever is there now was there before its baseline."""
        self._replace(self.databases.empty)
        self.webhooks.journal, self.judge.erased = {}, {}
        for human in self.people:
            human.plain, human.waits_for_change = False, True
        self.activate(self.rulebook)

    def _replace(self, name: str) -> None:
        self.stop()
        self.databases.drop(self.database)
        self.database = self.databases.copy(name)
        self.judge.customers.clear()
        self.known_by.clear()
        self.webhooks.waiting.clear()
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
            "SELECT approved_at IS NOT NULL, verdict.score IS NOT NULL AND ((active.id = verdict.rulebook AND judged >= changed)"
            "  OR EXISTS (SELECT FROM sweep WHERE sweep.rulebook = active.id AND sweep.position >= changed))"
            " FROM identity JOIN intent USING (contact) JOIN contact ON contact.id = identity.contact"
            " LEFT JOIN verdict ON verdict.contact = contact.id JOIN rulebook AS active ON active.hash = %s"
            " WHERE identity.source = %s AND platform_id = %s AND track = %s AND kind = 'enroll' AND state = 'sending'",
            self.rulebooks[self.rulebook].hash, source, id_, track,
        )  # fmt: skip
        if not rows:
            return Sending(committed=False, approved=False, fresh=False)
        return Sending(committed=True, approved=rows[0][0], fresh=bool(rows[0][1]))

    # ------------------------------------------------------------ people

    def at(self, source: str, human: Human) -> Record | None:
        """Where she is on a platform, if she is not in the bin."""
        people = (self.portal if source == HUBSPOT else self.audience).people
        hers = [one for one in people.values() if self.judge.human(source, one.id) is human and not one.archived]
        return hers[0] if hers else None

    def _customers(self) -> set[Human]:
        records = [one for one in self.portal.people.values() if not one.archived]
        return {self.judge.human(HUBSPOT, one.id) for one in records if one.values.get("lifecyclestage") == "customer"}
