"""The state machine: whatever happens at the platforms, to the process, to the store, by an operator, or by mere time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from promises.events import Told
from promises.faults import COMMIT, Fault, Kind
from promises.invariants import broken, names_of, unfinished
from promises.judge import Human
from promises.people import join
from promises.platforms import AUDIENCE, HUBSPOT
from promises.world import World

from connector.store import failures, inbox, ledger, outbox
from connector.store.engine import writer_lock

_MOST_PEOPLE = 9
_SAID = {"unsubscribed": "unsubscribe", "cleaned": "cleaned"}

who = st.integers(0, _MOST_PEOPLE - 1)
calls = st.sampled_from(
    (
        "enroll",
        "enroll",
        "enroll",
        "standings",
        "entered",
        "by_ids",
        "write",
        "changed",
        "by_emails",
        "leave",
        "history",
    )
)
faults = st.one_of(
    st.builds(Fault, st.sampled_from(Kind), calls, st.integers(0, 1)),
    st.builds(Fault, st.sampled_from((Kind.KILLED_BEFORE, Kind.KILLED_AFTER)), st.just(COMMIT), st.integers(0, 50)),
)
times = st.sampled_from(
    [
        timedelta(minutes=1),
        timedelta(minutes=6),
        timedelta(hours=2),
        timedelta(hours=23),
        timedelta(days=4),
        timedelta(days=31),
    ]
)


class Promises(RuleBasedStateMachine):
    """Holds a world to the promises of design §3. `grow` makes a new one."""

    grow: ClassVar[Callable[[], World]]

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).grow()
        self.told: list[Told] = []  # delivered once already
        self.saved: Any = None
        self.failed = False

    # ------------------------------------------------------------ at the platforms

    @rule(at_hubspot=st.booleans(), at_mailchimp=st.booleans())
    def a_lead_comes(self, at_hubspot: bool = True, at_mailchimp: bool = False) -> None:
        world = self.world
        if len(world.people) >= _MOST_PEOPLE:
            return
        at_mailchimp = at_mailchimp or not at_hubspot
        key = f"lead{len(world.people)}"
        human = join(world, key, at_hubspot=at_hubspot, at_mailchimp=at_mailchimp)
        human.plain = at_hubspot
        if at_hubspot:
            self._tell("creation", human)
        if at_mailchimp:
            world.webhooks.tell_of_member("subscribe", self._id(AUDIENCE, human), human.email)

    @rule(who=who)
    def she_fills_in_a_form(self, who: int) -> None:
        human = self._human(who)
        if (record := self.world.at(HUBSPOT, human)) is None:
            return
        human.changed()
        count = str(int(record.values.get("num_conversion_events") or 0) + 1)
        at = self.world.clock().isoformat().replace("+00:00", "Z")
        self._change(human, num_conversion_events=count, recent_conversion_date=at)

    @rule(
        who=who, name=st.sampled_from(("hs_email_optout", "hs_email_optout_4711", "trellis_exclude")), on=st.booleans()
    )
    def she_refuses_at_hubspot(self, who: int, name: str = "hs_email_optout", on: bool = True) -> None:
        self._change(self._human(who), **{name: "true" if on else "false"})

    @rule(who=who, status=st.sampled_from(("unsubscribed", "unsubscribed", "cleaned", "subscribed", "archived")))
    def her_status_changes_at_mailchimp(self, who: int, status: str = "unsubscribed") -> None:
        human = self._human(who)
        if (record := self.world.at(AUDIENCE, human)) is None:
            return
        human.changed()
        self.world.audience.change(record.id, status=status)
        self.world.webhooks.tell_of_member(_SAID.get(status, "profile"), record.id, record.email or "")

    @rule(who=who)
    def she_buys(self, who: int) -> None:
        self._change(self._human(who), lifecyclestage="customer")

    @rule(who=who)
    def her_job_changes(self, who: int) -> None:
        """She matches other tracks by it."""
        human = self._human(who)
        if (record := self.world.at(HUBSPOT, human)) is not None:
            self._change(human, jobtitle="Periodista" if record.values.get("jobtitle") == "CFO" else "CFO")

    @rule(who=who)
    def she_has_another_address(self, who: int) -> None:
        human = self._human(who)
        world = self.world
        if (
            world.at(HUBSPOT, human) is not None and world.at(AUDIENCE, human) is None
        ):  # else nobody knows for sure who is who
            human.email = f"{human.key}.{len(world.webhooks.queue)}@elsewhere.example"
            self._change(human, email=human.email)

    @rule(who=who, other=who)
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

    @rule(who=who)
    def she_is_deleted(self, who: int) -> None:
        human = self._human(who)
        if (record := self.world.at(HUBSPOT, human)) is None:
            return
        human.changed()
        self._tell("deletion", human)
        self.world.portal.people[record.id] = replace(record, archived=True, modified_at=self.world.clock())

    @rule()
    def somebody_is_restored(self) -> None:
        for record in self.world.portal.people.values():
            if record.archived:
                back = replace(record, archived=False, modified_at=self.world.clock())
                self.world.portal.people[record.id] = back
                self._tell("restore", self.world.judge.human(HUBSPOT, record.id))
                return

    @rule(who=who)
    def she_is_erased(self, who: int) -> None:
        human = self._human(who)
        if (record := self.world.at(HUBSPOT, human)) is None:
            return
        human.changed()
        self._tell("privacyDeletion", human)
        self.world.erasing[record.id] = human.key
        del self.world.portal.people[record.id]

    @rule(who=who)
    def a_marketer_takes_her_out(self, who: int) -> None:
        self._change(self._human(who), trellis_track=None)

    # ------------------------------------------------------------ webhooks

    @rule(order=st.permutations(range(6)), twice=st.booleans())
    def webhooks_arrive(self, order: Sequence[int] = range(6), twice: bool = False) -> None:
        """Some that wait, in any order, perhaps twice, cut otherwise the second time."""
        queue = self.world.webhooks.queue
        some = [queue[number] for number in order if number < len(queue)][:4]
        for platform in (HUBSPOT, "mailchimp"):
            mine = [one for one in some if one.platform == platform]
            if mine and self.world.deliver(mine):
                self.told += mine
                if twice:
                    self.world.deliver(mine[:1])
                for one in mine:
                    queue.remove(one)

    @rule(kind=st.sampled_from((Kind.KILLED_BEFORE, Kind.KILLED_AFTER)))
    def the_receiver_is_killed(self, kind: Kind = Kind.KILLED_BEFORE) -> None:
        """While it stores one: HubSpot will send that again."""
        for one in self.world.webhooks.queue[:1]:
            if self.world.deliver([one], Fault(kind, COMMIT)):
                self.world.webhooks.queue.remove(one)

    @rule()
    def webhooks_are_lost(self) -> None:
        """But for erasures, which no poll shows soon."""
        self.world.webhooks.queue[:] = [one for one in self.world.webhooks.queue if one.erasure]

    @rule()
    def an_old_webhook_comes_again(self) -> None:
        for one in self.told[-1:]:
            self.world.deliver(
                [replace(one, event={**one.event, "attemptNumber": 3})] if one.platform == HUBSPOT else [one]
            )

    # ------------------------------------------------------------ passes, and what goes wrong in them

    @rule()
    def a_pass(self) -> None:
        self.world.sync()

    @rule(fault=faults)
    def a_pass_where_something_goes_wrong(self, fault: Fault) -> None:
        self.world.sync(fault)

    @rule()
    def the_worker(self) -> None:
        self.world.work()

    @rule(fault=faults)
    def the_worker_where_something_goes_wrong(self, fault: Fault) -> None:
        self.world.work(fault)

    @rule(platform=st.sampled_from((HUBSPOT, "mailchimp")), revoked=st.booleans())
    def a_platform_goes_away(self, platform: str, revoked: bool = False) -> None:
        (self.world.faults.revoked if revoked else self.world.faults.down).add(platform)

    @rule()
    def the_platforms_come_back(self) -> None:
        self.world.faults.cure()

    @rule(delta=times)
    def time_passes(self, delta: timedelta) -> None:
        self.world.clock.advance(delta)

    # ------------------------------------------------------------ operators

    @rule(approved=st.booleans())
    def what_is_held_is_decided(self, approved: bool = True) -> None:
        with self.world.engine.begin() as conn:
            writer_lock(conn)
            for one in outbox.list_held(conn)[:1]:
                (outbox.approve if approved else outbox.discard)(conn, one.id, self.world.clock())

    @rule()
    def a_delivery_is_replayed(self) -> None:
        with self.world.engine.begin() as conn:
            for one in inbox.list_deliveries(conn, limit=1):
                inbox.replay_delivery(conn, one.id)

    @rule()
    def failures_are_replayed(self) -> None:
        with self.world.engine.begin() as conn:
            for one in failures.list_failures(conn)[:2]:
                failures.replay_failure(conn, one.id, self.world.clock())

    @rule(who=who)
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

    @rule()
    def another_rulebook_is_applied(self) -> None:
        self.world.activate(1 - self.world.rulebook)

    @rule()
    def a_backup_is_made(self) -> None:
        self.saved = self.world.backup()

    @rule()
    def the_backup_is_restored(self) -> None:
        if self.saved is not None:
            self.world.restore(self.saved)
            self.world.activate(self.world.rulebook)

    @rule()
    def the_database_is_lost(self) -> None:
        self.world.lose_database()

    # ------------------------------------------------------------ the promises

    @invariant()
    def the_promises_hold(self) -> None:
        found = broken(self.world)
        self.failed = self.failed or bool(found)
        assert not found, "\n".join(found)

    def in_the_end(self) -> None:
        """Everything works again, and time passes."""
        self.world.faults.cure()
        for hours in (1, 7, 8, 23, 8, 1):
            self.world.clock.advance(timedelta(hours=hours))
            summary = self.world.sync()
            self.the_promises_hold()
        assert summary is not None
        left = [*map(repr, summary.errors), *unfinished(self.world)]
        assert not left, "\n".join(left)

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.in_the_end()
        finally:
            self.world.end()

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
