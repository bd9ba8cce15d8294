"""Orders of connected stores, and one member's own feed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.members import subscriber_hash
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import Order
from adapters.sandbox import Clock, Fault, Sandbox

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MARIA = "maria@acme.example"
BRIAN = "brian@acme.example"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOON), hubspot=False) as running:
        running.mailchimp.add_audience("main", id="abc123")
        for email in (MARIA, BRIAN):
            running.mailchimp.life.subscribe(email)
        yield running


def platform_of(sandbox: Sandbox, page_size: int = 1000) -> MailchimpPlatform:
    client = MailchimpClient(
        api_key="sandbox-us19",
        base_url=sandbox.mailchimp_url,
        slots=Slots(8),
        budget=RateBudget(10_000, 1.0, burst=10_000),
        sleep=lambda _seconds: None,
    )
    return MailchimpPlatform(client, audience="main", list_id="abc123", page_size=page_size)


def pages(platform: MailchimpPlatform, known: int) -> list[tuple[Order, ...]]:
    return [orders for orders, _total in platform.orders(known)]


def orders(platform: MailchimpPlatform, known: int = 0) -> list[Order]:
    return [order for page in pages(platform, known) for order in page]


def test_an_order_tells_who_bought_what_where_and_when(sandbox):
    sandbox.mailchimp.add_store("Web shop", audience=sandbox.mailchimp.audiences["abc123"], id="shop.acme")
    bought = sandbox.mailchimp.life.buy(MARIA, "49.90", at=NOON - timedelta(hours=1))
    (order,) = orders(platform_of(sandbox))
    assert order == Order(
        source="mailchimp:main",
        id=f"shop.acme:{bought}",
        hash=subscriber_hash(MARIA),
        at=NOON - timedelta(hours=1),
        store="Web shop",
        total="49.9 EUR",
    )


def test_a_canceled_order_says_so(sandbox):
    bought = sandbox.mailchimp.life.buy(MARIA, "49.90")
    sandbox.mailchimp.life.cancel(bought)
    assert [order.canceled for order in orders(platform_of(sandbox))] == [True]


def test_nothing_new_costs_a_small_call_for_each_store(sandbox):
    audience = sandbox.mailchimp.audiences["abc123"]
    for name in ("One", "Two"):
        sandbox.mailchimp.add_store(name, audience=audience)
        sandbox.mailchimp.life.buy(MARIA, "10", store=name)
    platform = platform_of(sandbox)
    assert list(platform.orders(2)) == []
    assert sandbox.mailchimp_server.calls.total == 1 + 2
    assert len(orders(platform, 1)) >= 2


def test_an_account_without_stores_costs_one_call(sandbox):
    assert list(platform_of(sandbox).orders(0)) == []
    assert sandbox.mailchimp_server.calls.total == 1


def test_stores_of_other_audiences_are_left_alone(sandbox):
    other = sandbox.mailchimp.add_audience("other", id="def456")
    sandbox.mailchimp.life.subscribe("noor@acme.example", audience="def456")
    sandbox.mailchimp.add_store("Elsewhere", audience=other)
    sandbox.mailchimp.life.buy("noor@acme.example", "10", audience="def456")
    assert list(platform_of(sandbox).orders(0)) == []


@pytest.mark.parametrize(("newest_first", "which"), [(False, 0), (True, 1)], ids=["oldest first", "newest first"])
def test_new_orders_stand_at_the_end_or_at_the_beginning_and_all_come_in_the_end(sandbox, newest_first, which):
    sandbox.mailchimp.switches.newest_orders_first = newest_first
    for number in range(300):
        sandbox.mailchimp.life.buy(MARIA, "1", at=NOON - timedelta(minutes=300 - number))
    new = sandbox.mailchimp.life.buy(BRIAN, "2")
    told = pages(platform_of(sandbox, page_size=100), known=300)
    assert [any(order.id.endswith(f":{new}") for order in page) for page in told[:2]].index(True) == which
    assert len(told[0]) == len(told[1]) == 21
    assert len({order.id for page in told for order in page}) == 301


def test_fewer_orders_than_known_are_read_again(sandbox):
    sandbox.mailchimp.life.buy(MARIA, "1")
    assert len(orders(platform_of(sandbox), known=5)) == 1


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({"processed_at_foreign": "2026-11-20T10:00:00"}, datetime(2026, 11, 20, 10, tzinfo=UTC)),
        (
            {"processed_at_foreign": "", "updated_at_foreign": "2026-11-20T10:00:00+02:00"},
            datetime(2026, 11, 20, 8, tzinfo=UTC),
        ),
        ({"processed_at_foreign": "yesterday"}, None),
        ({}, None),
    ],
    ids=["no zone", "updated only", "no time", "nothing"],
)
def test_the_time_of_an_order_is_whatever_its_store_wrote(sandbox, times, at):
    sandbox.mailchimp.life.buy(MARIA, "1")
    body = {"orders": [{"id": "o1", "customer": {"email_address": MARIA}, "order_total": 1, **times}], "total_items": 1}
    sandbox.mailchimp_server.faults.add(Fault(path="/orders", times=None, status=200, body=body))
    assert [order.at for order in orders(platform_of(sandbox))] == [at]


# ---------------------------------------------------------------- her own feed


def test_the_feed_tells_opens_clicks_leavings_and_custom_events(sandbox):
    life = sandbox.mailchimp.life
    news = life.send_campaign("News")
    life.open(MARIA, news)
    life.click(MARIA, news, "https://acme.example/pricing")
    platform = platform_of(sandbox)
    maria = platform.member_by_email(MARIA)
    sandbox.mailchimp.audiences["abc123"].get(MARIA).add_to_feed("event", NOON, event_name="demo_watched")
    life.unsubscribe(MARIA, campaign=news)
    sandbox.mailchimp_server.calls.reset()
    acts = platform.member_activity(maria.id)
    assert sandbox.mailchimp_server.calls.total == 1
    assert {(act.kind, act.asset, act.campaign_name) for act in acts} == {
        ("email_open", "", "News"),
        ("email_click", "https://acme.example/pricing", "News"),
        ("unsubscribe", "", "News"),
        ("event", "demo_watched", ""),
    }
    assert {act.id for act in acts} == {subscriber_hash(MARIA)}


def test_the_feed_agrees_with_the_campaigns_report_act_by_act(sandbox):
    life = sandbox.mailchimp.life
    news = life.send_campaign("News")
    life.click(MARIA, news, "https://acme.example/pricing")
    life.bounce(MARIA, news, kind="soft")
    platform = platform_of(sandbox)
    by_report = {act for page in platform.activity(NOON, NOON) for act in page if act.id == subscriber_hash(MARIA)}
    assert set(platform.member_activity(platform.member_by_email(MARIA).id)) == {
        act for act in by_report if act.kind != "email_sent"
    }


def test_the_feed_has_no_total_and_is_read_until_a_short_page(sandbox):
    member = sandbox.mailchimp.audiences["abc123"].get(MARIA)
    for number in range(25):
        member.add_to_feed("event", NOON - timedelta(minutes=number), event_name=f"step_{number}")
    platform = platform_of(sandbox, page_size=10)
    sandbox.mailchimp_server.calls.reset()
    assert len(platform.member_activity(member.contact_id)) == 25
    assert sandbox.mailchimp_server.calls.total == 3


def test_a_feed_that_never_ends_is_left_after_ten_pages(sandbox):
    row = {"activity_type": "event", "created_at_timestamp": NOON.isoformat(), "event_name": "x"}
    body = {"activity": [row] * 10, "email_id": "x"}
    sandbox.mailchimp_server.faults.add(Fault(path="/activity-feed", times=None, status=200, body=body))
    assert len(platform_of(sandbox, page_size=10).member_activity("c0ffee")) == 100
    assert sandbox.mailchimp_server.calls.total == 10


def test_an_act_without_a_time_is_none(sandbox):
    row = {"activity_type": "event", "created_at_timestamp": "", "event_name": "x"}
    sandbox.mailchimp_server.faults.add(
        Fault(path="/activity-feed", status=200, body={"activity": [row], "email_id": "x"})
    )
    assert platform_of(sandbox).member_activity("c0ffee") == ()


@pytest.mark.parametrize("store", ["shop:1", "Shop 1", "laura@shop.example", "botiga-ç", "a&b?c#d"])
def test_a_store_may_have_any_id_that_its_plugin_gave_it(sandbox, store):
    sandbox.mailchimp.add_store("Web shop", audience=sandbox.mailchimp.audiences["abc123"], id=store)
    bought = sandbox.mailchimp.life.buy(MARIA, "1")
    assert [order.id for order in orders(platform_of(sandbox))] == [f"{store}:{bought}"]


def test_who_is_not_there_did_nothing(sandbox):
    assert platform_of(sandbox).member_activity("c0ffee") == ()


def test_one_member_who_cannot_be_understood_stops_nobody_else(sandbox):
    platform = platform_of(sandbox)
    maria, brian = (platform.member_by_email(email).id for email in (MARIA, BRIAN))
    row = {
        "contact_id": maria,
        "id": subscriber_hash(MARIA),
        "email_address": MARIA,
        "last_changed": "2026-11-20T10:00:00",
    }
    sandbox.mailchimp_server.faults.add(Fault(path=f"/members/{maria}", times=None, status=200, body=row))
    found = platform.by_ids([maria, brian, "c0ffee"])
    assert [record.id for record in found.records] == [brian]
    assert found.missing == ("c0ffee",)
    assert found.unreadable == {maria: "a time has no zone"}
