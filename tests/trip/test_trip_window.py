"""The overlap of two polls may cost little, but it may hide nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.steps.sync import sync

MANY = 450  # more than two pages of search


@pytest.fixture
def crowded(make_world):
    """A world with many people who came within the overlap; all of them are known already."""

    def crowd(sandbox, _population):
        for number in range(MANY):
            sandbox.hubspot.life.add_contact({"email": f"bulk{number}@bulkworks.example", "jobtitle": "Clerk"})

    world = make_world(before=crowd, webhooks=False, baseline=False)
    for _ in range(2):
        world.sync()
        world.pass_time(seconds=10)
    return world


def test_a_bulk_change_within_the_overlap_is_read_whole(crowded):
    for number in range(MANY):
        crowded.sandbox.hubspot.life.set_property(f"bulk{number}@bulkworks.example", "jobtitle", "Finance director")
    crowded.pass_time(seconds=10)
    crowded.sync()
    statement = "SELECT count(*) FROM record WHERE email LIKE 'bulk%' AND raw ->> 'jobtitle' = 'Finance director'"
    assert crowded.rows(statement)[0].count == MANY


def test_known_echoes_cost_one_search_however_many_they_are(crowded):
    crowded.forget_calls()
    crowded.sync()
    assert crowded.calls()["hubspot"]["POST /crm/v3/objects/contacts/search"] == 1


def test_a_clock_that_runs_ahead_of_the_platform_misses_nobody(make_world):
    world = make_world(webhooks=False)
    ahead = replace(world.parts, now=lambda: world.sandbox.clock() + timedelta(minutes=20))
    for number in range(3):
        email = f"ahead{number}@aheadworks.example"
        world.sandbox.hubspot.life.add_contact({"email": email, "jobtitle": "CFO"})
        world.pass_time(seconds=30)
        sync(ahead)
        assert world.contact(email)
        world.pass_time(minutes=3)
