"""What no webhook told: people who are gone from HubSpot, back again, or erased there."""

from __future__ import annotations

from connector.store import failures

SEARCH = "POST /crm/v3/objects/contacts/search"
NIGHT = {"hours": 24}


def archived(world, contact_id: str) -> bool:
    rows = world.rows("SELECT archived FROM record WHERE source = 'hubspot' AND platform_id = :id", id=contact_id)
    return rows[0].archived


def id_of(world, email: str) -> str:
    return str(world.sandbox.hubspot.life.person(email).id)


def test_a_deleted_contact_is_found_by_the_night(swept):
    maria, email = id_of(swept, swept.email("maria")), swept.email("maria")
    swept.sandbox.hubspot.life.archive(email)
    swept.pass_time(hours=1)
    swept.sync()
    assert not archived(swept, maria)
    swept.pass_time(**NIGHT)
    swept.sync()
    assert archived(swept, maria)


def test_a_night_in_which_nobody_was_deleted_costs_one_search_more(swept):
    swept.pass_time(minutes=5)
    swept.forget_calls()
    swept.sync()
    daily = swept.calls()["hubspot"][SEARCH]
    swept.pass_time(**NIGHT)
    swept.sync()  # the portal's own definitions are read once an hour; and time may have moved somebody
    swept.pass_time(**NIGHT)
    swept.forget_calls()
    swept.sync()
    assert swept.calls()["hubspot"][SEARCH] == daily + 1


def test_a_restored_contact_is_read_again(swept):
    email = swept.email("maria")
    maria = id_of(swept, email)
    swept.sandbox.hubspot.life.archive(email)
    swept.pass_time(**NIGHT)
    swept.sync()
    assert archived(swept, maria)
    swept.sandbox.hubspot.life.restore(maria)
    swept.pass_time(**NIGHT)
    swept.sync()
    assert not archived(swept, maria)


def test_who_was_erased_at_hubspot_is_erased_here_a_night_later(swept):
    email = swept.email("maria")
    contact = swept.contact(email)
    swept.sandbox.hubspot.life.erase(email)
    for _ in range(3):
        swept.pass_time(**NIGHT)
        swept.sync()
    assert swept.rows("SELECT 1 FROM contact WHERE id = :id", id=contact) == []


def test_who_lies_in_the_bin_is_kept(swept):
    email = swept.email("maria")
    contact = swept.contact(email)
    swept.sandbox.hubspot.life.archive(email)
    for _ in range(3):
        swept.pass_time(**NIGHT)
        swept.sync()
    assert len(swept.rows("SELECT 1 FROM contact WHERE id = :id", id=contact)) == 1


def test_a_bin_that_seems_empty_erases_no_crowd(make_world):
    def crowd(sandbox, _population):
        for number in range(40):
            sandbox.hubspot.life.add_contact({"email": f"bulk{number}@bulkworks.example"})

    world = make_world(before=crowd, webhooks=False)
    there = [values["email"] for values in world.portal().values() if values.get("email")]
    for email in there[:40]:
        world.sandbox.hubspot.life.erase(email)
    erased = len(there[:40])
    for _ in range(3):
        world.pass_time(**NIGHT)
        world.sync()
    with world.store.engine.connect() as conn:
        told = [one.reason for one in failures.list_failures(conn, step="sweep")]
    assert "not erased unasked" in told[0]
    assert len(world.rows("SELECT 1 FROM record WHERE archived AND source = 'hubspot'")) >= erased
