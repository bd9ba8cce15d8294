"""What we wrote comes back as an echo, which costs nothing; what anybody else wrote is read."""

from __future__ import annotations

import pytest
from deliveries import deliver, event, states, take_in

OTHER_PORTAL = 62515
READ = "POST /crm/v3/objects/contacts/batch/read"


@pytest.fixture
def echoing(make_world):
    """Somebody whose lifecycle Trellis has written."""
    world = make_world()
    carla = world.new_lead("carla", form="Demo request")
    world.settle()
    wrote = {
        row.name: row.value
        for row in world.rows("SELECT name, value FROM written WHERE contact = :id", id=world.contact(carla))
    }
    assert wrote["trellis_score"]
    return world, str(world.sandbox.hubspot.life.person(carla).id), wrote


def echo(id_, name, value, number, source="50780459"):
    return event(id_, number, propertyName=name, propertyValue=value, changeSource="INTEGRATION", sourceId=source)


def test_an_echo_costs_no_call_whatever_its_token_is_called(echoing):
    world, id_, wrote = echoing
    world.forget_calls()
    told = [
        echo(id_, name, value, n, source)
        for n, (name, value) in enumerate(wrote.items())
        for source in ("50780459", "pat")
    ]
    (number,) = deliver(world, told)
    take_in(world)
    assert states(world, [number]) == ["ignored"]
    assert world.calls()["hubspot"] == {}


@pytest.mark.parametrize(
    ("name", "value"), [("trellis_exclude", "true"), ("trellis_score", "99"), ("lifecyclestage", "customer")]
)
def test_what_another_app_writes_to_a_property_of_ours_is_read(echoing, name, value):
    world, id_, _ = echoing
    world.sandbox.hubspot.webhooks.delivery.lost = True
    world.sandbox.hubspot.life.set_property("carla@carlaworks.example", name, value)
    deliver(world, [echo(id_, name, value, 9, source="999")])
    take_in(world)
    assert (
        world.rows("SELECT raw ->> :name AS value FROM record WHERE platform_id = :id", name=name, id=id_)[0].value
        == value
    )


def test_a_value_of_ours_that_somebody_put_back_is_read_if_another_was_known_meanwhile(echoing):
    world, id_, wrote = echoing
    world.sandbox.hubspot.webhooks.delivery.lost = True
    life = world.sandbox.hubspot.life
    for number, value in enumerate(("1", wrote["trellis_score"])):
        life.set_property("carla@carlaworks.example", "trellis_score", value)
        deliver(world, [echo(id_, "trellis_score", value, 20 + number)])
        take_in(world)
        held = world.rows("SELECT raw ->> 'trellis_score' AS value FROM record WHERE platform_id = :id", id=id_)[
            0
        ].value
        assert held == value
