"""The state machine: which of the acts happens next, to whom, and what goes wrong in it, is Hypothesis's choice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from promises.acts import MOST_PEOPLE, Acts
from promises.faults import COMMIT, Fault, Kind
from promises.platforms import HUBSPOT
from promises.world import World

who = st.integers(0, MOST_PEOPLE - 1)
calls = st.sampled_from(
    ("enroll", "standings", "entered", "by_ids", "write", "changed", "by_emails", "leave", "history", "member_activity")
)
killed = st.sampled_from((Kind.KILLED_BEFORE, Kind.KILLED_AFTER))
faults = st.one_of(
    st.none(),
    st.builds(Fault, st.sampled_from(Kind), st.just("enroll"), st.integers(0, 1)),
    st.builds(Fault, st.sampled_from(Kind), calls, st.integers(0, 1)),
    st.builds(Fault, killed, st.just(COMMIT), st.integers(0, 50)),
)
times = st.sampled_from(
    [
        timedelta(**each)
        for each in ({"minutes": 1}, {"minutes": 6}, {"hours": 2}, {"hours": 23}, {"days": 4}, {"days": 31})
    ]
)

Act = Callable[[Acts, int], None]

#: What happens to one person.
HERS = {
    "fills in a form": Acts.she_fills_in_a_form,
    "opts out": lambda acts, one: acts.she_refuses_at_hubspot(one, "hs_email_optout"),
    "opts out of the type": lambda acts, one: acts.she_refuses_at_hubspot(one, "hs_email_optout_4711"),
    "is excluded": lambda acts, one: acts.she_refuses_at_hubspot(one, "trellis_exclude"),
    "is included": lambda acts, one: acts.she_refuses_at_hubspot(one, "trellis_exclude", on=False),
    "unsubscribes": Acts.her_status_changes_at_mailchimp,
    "subscribes again": lambda acts, one: acts.her_status_changes_at_mailchimp(one, "subscribed"),
    "is archived at Mailchimp": lambda acts, one: acts.her_status_changes_at_mailchimp(one, "archived"),
    "buys": Acts.she_buys,
    "has another job": Acts.her_job_changes,
    "has another address": Acts.she_has_another_address,
    "swallows another": lambda acts, one: acts.they_are_merged(one, one + 1),
    "is deleted": Acts.she_is_deleted,
    "is restored": lambda acts, _: acts.somebody_is_restored(),
    "is erased": Acts.she_is_erased,
    "is taken out": Acts.a_marketer_takes_her_out,
    "is forgotten": Acts.she_is_forgotten,
}

#: What an operator does.
OPERATORS = {
    "approves": lambda acts: acts.what_is_held_is_decided(approved=True),
    "discards": lambda acts: acts.what_is_held_is_decided(approved=False),
    "replays a delivery": Acts.a_delivery_is_replayed,
    "replays failures": Acts.failures_are_replayed,
    "applies another rulebook": Acts.another_rulebook_is_applied,
}

#: What becomes of the database.
DATABASES = {
    "saved": Acts.a_backup_is_made,
    "restored": Acts.the_backup_is_restored,
    "lost": Acts.the_database_is_lost,
}


class Promises(RuleBasedStateMachine):
    """Holds a world to the promises of design §3. `grow` makes a new one."""

    grow: ClassVar[Callable[[], World]]

    def __init__(self) -> None:
        super().__init__()
        self.acts = Acts(type(self).grow())
        self._broken = False

    # Passes and time come more often than anything else, or nothing would come of what happens.

    @initialize(at_mailchimp=st.booleans())
    def somebody_comes(self, at_mailchimp: bool) -> None:
        self.acts.a_lead_comes(at_mailchimp=at_mailchimp)

    @rule(at_hubspot=st.booleans(), at_mailchimp=st.booleans())
    def a_lead_comes(self, at_hubspot: bool, at_mailchimp: bool) -> None:
        self.acts.a_lead_comes(at_hubspot, at_mailchimp)

    @rule(what=st.sampled_from(list(HERS)), who=who)
    def she(self, what: str, who: int) -> None:
        HERS[what](self.acts, who)

    @rule(what=st.sampled_from(list(HERS)), who=who, fault=faults)
    def she_just_before_a_pass(self, what: str, who: int, fault: Fault | None) -> None:
        HERS[what](self.acts, who)
        self.the_promises_hold()
        self.acts.a_pass(fault)

    @rule(order=st.permutations(range(6)), twice=st.booleans(), fault=faults)
    def webhooks_arrive(self, order: list[int], twice: bool, fault: Fault | None) -> None:
        self.acts.webhooks_arrive(order, twice)
        self.the_promises_hold()
        self.acts.the_worker(fault)

    @rule(order=st.permutations(range(6)))
    def webhooks_wait(self, order: list[int]) -> None:
        self.acts.webhooks_arrive(order)

    @rule(kind=killed)
    def the_receiver_is_killed(self, kind: Kind) -> None:
        self.acts.the_receiver_is_killed(kind)

    @rule(again=st.booleans())
    def webhooks_are_lost_or_late(self, again: bool) -> None:
        if again:
            self.acts.an_old_webhook_comes_again()
        else:
            self.acts.webhooks_are_lost()

    @rule(delta=times, fault=faults)
    def a_pass(self, delta: timedelta, fault: Fault | None) -> None:
        self.acts.time_passes(delta)
        self.acts.a_pass(fault)

    @rule(delta=times, fault=faults)
    def the_worker(self, delta: timedelta, fault: Fault | None) -> None:
        self.acts.time_passes(delta)
        self.acts.the_worker(fault)

    @rule(platform=st.sampled_from((HUBSPOT, "mailchimp")), revoked=st.booleans(), delta=times)
    def a_platform_is_away_for_a_pass(self, platform: str, revoked: bool, delta: timedelta) -> None:
        self.acts.a_platform_goes_away(platform, revoked)
        self.acts.a_pass()
        self.the_promises_hold()
        self.acts.time_passes(delta)
        self.acts.the_worker()
        self.acts.the_platforms_come_back()

    @rule(what=st.sampled_from(list(OPERATORS)))
    def an_operator(self, what: str) -> None:
        OPERATORS[what](self.acts)

    @rule(what=st.sampled_from(list(DATABASES)))
    def the_database_is(self, what: str) -> None:
        DATABASES[what](self.acts)

    @invariant()
    def the_promises_hold(self) -> None:
        try:
            self.acts.look()
        except AssertionError:
            self._broken = True
            raise

    def teardown(self) -> None:
        try:
            if not self._broken:
                self.acts.in_the_end()
        finally:
            self.acts.world.end()
