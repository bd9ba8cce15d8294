"""What becomes of whom sales was given: whose she is, who touched her, who is overdue, and what sales says of her."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from adapters.sandbox.faults import Fault
from adapters.sandbox.hubspot.life import PERSON
from connector.cli import trellis
from connector.steps import sync as steps
from connector.steps.judge import judge_all

DEMO = "https://www.brightledger.example/demo"
VERDICT = "trellis_sales_verdict"
SLA = "  sla: 1d "


def rules(new, old=SLA):
    return {"tracks.yaml": (old, new)}


REROUTE = rules("  overdue: reroute\n  sla: 1d ")


def tasks(world):
    return list(world.sandbox.hubspot.shelves["tasks"])


def given(world, email):
    """The hand-overs of somebody, oldest first."""
    return world.rows("SELECT * FROM handover WHERE contact = :id ORDER BY id", id=world.contact(email))


def owner_of(world, email):
    """The address of somebody's owner."""
    id_ = world.hubspot(email).get("hubspot_owner_id")
    return world.sandbox.hubspot.owners[id_].email if id_ else ""


def asks_for_a_demo(world, email):
    world.sandbox.hubspot.life.fill_form(email, "Demo request", {}, DEMO)
    world.flush()
    world.work()


def says(world, email, value):
    """Sales chooses, and the next poll hears it."""
    world.sandbox.hubspot.life.set_property(email, VERDICT, value)
    world.pass_time(minutes=6)
    world.sync()


def passes(world, parts=None, **delta):
    """Time goes by, and a poll comes."""
    world.pass_time(**delta)
    world.end_pauses()
    summary = steps.sync(parts or world.parts)
    assert summary.errors == []
    return summary


@pytest.fixture
def handed(make_world):
    """maria, who has just been handed over; the options are those of a world."""

    def make(**options):
        world = make_world(count=6, **options)
        maria = world.email("maria")
        asks_for_a_demo(world, maria)
        assert world.stage(maria) == "hot"
        return world, maria

    return make


class Killed(BaseException):
    """Like a kill: nothing catches it."""


class Dying:
    """A port whose worker is killed once it has written an owner."""

    def __init__(self, port):
        self._port = port

    def __getattr__(self, name):
        return getattr(self._port, name)

    def write(self, rows, deadline=None):
        outcomes = self._port.write(rows, deadline)
        if any("hubspot_owner_id" in row.values for row in rows):
            raise Killed
        return outcomes


# ---------------------------------------------------------------- whose she is


def test_a_territory_has_its_own_owners_and_one_who_left_the_portal_is_passed_over(make_world):
    here = "territories: [{when: {country: PT}, round_robin: [biel@team.example]}]"
    iberia = (
        "territories: [{when: {country: PT}, round_robin: [ana@team.example]},"
        " {when: {country: ES}, round_robin: [gone@team.example, biel@team.example]}]"
    )
    world = make_world(count=6, edits=rules(iberia, here))
    leads = [world.new_lead(name, form="Demo request", country="Spain") for name in ("carla", "dora", "eva", "fina")]
    elsewhere = world.new_lead("gemma", form="Demo request", country="Portugal")
    world.flush()
    world.work()
    assert {owner_of(world, lead) for lead in leads} == {"biel@team.example"}
    assert owner_of(world, elsewhere) == "ana@team.example"
    for lead in leads:
        ((state, reason),) = world.intents(lead, "handover")
        assert (state, "passed over" in reason, "@" in reason) == ("accepted", True, False)


def test_what_sales_was_given_is_kept_with_whom_it_was_given_to_and_by_when(handed):
    world, maria = handed()
    (row,) = given(world, maria)
    assert (row.stage, row.ours, row.task) == ("hot", True, str(tasks(world)[0].id))
    assert row.owner == world.hubspot(maria)["hubspot_owner_id"]
    assert row.due_at - row.at == timedelta(days=1)
    assert given(world, world.email("brian")) == []
    assert given(world, world.email("noor")) == []


def test_over_a_weekend_and_a_holiday_the_time_stands_still(make_world):
    world = make_world(count=6)
    world.pass_time(days=13)  # Monday 7 December; the 8th is a holiday
    world.sync()
    maria = world.email("maria")
    asks_for_a_demo(world, maria)
    (row,) = given(world, maria)
    assert row.due_at.date() == datetime(2026, 12, 9, tzinfo=UTC).date()


# ---------------------------------------------------------------- who touched her


TOUCHES = {
    "verdict": lambda world, maria: world.sandbox.hubspot.life.set_property(maria, VERDICT, "rejected_timing"),
    "task": lambda world, _: world.sandbox.hubspot.life.complete_task(str(tasks(world)[0].id)),
    "contacted": lambda world, maria: world.sandbox.hubspot.life.contact_person(maria),
}


@pytest.mark.parametrize("by", TOUCHES)
def test_whom_somebody_touched_in_time_is_not_overdue(handed, by):
    world, maria = handed()
    world.pass_time(hours=2)
    TOUCHES[by](world, maria)
    passes(world, days=2)
    (row,) = given(world, maria)
    assert (row.ended_by, row.told_at) == (by, None)
    assert len(tasks(world)) == 1


def test_who_is_no_longer_for_sales_is_overdue_for_nobody(handed):
    world, maria = handed()
    world.sandbox.hubspot.life.set_property(maria, "lifecyclestage", "customer")
    passes(world, days=2)
    assert [(row.ended_by, row.told_at) for row in given(world, maria)] == [("left", None)]


def test_nobody_is_asked_about_who_is_not_due_and_few_about_who_is(handed):
    world, maria = handed()
    world.forget_calls()
    passes(world, hours=2)
    asked = world.calls()["hubspot"]
    assert not any("tasks" in route for route in asked)
    passes(world, days=2)
    asked = world.calls()["hubspot"]
    assert sum(number for route, number in asked.items() if "tasks" in route) == 1
    assert given(world, maria)[0].told_at is not None


class Heard:
    """A hook that keeps what it is told."""

    def __init__(self):
        self.messages = []

    def tell(self, message, _seconds):
        self.messages.append(message)


def test_who_is_overdue_is_told_once_by_her_number_and_once_more_when_somebody_calls(handed):
    world, maria = handed()
    heard = Heard()
    hooked = dataclasses.replace(world.parts, hook=heard)
    for _ in range(3):
        passes(world, hooked, days=1)
    assert [(one.kind, one.resolved) for one in heard.messages] == [("hand-over overdue", False)]
    assert f"contact #{world.contact(maria)} " in heard.messages[0].message
    assert "@" not in heard.messages[0].message
    assert len(tasks(world)) == 1  # alert is all that the rules ask for
    world.sandbox.hubspot.life.contact_person(maria)
    passes(world, hooked, hours=2)
    assert [one.resolved for one in heard.messages] == [False, True]


def test_a_task_that_was_deleted_tells_nothing(handed):
    world, maria = handed()
    shelf = world.sandbox.hubspot.shelves["tasks"]
    world.sandbox.hubspot.archive("tasks", shelf.find(str(tasks(world)[0].id)), PERSON)
    passes(world, days=2)
    assert given(world, maria)[0].told_at is not None


# ---------------------------------------------------------------- the next in turn


def test_the_next_in_turn_gets_her_with_a_task_and_then_the_turn_has_come_round(handed):
    world, maria = handed(edits=REROUTE)
    first = owner_of(world, maria)
    passes(world, days=2)
    second = owner_of(world, maria)
    assert {first, second} == {"ana@team.example", "biel@team.example"}
    assert [world.sandbox.hubspot.owners[one.values["hubspot_owner_id"]].email for one in tasks(world)] == [
        first,
        second,
    ]
    (row,) = given(world, maria)
    assert (row.rerouted, row.ended_at) == (1, None)
    assert row.due_at > world.sandbox.clock()
    for _ in range(4):
        passes(world, days=1)
    assert owner_of(world, maria) == second
    assert len(tasks(world)) == 2


def test_a_kill_while_she_is_passed_on_leaves_her_with_one_owner_and_one_task_for_each(handed):
    world, maria = handed(edits=REROUTE)
    first, port = owner_of(world, maria), world.parts.hubspot
    world.pass_time(days=2)
    with pytest.raises(Killed):
        steps.sync(dataclasses.replace(world.parts, hubspot=Dying(port)))
    second = owner_of(world, maria)
    assert (second != first, len(tasks(world))) == (True, 1)
    for _ in range(3):
        passes(world, days=1)
    assert owner_of(world, maria) == second
    assert len(tasks(world)) == 2
    (row,) = given(world, maria)
    assert (row.rerouted, row.told_at is not None) == (1, True)


def test_who_has_another_owner_by_now_stays_there(handed):
    world, maria = handed(edits=REROUTE)
    mine = world.sandbox.hubspot.add_owner("mar@team.example", "Mar", "Oller").id
    world.sandbox.hubspot.life.set_property(maria, "hubspot_owner_id", mine)
    for _ in range(3):
        passes(world, days=1)
    assert owner_of(world, maria) == "mar@team.example"
    assert len(tasks(world)) == 1


# ---------------------------------------------------------------- what sales says


def test_an_acceptance_is_not_moved_back_where_the_lifecycle_may_fall(handed):
    world, maria = handed(edits={"fields.yaml": ("when: forward, owner: platform", "when: both, owner: trellis")})
    says(world, maria, "accepted")
    passes(world, days=1)
    assert world.hubspot(maria)["lifecyclestage"] == "salesqualifiedlead"
    says(world, maria, "rejected_no_budget")
    passes(world, days=1)
    assert world.hubspot(maria)["lifecyclestage"] == "marketingqualifiedlead"


def test_an_acceptance_moves_the_lifecycle_forward_and_a_person_s_later_choice_stays(handed):
    world, maria = handed()
    says(world, maria, "accepted")
    assert world.hubspot(maria)["lifecyclestage"] == "salesqualifiedlead"
    assert world.stage(maria) == "hot"
    assert given(world, maria)[0].ended_by == "verdict"
    world.sandbox.hubspot.life.set_property(maria, "lifecyclestage", "")
    world.sandbox.hubspot.life.set_property(maria, "lifecyclestage", "lead")
    for _ in range(3):
        passes(world, days=1)
    assert world.hubspot(maria)["lifecyclestage"] == "lead"


def test_who_is_further_already_stays_there(handed):
    world, maria = handed()
    world.sandbox.hubspot.life.set_property(maria, "lifecyclestage", "opportunity")
    says(world, maria, "accepted")
    assert world.hubspot(maria)["lifecyclestage"] == "opportunity"


def test_a_rejection_takes_her_down_says_why_and_is_emptied_when_she_is_given_again(handed):
    world, maria = handed()
    says(world, maria, "rejected_no_budget")
    assert world.stage(maria) == "qualified"
    assert "rechazo de ventas: sin presupuesto" in world.hubspot(maria)["trellis_why"]
    (last,) = world.rows(
        "SELECT before, after, cause FROM flip WHERE contact = :id ORDER BY id DESC LIMIT 1", id=world.contact(maria)
    )
    assert tuple(last) == ("hot", "qualified", "rejected_no_budget")
    passes(world, days=3)
    assert (world.stage(maria), len(tasks(world))) == ("qualified", 1)

    asks_for_a_demo(world, maria)
    assert (world.stage(maria), len(tasks(world))) == ("hot", 2)
    assert world.hubspot(maria).get(VERDICT, "") == ""
    assert [row.ended_by for row in given(world, maria)] == ["verdict", ""]
    for _ in range(2):
        passes(world, hours=3)
    assert (world.stage(maria), len(tasks(world))) == ("hot", 2)  # our own echo is no verdict

    says(world, maria, "rejected_no_budget")
    assert world.stage(maria) == "qualified"
    told = world.rows(
        "SELECT count(*) AS n FROM event WHERE contact = :id AND kind = (SELECT id FROM word WHERE text = 'sales_verdict')",
        id=world.contact(maria),
    )
    assert told[0].n == 2  # both are kept


def test_who_was_rejected_stays_down_when_everybody_is_looked_at_in_columns(handed):
    world, maria = handed()
    says(world, maria, "rejected_not_a_fit")
    assert world.stage(maria) == "qualified"
    world.pass_time(days=1)
    judge_all(world.parts, baseline=False, many=1)
    assert world.stage(maria) == "qualified"


# ---------------------------------------------------------------- a call that fails


def test_a_kill_between_owner_and_task_makes_one_task_and_the_owner_is_known_for_ours(make_world):
    world = make_world(count=6)
    maria = world.email("maria")
    world.sandbox.hubspot.life.fill_form(maria, "Demo request", {}, DEMO)
    world.flush()
    with pytest.raises(Killed):
        steps.work(dataclasses.replace(world.parts, hubspot=Dying(world.parts.hubspot)))
    assert owner_of(world, maria)
    assert tasks(world) == []
    world.end_pauses()
    world.work()
    assert len(tasks(world)) == 1
    assert [row.ours for row in given(world, maria)] == [True]


def test_a_note_comes_after_the_task_once_and_names_no_address(handed):
    world, maria = handed(edits=rules("  note: true\n  sla: 1d "))
    assert maria not in str([one.values for one in tasks(world)])
    (note,) = world.sandbox.hubspot.shelves["notes"]
    assert note.values["hs_note_body"].startswith("Maria · Finance Manager")
    assert "<br>" in note.values["hs_note_body"]
    assert "@" not in note.values["hs_note_body"]
    passes(world, days=1)
    assert len(list(world.sandbox.hubspot.shelves["notes"])) == 1


def test_a_note_whose_answer_was_lost_is_not_made_twice_and_holds_nothing_up(make_world):
    world = make_world(count=6, edits=rules("  note: true\n  sla: 1d "))
    world.sandbox.hubspot_server.faults.add(Fault(method="POST", path="objects/notes", ending="drop"))
    maria = world.email("maria")
    asks_for_a_demo(world, maria)
    ((state, reason),) = world.intents(maria, "handover")
    assert state == "accepted"
    assert "note" in reason
    passes(world, hours=1)
    assert len(list(world.sandbox.hubspot.shelves["notes"])) == 1


# ---------------------------------------------------------------- who is told of holds


def test_a_task_for_nobody_in_particular_says_once_a_day_that_something_is_held(make_world):
    tell = "guard: {tell: biel@team.example, stage_moves: {share: 10%, count: 0}"
    world = make_world(count=6, edits=rules(tell, "guard: {stage_moves: {share: 10%, count: 500}"))
    world.new_lead("carla")
    world.flush()
    world.work()
    for _ in range(2):
        passes(world, hours=1)
    (task,) = tasks(world)
    assert world.sandbox.hubspot.owners[task.values["hubspot_owner_id"]].email == "biel@team.example"
    assert "trellis holds" in task.values["hs_task_body"]


# ---------------------------------------------------------------- the command


def test_the_command_lists_by_number_whom_nobody_has_touched(handed, monkeypatch):
    world, maria = handed()
    monkeypatch.setenv("DATABASE_URL", world.store.plain_url)
    number = world.contact(maria)
    (told,) = json.loads(CliRunner().invoke(trellis, ["handovers", "--json"]).output)
    assert (told["contact"], told["state"], told["set_by_trellis"]) == (number, "open", True)
    assert json.loads(CliRunner().invoke(trellis, ["handovers", "--overdue", "--json"]).output) == []
    passes(world, days=2)
    said = CliRunner().invoke(trellis, ["handovers", "--overdue"]).output
    assert f"contact #{number}  overdue" in said
    assert "1 open, 1 overdue." in said


def test_who_was_archived_for_a_while_is_handed_over_once(handed):
    world, maria = handed()
    number = world.hubspot(maria)["hs_object_id"]
    world.sandbox.hubspot.life.archive(maria)
    passes(world, days=1)
    world.sandbox.hubspot.life.restore(number)
    passes(world, hours=1)
    passes(world, days=1)
    assert world.stage(maria) == "hot"
    assert len(tasks(world)) == 1
