"""Every way that is taken only because the file says so: a workflow that is called, a task, a step of a flow.

None of them may be asked twice and none shows afterwards whether it was, so each story ends with her in it once, or with a
person who looks; and never with an episode that is used up in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from adapters.ports import Change, Deadline, Enrollment
from adapters.sandbox.faults import Fault
from connector.steps.deliver import deliver
from connector.steps.enrolling.decide import AT_MOST_ONCE
from connector.steps.enrolling.enroll import enroll_all
from connector.steps.enrolling.settle import settle
from connector.store import outbox

FINANCE = "finance-consideration"
MARKER = f"{FINANCE}:1"
SHIPPED = """      - {hubspot: {property: trellis_track}, listener: confirmed, exit: confirmed}
      - {mailchimp: {audience: main, tag: "trellis:track:finance-consideration"}, listener: confirmed}
"""


@dataclass(frozen=True)
class Taken:
    """One way: how the file has it, its channel's key, and where its call goes."""

    kind: str
    yaml: str
    key: str
    call: str

    @property
    def on_hubspot(self) -> bool:
        return self.key.startswith("hubspot:")

    def new_lead(self, world, name="carla"):
        return world.new_lead(name) if self.on_hubspot else world.new_member(name)

    def id(self, world, email):
        return world.hubspot(email)["hs_object_id"] if self.on_hubspot else world.member(email)["contact_id"]

    def marker(self, world, email):
        if self.on_hubspot:
            return world.hubspot(email).get("trellis_enrolled") or ""
        return world.member(email)["merge_fields"]["TRACKMARK"]

    def mark(self, world, email):
        """The marker alone, as somebody leaves it who is killed right after."""
        name, port = (
            ("trellis_enrolled", world.parts.hubspot)
            if self.on_hubspot
            else ("TRACKMARK", world.parts.mailchimp["mailchimp:main"])
        )
        port.write([Change(self.id(world, email), {name: MARKER})])

    def server(self, world):
        return world.sandbox.hubspot_server if self.on_hubspot else world.sandbox.mailchimp_server

    def break_call(self, world, **how):
        return self.server(world).faults.add(Fault(method="POST", path=self.call, **how))

    def times(self, world, email):
        """How often she was let in, or a task was made about her."""
        if self.kind != "task":
            return len(world.entered(email))
        portal = world.sandbox.hubspot
        tasks = (int(task.values["hs_object_id"]) for task in portal.shelves["tasks"])
        hers = int(world.hubspot(email)["hs_object_id"])
        return sum(hers in portal.associations.of("tasks", each, "contacts") for each in tasks)


WORKFLOW = Taken(
    "workflow",
    "{hubspot: {workflow: 777}, listener: confirmed, exit: confirmed}",
    "hubspot:workflow:777",
    "/enrollments/contacts/",
)
TASK = Taken(
    "task",
    '{hubspot: {task: "Escribir a {name}: a mano"}}',
    "hubspot:task:Escribir a {name}: a mano",
    "objects/tasks",
)
JOURNEY = Taken(
    "journey",
    "{mailchimp: {audience: main, journey: 81, step: 402}, listener: confirmed}",
    "mailchimp:main:journey:81:402",
    "actions/trigger",
)
WAYS = [pytest.param(way, id=way.kind) for way in (WORKFLOW, TASK, JOURNEY)]


@pytest.fixture
def world_by(make_world):
    """A world whose finance track is entered by one way, on which everything is there that it calls."""

    def build(sandbox, population):
        sandbox.hubspot.workflows.add("Called", mails=["[FIN] 1", "[FIN] 2"]).workflow_id = "777"
        account = sandbox.mailchimp
        account.add_flow("Called", audience=account.audience(population.audience), mails=["[FIN] 1"], journey=(81, 402))

    def make(way, **options):
        edits = {"tracks.yaml": (SHIPPED, f"      - {way.yaml}\n")}
        return make_world(edits=edits, before=build, **options)

    return make


def sent(world, way):
    """An enrollment that was noted as going out; its worker does no more."""
    with world.store.engine.begin() as conn:
        (intent,) = outbox.claim_enrollments(conn, 10, 55, world.parts.now(), 500)
    with world.store.engine.begin() as conn:
        assert outbox.mark_sending(conn, {intent.id: way.key}, world.parts.now())


def go_on(world, hours=4):
    """Passes, an hour and a bit apart, with the leases over."""
    for _ in range(hours):
        world.pass_time(hours=1, minutes=5)
        world.end_pauses()
        settle(world.parts, frozenset())
        enroll_all(world.parts, frozenset(), lambda: False)


def state(world, email):
    ((ending, _),) = world.intents(email)
    return ending


def parked_for_a_person(world, email):
    ((ending, reason),) = world.intents(email)
    return ending == "parked" and reason.startswith(AT_MOST_ONCE)


@pytest.mark.parametrize("way", WAYS)
def test_a_new_lead_enters_once_and_carries_the_marker(world_by, way):
    world = world_by(way)
    carla = way.new_lead(world)
    world.pass_time(minutes=1)
    world.sync()
    for _ in range(3):
        world.pass_time(hours=5)
        world.sync()
    assert (way.times(world, carla), way.marker(world, carla)) == (1, MARKER)
    assert world.intents(carla) == [("accepted", "")]
    ((key,),) = world.rows("SELECT channel FROM episode WHERE contact = :id", id=world.contact(carla))
    assert key == way.key


def test_the_task_names_her_says_why_and_is_due_on_the_next_working_day(world_by):
    world = world_by(TASK)
    carla = world.new_lead("carla")
    world.pass_time(minutes=1)
    world.sync()
    (task,) = [
        one.values
        for one in world.sandbox.hubspot.shelves["tasks"]
        if one.values["hs_task_subject"].startswith("Escribir")
    ]
    assert task["hs_task_subject"] == "Escribir a Carla: a mano"
    assert "Finanzas, consideración" in task["hs_task_body"]
    assert task["hs_timestamp"].startswith("2026-11-25T"), "Tuesday's lead is Wednesday's work"
    assert carla not in task["hs_task_body"]


def test_who_must_leave_is_taken_out_of_the_workflow(world_by):
    world = world_by(WORKFLOW)
    carla = world.new_lead("carla")
    world.pass_time(minutes=1)
    world.sync()
    world.sandbox.hubspot.life.set_property(carla, "trellis_exclude", "true")
    world.pass_time(minutes=5)
    world.sync()
    (left,) = world.sandbox.effects.of(kind="left", email=carla)
    assert left.flow_name == "Called"
    assert world.intents(carla, "leave") == [("accepted", "")]


@pytest.mark.parametrize("way", WAYS)
def test_noor_is_never_enrolled_however_late_she_says_no(world_by, way):
    world = world_by(way)
    noor = way.new_lead(world, "noor")
    world.judge()
    assert state(world, noor) == "pending"
    life = world.sandbox.hubspot.life if way.on_hubspot else world.sandbox.mailchimp.life
    life.unsubscribe(noor)
    deliver(world.parts, [])
    assert (state(world, noor), way.times(world, noor), way.marker(world, noor)) == ("refused", 0, "")
    for _ in range(2):
        world.pass_time(days=1)
        world.sync()
    assert way.times(world, noor) == 0


# ---------------------------------------------------------------- answers that were lost


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_a_call_whose_answer_was_lost_is_made_once(world_by, way, applied):
    world = world_by(way)
    carla = way.new_lead(world)
    world.judge()
    lost = way.break_call(world, ending="drop", apply=applied)
    assert deliver(world.parts, [])["enrollment unknown"] == 1
    go_on(world)
    assert lost.hits == 1
    assert (way.times(world, carla), way.marker(world, carla)) == (applied, MARKER)
    seen = way is WORKFLOW and applied  # HubSpot lists who is in a workflow; nothing lists the rest
    assert state(world, carla) == "accepted" if seen else parked_for_a_person(world, carla)
    if not seen:
        with world.store.engine.connect() as conn:
            assert [one.track for one in outbox.list_held(conn)] == [FINANCE]


@pytest.mark.parametrize("way", WAYS)
def test_a_marker_whose_answer_was_lost_costs_nothing(world_by, way):
    world = world_by(way)
    carla = way.new_lead(world)
    world.judge()
    if way.on_hubspot:  # the first batch update writes her score, the second her marker
        lost = way.server(world).faults.add(Fault(method="POST", path="contacts/batch/update", after=1, ending="drop"))
    else:
        lost = way.server(world).faults.add(Fault(method="PATCH", path="/members/", after=1, ending="drop"))
    deliver(world.parts, [])
    assert (lost.hits, way.times(world, carla), way.marker(world, carla)) == (1, 0, "")
    go_on(world, hours=1)
    assert (state(world, carla), way.times(world, carla)) == ("accepted", 1)


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_is_a_row_with_its_words_and_uses_no_episode_up(world_by, way):
    world = world_by(way)
    carla = way.new_lead(world)
    world.judge()
    refusal = way.break_call(
        world, status=400, body={"status": 400, "title": "Bad Request", "message": "switched off", "detail": "off"}
    )
    deliver(world.parts, [])
    ((ending, reason),) = world.intents(carla)
    assert (ending, way.times(world, carla), way.marker(world, carla)) == ("refused", 0, "")
    assert "400" in reason or "Bad Request" in reason
    assert refusal.hits == 1
    world.pass_time(days=1)
    world.sync()
    assert [one for one, _ in world.intents(carla)] == ["refused", "accepted"]
    assert (way.times(world, carla), way.marker(world, carla)) == (1, MARKER)


@pytest.mark.parametrize("way", WAYS)
def test_a_call_that_was_not_allowed_is_made_later_and_by_the_same_way(world_by, way):
    world = world_by(way)
    carla = way.new_lead(world)
    world.judge()
    no = way.break_call(world, status=403, body={"status": 403, "title": "Forbidden", "category": "MISSING_SCOPES"})
    deliver(world.parts, [])
    assert no.hits == 1
    assert (state(world, carla), way.times(world, carla), way.marker(world, carla)) == ("pending", 0, "")
    go_on(world, hours=1)
    assert (state(world, carla), way.times(world, carla)) == ("accepted", 1)


# ---------------------------------------------------------------- workers that were killed


@pytest.mark.parametrize("way", WAYS)
def test_killed_before_the_marker_she_enters_once(world_by, way):
    world = world_by(way)
    carla = way.new_lead(world)
    world.judge()
    sent(world, way)
    go_on(world)
    assert (state(world, carla), way.times(world, carla), way.marker(world, carla)) == ("accepted", 1, MARKER)


@pytest.mark.parametrize("way", WAYS)
def test_killed_between_marker_and_call_a_person_looks_and_nobody_is_called(world_by, way):
    world = world_by(way)
    carla = way.new_lead(world)
    world.judge()
    sent(world, way)
    way.mark(world, carla)
    go_on(world)
    world.sync()
    assert parked_for_a_person(world, carla)
    assert way.times(world, carla) == 0
    with world.store.engine.begin() as conn:
        (held,) = outbox.list_held(conn)
        assert outbox.discard(conn, held.id, world.parts.now())
    world.pass_time(days=1)
    world.sync()
    assert way.times(world, carla) == 0, "a person has put her in by then, or let it be"
    assert len(world.intents(carla)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_killed_after_the_call_nobody_is_called_twice(world_by, way):
    world = world_by(way)
    carla = way.new_lead(world)
    world.judge()
    sent(world, way)
    due = world.parts.now() + timedelta(days=1)
    row = Enrollment(way.id(world, carla), FINANCE, MARKER, name="Carla", due=due)
    world.parts.channel(way.key).enroll([row], Deadline.after(30))
    assert way.times(world, carla) == 1
    go_on(world)
    world.sync()
    assert way.times(world, carla) == 1
    assert state(world, carla) == "accepted" if way is WORKFLOW else parked_for_a_person(world, carla)


@pytest.mark.parametrize("moment", ["sending", "given back"])
@pytest.mark.parametrize("way", WAYS)
def test_a_copy_of_the_database_from_just_before_calls_nobody_again(world_by, new_database, way, moment):
    """Within the hour, too, in which a way that may be repeated would be."""
    world = world_by(way, webhooks=False)
    carla = way.new_lead(world)
    world.judge()
    sent(world, way)
    if moment == "given back":
        with world.store.engine.begin() as conn:
            ((number,),) = world.rows("SELECT id FROM intent WHERE kind = 'enroll'")
            outbox.release(conn, number, "busy", world.parts.now(), again_in_s=0)
    old = copy_of(world, new_database())
    world.end_pauses()
    world.pass_time(minutes=5)
    settle(world.parts, frozenset())
    enroll_all(world.parts, frozenset(), lambda: False)
    assert way.times(world, carla) == 1

    old.end_pauses()
    settle(old.parts, frozenset())
    enroll_all(old.parts, frozenset(), lambda: False)
    go_on(old)
    assert way.times(world, carla) == 1
    assert state(old, carla) in {"accepted", "parked"}


def copy_of(world, url):
    """The world's database as it is now, under the name of `url`."""
    world.store.engine.dispose()
    name, source = make_url(url).database, make_url(world.store.url).database
    admin = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name}")
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    return world.with_store(url)


def test_nobody_waits_for_ever_whatever_befell_the_call_to_a_flow(world_by):
    """Each is probed once her call can no longer be running (lease + 130 s): then she is in, tried again, or a person's."""
    world = world_by(JOURNEY, webhooks=False)
    endings = {
        "lost": {"ending": "drop", "apply": True},
        "dropped": {"ending": "drop", "apply": False},
        "broken": {"status": 500, "apply": False, "times": None},
        "busy": {"status": 429, "apply": False},
        "forbidden": {"status": 403, "body": {"status": 403, "title": "Forbidden"}},
        "well": None,
    }
    emails = {name: JOURNEY.new_lead(world, name) for name in endings}
    for name, fault in endings.items():
        if fault is not None:
            JOURNEY.break_call(world, containing=emails[name], **fault)
    world.judge()
    deliver(world.parts, [])
    waiting = ("pending", "sending", "unknown")
    assert any(state(world, email) in waiting for email in emails.values())
    for _ in range(14):  # a probe in 5 minutes; a marker alone is a person's after an hour
        world.next_pass()
    ends = {name: state(world, email) for name, email in emails.items()}
    parked = dict.fromkeys(("lost", "dropped", "broken"), "parked")
    assert ends == {**parked, **dict.fromkeys(("busy", "forbidden", "well"), "accepted")}
    assert {name: JOURNEY.times(world, email) for name, email in emails.items()} == {
        **dict.fromkeys(("lost", "busy", "forbidden", "well"), 1),
        **dict.fromkeys(("dropped", "broken"), 0),
    }
    with world.store.engine.connect() as conn:
        assert outbox.count_waiting(conn, "enroll") == 0
