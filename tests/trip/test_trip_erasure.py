"""Promise 9: a privacy deletion leaves nothing of the person in any table, and nothing brings her back."""

from sqlalchemy import text

from adapters.sandbox.faults import Fault
from adapters.sandbox.hubspot.life import FORM

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
