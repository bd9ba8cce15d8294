"""Acts at Mailchimp whose report has no time for them, and orders, over passes that each are a process of their own."""

from datetime import timedelta

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from connector.steps.reading.campaigns import read_campaigns
from connector.steps.reading.orders import read_orders
from connector.steps.reading.records import read_records

SOURCE = "mailchimp:main"
MAPPED = "  unsubscribe: {mailchimp: activity.unsub}"
MORE = f"{MAPPED}\n  order: {{mailchimp: orders}}\n  email_bounce: {{mailchimp: activity.bounce}}"
PRICING = "https://www.brightledger.example/pricing"


@pytest.fixture
def world(make_world):
    """A world whose members are read and whose campaigns are not."""
    edits = {"fields.yaml": (MAPPED, MORE)}
    made = make_world(count=6, edits=edits, webhooks=False, baseline=False)
    read_records(made.parts, SOURCE, made.parts.mailchimp[SOURCE], full=True)
    return made


@pytest.fixture
def life(world):
    return world.sandbox.mailchimp.life


@pytest.fixture
def people(world, life):
    """Members enough that a campaign's mails go out in two parts."""
    emails = [f"n{number}@finance.example" for number in range(8)]
    for email in emails:
        life.subscribe(email)
    read_records(world.parts, SOURCE, world.parts.mailchimp[SOURCE], full=True)
    return emails


def one_pass(world, **delta):
    """Some time goes by, and a process that has just been started reads."""
    world.pass_time(**delta)
    client = MailchimpClient(
        api_key="sandbox-us19",
        base_url=world.sandbox.mailchimp_url,
        slots=Slots(8),
        budget=RateBudget(10_000, 1.0, burst=10_000),
    )
    port = MailchimpPlatform(client, audience="main", list_id=world.population.audience)
    read_campaigns(world.parts, SOURCE, port)
    read_orders(world.parts, SOURCE, port)


def acts(world, kind):
    statement = "SELECT contact, happened_at FROM event JOIN word ON word.id = kind WHERE word.text = :kind"
    return [tuple(row) for row in world.rows(statement, kind=kind)]


def test_who_leaves_by_one_click_in_her_mail_program_is_told_of_though_she_opened_nothing(world, life, people):
    news = life.send_campaign("News", to=people)
    one_pass(world, minutes=1)
    one_pass(world, hours=1)
    life.unsubscribe(people[0], campaign=news)
    left_at = world.sandbox.clock()
    one_pass(world, minutes=20)
    assert (world.contact(people[0]), left_at) in acts(world, "unsubscribe")


def test_a_mail_that_comes_back_hours_later_is_told_of(world, life, people):
    one_pass(world, minutes=1)
    news = life.send_campaign("News", to=people)
    one_pass(world, minutes=1)
    one_pass(world, hours=1)
    life.bounce(people[0], news, kind="soft")
    one_pass(world, minutes=20)
    assert world.contact(people[0]) in {contact for contact, _ in acts(world, "email_bounce")}


def test_somebody_leaves_after_a_long_time_through_a_campaign_that_was_old_at_first_sight(world, life, people):
    old = life.send_campaign("Old", to=people, at=world.sandbox.clock() - timedelta(days=700))
    one_pass(world, minutes=1)
    one_pass(world, hours=1)
    life.unsubscribe(people[0], campaign=old)
    one_pass(world, minutes=20)
    assert world.contact(people[0]) in {contact for contact, _ in acts(world, "unsubscribe")}


def test_a_campaign_that_goes_out_by_and_by_is_told_to_its_last_recipient(world, life, people):
    """Batch delivery and time zones: the report has one send time, and recipients that grow."""
    one_pass(world, minutes=1)
    news = life.send_campaign("News", to=people[:3])
    one_pass(world, minutes=1)
    campaign = world.sandbox.mailchimp.campaigns[news]
    one_pass(world, hours=2)
    audience = world.sandbox.mailchimp.audiences[world.population.audience]
    for email in people[3:]:
        campaign.send_to(audience.get(email), world.sandbox.clock())
    one_pass(world, minutes=1)
    told = {contact for contact, _ in acts(world, "email_sent")}
    assert {world.contact(email) for email in people} <= told


def test_a_pass_without_news_still_costs_the_list_of_reports_alone(world, life, people):
    for number in range(5):
        news = life.send_campaign(f"News {number}", to=people)
        life.unsubscribe(people[number], campaign=news)
        life.bounce(people[5], news, kind="soft")
    one_pass(world, minutes=1)
    one_pass(world, hours=1)
    world.forget_calls()
    one_pass(world, hours=1)
    calls = world.calls()["mailchimp"]
    assert {route: count for route, count in calls.items() if "reports" in route} == {"GET /3.0/reports": 1}


def test_strangers_who_buy_in_one_store_hide_nobody_who_buys_in_another(world, life, people):
    audience = world.sandbox.mailchimp.audiences[world.population.audience]
    for name in ("First", "Second"):
        world.sandbox.mailchimp.add_store(name, audience=audience)
        life.buy(people[0], "1", store=name, at=world.sandbox.clock() - timedelta(days=20))
    one_pass(world, minutes=1)
    for number in range(3):
        life.subscribe(f"stranger{number}@acme.example")
        life.buy(f"stranger{number}@acme.example", "2", store="First")
    one_pass(world, minutes=10)
    life.buy(people[1], "3", store="Second")
    one_pass(world, minutes=10)
    assert world.contact(people[1]) in {contact for contact, _ in acts(world, "order")}


def test_an_order_that_is_canceled_later_hides_no_new_one(world, life, people):
    audience = world.sandbox.mailchimp.audiences[world.population.audience]
    for name in ("First", "Second"):
        world.sandbox.mailchimp.add_store(name, audience=audience)
        life.buy(people[0], "1", store=name, at=world.sandbox.clock() - timedelta(days=20))
    one_pass(world, minutes=1)
    bought = life.buy(people[2], "2", store="First")
    one_pass(world, minutes=10)
    life.cancel(bought)
    life.buy(people[1], "3", store="Second")
    one_pass(world, minutes=10)
    assert {world.contact(email) for email in people[:3]} == {contact for contact, _ in acts(world, "order")}
