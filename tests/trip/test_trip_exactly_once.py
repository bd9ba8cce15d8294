"""Promise 3: nobody is enrolled twice for one episode, whatever is lost: an answer, a worker, the whole database."""

import psycopg
import pytest
from sqlalchemy import make_url

from adapters.ports import Deadline, Enrollment
from adapters.sandbox.faults import Fault
from connector.steps.deliver import deliver
from connector.store import outbox

FINANCE = "finance-consideration"
PROPERTY = "hubspot:property:trellis_track"


@pytest.mark.parametrize("applied", [True, False])
def test_an_enrollment_whose_answer_was_lost_is_probed_and_happens_once(world, applied):
    world.settle()
    carla, dora = world.new_lead("carla"), world.new_member("dora")
    servers = world.sandbox.hubspot_server, world.sandbox.mailchimp_server
    # The first batch update of the pass writes her score; the second one enrolls her.
    lost = [
        servers[0].faults.add(
            Fault(method="POST", path="contacts/batch/update", after=1, apply=applied, ending="drop")
        ),
        servers[1].faults.add(Fault(method="POST", path="/members/.*/tags", apply=applied, ending="drop")),
    ]
    world.pass_time(minutes=1)
    tally = world.sync().tally
    assert [fault.hits for fault in lost] == [1, 1]
    assert tally["enrollment unknown"] == 2
    assert {one.email for one in world.entered()} == ({carla, dora} if applied else set())

    world.sync()  # too early to ask: the call may still be running there
    assert [world.intents(each)[0][0] for each in (carla, dora)] == ["unknown", "unknown"]
    for _ in range(3):
        world.pass_time(minutes=4)
        world.sync()
    assert sorted(one.email for one in world.entered()) == [carla, dora]
    assert [world.intents(each) for each in (carla, dora)] == [[("accepted", "")], [("accepted", "")]]
    assert world.hubspot(carla)["trellis_enrolled"] == f"{FINANCE}:1"
    assert world.member(dora)["merge_fields"]["TRACKMARK"] == f"{FINANCE}:1"


def test_a_list_that_nobody_listens_to_uses_no_episode_up_even_when_its_answer_was_lost(world):
    world.settle()
    carla = world.new_lead("carla", form="Pricing guide", title="Chief operations officer")  # in no segment
    lost = world.sandbox.hubspot_server.faults.add(Fault(method="PUT", path="memberships/add", ending="drop"))
    for _ in range(3):
        world.pass_time(minutes=4)
        world.sync()
    assert lost.hits == 1
    assert world.intents(carla) == [("accepted", "")]
    assert len(world.sandbox.hubspot.lists.named("Trellis: Ready for a hand-written mail").members) == 1
    assert world.rows("SELECT track FROM episode") == []
    assert not world.hubspot(carla).get("trellis_enrolled")


def test_what_cannot_be_told_is_never_sent_again_and_ends_with_a_person(world):
    carla = world.new_lead("carla")
    world.sandbox.hubspot_server.faults.add(
        Fault(method="POST", path="contacts/batch/update", after=1, apply=True, ending="drop")
    )
    world.pass_time(minutes=1)
    world.sync()
    world.sandbox.hubspot.life.set_property(carla, "trellis_track", "")  # somebody tidies up before we look
    world.pass_time(minutes=5)
    world.sync()
    assert [state for state, _ in world.intents(carla)] == ["unknown"]
    world.pass_time(days=1)
    assert world.sync().tally["parked for a person"] == 1
    world.pass_time(days=1)
    world.sync()
    assert world.intents(carla) == [("parked", "nobody can tell whether she was enrolled: look yourself")]
    assert len(world.entered(carla)) == 1


@pytest.mark.parametrize("called", [True, False])
def test_a_worker_that_died_while_sending_enrolls_nobody_twice(world, called):
    carla = world.new_lead("carla")
    world.judge()
    with world.store.engine.begin() as conn:
        (intent,) = outbox.claim_enrollments(conn, 10, 55, world.parts.now(), 500)
    with world.store.engine.begin() as conn:
        assert outbox.mark_sending(conn, {intent.id: PROPERTY}, world.parts.now()) == {intent.id}
    if called:
        row = Enrollment(world.hubspot(carla)["hs_object_id"], FINANCE, f"{FINANCE}:1")
        world.parts.channel(PROPERTY).enroll([row], Deadline.after(30))
    assert len(world.entered(carla)) == called

    world.sync()
    assert world.intents(carla) == [("sending", "")]  # somebody may still have it
    world.end_pauses()
    world.pass_time(minutes=4)
    world.sync()
    world.sync()
    assert [one.email for one in world.entered()] == [carla]
    assert world.intents(carla) == [("accepted", "")]


def test_a_lost_database_enrolls_nobody_again(make_world, new_database):
    world = make_world(webhooks=False)
    carla, dora = world.new_lead("carla"), world.new_member("dora")
    world.pass_time(minutes=1)
    world.sync()
    assert {one.email for one in world.entered()} == {carla, dora}

    again = world.with_store(new_database())
    world.pass_time(days=1)
    assert again.sync().baseline
    for _ in range(2):
        again.pass_time(days=1)
        again.sync()
    # Not even those who leave the track and come back: their marker says that the first episode is used up.
    world.sandbox.hubspot.life.set_property(carla, "trellis_exclude", "true")
    world.sandbox.mailchimp.life.edit_profile(dora, {"JOBTITLE": "Periodista"})
    again.pass_time(minutes=5)
    again.sync()
    world.sandbox.hubspot.life.set_property(carla, "trellis_exclude", "false")
    world.sandbox.mailchimp.life.edit_profile(dora, {"JOBTITLE": "Directora financiera"})
    again.pass_time(minutes=5)
    again.sync()
    assert again.rows(
        "SELECT matched FROM track_state WHERE contact = :id AND track = :track", id=again.contact(carla), track=FINANCE
    )[0].matched
    assert again.intents(carla) == []
    assert len(world.entered(carla)) == 1
    assert len([one for one in world.entered(dora) if one.flow_name == "Finance: consideration"]) == 1


def test_a_backup_restored_from_just_before_the_call_enrolls_nobody_again(make_world, new_database):
    world = make_world(webhooks=False)
    carla = world.new_lead("carla")
    world.judge()
    backup = _copy(world, new_database())
    deliver(world.parts, [])
    assert len(world.entered(carla)) == 1

    restored = world.with_store(backup)
    assert restored.intents(carla) == [("pending", "")]
    deliver(restored.parts, [])
    assert restored.intents(carla) == [("refused", "the marker on the platform says that this episode was used up")]
    restored.pass_time(minutes=5)
    restored.sync()
    assert len(world.entered(carla)) == 1


def _copy(world, url):
    """The world's database as it is now, under the name of `url`."""
    world.store.engine.dispose()
    name, source = make_url(url).database, make_url(world.store.url).database
    admin = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name}")
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    return url
