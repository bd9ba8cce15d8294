"""The overlap of two polls may cost little, but it may hide nobody."""

from __future__ import annotations


def test_a_bulk_change_within_the_overlap_is_read_whole(make_world):
    def crowd(sandbox, _population):
        for number in range(450):
            sandbox.hubspot.life.add_contact({"email": f"bulk{number}@bulkworks.example", "jobtitle": "Clerk"})

    world = make_world(before=crowd, webhooks=False, baseline=False)
    world.sync()
    world.pass_time(seconds=10)
    world.sync()  # everybody of the overlap is known by now
    for number in range(450):
        world.sandbox.hubspot.life.set_property(f"bulk{number}@bulkworks.example", "jobtitle", "Finance director")
    world.pass_time(seconds=10)
    world.sync()
    statement = "SELECT count(*) FROM record WHERE email LIKE 'bulk%' AND raw ->> 'jobtitle' = 'Finance director'"
    assert world.rows(statement)[0].count == 450


def test_known_echoes_cost_one_search_however_many_they_are(make_world):
    def crowd(sandbox, _population):
        for number in range(450):
            sandbox.hubspot.life.add_contact({"email": f"bulk{number}@bulkworks.example", "jobtitle": "Clerk"})

    world = make_world(before=crowd, webhooks=False, baseline=False)
    world.sync()
    world.pass_time(seconds=10)
    world.sync()
    world.pass_time(seconds=10)
    world.forget_calls()
    world.sync()
    assert world.calls()["hubspot"]["POST /crm/v3/objects/contacts/search"] == 1
