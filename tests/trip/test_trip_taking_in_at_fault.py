"""Taking deliveries in where some cannot be read: nobody's fault is anybody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deliveries import deliver, ends, event, form, ids_of, states, take_in
from over import Over

from adapters.ports import PlatformRefused, PlatformUnreachable
from adapters.sandbox.faults import Fault
from connector.steps.sync import work
from connector.steps.taking_in import MOST_CALLS, take_in_deliveries
from connector.store import inbox

OTHER_PORTAL = 62515
READ = "POST /crm/v3/objects/contacts/batch/read"


class Failing(Over):
    """Every call fails that asks for one of these ids."""

    def __init__(self, real, bad, error):
        super().__init__(real)
        self.bad, self.error, self.asked = set(bad), error, 0

    def by_ids(self, ids):
        self.asked += 1
        if self.bad.intersection(ids):
            raise self.error
        return self.real.by_ids(ids)


DOWN = PlatformUnreachable("hubspot", "HubSpot answered 500", maybe_applied=False)
REFUSED = PlatformRefused("hubspot", "HubSpot answered 400", status=400)
OPEN = "SELECT platform_id, reason FROM failure WHERE step = 'read' AND resolved_at IS NULL ORDER BY 1"


@pytest.mark.parametrize("error", [DOWN, REFUSED], ids=["500", "400"])
def test_one_who_makes_every_call_fail_ends_listed_alone_and_the_others_are_read(crowd, error):
    ids = ids_of(crowd)[-300:]
    bad = ids[150]
    numbers = deliver(crowd, *([event(one) for one in ids[start::3]] for start in range(3)))
    port = Failing(crowd.parts.hubspot, [bad], error)
    take_in(crowd, hubspot=port)
    assert [tuple(row) for row in crowd.rows(OPEN)] == [(bad, error.message)]
    assert crowd.rows("SELECT count(*) AS n FROM record WHERE platform_id = ANY(:ids)", ids=ids)[0].n == 299
    assert sorted(ends(crowd, numbers)) == [
        ("handled", "100 of 100 events were new"),
        ("handled", "100 of 100 events were new"),
        ("handled", "100 of 100 events were new; 1 could not be read: see `trellis failures`"),
    ]
    assert port.asked < 40
    deliver(crowd, [event(bad, 2)])
    take_in(crowd)
    assert crowd.rows(OPEN) == []


def test_many_at_fault_at_once_do_not_take_for_ever(crowd):
    """After some failures the rest of what fails is listed as it is: nobody is lost, and nobody else waits."""
    ids = ids_of(crowd)[-400:]
    deliver(crowd, [event(one) for one in ids])
    port = Failing(crowd.parts.hubspot, ids[::2], DOWN)
    take_in(crowd, hubspot=port)
    listed = {row.platform_id for row in crowd.rows(OPEN)}
    assert set(ids[::2]) <= listed <= set(ids)
    assert port.asked < 120
    assert crowd.rows("SELECT state FROM delivery") == [("handled",)]


def test_a_platform_that_fails_everybody_lists_nobody_and_uses_up_no_attempt(quiet):
    ids = ids_of(quiet)
    numbers = deliver(quiet, [event(ids[0])], [event(ids[1])])
    port = Failing(quiet.parts.hubspot, ids, DOWN)
    for _ in range(inbox.MAX_ATTEMPTS + 2):
        quiet.end_pauses()
        errors = []
        assert take_in_deliveries(replace(quiet.parts, hubspot=port), errors) == {}
        assert errors == [DOWN]
    assert quiet.rows(OPEN) == []
    quiet.end_pauses()
    take_in(quiet)
    assert states(quiet, numbers) == ["handled", "handled"]


def test_a_platform_that_refuses_everybody_sets_each_delivery_aside_with_its_reason(quiet):
    ids = ids_of(quiet)
    numbers = deliver(quiet, [event(ids[0])], [event(ids[1])], [{"subscriptionType": "deal.creation", "objectId": 1}])
    take_in(quiet, hubspot=Failing(quiet.parts.hubspot, ids, REFUSED))
    assert ends(quiet, numbers) == [
        ("failed", "HubSpot answered 400"),
        ("failed", "HubSpot answered 400"),
        ("ignored", "of objects that are read by polling: 1"),
    ]


def test_what_kills_its_worker_is_set_aside_alone(quiet):
    class Killed(Exception):
        pass

    ids = ids_of(quiet)[:5]
    numbers = deliver(quiet, *([event(one)] for one in ids))
    port = Failing(quiet.parts.hubspot, [ids[2]], Killed())
    for _ in range(3 * inbox.MAX_ATTEMPTS):
        quiet.end_pauses()
        try:
            take_in(quiet, hubspot=port)
        except Killed:
            continue
    assert states(quiet, numbers) == ["handled", "handled", "failed", "handled", "handled"]
    with quiet.store.engine.begin() as conn:
        assert inbox.replay_delivery(conn, numbers[2])
    take_in(quiet)
    assert states(quiet, numbers) == ["handled"] * 5


def test_a_member_who_makes_mailchimp_fail_is_set_aside_alone(quiet):
    members = quiet.members()
    (bad, email), (_, other) = [(id_, member["email_address"]) for id_, member in members.items()][:2]

    class Stumbling(Over):
        def by_ids(self, ids):
            if bad in ids:
                raise PlatformUnreachable("mailchimp", "500", maybe_applied=False)
            return self.real.by_ids(ids)

    source, port = next(iter(quiet.parts.mailchimp.items()))
    numbers = deliver(quiet, *(form(quiet, one) for one in (email, other)), platform="mailchimp")
    take_in(quiet, mailchimp={source: Stumbling(port)})
    assert states(quiet, numbers) == ["handled", "handled"]
    assert [tuple(row) for row in quiet.rows(OPEN)] == [(bad, "500")]


def test_a_stranger_whose_row_makes_mailchimp_fail_is_set_aside_however_she_is_spelled(quiet):
    class Stumbling(Over):
        def member_by_email(self, email):
            if email.lower().startswith("odd"):
                raise PlatformUnreachable("mailchimp", "500", maybe_applied=False)
            return self.real.member_by_email(email)

    source, port = next(iter(quiet.parts.mailchimp.items()))
    told = [form(quiet, one) for one in ("Odd@oddworks.example", "odd@ODDworks.example", quiet.new_member("dora"))]
    numbers = deliver(quiet, *told, platform="mailchimp")
    take_in(quiet, mailchimp={source: Stumbling(port)})
    assert ends(quiet, numbers) == [("failed", "500"), ("failed", "500"), ("handled", "profile")]


def test_one_call_makes_a_bounded_number_of_calls_to_each_platform(quiet):
    strangers = [form(quiet, f"nobody{number}@nowhere.example") for number in range(MOST_CALLS + 5)]
    deliver(quiet, *strangers, platform="mailchimp")
    assert take_in(quiet) == {"deliveries handled": MOST_CALLS}
    assert take_in(quiet) == {"deliveries handled": 5}


def test_an_outage_uses_up_no_delivery_s_attempts_and_the_other_platform_s_go_on(world):
    unsubscriber = world.new_member("olga")
    world.sync()
    world.sandbox.hubspot_server.faults.add(
        Fault(
            method="POST", path="contacts/batch/read", times=None, status=401, body={"message": "no", "category": "X"}
        )
    )
    world.new_lead("carla")
    world.sandbox.mailchimp.life.unsubscribe(unsubscriber)
    world.flush()
    for _ in range(7):  # more passes than a delivery has attempts
        world.end_pauses()
        summary = work(world.parts)
        assert [error.platform for error in summary.errors] == ["hubspot"]
    assert world.stage(unsubscriber) == "suppressed"
    with world.store.engine.connect() as conn:
        assert not inbox.list_deliveries(conn, state="failed")
    world.sandbox.hubspot_server.faults.clear()
    world.end_pauses()
    world.pass_time(minutes=5)  # a token that was refused is tried again by the next poll
    world.work()
    with world.store.engine.connect() as conn:
        assert inbox.waiting(conn) == 0
    assert world.entered("carla@carlaworks.example")
