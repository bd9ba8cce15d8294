"""Mailchimp's acts into the ledger: campaigns, orders, one member's own feed; each once, whatever breaks off."""

from datetime import timedelta

import pytest

from adapters.ports import PlatformRefused
from adapters.sandbox import Fault
from connector.facts import Trust
from connector.steps.reading.campaigns import HISTORY, read_campaigns, read_member_activity
from connector.steps.reading.orders import read_orders
from connector.steps.reading.records import read_records
from connector.store.events import TRUSTS

MAPPED = "  unsubscribe: {mailchimp: activity.unsub}"
MORE = f"{MAPPED}\n  order: {{mailchimp: orders}}\n  custom: {{mailchimp: events}}"
SOURCE = "mailchimp:main"
PRICING = "https://www.brightledger.example/pricing"


@pytest.fixture
def world(make_world):
    """A world whose members are read and whose campaigns are not."""
    made = make_world(count=6, edits={"fields.yaml": (MAPPED, MORE)}, webhooks=False, baseline=False)
    read_records(made.parts, SOURCE, made.parts.mailchimp[SOURCE], full=True)
    return made


@pytest.fixture
def port(world):
    return world.parts.mailchimp[SOURCE]


@pytest.fixture
def life(world):
    return world.sandbox.mailchimp.life


@pytest.fixture
def maria(world, life):
    life.subscribe("maria@finance.example")
    read_records(world.parts, SOURCE, world.parts.mailchimp[SOURCE], full=True)
    return "maria@finance.example"


def acts(world, email, kind):
    statement = (
        "SELECT asset.text, happened_at, known_at FROM event JOIN word ON word.id = kind"
        " JOIN asset ON asset.id = event.asset WHERE contact = :id AND word.text = :kind ORDER BY happened_at"
    )
    return [tuple(row) for row in world.rows(statement, id=world.contact(email), kind=kind)]


def reports_asked(world):
    return world.calls()["mailchimp"].get("GET /3.0/reports/{campaign_id}/email-activity", 0)


def test_a_first_reading_that_is_killed_goes_on_with_the_campaigns_that_are_not_done(world, port, life, maria):
    now = world.sandbox.clock()
    campaigns = [life.send_campaign(f"News {n}", to=[maria], at=now - timedelta(days=n + 1)) for n in range(20)]
    for campaign in campaigns:
        life.click(maria, campaign, PRICING, at=now - timedelta(hours=1))
    fault = Fault(path=f"{campaigns[12]}/email-activity", status=400, body={"title": "Bad Request"})
    world.sandbox.mailchimp_server.faults.add(fault)
    with pytest.raises(PlatformRefused, match="Bad Request"):
        read_campaigns(world.parts, SOURCE, port)
    had = len(acts(world, maria, "email_click"))
    assert 0 < had < 20
    world.pass_time(hours=2)
    life.click(maria, campaigns[0], PRICING)
    world.forget_calls()
    read_campaigns(world.parts, SOURCE, port)
    assert reports_asked(world) < len(world.sandbox.mailchimp.campaigns) - had + 1
    world.pass_time(minutes=1)
    read_campaigns(world.parts, SOURCE, port)
    assert len(acts(world, maria, "email_click")) == 21


def test_history_was_known_at_its_own_time_and_news_when_we_saw_them(world, port, life, maria):
    now = world.sandbox.clock()
    old = life.send_campaign("Old", to=[maria], at=now - timedelta(days=30))
    life.click(maria, old, PRICING, at=now - timedelta(days=29))
    ancient = life.send_campaign("Ancient", to=[maria], at=now - HISTORY - timedelta(days=3))
    life.click(maria, ancient, PRICING, at=now - HISTORY - timedelta(days=2))
    read_campaigns(world.parts, SOURCE, port)
    ((_, happened, known),) = acts(world, maria, "email_click")
    assert happened == known == now - timedelta(days=29)
    world.pass_time(minutes=30)
    life.click(maria, old, PRICING)
    clicked = world.sandbox.clock()
    world.pass_time(minutes=3)
    read_campaigns(world.parts, SOURCE, port)
    assert acts(world, maria, "email_click")[-1][1:] == (clicked, world.sandbox.clock())


def test_a_report_that_trails_behind_by_minutes_loses_no_click(world, port, life, maria):
    """The click is shown only after a poll whose window had covered its time."""
    news = life.send_campaign("News", to=[maria])
    read_campaigns(world.parts, SOURCE, port)
    world.pass_time(minutes=5)
    at = world.sandbox.clock()
    world.pass_time(minutes=5)
    read_campaigns(world.parts, SOURCE, port)
    life.click(maria, news, PRICING, at=at)
    world.pass_time(minutes=1)
    read_campaigns(world.parts, SOURCE, port)
    assert [happened for _, happened, _ in acts(world, maria, "email_click")] == [at]


def test_an_open_that_a_proxy_made_is_a_machines_and_any_other_is_unsure(world, port, life, maria):
    news = life.send_campaign("News", to=[maria])
    life.open(maria, news, proxy=True)
    world.pass_time(minutes=5)
    life.open(maria, news)
    read_campaigns(world.parts, SOURCE, port)
    statement = "SELECT trust FROM event JOIN word ON word.id = kind WHERE contact = :id AND text = 'email_open' ORDER BY happened_at"
    told = [TRUSTS[place] for (place,) in world.rows(statement, id=world.contact(maria))]
    assert told == [Trust.MACHINE, Trust.UNSURE]


def test_orders_become_acts_once_and_canceled_ones_none(world, port, life, maria):
    day = timedelta(days=1)
    life.buy(maria, "10", at=world.sandbox.clock() - 40 * day)
    life.cancel(life.buy(maria, "20", at=world.sandbox.clock() - 39 * day))
    assert read_orders(world.parts, SOURCE, port) == 1
    ((store, happened, known),) = acts(world, maria, "order")
    assert (store, happened, known) == ("Shop", world.sandbox.clock() - 40 * day, world.sandbox.clock() - 40 * day)
    world.pass_time(hours=1)
    world.forget_calls()
    assert read_orders(world.parts, SOURCE, port) == 0
    assert sum(world.calls()["mailchimp"].values()) == 2
    life.buy(maria, "30")
    assert read_orders(world.parts, SOURCE, port) == 1
    assert acts(world, maria, "order")[-1][2] == world.sandbox.clock()


@pytest.mark.parametrize("newest_first", [False, True])
def test_new_orders_are_found_without_reading_all_whoever_bought(world, port, life, maria, newest_first):
    world.sandbox.mailchimp.switches.newest_orders_first = newest_first
    for number in range(200):
        life.buy(maria, "1", at=world.sandbox.clock() - timedelta(days=20, minutes=number))
    read_orders(world.parts, SOURCE, port)
    world.pass_time(hours=1)
    life.buy(maria, "2")
    life.cancel(life.buy(maria, "3"))
    life.subscribe("stranger@acme.example")
    life.buy("stranger@acme.example", "4")
    world.forget_calls()
    assert read_orders(world.parts, SOURCE, port) == 1
    assert sum(world.calls()["mailchimp"].values()) == 1 + 1 + (2 if newest_first else 1)


def test_one_members_feed_tells_her_custom_events_and_repeats_nothing(world, port, life, maria):
    news = life.send_campaign("News", to=[maria])
    life.click(maria, news, PRICING)
    member = world.sandbox.mailchimp.audiences[world.population.audience].get(maria)
    member.add_to_feed("event", world.sandbox.clock(), event_name="demo_watched")
    world.pass_time(minutes=1)
    read_campaigns(world.parts, SOURCE, port)
    assert read_member_activity(world.parts, SOURCE, port, member.contact_id) == 1
    assert [asset for asset, *_ in acts(world, maria, "custom")] == ["demo_watched"]
    assert len(acts(world, maria, "email_click")) == 1
    assert read_member_activity(world.parts, SOURCE, port, member.contact_id) == 0


def test_leaving_through_a_campaign_is_one_act_whoever_tells_of_it(world, port, life, maria):
    news = life.send_campaign("News", to=[maria])
    life.open(maria, news)
    life.unsubscribe(maria, campaign=news)
    read_campaigns(world.parts, SOURCE, port)
    member = world.sandbox.mailchimp.audiences[world.population.audience].get(maria)
    read_member_activity(world.parts, SOURCE, port, member.contact_id)
    assert len(acts(world, maria, "unsubscribe")) == 1


def test_where_nothing_is_mapped_nothing_is_asked(make_world):
    world = make_world(count=2, webhooks=False, baseline=False)
    port = world.parts.mailchimp[SOURCE]
    world.forget_calls()
    assert read_orders(world.parts, SOURCE, port) == 0
    assert read_member_activity(world.parts, SOURCE, port, "c0ffee") == 0
    assert world.calls()["mailchimp"] == {}


def test_a_member_deleted_for_good_without_any_word_is_found_by_the_next_full_read(world, port, maria):
    audience = world.sandbox.mailchimp.audiences[world.population.audience]
    member = audience.get(maria)
    audience.remove(member, world.sandbox.clock())
    read_records(world.parts, SOURCE, port, full=True)
    ((archived,),) = world.rows("SELECT archived FROM record WHERE platform_id = :id", id=member.contact_id)
    assert archived


def test_a_cut_read_of_members_goes_on_where_it_was(world, port, life):
    for number in range(3):
        life.subscribe(f"late{number}@acme.example")
    fault = Fault(path=r"status=archived", times=None, status=400, body={"title": "Bad Request"})
    rule = world.sandbox.mailchimp_server.faults.add(fault)
    with pytest.raises(PlatformRefused):
        read_records(world.parts, SOURCE, port, full=True)
    rule.times = 0
    world.forget_calls()
    tally = read_records(world.parts, SOURCE, port, full=True)
    assert tally["told"] == tally["listed"]
