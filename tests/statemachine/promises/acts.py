"""Everything that may happen to a world: at the platforms, to webhooks and passes, by an operator, or by mere time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from promises.events import Told
from promises.faults import COMMIT, Fault, Kind
from promises.invariants import broken, names_of, unfinished
from promises.judge import Human
from promises.people import join
from promises.platforms import AUDIENCE, HUBSPOT
from promises.world import Backup, World

from connector.steps.sync import is_baseline
from connector.store import failures, inbox, ledger, outbox
from connector.store.engine import writer_lock

MOST_PEOPLE = 9
_SAID = {"unsubscribed": "unsubscribe", "cleaned": "cleaned"}


class Acts:
    """Does things to a world. People are told by number; what cannot be done to somebody is not done."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._told: list[Told] = []  # delivered once already
        self._saved: Backup | None = None

    # ------------------------------------------------------------ at the platforms

    def a_lead_comes(self, at_hubspot: bool = True, at_mailchimp: bool = False) -> None:
        world = self.world
        if len(world.people) >= MOST_PEOPLE:
            return
        at_mailchimp = at_mailchimp or not at_hubspot
        key = f"lead{len(world.people)}"
        human = join(world, key, at_hubspot=at_hubspot, at_mailchimp=at_mailchimp)
        human.plain = at_hubspot and not is_baseline(world.parts)
        if at_hubspot:
            self._tell("creation", human)
        if at_mailchimp:
            world.webhooks.tell_of_member("subscribe", self._id(AUDIENCE, human), human.email)

    def she_fills_in_a_form(self, who: int) -> None:
        human = self._human(who)
        if (record := self.world.at(HUBSPOT, human)) is None:
            return
        human.changed()
        count = str(int(record.values.get("num_conversion_events") or 0) + 1)
        at = self.world.clock().isoformat().replace("+00:00", "Z")
        self._change(human, num_conversion_events=count, recent_conversion_date=at)

    def she_refuses_at_hubspot(self, who: int, name: str = "hs_email_optout", on: bool = True) -> None:
        self._change(self._human(who), **{name: "true" if on else "false"})

    def her_status_changes_at_mailchimp(self, who: int, status: str = "unsubscribed") -> None:
        human = self._human(who)
        if (record := self.world.at(AUDIENCE, human)) is None:
            return
        human.changed()
        self.world.audience.change(record.id, status=status)
        self.world.webhooks.tell_of_member(_SAID.get(status, "profile"), record.id, record.email or "")

    def she_buys(self, who: int) -> None:
        self._change(self._human(who), lifecyclestage="customer")

    def her_job_changes(self, who: int) -> None:
        """She matches other tracks by it."""
        human = self._human(who)
        if (record := self.world.at(HUBSPOT, human)) is not None:
            self._change(human, jobtitle="Periodista" if record.values.get("jobtitle") == "CFO" else "CFO")

    def she_has_another_address(self, who: int) -> None:
        human = self._human(who)
        world = self.world
        if (
            world.at(HUBSPOT, human) is not None and world.at(AUDIENCE, human) is None
        ):  # else nobody knows for sure who is who
            human.email = f"{human.key}.{len(world.webhooks.queue)}@elsewhere.example"
            self._change(human, email=human.email)

    def they_are_merged(self, who: int, other: int) -> None:
        world, winner, loser = self.world, self._human(who), self._human(other)
        records = [world.at(HUBSPOT, one) for one in (winner, loser)]
        if winner is loser or records[0] is None or records[1] is None or world.at(AUDIENCE, loser) is not None:
            return
        winner.changed()
        loser.changed()
        into, gone = records[0].id, records[1].id
        world.portal.merge(into, gone)
        loser.merged_into = winner
        told = {"primaryObjectId": int(into), "mergedObjectIds": [int(gone)], "newObjectId": int(into)}
        world.webhooks.tell("merge", into, **told)

    def she_is_deleted(self, who: int) -> None:
        human = self._human(who)
        if (record := self.world.at(HUBSPOT, human)) is None:
            return
        human.changed()
        self._tell("deletion", human)
        self.world.portal.people[record.id] = replace(record, archived=True, modified_at=self.world.clock())

    def somebody_is_restored(self) -> None:
        for record in self.world.portal.people.values():
            if record.archived:
                back = replace(record, archived=False, modified_at=self.world.clock())
                self.world.portal.people[record.id] = back
                self._tell("restore", self.world.judge.human(HUBSPOT, record.id))
                return

    def she_is_erased(self, who: int) -> None:
        human = self._human(who)
        if (record := self.world.at(HUBSPOT, human)) is None:
            return
        human.changed()
        self._tell("privacyDeletion", human)
        self.world.erasing[record.id] = human.key
        del self.world.portal.people[record.id]

    def a_marketer_takes_her_out(self, who: int) -> None:
        self._change(self._human(who), trellis_track=None)

    # ------------------------------------------------------------ webhooks

    def webhooks_arrive(self, order: Sequence[int] = range(6), twice: bool = False) -> None:
        """Some that wait, in any order, perhaps twice, cut otherwise the second time."""
        queue = self.world.webhooks.queue
        some = [queue[number] for number in order if number < len(queue)][:4]
        for platform in (HUBSPOT, "mailchimp"):
            mine = [one for one in some if one.platform == platform]
            if mine and self.world.deliver(mine):
                self._told += mine
                if twice:
                    self.world.deliver(mine[:1])
                for one in mine:
                    queue.remove(one)

    def the_receiver_is_killed(self, kind: Kind = Kind.KILLED_BEFORE) -> None:
        """While it stores one: HubSpot will send that again."""
        for one in self.world.webhooks.queue[:1]:
            if self.world.deliver([one], Fault(kind, COMMIT)):
                self.world.webhooks.queue.remove(one)

    def webhooks_are_lost(self) -> None:
        """But for erasures, which no poll shows soon."""
        self.world.webhooks.queue[:] = [one for one in self.world.webhooks.queue if one.erasure]

    def an_old_webhook_comes_again(self) -> None:
        for one in self._told[-1:]:
            self.world.deliver(
                [replace(one, event={**one.event, "attemptNumber": 3})] if one.platform == HUBSPOT else [one]
            )

    # ------------------------------------------------------------ passes, and what goes wrong in them

    def a_pass(self, fault: Fault | None = None) -> None:
        """The clock's: read, judge, deliver."""
        self.world.sync(fault)

    def the_worker(self, fault: Fault | None = None) -> None:
        """What was received, judge, deliver."""
        self.world.work(fault)

    def a_platform_goes_away(self, platform: str, revoked: bool = False) -> None:
        (self.world.faults.revoked if revoked else self.world.faults.down).add(platform)

    def the_platforms_come_back(self) -> None:
        self.world.faults.cure()

    def time_passes(self, delta: timedelta) -> None:
        self.world.clock.advance(delta)

    # ------------------------------------------------------------ operators

    def what_is_held_is_decided(self, approved: bool = True) -> None:
        with self.world.engine.begin() as conn:
            writer_lock(conn)
            for one in outbox.list_held(conn)[:1]:
                (outbox.approve if approved else outbox.discard)(conn, one.id, self.world.clock())

    def a_delivery_is_replayed(self) -> None:
        with self.world.engine.begin() as conn:
            for one in inbox.list_deliveries(conn, limit=1):
                inbox.replay_delivery(conn, one.id)

    def failures_are_replayed(self) -> None:
        with self.world.engine.begin() as conn:
            for one in failures.list_failures(conn)[:2]:
                failures.replay_failure(conn, one.id, self.world.clock())

    def she_is_forgotten(self, who: int) -> None:
        """By `trellis forget`."""
        human = self._human(who)
        with self.world.engine.begin() as conn:
            contact = ledger.find_contact(conn, human.email)
            if contact is None:
                return
            names = names_of(self.world, contact)
            writer_lock(conn)
            ledger.forget(conn, contact, self.world.clock())
        human.changed()
        self.world.judge.erased |= dict.fromkeys(names, human.key)

    def another_rulebook_is_applied(self) -> None:
        self.world.activate(1 - self.world.rulebook)

    def a_backup_is_made(self) -> None:
        self._saved = self.world.backup()

    def the_backup_is_restored(self) -> None:
        if self._saved is not None:
            self.world.restore(self._saved)
            self.world.activate(self.world.rulebook)

    def the_database_is_lost(self) -> None:
        self.world.lose_database()

    # ------------------------------------------------------------ the promises

    def look(self) -> None:
        """Raises AssertionError where a promise is broken."""
        found = broken(self.world)
        assert not found, "\n".join(found)

    def in_the_end(self) -> None:
        """Everything works again, and time passes."""
        self.world.faults.cure()
        for hours in (1, 7, 8, 23, 8, 1):
            self.world.clock.advance(timedelta(hours=hours))
            summary = self.world.sync()
            self.look()
        assert summary is not None
        left = [*map(repr, summary.errors), *unfinished(self.world)]
        assert not left, "\n".join(left)

    # ------------------------------------------------------------ people

    def _human(self, number: int) -> Human:
        people = self.world.people
        return people[number % len(people)].now

    def _id(self, source: str, human: Human) -> str:
        record = self.world.at(source, human)
        assert record is not None
        return record.id

    def _change(self, human: Human, **values: str | None) -> None:
        """Somebody changes values of hers at HubSpot."""
        if self.world.at(HUBSPOT, human) is None:
            return
        human.changed()
        id_ = self._id(HUBSPOT, human)
        self.world.portal.change(id_, **values)
        name, value = next(iter(values.items()))
        self.world.webhooks.tell("propertyChange", id_, name, value or "")

    def _tell(self, kind: str, human: Human) -> None:
        self.world.webhooks.tell(kind, self._id(HUBSPOT, human))
