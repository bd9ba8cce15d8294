"""Writing to platforms that refuse some rows, or drop some values: what is listed, what is tried again, and when."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from adapters.sandbox.hubspot.definitions import Option
from adapters.sandbox.hubspot.settings import RequiredWhen

MQL = "marketingqualifiedlead"
PRICING = "https://www.brightledger.example/pricing"
RULE = "a rule of the portal wants `industry` filled in: fill it in, or relax the rule in Settings → Objects → Contacts"


def open_failures(world):
    """(record id, reason) of what could not be written and is not mended."""
    return [tuple(row) for row in world.rows("SELECT platform_id, reason FROM failure WHERE resolved_at IS NULL")]


def updates(world):
    """Batch updates since calls were forgotten."""
    return sum(count for route, count in world.calls()["hubspot"].items() if route.endswith("contacts/batch/update"))


def record_id(world, email):
    return str(world.sandbox.hubspot.life.person(email).id)


@pytest.fixture
def ruled(make_world):
    """A world before its baseline, whose admin wants `industry` of all leads: olga has it, carla has not."""

    def build(*, partial):
        world = make_world(version="2026-09", baseline=False)
        settings = world.sandbox.hubspot.settings
        settings.partial_updates = partial
        settings.required_when.append(RequiredWhen("industry", "lifecyclestage", ("lead",)))
        world.carla, world.olga = world.new_lead("carla"), world.new_lead("olga", industry="Optics")
        return world

    return build


@pytest.mark.parametrize("partial", [True, False], ids=["row by row", "all or nothing"])
def test_who_falls_under_a_rule_of_the_portal_is_listed_and_the_others_are_written(ruled, partial):
    world = ruled(partial=partial)
    world.sync()
    failed = dict(open_failures(world))
    leads = {
        id_
        for id_, values in world.portal().items()
        if values.get("lifecyclestage") == "lead" and not values.get("industry")
    }
    assert record_id(world, world.carla) in leads
    assert failed.keys() <= leads
    assert failed[record_id(world, world.carla)].startswith(RULE)
    assert world.hubspot(world.olga)["trellis_stage"]
    assert not world.hubspot(world.carla).get("trellis_stage")
    assert len({values.get("trellis_stage") for id_, values in world.portal().items() if id_ not in leads}) > 1

    world.forget_calls()
    world.pass_time(minutes=10)
    world.sync()
    assert updates(world) == 0, "a rule is not tried again at every pass"

    world.pass_time(days=1)
    world.forget_calls()
    world.sync()
    assert 1 <= updates(world) <= (2 if partial else 20)
    assert open_failures(world)

    world.sandbox.hubspot.life.set_property(world.carla, "industry", "Optics")
    world.pass_time(minutes=10)
    world.sync()
    assert world.hubspot(world.carla)["trellis_stage"]
    assert record_id(world, world.carla) not in dict(open_failures(world))


def test_a_rule_keeps_nobody_elses_enrollment(ruled):
    world = ruled(partial=False)
    world.sync()
    world.pass_time(minutes=10)
    fresh = world.new_lead("rita", industry="Optics")
    world.sync()
    assert len(world.entered(fresh)) == 1


def test_a_stage_that_the_portal_accepts_and_drops_is_told_and_the_rest_counts_as_written(world):
    carla, life = world.new_lead("carla"), world.sandbox.hubspot.life
    world.pass_time(minutes=5)
    world.sync()
    definitions = world.sandbox.hubspot.definitions["contacts"]
    stages = definitions.get("lifecyclestage")
    order = [MQL, *(one.value for one in stages.options if one.value != MQL)]
    definitions.put(replace(stages, options=tuple(Option(one, one, place) for place, one in enumerate(order))))

    life.visit_page(carla, PRICING)
    world.pass_time(minutes=5)
    summary = world.sync()
    assert summary.tally["refused"] == 1
    shown = world.hubspot(carla)
    assert (shown["lifecyclestage"], shown["trellis_stage"]) == ("lead", "qualified")
    assert open_failures(world) == [
        (record_id(world, carla), "accepted but not stored: lifecyclestage, which moves forward only")
    ]
    written = {row.name for row in world.rows("SELECT name FROM written WHERE contact = :id", id=world.contact(carla))}
    assert "trellis_stage" in written
    assert "lifecyclestage" not in written
    (known,) = world.rows("SELECT raw FROM record WHERE source = 'hubspot' AND contact = :id", id=world.contact(carla))
    assert (known.raw["lifecyclestage"], known.raw["trellis_stage"]) == ("lead", "qualified")

    world.settle()
    world.pass_time(days=1)
    world.sync()
    assert open_failures(world) == [], "the portal's own order is read again, by which there is nothing to write"


def test_the_statements_of_a_delivery_do_not_grow_with_its_rows(make_world):
    def statements_of(count):
        world = make_world(count=count, baseline=False)
        told = []
        event.listen(world.store.engine, "before_cursor_execute", lambda *given: told.append(given[2]))
        world.sync(full=True)
        return sum("intent" in one or "written" in one or "failure" in one for one in told)

    assert abs(statements_of(120) - statements_of(40)) <= 2


def test_a_pass_with_nothing_new_writes_nothing(world):
    world.settle()
    world.forget_calls()
    world.sync()
    assert updates(world) == 0
    assert not [route for route in world.calls()["mailchimp"] if route.startswith(("PATCH", "POST", "PUT"))]


def test_a_number_that_no_date_can_be_in_a_text_of_ours_stops_nobody(world):
    maria = world.email("maria")
    world.sandbox.hubspot.life.set_property(maria, "trellis_next", "9" * 20)
    world.sandbox.hubspot.life.set_property(maria, "jobtitle", "Student")
    world.next_pass()
    assert world.hubspot(maria)["trellis_next"] != "9" * 20
