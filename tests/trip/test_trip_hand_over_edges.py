"""The edges of handing over: owners that workflows hear, scopes that are missing, addresses where none belong."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.ports import Outcome, PlatformUnreachable, RowOutcome
from adapters.sandbox.faults import Fault
from connector.nurturing.handover import NAMES
from connector.steps import portal
from connector.steps import sync as steps
from connector.steps.doctor import Surroundings, examine
from connector.steps.sales.hand_over import hand_over
from connector.store import outbox

DEMO = "https://www.brightledger.example/demo"
OWNERS = "crm.objects.owners.read"
WAY = "{hubspot: {property: trellis_track}, listener: "
OWNER_RULE = (
    "  owner:\n"
    "    territories: [{when: {country: PT}, round_robin: [biel@team.example]}]\n"
    "    round_robin: [ana@team.example, biel@team.example]\n"
)


def tasks(world):
    return list(world.sandbox.hubspot.shelves["tasks"])


def held(world):
    with world.store.engine.connect() as conn:
        return outbox.list_held(conn)


def asks_for_a_demo(world, email):
    world.sandbox.hubspot.life.fill_form(email, "Demo request", {}, DEMO)


def test_owners_that_a_workflow_hears_count_in_the_guard(make_world):
    """A marketer's workflow mails whoever gets an owner: three a day, and the fourth waits for a person."""
    world = make_world(count=6, edits={"tracks.yaml": ("enrollments: 500}", "enrollments: 3}")})
    with world.sandbox.hubspot.lock:
        world.sandbox.hubspot.workflows.add("Meet your adviser", property="hubspot_owner_id", mails=["hello"])
    world.pass_time(hours=1, minutes=1)
    world.sync()
    for name in ("carla", "dora", "elsa", "fani", "gina"):
        world.new_lead(name, form="Demo request")
    world.pass_time(minutes=6)
    world.sync()
    assert len(world.entered(flow="Meet your adviser")) == 3
    assert [one.kind for one in held(world)].count("handover") == 2


def test_whom_nobody_is_to_own_is_handed_over_without_asking_who_works_there(make_world):
    def hide(sandbox, _population):
        sandbox.hubspot.settings.scopes -= {OWNERS}

    world = make_world(count=6, edits={"tracks.yaml": (OWNER_RULE, "")}, before=hide)
    maria = world.email("maria")
    asks_for_a_demo(world, maria)
    world.flush()
    world.work()
    assert [state for state, _ in world.intents(maria, "handover")] == ["accepted"]
    assert len(tasks(world)) == 1


def test_a_task_tells_no_address_though_somebody_typed_hers_for_a_name(world):
    eva = world.new_lead("eva", form="Demo request", firstname="eva.soler@acme.example")
    world.flush()
    world.work()
    assert [state for state, _ in world.intents(eva, "handover")] == ["accepted"]
    (task,) = tasks(world)
    assert NAMES[0] == "first_name"
    assert "@" not in task.values["hs_task_subject"] + task.values["hs_task_body"]


def test_the_lists_may_not_be_read_and_the_listeners_of_properties_are_heard_all_the_same(make_world):
    """A list of one track must not keep people out of another one, whose listener can be seen."""
    edits = {"tracks.yaml": (f"{WAY}confirmed, exit: confirmed}}", f"{WAY}verified, exit: verified}}")}
    world = make_world(count=6, edits=edits)
    world.sandbox.hubspot.settings.scopes -= {"crm.lists.read"}
    for _ in range(5):
        world.pass_time(hours=6)
        steps.sync(world.parts)
    assert ("finance-consideration", "hubspot:property:trellis_track") not in portal.hearing(world.parts).deaf


REROUTE = {"tracks.yaml": ("  sla: 1d ", "  overdue: reroute\n  sla: 1d ")}


def test_who_works_in_the_portal_may_not_be_read_and_the_overdue_are_told_all_the_same(make_world):
    world = make_world(count=6, edits=REROUTE)
    maria = world.email("maria")
    asks_for_a_demo(world, maria)
    world.flush()
    world.work()
    world.sandbox.hubspot.settings.scopes -= {OWNERS}
    world.pass_time(days=2)
    world.end_pauses()
    summary = steps.sync(world.parts)
    assert summary.errors == []
    assert summary.tally["overdue"] == 1
    assert summary.tally["rerouted"] == 0


def test_whose_owner_left_the_team_is_passed_on(make_world):
    world = make_world(count=6, edits=REROUTE)
    maria, portal_ = world.email("maria"), world.sandbox.hubspot
    asks_for_a_demo(world, maria)
    world.flush()
    world.work()
    before = world.hubspot(maria)["hubspot_owner_id"]
    with portal_.lock:
        del portal_.owners[before]
    world.pass_time(days=2)
    world.end_pauses()
    assert world.sync().tally["rerouted"] == 1
    now = world.hubspot(maria)["hubspot_owner_id"]
    assert now in portal_.owners
    for _ in range(3):  # nobody comes after them
        world.pass_time(days=2)
        world.end_pauses()
        assert world.sync().tally["rerouted"] == 0
    assert world.hubspot(maria)["hubspot_owner_id"] == now
    assert len(tasks(world)) == 2


def test_whose_owner_is_no_user_any_more_is_handed_over_all_the_same(world):
    maria = world.email("maria")
    world.sandbox.hubspot.life.set_property(maria, "hubspot_owner_id", "404")
    asks_for_a_demo(world, maria)
    world.flush()
    world.work()
    assert [state for state, _ in world.intents(maria, "handover")] == ["accepted"]
    assert world.hubspot(maria)["hubspot_owner_id"] == "404"
    (task,) = tasks(world)
    assert "hubspot_owner_id" not in task.values


def test_the_exclude_box_stops_a_hand_over_that_waits_at_once(world):
    """She is held up between judgement and delivery, and a person ticks the box: no pass has read it yet."""
    maria, faults = world.email("maria"), world.sandbox.hubspot_server.faults
    faults.add(Fault(method="GET", path="owners", status=503, body={"message": "x"}, times=None))
    asks_for_a_demo(world, maria)
    world.flush()
    steps.work(world.parts)
    assert [state for state, _ in world.intents(maria, "handover")] == ["pending"]
    faults.clear()
    world.end_pauses()
    world.sandbox.hubspot.life.set_property(maria, "trellis_exclude", "true")
    with world.store.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM delivery")
    handed = hand_over(world.parts, world.parts.hubspot)
    assert (tasks(world), handed["handed over"]) == ([], 0)
    assert "hubspot_owner_id" not in world.hubspot(maria)
    world.pass_time(minutes=6)
    world.end_pauses()
    world.sync()
    assert tasks(world) == []


def test_who_was_deleted_before_she_is_handed_over_bothers_nobody(world):
    maria, faults = world.email("maria"), world.sandbox.hubspot_server.faults
    contact = world.contact(maria)
    faults.add(Fault(method="GET", path="owners", status=503, body={"message": "x"}, times=None))
    asks_for_a_demo(world, maria)
    world.flush()
    steps.work(world.parts)
    faults.clear()
    world.end_pauses()
    world.sandbox.hubspot.life.archive(maria)
    hand_over(world.parts, world.parts.hubspot)
    states = world.rows("SELECT state FROM intent WHERE contact = :id AND kind = 'handover'", id=contact)
    assert [one.state for one in states] == ["pending"]
    assert tasks(world) == []


class Lost:
    """A port whose answer to the writing of an owner is lost."""

    def __init__(self, port):
        self._port = port

    def __getattr__(self, name):
        return getattr(self._port, name)

    def write(self, rows, deadline=None):
        outcomes = self._port.write(rows, deadline)
        if not any("hubspot_owner_id" in row.values for row in rows):
            return outcomes
        error = PlatformUnreachable("hubspot", "502", maybe_applied=True)
        return tuple(RowOutcome(one.id, Outcome.UNKNOWN, error) for one in outcomes)


def test_who_is_passed_on_gets_her_task_though_an_answer_was_lost(make_world):
    """The next in turn owns her now, and would not know why."""
    world = make_world(count=6, edits=REROUTE)
    maria = world.email("maria")
    asks_for_a_demo(world, maria)
    world.flush()
    world.work()
    first = world.hubspot(maria)["hubspot_owner_id"]
    world.pass_time(days=2)
    world.end_pauses()
    steps.sync(replace(world.parts, hubspot=Lost(world.parts.hubspot)))
    second = world.hubspot(maria)["hubspot_owner_id"]
    assert (second != first, len(tasks(world))) == (True, 1)
    for _ in range(3):
        world.pass_time(hours=2)
        world.end_pauses()
        world.sync()
    assert [task.values["hubspot_owner_id"] for task in tasks(world)] == [first, second]
    (row,) = world.rows("SELECT owner, rerouted, task FROM handover")
    assert (row.owner, row.rerouted, row.task) == (second, 1, str(tasks(world)[1].id))
    assert world.hubspot(maria)["hubspot_owner_id"] == second


@pytest.mark.parametrize("status", [403, 404, 400])
def test_check_goes_on_whatever_a_portal_without_workflows_answers(world, status):
    fault = Fault(path="v4/flows", status=status, body={"message": "no", "category": "MISSING_SCOPES"}, times=None)
    world.sandbox.hubspot_server.faults.add(fault)
    there = Surroundings(
        hubspot_on=True, mailchimp_on=True, public_url="https://t.example", hubspot_secret=True, webhook_url=None
    )
    found = examine(world.parts, there)
    assert "workflows cannot be read with this token or plan" in {one.what for one in found}
    assert not [one for one in found if one.level == "error"]


def test_a_task_that_could_not_be_made_for_days_is_not_due_in_the_past(world):
    maria, faults = world.email("maria"), world.sandbox.hubspot_server.faults
    faults.add(Fault(method="GET", path="owners", status=503, body={"message": "x"}, times=None))
    asks_for_a_demo(world, maria)
    world.flush()
    steps.work(world.parts)
    world.pass_time(days=3)
    faults.clear()
    world.end_pauses()
    world.sync()
    (task,) = tasks(world)
    due = datetime.fromisoformat(task.values["hs_timestamp"])
    assert timedelta(0) < due - world.sandbox.clock() <= timedelta(days=4)


def test_of_many_who_are_overdue_nobody_is_passed_on_where_a_workflow_hears_owners(make_world):
    """Trellis was away for days: what it would write at once lets more people in than the guard allows."""
    world = make_world(count=6, edits=REROUTE)
    for name in ("carla", "dora", "elsa"):
        world.new_lead(name, form="Demo request")
    world.pass_time(minutes=6)
    world.sync()
    with world.sandbox.hubspot.lock:
        world.sandbox.hubspot.workflows.add("Meet your adviser", property="hubspot_owner_id", mails=["hello"])
    tracks = world.rulebook.tracks
    few = tracks.model_copy(update={"guard": tracks.guard.model_copy(update={"enrollments": 2})})
    world.parts = replace(world.parts, rulebook=world.rulebook.model_copy(update={"tracks": few}))
    world.pass_time(days=2)
    world.end_pauses()
    tally = world.sync().tally
    assert (tally["overdue"], tally["rerouted"]) == (3, 0)
    assert world.entered(flow="Meet your adviser") == []


def test_a_hand_over_that_the_portal_has_no_time_for_is_made_later(world):
    email = world.new_lead("carla", form="Demo request")
    world.sandbox.hubspot_server.faults.add(Fault(method="GET", path="/owners", times=None, status=403, body={}))
    world.pass_time(seconds=30)
    world.sync()
    assert world.intents(email, "handover") != []
    assert {state for state, _ in world.intents(email, "handover")} == {"pending"}
    world.sandbox.hubspot_server.faults.clear()
    world.end_pauses()
    world.sync()
    assert [state for state, _ in world.intents(email, "handover")] == ["accepted"]


def test_a_hand_over_that_waits_is_over_when_she_is_not_ready_for_sales_any_more(world):
    carla, life = world.new_lead("carla", form="Demo request"), world.sandbox.hubspot.life
    world.sandbox.hubspot_server.faults.add(Fault(method="GET", path="/owners", times=None, status=403, body={}))
    world.next_pass()
    assert world.stage(carla) == "hot"
    assert [one for one, _ in world.intents(carla, "handover")] == ["pending"]
    life.unsubscribe(carla)
    world.next_pass()
    assert world.stage(carla) == "suppressed"
    world.sandbox.hubspot_server.faults.clear()
    world.next_pass()
    assert [one for one, _ in world.intents(carla, "handover")] == ["superseded"]
    assert len(world.sandbox.hubspot.shelves["tasks"]) == 0
