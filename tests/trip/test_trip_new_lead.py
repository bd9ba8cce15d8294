"""The main job: a form is filled in, and soon she is scored, explained and enrolled, once."""

import json

import pytest

FINANCE = "finance-consideration"
FINANCE_FLOW = "Finance: consideration"


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_a_new_lead_by_webhook_is_scored_written_back_and_enrolled_once(make_world, version):
    world = make_world(version=version)
    world.sandbox.hubspot.webhooks.delivery.shuffle = True
    world.sandbox.hubspot.webhooks.delivery.duplicate = 1.0
    carla = world.new_lead("carla")
    world.flush()
    world.work()

    shown = world.hubspot(carla)
    assert (shown["trellis_score"], shown["trellis_stage"]) == ("47", "nurture")
    assert shown["trellis_persona"] == "finance_lead"
    assert shown["trellis_why"].startswith("Puntuación 47")
    assert (shown["trellis_track"], shown["trellis_enrolled"]) == (FINANCE, f"{FINANCE}:1")
    assert [one.email for one in world.entered(flow=FINANCE_FLOW)] == [carla]
    assert [one.mail for one in world.sandbox.effects.of(kind="sent", email=carla)] == [
        "[FIN] 1 Month-end in three days"
    ]
    assert world.sandbox.hubspot.webhooks.dropped == 0

    before, effects = world.portal(), len(world.sandbox.effects)
    replay(world)
    world.sync()
    world.sync(full=True)
    world.work()
    assert world.portal() == before
    assert len(world.sandbox.effects) == effects
    assert world.intents(carla) == [("accepted", "")]


def replay(world):
    """Everything that was delivered comes once more, as HubSpot repeats it: one event a time, backwards."""
    bodies = [bytes(row.body) for row in world.rows("SELECT body FROM delivery WHERE platform = 'hubspot' ORDER BY id")]
    events = [event for body in bodies for event in json.loads(body)]
    assert len(events) >= 6  # her creation and her acts, most of them twice
    for event in reversed(events):
        assert world.post([{**event, "attemptNumber": 3, "eventId": event["eventId"] + 1}]) == 200


def test_one_lost_webhook_among_others_is_made_up_for_though_the_search_index_is_late(world):
    world.settle()
    delivery = world.sandbox.hubspot.webhooks.delivery
    delivery.lost = True
    carla = world.new_lead("carla")
    delivery.lost = False
    world.pass_time(seconds=1)
    olga = world.new_lead("olga")
    world.flush()
    world.work()
    assert world.sync().tally["changed"] == 0  # the index shows neither yet, and the window ends here
    assert [one.email for one in world.entered()] == [olga]
    world.pass_time(seconds=50)
    world.sync()
    assert [one.email for one in world.entered()] == [olga, carla]


def some_life(world):
    """A day on both platforms; the same acts in every world that is made alike."""
    hubspot, mailchimp = world.sandbox.hubspot.life, world.sandbox.mailchimp.life
    world.new_lead("carla")
    world.new_member("dora")
    hubspot.fill_form(world.email("maria"), "Demo request", {}, "https://www.brightledger.example/demo")
    hubspot.visit_page(world.email("laia"), "https://www.brightledger.example/pricing")
    hubspot.fill_form(world.email("noor"), "Pricing guide", {}, "https://www.brightledger.example/pricing")
    hubspot.set_property(world.email("jordi"), "jobtitle", "Director de operaciones")
    hubspot.set_property(world.email("emma"), "trellis_exclude", "true")
    hubspot.win_deal(world.email("biel"))
    mailchimp.unsubscribe(world.email("marta"))
    mailchimp.edit_profile(world.email("aina"), {"JOBTITLE": "Periodista"})
    hubspot.unsubscribe(world.new_lead("olga"))


def ended(world):
    stages = {
        row.email: row.stage
        for row in world.rows(
            "SELECT DISTINCT r.email, w.text AS stage"
            " FROM verdict v JOIN record r USING (contact) JOIN word w ON w.id = v.stage"
        )
    }
    return stages, {(one.platform, one.flow_name, one.email) for one in world.entered()}


def test_with_all_webhooks_lost_the_next_sync_ends_the_same(make_world):
    told, deaf = make_world(webhooks=True), make_world(webhooks=False)
    assert ended(told) == ended(deaf)
    before, _ = ended(told)

    some_life(told)
    told.flush()
    told.work()
    told.pass_time(minutes=1)
    told.sync()
    some_life(deaf)
    deaf.pass_time(minutes=1)
    deaf.sync()

    assert deaf.rows("SELECT count(*) AS n FROM delivery")[0].n == 0
    assert told.rows("SELECT count(*) AS n FROM delivery WHERE state = 'handled'")[0].n >= 4
    assert ended(told) == ended(deaf)
    stages, entered = ended(told)
    assert stages[told.email("maria")] == "hot"
    assert stages[told.email("marta")] == stages[told.email("emma")] == "suppressed"
    assert len({email for email in before if stages[email] != before[email]}) >= 4
    assert ("hubspot", FINANCE_FLOW, "carla@carlaworks.example") in entered
    assert ("mailchimp", FINANCE_FLOW, "dora@doraworks.example") in entered
