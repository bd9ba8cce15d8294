"""`trellis_exclude` stops everything for one person at once: nothing of hers that waits goes out, and she leaves her track."""

from __future__ import annotations

from dataclasses import replace

from connector.store import outbox

FINANCE = "finance-consideration"
CAP_0 = {"tracks.yaml": ("enrollments: 500", "enrollments: 0")}


def exclude(world, email, ticked="true"):
    """Somebody ticks the box, or unticks it."""
    world.sandbox.hubspot.life.set_property(email, "trellis_exclude", ticked)


def track_of(world, email):
    return world.hubspot(email).get("trellis_track", "")


def test_who_is_excluded_leaves_her_track_and_goes_on_being_scored(world):
    carla = world.new_lead("carla")
    world.pass_time(minutes=5)
    world.sync()
    assert track_of(world, carla) == FINANCE
    score = world.hubspot(carla)["trellis_score"]
    exclude(world, carla)
    world.pass_time(minutes=5)
    world.sync()
    assert track_of(world, carla) == ""
    assert world.stage(carla) == "suppressed"
    assert (world.hubspot(carla)["trellis_stage"], world.hubspot(carla)["trellis_score"]) == ("suppressed", score)


def test_an_approved_enrollment_that_waits_is_over_when_she_is_excluded(make_world):
    world = make_world(edits=CAP_0)
    carla = world.new_lead("carla")
    world.pass_time(minutes=5)
    world.sync()
    with world.store.engine.begin() as conn:
        for held in outbox.list_held(conn):
            assert outbox.approve(conn, held.id, world.parts.now())
    exclude(world, carla)
    world.pass_time(minutes=5)
    world.sync()
    assert world.entered(carla) == []
    assert world.intents(carla) == [("superseded", "excluded")]


def test_a_box_ticked_right_before_the_call_is_heeded_and_the_refusal_says_when_it_is_asked_again(make_world):
    world = make_world(webhooks=False)
    carla = world.new_lead("carla")
    world.pass_time(minutes=5)
    before = world.parts.consent_of

    def tick_while_judged(records):
        exclude(world, carla)
        return before(records)

    world.parts = replace(world.parts, consent_of=tick_while_judged)
    world.sync()
    assert world.entered(carla) == []
    with world.store.engine.connect() as conn:
        (refused,) = outbox.refusals(conn, world.contact(carla))
    assert (refused.track, refused.reason) == (FINANCE, "excluded")
    assert refused.again_at is not None
    assert f"{refused.again_at:%Y-%m-%d %H:%M}" == "2026-11-24 23:00"  # midnight in Madrid


def test_who_is_excluded_is_not_handed_over_and_her_lifecycle_stays(world):
    carla = world.new_lead("carla", form="Newsletter")
    exclude(world, carla)
    world.pass_time(minutes=5)
    world.sync()
    before = world.hubspot(carla)
    world.sandbox.hubspot.life.fill_form(carla, "Demo request", {}, "https://www.brightledger.example/demo")
    world.pass_time(minutes=5)
    world.sync()
    after = world.hubspot(carla)
    for name in ("lifecyclestage", "hubspot_owner_id", "trellis_track"):
        assert after.get(name, "") == before.get(name, "")
    assert world.intents(carla, "handover") == []
