"""Deals won and lost as acts: one search when quiet, history at first, nothing at all where none is mapped."""

from datetime import timedelta

import pytest

from connector.steps.reading.deals import read_deals
from connector.steps.reading.records import read_records

MAPPED = "  unsubscribe: {mailchimp: activity.unsub}"
DEALS = f"{MAPPED}\n  deal_won: {{hubspot: {{deals: won}}}}\n  deal_lost: {{hubspot: {{deals: lost}}}}"


@pytest.fixture(params=["v3", "2026-09"])
def version(request):
    return request.param


@pytest.fixture
def sold(make_world, version):
    """A world whose contacts are read; maria's deal was won a month ago."""

    def before(sandbox, population):
        month_ago = sandbox.clock() - timedelta(days=30)
        sandbox.hubspot.life.win_deal(population.person("maria").address, "Ledger for Maria", at=month_ago)

    edits = {"fields.yaml": (MAPPED, DEALS)}
    world = make_world(count=4, version=version, edits=edits, webhooks=False, baseline=False, before=before)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=True)
    return world


def read(world):
    """Read the deals; how many acts were new, and the calls it took: searches and associations."""
    world.forget_calls()
    added = read_deals(world.parts, world.parts.hubspot)
    routes = world.calls()["hubspot"]
    return (
        added,
        sum(count for route, count in routes.items() if "search" in route),
        sum(count for route, count in routes.items() if "associations" in route),
    )


def acts(world, email, kind="deal_won"):
    statement = (
        "SELECT asset.text, happened_at, known_at FROM event JOIN word ON word.id = kind"
        " JOIN asset ON asset.id = event.asset WHERE contact = :id AND word.text = :kind ORDER BY happened_at"
    )
    return [tuple(row) for row in world.rows(statement, id=world.contact(email), kind=kind)]


def add_deal(world, email, **values):
    portal, contact = world.sandbox.hubspot, world.sandbox.hubspot.life.person(email)
    with portal.lock:
        deal = portal.create("deals", values, portal.api_source)
        portal.associations.link("contacts", contact.id, "deals", deal.id)
    return str(deal.id)


def test_the_first_reading_is_history_and_what_is_closed_later_is_news(sold):
    maria, brian, began = sold.email("maria"), sold.email("brian"), sold.sandbox.clock()
    month_ago = began - timedelta(days=30)
    sold.pass_time(minutes=30)
    assert read(sold)[0] >= 1
    assert acts(sold, maria) == [("Ledger for Maria", month_ago, month_ago)]
    sold.pass_time(hours=1)
    assert read(sold) == (0, 1, 0)
    sold.sandbox.hubspot.life.lose_deal(brian, "Second ledger")
    at = sold.sandbox.clock()
    sold.pass_time(minutes=5)
    assert read(sold) == (1, 1, 1)
    assert acts(sold, brian, "deal_lost") == [("Second ledger", at, sold.sandbox.clock())]
    sold.pass_time(minutes=30)
    assert read(sold)[0] == 0, "the windows overlap"
    sold.pass_time(minutes=30)
    assert read(sold) == (0, 1, 0)


def test_a_date_that_is_missing_or_still_to_come_is_not_when_it_happened(sold):
    laia, at = sold.email("laia"), sold.sandbox.clock()
    closed = {"hs_is_closed": "true", "hs_is_closed_won": "true"}
    add_deal(sold, laia, dealname="No date", **closed)
    add_deal(sold, laia, dealname="Next year", closedate="2027-11-01T00:00:00.000Z", **closed)
    sold.pass_time(minutes=5)
    read(sold)
    assert sorted((name, happened) for name, happened, _ in acts(sold, laia)) == [("Next year", at), ("No date", at)]


def test_a_deal_of_several_people_is_an_act_of_each_and_of_no_stranger(sold):
    read(sold)
    sold.pass_time(minutes=30)
    stranger = "unread@crowd.example"
    sold.sandbox.hubspot.life.add_contact({"email": stranger})
    deal = sold.sandbox.hubspot.life.win_deal(stranger, "Shared")
    portal = sold.sandbox.hubspot
    with portal.lock:
        for key in ("laia", "jordi"):
            portal.associations.link("contacts", portal.life.person(sold.email(key)).id, "deals", int(deal))
    sold.pass_time(minutes=1)
    assert read(sold) == (2, 1, 1)
    read_records(sold.parts, "hubspot", sold.parts.hubspot, full=True)
    sold.pass_time(minutes=5)
    assert read(sold)[0] == 1, "her contact was found a little later than her deal"
    assert [name for name, *_ in acts(sold, stranger)] == ["Shared"]


def test_a_deal_that_changes_again_is_told_once(sold):
    deal = sold.sandbox.hubspot.life.win_deal(sold.email("laia"), "Ledger")
    sold.pass_time(minutes=1)
    read(sold)
    sold.pass_time(hours=1)
    portal = sold.sandbox.hubspot
    with portal.lock:
        portal.write("deals", portal.shelves["deals"].find(deal), {"dealname": "Renamed"}, portal.api_source)
    sold.pass_time(minutes=1)
    assert read(sold) == (0, 1, 1)
    assert [name for name, *_ in acts(sold, sold.email("laia"))] == ["Ledger"]


def test_without_the_scope_it_is_listed_and_nothing_else_stops(sold):
    every = sold.sandbox.hubspot.settings.scopes
    sold.sandbox.hubspot.settings.scopes = every - {"crm.objects.deals.read"}
    assert read(sold)[0] == 0
    ((reason, resolved),) = sold.rows("SELECT reason, resolved_at FROM failure WHERE platform_id = 'deals'")
    assert "crm.objects.deals.read" in reason
    assert resolved is None
    sold.sandbox.hubspot.settings.scopes = every
    assert read(sold)[0] >= 1
    assert sold.rows("SELECT 1 FROM failure WHERE platform_id = 'deals' AND resolved_at IS NULL") == []
    assert len(acts(sold, sold.email("maria"))) == 1


def test_where_none_is_mapped_no_call_is_made(make_world):
    world = make_world(count=4, webhooks=False, baseline=False)
    assert read(world) == (0, 0, 0)
