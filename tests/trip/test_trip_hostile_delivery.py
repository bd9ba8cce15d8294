"""Delivering while platforms refuse, stumble over single people, or are away: nothing is damaged, and nobody is kept waiting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from over import Over
from sqlalchemy import text

from adapters.ports import Outcome, PlatformBusy, PlatformUnreachable, RowOutcome
from adapters.sandbox.faults import Fault
from adapters.sandbox.hubspot.settings import RequiredWhen
from connector.steps import sync as steps
from connector.steps.deliver import deliver
from connector.steps.enrolling.enroll import enroll_all
from connector.steps.enrolling.leave import leave_tracks
from connector.steps.enrolling.settle import settle
from connector.steps.sales.hand_over import hand_over
from connector.store import ledger, outbox
from connector.store.engine import writer_lock

MQL = "marketingqualifiedlead"
DEMO = "https://www.brightledger.example/demo"
PRICING = "https://www.brightledger.example/pricing"
BOTH_WAYS = {
    "fields.yaml": ("when: forward, owner: platform", "when: both, owner: trellis"),
    "stages.yaml": ("leave_below: 14", "leave_below: 14\n    lifecycle: lead"),
}


def test_a_lifecycle_that_cannot_go_back_is_not_left_empty(make_world):
    """The stage is emptied, and then a rule of the portal stands against the lower one."""
    world = make_world(edits=BOTH_WAYS, version="2026-09")
    carla = world.new_lead("carla")
    world.next_pass()
    world.sandbox.hubspot.life.visit_page(carla, PRICING)
    world.next_pass()
    assert world.hubspot(carla)["lifecyclestage"] == MQL
    world.sandbox.hubspot.settings.required_when.append(RequiredWhen("industry", "lifecyclestage", ("lead",)))
    for _ in range(20):
        world.next_pass(days=7)
        if world.stage(carla) == "nurture":
            break
    assert world.stage(carla) == "nurture"
    assert world.hubspot(carla)["lifecyclestage"] == MQL


class Stumbling(Over):
    """Some contacts are told apart in every answer, as locked."""

    def __init__(self, real, ids):
        super().__init__(real)
        self.ids = ids

    def write(self, rows, deadline=None):
        error = PlatformUnreachable("hubspot", "HubSpot refused the row: locked", maybe_applied=False)
        locked = tuple(RowOutcome(row.id, Outcome.LATER, error) for row in rows if row.id in self.ids)
        return (*locked, *self.real.write([row for row in rows if row.id not in self.ids], deadline))


def test_one_contact_over_whom_hubspot_stumbles_at_every_pass_keeps_nobody_elses_enrollment(world):
    maria, carla = world.email("maria"), world.new_lead("carla")
    id_ = str(world.sandbox.hubspot.life.person(maria).id)
    world.sandbox.hubspot.life.set_property(maria, "jobtitle", "Student")
    world.pass_time(minutes=5)
    steps.sync(replace(world.parts, hubspot=Stumbling(world.parts.hubspot, {id_})))
    assert [one.email for one in world.entered(carla)] == [carla]
    failed = "SELECT reason FROM failure WHERE resolved_at IS NULL AND platform_id = :id"
    assert [row.reason for row in world.rows(failed, id=id_)] == ["HubSpot refused the row: locked"]
    world.next_pass()
    assert world.rows(failed, id=id_) == []
    assert world.hubspot(maria)["trellis_score"]


def test_who_failed_before_is_not_kept_waiting_by_one_over_whom_hubspot_stumbles_now(world):
    maria, brian = world.email("maria"), world.email("brian")
    for email in (maria, brian):
        id_ = str(world.sandbox.hubspot.life.person(email).id)
        world.sandbox.hubspot.life.set_property(email, "jobtitle", "Student")
        world.sandbox.hubspot.life.set_property(email, "trellis_why", "")
        world.pass_time(minutes=5)
        world.end_pauses()
        steps.sync(replace(world.parts, hubspot=Stumbling(world.parts.hubspot, {id_})))
    failed = "SELECT platform_id FROM failure WHERE resolved_at IS NULL"
    assert [row.platform_id for row in world.rows(failed)] == [id_]


def test_one_over_whom_hubspot_stumbles_alone_is_no_sign_again_and_again_that_it_is_away(world):
    """In a quiet portal nobody else is written, and enrollments that waited for their hour are due."""
    maria = world.email("maria")
    id_ = str(world.sandbox.hubspot.life.person(maria).id)
    world.sandbox.hubspot.life.set_property(maria, "jobtitle", "Student")
    stumbling = replace(world.parts, hubspot=Stumbling(world.parts.hubspot, {id_}))
    errors = []
    for _ in range(3):
        world.pass_time(minutes=5)
        world.end_pauses()
        errors.append([str(error) for error in steps.sync(stumbling).errors])
    assert errors == [["HubSpot refused the row: locked"], [], []]
    assert [row.platform_id for row in world.rows("SELECT platform_id FROM failure WHERE resolved_at IS NULL")] == [id_]


def test_a_platform_that_is_away_for_everybody_is_left_alone_in_that_pass(world):
    world.new_lead("carla")
    world.sandbox.hubspot_server.faults.add(
        Fault(method="POST", path="contacts/batch/update", status=503, body={"message": "away"}, times=None)
    )
    summary = world.next_pass()
    assert [type(error).__name__ for error in summary.errors] == ["PlatformUnreachable"]
    assert world.entered() == []


class Forgetting(Over):
    """Somebody is forgotten while HubSpot is asked to enroll her."""

    def __init__(self, real, forget):
        super().__init__(real)
        self.forget = forget

    def property_channel(self, name):
        channel, forget = self.real.property_channel(name), self.forget

        class Channel(Over):
            def enroll(self, rows, deadline):
                outcomes = channel.enroll(rows, deadline)
                forget()
                return outcomes

        return Channel(channel)


def test_somebody_who_is_forgotten_while_she_is_enrolled_takes_nobody_with_her(world):
    carla, dora = world.new_lead("carla"), world.new_lead("dora")
    world.judge()
    gone = world.contact(carla)

    def forget():
        with world.store.engine.begin() as conn:
            writer_lock(conn)
            ledger.forget(conn, gone, world.parts.now())

    deliver(replace(world.parts, hubspot=Forgetting(world.parts.hubspot, forget)), [])
    assert world.intents(dora) == [("accepted", "")]
    assert world.rows("SELECT id FROM intent WHERE contact = :id", id=gone) == []


class Slow(Over):
    """The answer about consent takes longer than the lease of those who are asked about."""

    def __init__(self, real, end_leases):
        super().__init__(real)
        self.end_leases = end_leases

    def standings(self, ids, deadline=None):
        standings = self.real.standings(ids, deadline)
        self.end_leases()
        return standings


def test_platforms_that_answer_slowly_bring_nobody_before_a_person(world):
    carla = world.new_lead("carla")
    world.judge()
    slow = replace(world.parts, hubspot=Slow(world.parts.hubspot, world.end_pauses))
    for _ in range(outbox.MAX_ATTEMPTS + 1):
        assert enroll_all(slow, frozenset(), lambda: False) == {"enrolled later": 1}
    assert world.intents(carla) == [("pending", "the platforms took too long to answer")]
    assert enroll_all(world.parts, frozenset(), lambda: False) == {"enrolled": 1}


class Away(Over):
    """Ends every row alike, and counts the calls; channels too."""

    def __init__(self, real, error):
        super().__init__(real)
        self.error = error
        self.asked = 0
        self.ends = set()

    def write(self, rows, deadline=None):
        self.asked += 1
        lost = isinstance(self.error, PlatformUnreachable) and self.error.maybe_applied
        return tuple(RowOutcome(row.id, Outcome.UNKNOWN if lost else Outcome.LATER, self.error) for row in rows)

    def property_channel(self, name):
        away, real = self, self.real.property_channel(name)

        class Channel(Over):
            batch = 2

            def leave(self, rows, deadline):
                away.ends.add(deadline.ends)
                return away.write(rows) if away.error else real.leave(rows, deadline)

            def entered(self, rows):
                away.asked += 1
                return dict.fromkeys((row.id for row in rows), None)

        return Channel(real)


def ready_for_sales(world, *keys):
    for key in keys:
        world.sandbox.hubspot.life.fill_form(world.new_lead(key), "Demo request", {}, DEMO)
    for email in ("ana@team.example", "biel@team.example"):
        assert any(one.email == email for one in world.sandbox.hubspot.owners.values())
    world.judge()


def test_an_owner_whose_answer_was_lost_is_set_again_and_the_task_is_made(world):
    ready_for_sales(world, "carla")
    lost = PlatformUnreachable("hubspot", "no answer", maybe_applied=True)
    hand_over(world.parts, Away(world.parts.hubspot, lost))
    assert [state for state, _ in world.intents("carla@carlaworks.example", "handover")] == ["pending"]
    world.end_pauses()
    hand_over(world.parts, world.parts.hubspot)
    assert [state for state, _ in world.intents("carla@carlaworks.example", "handover")] == ["accepted"]
    assert len(list(world.sandbox.hubspot.shelves["tasks"])) == 1


def test_a_busy_hubspot_is_not_asked_again_for_each_hand_over(world):
    keys = ("carla", "dora", "elena")
    ready_for_sales(world, *keys)
    sales = Away(world.parts.hubspot, PlatformBusy("hubspot", "too many calls", retry_after=30))
    hand_over(world.parts, sales)
    assert sales.asked == 1
    for key in keys:
        assert [state for state, _ in world.intents(f"{key}@{key}works.example", "handover")] == ["pending"]


PROPERTY = "hubspot:property:trellis_track"


def leaving(world, number):
    """So many who are to be taken out of a track."""
    leave = (
        "INSERT INTO intent (kind, state, contact, track, episode, payload, not_before, created_at)"
        " SELECT 'leave', 'pending', contact, 'some', 1, jsonb_build_object('key', CAST(:key AS text)), :now, :now"
        " FROM record WHERE source = 'hubspot' ORDER BY contact LIMIT :number"
    )
    with world.store.engine.begin() as conn:
        conn.execute(text(leave), {"key": PROPERTY, "now": world.parts.now(), "number": number})


def test_nobody_is_taken_out_of_a_track_after_the_lease_of_those_who_were_claimed_with_her(world):
    leaving(world, 7)
    slow = Away(world.parts.hubspot, None)
    tally = leave_tracks(replace(world.parts, hubspot=slow), frozenset(), lambda: False)
    assert tally["left"] == 7
    assert len(slow.ends) == 1


def test_a_platform_that_is_away_is_asked_once_to_take_people_out(world):
    leaving(world, 7)
    away = Away(world.parts.hubspot, PlatformBusy("hubspot", "too many calls", retry_after=30))
    tally = leave_tracks(replace(world.parts, hubspot=away), frozenset(), lambda: False)
    assert away.asked == 1
    assert tally == {"left later": 7}
    world.end_pauses()
    assert leave_tracks(world.parts, frozenset(), lambda: False)["left"] == 7


def test_a_platform_that_is_down_is_not_asked_what_became_of_enrollments(world):
    carla = world.new_lead("carla")
    world.sandbox.hubspot_server.faults.add(
        Fault(method="POST", path="contacts/batch/update", after=1, apply=True, ending="drop")
    )
    world.next_pass()
    assert [state for state, _ in world.intents(carla)] == ["unknown"]
    world.pass_time(minutes=5)
    away = Away(world.parts.hubspot, None)
    settle(replace(world.parts, hubspot=away), frozenset({"hubspot"}))
    assert away.asked == 0
    assert settle(world.parts, frozenset())["enrolled"] == 1


@pytest.mark.parametrize("path", ["/ecommerce/stores", "/reports"])
def test_what_mailchimp_refuses_to_tell_is_listed_and_keeps_nobody_from_being_enrolled(make_world, path):
    mapped = "  unsubscribe: {mailchimp: activity.unsub}"
    world = make_world(edits={"fields.yaml": (mapped, f"{mapped}\n  order: {{mailchimp: orders}}")})
    dora = world.new_member("dora")
    world.next_pass()
    carla = world.new_lead("carla")
    world.sandbox.mailchimp_server.faults.add(
        Fault(path=path, status=403, body={"title": "Authorization Failure", "detail": "not in your plan"}, times=None)
    )
    assert world.next_pass().errors == []
    assert [one.email for one in world.entered(carla)] == [carla]
    failed = "SELECT source, reason FROM failure WHERE resolved_at IS NULL AND step = 'read'"
    ((source, reason),) = world.rows(failed)
    assert source == "mailchimp:main"
    assert "not in your plan" in reason
    world.sandbox.mailchimp_server.faults.clear()
    world.next_pass()
    assert world.rows(failed) == []
    assert world.entered(dora)
