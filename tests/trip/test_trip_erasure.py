"""Promise 9: a privacy deletion leaves nothing of the person in any table, and nothing brings her back."""

from itertools import permutations

import pytest
from sqlalchemy import text

from adapters.sandbox.faults import Fault
from adapters.sandbox.hubspot.life import FORM
from connector.steps import sync as steps
from connector.steps.reading.intake import take_in
from connector.steps.retain import retain
from connector.store import erasure, ledger, tombstones
from connector.store.engine import writer_lock

CARLA, NUMBER = "carla@carlaworks.example", 987654321012  # a number that stands nowhere by chance


def traces(world, *needles):
    """Where something of her is still written, in any table of the database, as table and row."""
    found = []
    with world.store.engine.connect() as conn:
        tables = conn.scalars(
            text(
                "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
            )
        ).all()
        assert {"delivery", "contact", "record", "event", "intent", "failure"} <= set(tables)
        for table in tables:
            row = "encode(body, 'escape') || delivery::text" if table == "delivery" else f"{table}::text"
            for needle in needles:
                statement = text(f"SELECT {row} FROM {table} WHERE strpos(lower({row}), lower(:needle)) > 0")
                found += [(table, needle, line[:300]) for line in conn.scalars(statement, {"needle": needle})]
    return found


def owned(world, contact):
    """Tables that have rows of one of our contacts."""
    with world.store.engine.connect() as conn:
        tables = conn.scalars(
            text(
                "SELECT quote_ident(table_name) FROM information_schema.columns WHERE column_name = 'contact' ORDER BY 1"
            )
        ).all()
        return [
            t for t in tables if conn.scalar(text(f"SELECT count(*) FROM {t} WHERE contact = :id"), {"id": contact})
        ]


def test_a_privacy_deletion_leaves_nothing_of_her_and_nothing_brings_her_back(world):
    portal = world.sandbox.hubspot
    with portal.lock:
        portal.create("contacts", {"email": CARLA, "jobtitle": "CFO"}, FORM, id_=NUMBER)
    world.new_lead("carla")
    world.new_member("carla")
    refused = Fault(
        method="PATCH", path=world.member(CARLA)["contact_id"], status=400, body={"title": "Invalid Resource"}
    )
    world.sandbox.mailchimp_server.faults.add(refused)
    portal.life.set_property(CARLA, "email", "carla.new@carlaworks.example")
    portal.life.set_property("carla.new@carlaworks.example", "email", CARLA)
    world.pass_time(minutes=5)
    world.flush()
    world.work()
    world.sync()
    assert len(world.entered(CARLA)) == 1
    member, contact = world.member(CARLA), world.contact(CARLA)
    hers = (CARLA, "carla.new@", "carla%40", str(NUMBER), member["contact_id"], member["id"], member["unique_email_id"])
    assert {"delivery", "record", "identity", "failure"} <= {table for table, _, _ in traces(world, *hers)}
    assert {"episode", "event", "flip", "intent", "sighting", "verdict", "written"} <= set(owned(world, contact))

    portal.life.erase(CARLA)
    world.flush()
    assert traces(world, str(NUMBER))
    world.work()

    assert traces(world, *hers) == []
    assert owned(world, contact) == []
    assert world.rows("SELECT id FROM contact WHERE id = :id", id=contact) == []

    world.sandbox.mailchimp.life.edit_profile(CARLA, {"FNAME": "Carlota"})  # Mailchimp still has her
    world.post(
        [
            {
                "subscriptionType": "contact.propertyChange",
                "objectId": NUMBER,
                "propertyName": "email",
                "propertyValue": CARLA,
                "occurredAt": 1,
            }
        ]
    )
    world.pass_time(minutes=5)
    world.flush()
    world.work()
    world.sync()
    world.sync(full=True)
    assert traces(world, *hers) == []
    assert len(world.entered(CARLA)) == 1


TOLD = ("contact.deletion", "contact.privacyDeletion", "contact.propertyChange")


def told(world, kind, number, **more):
    """One event, as HubSpot sends it."""
    at = int(world.sandbox.clock().timestamp() * 1000)
    return {
        "subscriptionType": kind,
        "objectId": number,
        "occurredAt": at,
        "portalId": world.sandbox.hubspot.settings.portal_id,
        **more,
    }


def test_an_erasure_may_be_told_in_any_order_twice_and_before_she_was_ever_read(make_world):
    world = make_world(webhooks=False)
    portal, erased = world.sandbox.hubspot, []
    for read_before in (True, False):
        people = {}
        for place, order in enumerate(permutations(TOLD)):
            number, email = NUMBER + 1000 * len(erased) + place, f"p{len(erased)}.{place}@gone.example"
            with portal.lock:
                portal.create("contacts", {"email": email, "jobtitle": "CFO"}, FORM, id_=number)
            people[number, email] = order
        world.pass_time(minutes=5)
        if read_before:
            world.sync()
            for _, email in people:
                world.contact(email)
        late = {number: world.parts.hubspot.by_ids([str(number)]).records for number, _ in people}
        for (number, email), order in people.items():
            portal.life.erase(email)
            for kind in (*order, "contact.privacyDeletion"):
                named = {"propertyName": "email", "propertyValue": email} if "property" in kind else {}
                world.post([told(world, kind, number, **named)])
                world.work()
                world.pass_time(seconds=2)
            take_in(world.parts, "hubspot", late[number])  # a page of a full read that was asked for before
            assert traces(world, str(number)) == []
        erased += people
    world.pass_time(minutes=5)
    world.sync(full=True)
    assert traces(world, *(f"{number}" for number, _ in erased), "@gone.example") == []


def test_an_erasure_that_no_webhook_told_takes_her_member_along_and_keeps_her_out(make_world):
    """Gone from HubSpot and from its bin: deleted for good, or for privacy; which of both nobody tells."""
    world = make_world(webhooks=False)
    world.new_lead("carla")
    world.new_member("carla")
    world.pass_time(minutes=5)
    world.sync()
    contact, member = world.contact(CARLA), world.member(CARLA)
    hers = (CARLA, "carla%40", member["contact_id"], member["id"], member["unique_email_id"])
    assert {"record", "identity"} <= {table for table, _, _ in traces(world, *hers)}
    world.sandbox.hubspot.life.erase(CARLA)
    entered = len(world.entered(CARLA))
    for _ in range(3):
        world.pass_time(hours=24)
        world.sync()
    assert owned(world, contact) == []
    assert traces(world, *hers) == []
    world.sandbox.mailchimp.life.edit_profile(CARLA, {"FNAME": "Carlota"})
    world.pass_time(minutes=5)
    world.sync()
    world.sync(full=True)
    assert traces(world, *hers) == []
    assert len(world.entered(CARLA)) == entered


def test_a_restored_backup_forgets_again_by_the_tombstones_after_it(world, caplog):
    maria, contact = world.email("maria"), world.contact(world.email("maria"))
    retain(world.parts)
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        erasure.forget_record(conn, "hubspot", "1", world.parts.now())  # somebody else; the key is older than the dump
        tombstones.bury(conn, {tombstones.address_name(maria)}, world.parts.now())
    retain(world.parts)  # not yet a day later
    assert world.contact(maria) == contact
    world.pass_time(hours=20)
    with caplog.at_level("INFO"):
        retain(world.parts)
    assert owned(world, contact) == []
    assert [record.facts["erased_again"] for record in caplog.records if record.msg == "retention"] == [1]


def test_what_is_told_again_after_its_hash_was_dropped_changes_nothing(world):
    maria = world.email("maria")
    number = world.sandbox.hubspot.life.person(maria).id
    event = told(world, "contact.propertyChange", number, propertyName="num_conversion_events", propertyValue="99")
    world.post([event])
    world.work()
    world.settle()
    with world.store.engine.begin() as conn:
        conn.execute(text("UPDATE seen SET at = at - interval '31 days'"))
    world.pass_time(hours=20)
    retain(world.parts)
    assert world.rows("SELECT 1 FROM seen") == []
    world.sync()
    before = world.rows("SELECT * FROM verdict ORDER BY contact"), world.rows("SELECT * FROM event ORDER BY 1, 2")
    world.post([event])
    world.work()
    assert world.rows("SELECT reason FROM delivery ORDER BY id DESC LIMIT 1")[0].reason == "1 of 1 events were new"
    assert (
        world.rows("SELECT * FROM verdict ORDER BY contact"),
        world.rows("SELECT * FROM event ORDER BY 1, 2"),
    ) == before


@pytest.mark.parametrize("by", ["HubSpot", "hand"])
def test_who_is_forgotten_while_on_a_track_is_taken_out_of_it_and_nobody_remembers_her(world, by):
    dora = world.new_member("dora")
    world.pass_time(minutes=1)
    world.sync()
    track = "trellis:track:finance-consideration"
    assert track in [tag["name"] for tag in world.member(dora)["tags"]]
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        assert ledger.forget(
            conn, world.contact(dora), world.parts.now(), gone_from="hubspot" if by == "HubSpot" else None
        )
    assert len(world.rows("SELECT * FROM parting")) == 1
    world.pass_time(minutes=5)
    world.sync()
    assert track not in [tag["name"] for tag in world.member(dora)["tags"]]
    assert world.rows("SELECT * FROM parting") == []


def test_whom_no_platform_takes_out_is_forgotten_after_an_hour_all_the_same(world):
    dora = world.new_member("dora")
    world.pass_time(minutes=1)
    world.sync()
    fault = Fault(method="POST", path="/members/.*/tags", status=503, body={}, times=None)
    world.sandbox.mailchimp_server.faults.add(fault)
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        ledger.forget(conn, world.contact(dora), world.parts.now())
    for _ in range(2):
        world.pass_time(minutes=31)
        world.end_pauses()
        steps.sync(world.parts)
    assert world.rows("SELECT * FROM parting") == []
    (told,) = world.rows("SELECT platform_id, reason FROM failure WHERE step = 'leave'")
    assert told.platform_id == "somebody who was forgotten"
    assert "within the hour" in told.reason
