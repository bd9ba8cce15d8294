"""Over to sales: an owner and one task, once; and two records of one person become one, without a second enrollment."""

import pytest

from adapters.sandbox.faults import Fault

DEMO = "https://www.brightledger.example/demo"


def tasks(world):
    return list(world.sandbox.hubspot.shelves["tasks"])


@pytest.mark.parametrize("kept", [False, True])
def test_who_asks_for_a_demo_gets_an_owner_and_one_task_and_a_person_s_choice_of_owner_stays(world, kept):
    maria, life, portal = world.email("maria"), world.sandbox.hubspot.life, world.sandbox.hubspot
    mine = portal.add_owner("mar@team.example", "Mar", "Oller").id
    if kept:
        life.set_property(maria, "hubspot_owner_id", mine)
    life.fill_form(maria, "Demo request", {}, DEMO)
    world.flush()
    world.work()
    assert world.stage(maria) == "hot"
    owner = world.hubspot(maria)["hubspot_owner_id"]
    offered = {one.id for one in portal.owners.values() if one.email in {"ana@team.example", "biel@team.example"}}
    assert owner == mine if kept else owner in offered
    (task,) = tasks(world)
    assert task.values["hs_task_subject"] == "Llamar a Maria"
    assert task.values["hubspot_owner_id"] == owner
    body = task.values["hs_task_body"]
    assert body.startswith("Maria · Finance Manager · ")
    for told in (
        "Por qué ahora: Caliente",
        "¿Nos conoce?",
        "¿Ya compra? Todavía no",
        "rellenó un formulario (Demo request · /demo)",
    ):
        assert told in body

    life.fill_form(maria, "Demo request", {}, DEMO)
    for _ in range(2):
        world.pass_time(hours=1)
        world.sync()
    assert len(tasks(world)) == 1
    assert world.entered(maria) == []  # hot ones are no longer nurtured


def test_a_task_whose_answer_was_lost_is_not_made_twice_and_ends_with_a_person(world):
    maria = world.email("maria")
    world.sandbox.hubspot_server.faults.add(Fault(method="POST", path="objects/tasks", ending="drop"))
    world.sandbox.hubspot.life.fill_form(maria, "Demo request", {}, DEMO)
    for _ in range(3):
        world.pass_time(hours=1)
        world.end_pauses()
        world.sync()
    assert len(tasks(world)) == 1
    assert [state for state, _ in world.intents(maria, "handover")] == ["parked"]


def test_two_records_of_one_person_are_united_and_she_is_not_enrolled_again(make_world):
    world = make_world()
    carla, double = world.new_lead("carla"), world.new_lead("carlota")
    world.flush()
    world.work()
    assert len(world.entered()) == 2
    world.sandbox.hubspot.life.merge(carla, double)
    for _ in range(3):
        world.pass_time(days=1)
        world.flush()
        world.work()
        world.sync()
    assert len(world.entered()) == 2
    mine = world.contact(carla)
    assert len(world.rows("SELECT contact FROM record WHERE contact = :id", id=mine)) == 1
    emails = "SELECT count(*) AS n FROM record WHERE NOT archived AND email IN (:one, :two)"
    assert world.rows(emails, one=carla, two=double)[0].n == 1
    assert world.hubspot(carla)["trellis_score"]
