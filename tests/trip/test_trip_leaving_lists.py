"""Who is to be taken off the list of a track while the platform is away: it is done in the end, if it still holds then."""

from __future__ import annotations

from adapters.sandbox.faults import Fault

HAND_WRITTEN = "Trellis: Ready for a hand-written mail"


def test_who_is_to_be_taken_off_a_list_is_taken_off_it_however_long_the_platform_is_away(world):
    carla, life = world.new_lead("carla", form="Pricing guide"), world.sandbox.hubspot.life
    world.next_pass()
    members = world.sandbox.hubspot.lists.named(HAND_WRITTEN).members
    assert len(members) == 1
    world.sandbox.hubspot_server.faults.add(
        Fault(method="PUT|DELETE", path="/lists/", times=None, status=503, body={"message": "away"})
    )
    life.win_deal(carla)
    for _ in range(4):
        world.next_pass(hours=13)
    world.sandbox.hubspot_server.faults.clear()
    world.next_pass()
    assert len(members) == 0


def test_who_belongs_on_a_list_again_is_not_taken_off_it_by_what_was_decided_before(world):
    carla, life = world.new_lead("carla", form="Pricing guide"), world.sandbox.hubspot.life
    world.next_pass()
    away = Fault(method="PUT|DELETE", path="/lists/", times=None, status=503, body={"message": "away"})
    world.sandbox.hubspot_server.faults.add(away)
    life.set_property(carla, "trellis_exclude", "true")
    world.next_pass(days=1)
    assert [state for state, _ in world.intents(carla, "leave")] == ["pending"]
    life.set_property(carla, "trellis_exclude", "false")
    world.next_pass(days=1)
    world.sandbox.hubspot_server.faults.clear()
    world.next_pass()
    assert [state for state, _ in world.intents(carla, "leave")] == ["superseded"]
    assert len(world.sandbox.hubspot.lists.named(HAND_WRITTEN).members) == 1
