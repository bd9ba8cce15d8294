"""The overlap of two polls may cost little, but it may hide nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox.hubspot.crowd import add_many, change_many
from connector.steps.reading.records import read_records
from connector.steps.sync import sync

MANY = 450  # more than two pages of search
SEARCH = "POST /crm/v3/objects/contacts/search"


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
    assert crowded.calls()["hubspot"][SEARCH] == 1


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


def read(world):
    """A pass over HubSpot's contacts; how many searches it took and what it found."""
    world.forget_calls()
    tally = read_records(world.parts, "hubspot", world.parts.hubspot, full=False)
    return world.calls()["hubspot"][SEARCH], tally


@pytest.fixture
def long_known(make_world):
    """1,200 contacts whom a full read and a later pass have shown, long after they changed."""
    world = make_world(before=lambda sandbox, _: add_many(sandbox.hubspot, 1200), webhooks=False, baseline=False)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=True)
    for _ in range(2):
        world.pass_time(minutes=10)
        read(world)
    world.pass_time(minutes=10)
    return world


def test_after_a_quiet_past_a_thousand_changes_are_five_searches(long_known):
    change_many(long_known.sandbox.hubspot, 1000)
    long_known.pass_time(seconds=10)
    searches, tally = read(long_known)
    assert (searches, tally["changed"], tally["read"]) == (5, 1000, 1000)


def test_who_is_shown_late_below_newer_ones_is_found_when_there_are_news(long_known):
    portal = long_known.sandbox.hubspot
    late, *others = [record.values["email"] for record in portal.contacts if "email" in record.values]
    statement = "SELECT raw ->> 'jobtitle' AS title FROM record WHERE email = :late"
    portal.settings.search_lag = 0.0
    portal.life.set_property(late, "jobtitle", "Shown at once")
    long_known.pass_time(seconds=1)
    read(long_known)
    portal.settings.search_lag = 50.0
    portal.life.set_property(late, "jobtitle", "Shown late")
    portal.settings.search_lag = 0.0
    long_known.pass_time(seconds=1)
    for other in others[:MANY]:
        portal.life.set_property(other, "jobtitle", "Newer")
    assert read(long_known)[1]["changed"] == MANY
    assert long_known.rows(statement, late=late)[0].title == "Shown at once"
    long_known.pass_time(minutes=10)
    assert read(long_known)[0] == 1, "nothing on the newest page tells of her"
    portal.life.set_property(others[-1], "jobtitle", "News")
    long_known.pass_time(seconds=1)
    read(long_known)
    assert long_known.rows(statement, late=late)[0].title == "Shown late"


def test_what_has_settled_is_not_read_again(long_known):
    change_many(long_known.sandbox.hubspot, 150)
    long_known.pass_time(seconds=10)
    assert read(long_known)[0] == 1
    long_known.pass_time(minutes=2)
    assert read(long_known)[0] == 1
    change_many(long_known.sandbox.hubspot, 400)
    long_known.pass_time(seconds=10)
    searches, tally = read(long_known)
    assert (searches, tally["read"]) == (2, 400)
