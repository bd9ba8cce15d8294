"""Promise 6: no surprise at scale. What goes beyond the guard waits for a person, and goes when she lets it."""

from connector.store import outbox

MAX_3 = {"tracks.yaml": ("enrollments: 500}", "enrollments: 3}")}
NAMES = [
    f"{first}{second}"
    for first in ("ana", "bea", "eva", "ida", "iva", "mia")
    for second in ("lin", "mar", "ros", "sol", "val")
]


def held(world):
    with world.store.engine.connect() as conn:
        return outbox.list_held(conn)


def approve_all(world):
    with world.store.engine.begin() as conn:
        return [outbox.approve(conn, intent.id, world.parts.now()) for intent in held(world)]


def test_thirty_new_leads_at_once_wait_beyond_the_guard_until_a_person_lets_them_go(world):
    leads = [world.new_lead(name) for name in NAMES]  # the guard lets 25 of these few contacts move
    world.pass_time(minutes=5)
    tally = world.sync().tally
    leads.sort(key=world.contact)  # webhooks may arrive in another order
    assert len(world.entered()) == 25
    waiting = held(world)
    assert {intent.contact for intent in waiting} == {world.contact(email) for email in leads[25:]}
    assert {intent.kind for intent in waiting} == {"write", "enroll"}
    assert tally["held"] == len(waiting) == 10
    assert not any(world.hubspot(email).get("trellis_score") for email in leads[25:])

    world.pass_time(minutes=5)
    world.sync()  # judged again, they go on waiting
    world.sandbox.hubspot.life.visit_page(leads[29], "https://www.brightledger.example/blog")
    world.pass_time(minutes=5)
    world.sync()
    assert len(world.entered()) == 25
    assert len(held(world)) == 10

    assert all(approve_all(world))
    world.pass_time(minutes=5)
    world.sync()
    assert held(world) == []
    assert sorted(one.email for one in world.entered()) == sorted(leads)
    assert all(world.hubspot(email)["trellis_score"] for email in leads)


def test_a_hold_outlives_a_day_and_what_no_longer_matches_when_approved_does_not_go(world):
    leads = [world.new_lead(name) for name in NAMES]
    world.pass_time(minutes=5)
    world.sync()
    leads.sort(key=world.contact)
    gone, stays = leads[25], leads[26:]
    world.pass_time(days=3)
    world.sync()
    waiting = {(intent.contact, intent.kind) for intent in held(world)}
    assert waiting == {(world.contact(email), kind) for email in leads[25:] for kind in ("write", "enroll")}
    world.sandbox.hubspot.life.win_deal(gone)
    assert all(approve_all(world))
    world.pass_time(minutes=5)
    world.sync()
    in_finance = {one.email for one in world.entered(flow="Finance: consideration")}
    assert world.hubspot(gone)["trellis_stage"] == "customer"
    assert in_finance == {*leads[:25], *stays}


def test_enrollments_beyond_their_cap_wait_and_a_new_day_does_not_let_them_slip(make_world):
    world = make_world(edits=MAX_3)
    leads = [world.new_lead(name) for name in NAMES[:6]]
    world.pass_time(minutes=5)
    world.sync()
    leads.sort(key=world.contact)
    assert [one.email for one in world.entered()] == leads[:3]
    assert [(intent.kind, intent.contact) for intent in held(world)] == [
        ("enroll", world.contact(email)) for email in leads[3:]
    ]
    assert all(world.hubspot(email)["trellis_score"] for email in leads)  # values are not enrollments

    world.pass_time(days=2)
    world.sync()
    assert len(world.entered()) == 3
    with world.store.engine.begin() as conn:
        assert outbox.approve(conn, held(world)[0].id, world.parts.now())
        assert outbox.discard(conn, held(world)[1].id, world.parts.now())
    world.pass_time(minutes=5)
    world.sync()
    world.sync()
    assert [one.email for one in world.entered()] == leads[:4]
    assert world.intents(leads[4]) == [("refused", "discarded by a person")]
    assert [state for state, _ in world.intents(leads[5])] == ["held"]


def test_what_a_person_discarded_is_not_proposed_again_the_next_day(make_world):
    world = make_world(edits={"tracks.yaml": ("enrollments: 500}", "enrollments: 0}")})
    carla = world.new_lead("carla")
    world.next_pass()
    with world.store.engine.begin() as conn:
        (held,) = [one for one in outbox.list_held(conn) if one.kind == "enroll"]
        assert outbox.discard(conn, held.id, world.parts.now())
    world.next_pass(days=1)
    assert [one for one, _ in world.intents(carla)] == ["refused"]
    for value in ("true", "false"):  # she leaves, and matches anew
        world.sandbox.hubspot.life.set_property(carla, "trellis_exclude", value)
        world.next_pass(days=1)
    assert [one for one, _ in world.intents(carla)] == ["refused", "held"]
