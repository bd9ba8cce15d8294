"""What no webhook told: people who are gone from HubSpot, back again, or erased there."""

from __future__ import annotations

import pytest

from connector.store import failures

SEARCH = "POST /crm/v3/objects/contacts/search"
NIGHT = {"hours": 24}


@pytest.fixture
def quiet(make_world):
    """A world without webhooks, swept once."""
    world = make_world(webhooks=False)
    world.pass_time(minutes=2)
    world.sync()
    return world


def archived(world, contact_id: str) -> bool:
    rows = world.rows("SELECT archived FROM record WHERE source = 'hubspot' AND platform_id = :id", id=contact_id)
    return rows[0].archived


def id_of(world, email: str) -> str:
    return str(world.sandbox.hubspot.life.person(email).id)


def test_a_deleted_contact_is_found_by_the_night(quiet):
    maria, email = id_of(quiet, quiet.email("maria")), quiet.email("maria")
    quiet.sandbox.hubspot.life.archive(email)
    quiet.pass_time(hours=1)
    quiet.sync()
    assert not archived(quiet, maria)
    quiet.pass_time(**NIGHT)
    quiet.sync()
    assert archived(quiet, maria)


def test_a_night_in_which_nobody_was_deleted_costs_one_search_more(quiet):
    quiet.pass_time(minutes=5)
    quiet.forget_calls()
    quiet.sync()
    daily = sum(quiet.calls()["hubspot"].values())
    quiet.pass_time(**NIGHT)
    quiet.sync()  # the portal's own definitions are read once an hour; and time may have moved somebody
    quiet.pass_time(**NIGHT)
    quiet.forget_calls()
    quiet.sync()
    searches = quiet.calls()["hubspot"][SEARCH]
    assert searches <= daily + 1


def test_a_restored_contact_is_read_again(quiet):
    email = quiet.email("maria")
    maria = id_of(quiet, email)
    quiet.sandbox.hubspot.life.archive(email)
    quiet.pass_time(**NIGHT)
    quiet.sync()
    assert archived(quiet, maria)
    quiet.sandbox.hubspot.life.restore(maria)
    quiet.pass_time(**NIGHT)
    quiet.sync()
    assert not archived(quiet, maria)


def test_who_was_erased_at_hubspot_is_erased_here_a_night_later(quiet):
    email = quiet.email("maria")
    contact = quiet.contact(email)
    quiet.sandbox.hubspot.life.erase(email)
    for _ in range(3):
        quiet.pass_time(**NIGHT)
        quiet.sync()
    assert quiet.rows("SELECT 1 FROM contact WHERE id = :id", id=contact) == []


def test_who_lies_in_the_bin_is_kept(quiet):
    email = quiet.email("maria")
    contact = quiet.contact(email)
    quiet.sandbox.hubspot.life.archive(email)
    for _ in range(3):
        quiet.pass_time(**NIGHT)
        quiet.sync()
    assert len(quiet.rows("SELECT 1 FROM contact WHERE id = :id", id=contact)) == 1


def test_a_bin_that_seems_empty_erases_no_crowd(make_world):
    def crowd(sandbox, _population):
        for number in range(40):
            sandbox.hubspot.life.add_contact({"email": f"bulk{number}@bulkworks.example"})

    quiet = make_world(before=crowd, webhooks=False)
    there = [values["email"] for values in quiet.portal().values() if values.get("email")]
    for email in there[:40]:
        quiet.sandbox.hubspot.life.erase(email)
    erased = len(there[:40])
    for _ in range(3):
        quiet.pass_time(**NIGHT)
        quiet.sync()
    with quiet.store.engine.connect() as conn:
        told = [one.reason for one in failures.list_failures(conn, step="sweep")]
    assert "not erased unasked" in told[0]
    assert len(quiet.rows("SELECT 1 FROM record WHERE archived AND source = 'hubspot'")) >= erased
