"""Campaigns' activity by delta: right and cheap, whether or not Mailchimp lists those who did nothing since."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.members import subscriber_hash
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import Activity, PlatformUnreachable
from adapters.sandbox import Clock, Fault, Sandbox
from adapters.sandbox.mailchimp.member import Member

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PAST = NOON - timedelta(days=20)
HOUR = timedelta(hours=1)
PRICING = "https://acme.example/pricing"
PEOPLE = 200
PAGE = 20


class Naps:
    """Time that passes at once, and only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An audience of 200 people."""
    with Sandbox(Clock(NOON), hubspot=False) as running:
        audience = running.mailchimp.add_audience("main", id="abc123")
        for number in range(PEOPLE):
            email, id_ = address(number), f"{number:032x}"
            audience.add(
                Member("abc123", email, id_, number, "subscribed", last_changed=PAST, timestamp_opt=PAST), PAST
            )
        yield running


@pytest.fixture(params=[False, True], ids=["only who acted", "everybody listed"])
def world(sandbox: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """Both answers that `since` may mean (facts/mailchimp.md §5)."""
    sandbox.mailchimp.switches.idle_listed = request.param
    return sandbox


def address(number: int) -> str:
    return f"n{number}@acme.example"


def platform_of(sandbox: Sandbox, page_size: int = PAGE) -> MailchimpPlatform:
    naps = Naps()
    client = MailchimpClient(
        api_key="sandbox-us19",
        base_url=sandbox.mailchimp_url,
        slots=Slots(8),
        budget=RateBudget(10_000, 1.0, burst=10_000, sleep=naps.sleep, monotonic=naps.monotonic),
        sleep=naps.sleep,
        monotonic=naps.monotonic,
    )
    return MailchimpPlatform(client, audience="main", list_id="abc123", page_size=page_size)


def poll(platform: MailchimpPlatform, since: datetime, until: datetime) -> list[Activity]:
    return [act for page in platform.activity(since, until) for act in page]


def told(acts: list[Activity]) -> set[tuple[str, str, datetime, str]]:
    return {(act.kind, act.id, act.at, act.asset) for act in acts}


def calls(sandbox: Sandbox) -> int:
    total = sandbox.mailchimp_server.calls.total
    sandbox.mailchimp_server.calls.reset()
    return total


def test_twenty_old_campaigns_with_few_news_cost_few_calls_at_each_poll(world):
    life, platform = world.mailchimp.life, platform_of(world)
    campaigns = [life.send_campaign(f"News {number}", at=PAST) for number in range(20)]
    for campaign in campaigns:
        for number in range(60):
            life.click(address(number), campaign, PRICING, at=PAST + HOUR)
    for number, campaign in enumerate(campaigns):
        life.open(address(number), campaign, at=NOON - HOUR)
        life.click(address(number), campaign, PRICING, at=NOON - HOUR)
    poll(platform, NOON - 2 * HOUR, NOON)
    calls(world)
    until = NOON + HOUR
    for number, campaign in enumerate(campaigns):
        life.click(address(number + 1), campaign, PRICING, at=until)
    acts = poll(platform, NOON + timedelta(minutes=1), until)
    assert told(acts) == {("email_click", subscriber_hash(address(number + 1)), until, PRICING) for number in range(20)}
    everybody = world.mailchimp.switches.idle_listed
    a_look = 1 + ceil(60 / PAGE) + 1 if everybody else 1
    assert calls(world) == 1 + 20 * a_look
    assert a_look < PEOPLE / PAGE
    assert world.mailchimp.gate.most <= 8


@pytest.mark.parametrize("page_size", [PAGE, 1000], ids=["a few of many", "a page for all"])
def test_an_open_that_mailchimp_knows_to_be_a_proxys_is_told_as_such(world, page_size):
    life = world.mailchimp.life
    old = life.send_campaign("Old news", at=PAST)
    life.open(address(7), old, at=NOON, proxy=True)
    life.open(address(7), old, at=NOON + timedelta(minutes=1))
    life.open(address(8), old, at=NOON)
    acts = poll(platform_of(world, page_size), NOON - HOUR, NOON + HOUR)
    opens = {(act.id, act.at, act.by_proxy) for act in acts if act.kind == "email_open"}
    assert opens == {
        (subscriber_hash(address(7)), NOON, True),
        (subscriber_hash(address(7)), NOON + timedelta(minutes=1), False),
        (subscriber_hash(address(8)), NOON, False),
    }


def test_where_no_proxy_has_opened_anything_nobody_is_asked_which_opens_are_theirs(world):
    life = world.mailchimp.life
    life.open(address(8), life.send_campaign("News", at=PAST), at=NOON)
    acts = poll(platform_of(world, 1000), NOON - HOUR, NOON)
    assert [act.by_proxy for act in acts if act.kind == "email_open"] == [False]
    assert calls(world) == 2  # the reports, and what was done


def test_a_process_that_has_just_started_finds_the_same_news(world):
    life = world.mailchimp.life
    old = life.send_campaign("Old news", at=PAST)
    for number in range(60):
        life.click(address(number), old, PRICING, at=PAST + HOUR)
    life.click(address(7), old, PRICING, at=NOON)
    life.open(address(8), old, at=NOON, proxy=True)
    acts = told(poll(platform_of(world), NOON - HOUR, NOON))
    assert acts == {
        ("email_click", subscriber_hash(address(7)), NOON, PRICING),
        ("email_open", subscriber_hash(address(8)), NOON, ""),
    }
    assert calls(world) <= 1 + 1 + 1 + ceil(60 / PAGE) + PEOPLE / PAGE


def test_few_who_ever_clicked_are_asked_one_by_one(sandbox):
    life = sandbox.mailchimp.life
    old = life.send_campaign("Old news", at=PAST)
    life.click(address(1), old, PRICING, at=PAST + HOUR)
    life.click(address(7), old, PRICING, at=NOON)
    acts = poll(platform_of(sandbox), NOON - HOUR, NOON)
    assert [(act.id, act.asset) for act in acts] == [(subscriber_hash(address(7)), PRICING)]
    assert calls(sandbox) == 1 + 1 + 1 + 1 + 2


def test_only_opens_are_news_enough_for_one_call_more(sandbox):
    life = sandbox.mailchimp.life
    old = life.send_campaign("Old news", at=PAST)
    life.click(address(1), old, PRICING, at=PAST + HOUR)
    life.open(address(3), old, at=NOON)
    acts = poll(platform_of(sandbox), NOON - HOUR, NOON)
    assert [(act.kind, act.id) for act in acts] == [("email_open", subscriber_hash(address(3)))]
    assert calls(sandbox) == 1 + 1 + 1


def test_a_click_after_the_window_is_told_by_the_next_one(world):
    life, platform = world.mailchimp.life, platform_of(world)
    old = life.send_campaign("Old news", at=PAST)
    life.click(address(1), old, PRICING, at=NOON)
    life.click(address(1), old, PRICING, at=NOON + timedelta(seconds=30))
    life.click(address(2), old, PRICING, at=NOON + timedelta(seconds=30))
    first = told(poll(platform, NOON - HOUR, NOON))
    assert first == {("email_click", subscriber_hash(address(1)), NOON, PRICING)}
    second = told(poll(platform, NOON - timedelta(minutes=1), NOON + HOUR))
    later = {(number, NOON + timedelta(seconds=30)) for number in (1, 2)}
    assert second >= {("email_click", subscriber_hash(address(number)), at, PRICING) for number, at in later}


def test_what_the_caller_did_not_take_is_told_again(world):
    """The adapter forgets nothing that a broken transaction may not have kept."""
    life, platform = world.mailchimp.life, platform_of(world)
    old = life.send_campaign("Old news", at=PAST)
    life.click(address(1), old, PRICING, at=NOON)
    life.unsubscribe(address(2), campaign=old, at=NOON)
    pages = platform.activity(NOON - HOUR, NOON)
    next(pages)
    pages.close()
    kinds = {act.kind for act in poll(platform, NOON - HOUR, NOON)}
    assert kinds == {"email_click", "unsubscribe"}


def test_bounces_are_told_though_nothing_else_happened(world):
    life, platform = world.mailchimp.life, platform_of(world)
    sent_at = NOON - timedelta(hours=3)
    news = life.send_campaign("News", at=sent_at)
    poll(platform, sent_at, NOON - HOUR)
    life.bounce(address(3), news, kind="soft", at=NOON)
    acts = poll(platform, NOON - HOUR, NOON + HOUR)
    assert told(acts) == {("email_bounce", subscriber_hash(address(3)), NOON, "")}


def test_who_left_through_a_campaign_is_told_once_it_is_known(world):
    life, platform = world.mailchimp.life, platform_of(world)
    news = life.send_campaign("News", at=PAST)
    life.open(address(5), news, at=NOON)
    life.unsubscribe(address(5), campaign=news, at=NOON)
    kinds = {act.kind for act in poll(platform, NOON - HOUR, NOON)}
    assert kinds == {"email_open", "unsubscribe"}
    life.unsubscribe(address(6), campaign=news, at=NOON + HOUR)
    acts = poll(platform, NOON + timedelta(minutes=1), NOON + 2 * HOUR)
    assert told(acts) == {("unsubscribe", subscriber_hash(address(6)), NOON + HOUR, "")}


@pytest.mark.parametrize("kind", ["regular", "automation"])
def test_every_recipient_of_a_campaign_just_sent_was_mailed_and_of_an_automation_only_acts_are_known(world, kind):
    life = world.mailchimp.life
    if kind == "regular":
        campaign = life.send_campaign("News", at=NOON - HOUR)
    else:
        flow = world.mailchimp.add_flow(
            "Flow", audience=world.mailchimp.audiences["abc123"], mails=["Welcome"], tag="x"
        )
        for number in range(30):
            life.tag(address(number), "x")
        campaign = flow.mails[0].id
    life.click(address(9), campaign, PRICING, at=NOON)
    acts = poll(platform_of(world), NOON - 2 * HOUR, NOON)
    sent = [act for act in acts if act.kind == "email_sent"]
    assert len({act.id for act in sent}) == (PEOPLE if kind == "regular" else 0)
    assert [act.asset for act in acts if act.kind == "email_click"] == [PRICING]
    assert {act.campaign for act in acts} == {campaign}


def test_campaigns_that_are_done_are_not_asked_again(world):
    life, platform = world.mailchimp.life, platform_of(world)
    done, other = (life.send_campaign(title, to=[address(1)], at=NOON - HOUR) for title in ("One", "Two"))
    acts = [act for page in platform.activity(NOON - 2 * HOUR, NOON, {done}) for act in page]
    assert {act.campaign for act in acts} == {other}
    assert calls(world) == (2 if world.mailchimp.switches.idle_listed else 3)


def test_recipients_are_told_once_as_long_as_there_are_no_more_of_them(world):
    platform = platform_of(world)
    world.mailchimp.life.send_campaign("News", at=NOON)
    assert len(poll(platform, NOON - HOUR, NOON)) == PEOPLE
    calls(world)
    assert not any(act.kind == "email_sent" for act in poll(platform, NOON - HOUR, NOON))
    assert calls(world) <= 2


def test_one_campaign_comes_after_the_other(world):
    life = world.mailchimp.life
    for number in range(12):
        life.send_campaign(f"News {number}", at=NOON - HOUR)
    campaigns = [page[0].campaign for page in platform_of(world).activity(NOON - 2 * HOUR, NOON)]
    assert len(campaigns) > 12 == len(set(campaigns))
    assert sum(one != other for one, other in pairwise(campaigns)) == 11


def test_another_audience_has_its_own_campaigns(world):
    elsewhere = world.mailchimp.add_audience("other", id="def456")
    world.mailchimp.life.subscribe("maria@acme.example", audience="def456")
    world.mailchimp.life.send_campaign("Elsewhere", audience=elsewhere.id)
    assert poll(platform_of(world), NOON - HOUR, NOON) == []
    assert calls(world) == 1


def test_a_total_that_counts_everybody_over_rows_of_those_who_acted_costs_one_call_more(sandbox):
    """A third answer that `since` may have: the rows of few, the total of all."""
    old = sandbox.mailchimp.life.send_campaign("Old news", at=PAST)
    sandbox.mailchimp.life.click(address(1), old, PRICING, at=NOON)
    row = {"email_id": "x", "activity": [{"action": "click", "timestamp": NOON.isoformat(), "url": PRICING}]}
    for offset, rows in ((0, [row]), (1, [])):
        body = {"emails": rows, "total_items": PEOPLE}
        sandbox.mailchimp_server.faults.add(
            Fault(path=rf"offset={offset}\b.*since|since.*offset={offset}\b", status=200, body=body)
        )
    assert len(poll(platform_of(sandbox), NOON - HOUR, NOON)) == 1
    assert calls(sandbox) == 1 + 2


def test_a_campaign_that_is_deleted_meanwhile_stands_in_nobodys_way(world):
    gone, there = (world.mailchimp.life.send_campaign(title, to=[address(1)], at=NOON) for title in ("One", "Two"))
    world.mailchimp_server.faults.add(Fault(path=f"/reports/{gone}/", times=None, status=404, body={"title": "?"}))
    assert {act.campaign for act in poll(platform_of(world), NOON - HOUR, NOON)} == {there}


def test_pages_that_are_cut_off_are_read_shorter(world):
    life = world.mailchimp.life
    life.send_campaign("News", at=NOON - HOUR)
    world.mailchimp.switches.longest_page = 100
    acts = poll(platform_of(world, page_size=1000), NOON - 2 * HOUR, NOON)
    assert sum(act.kind == "email_sent" for act in acts) == PEOPLE


def test_the_same_page_again_and_again_is_given_up(sandbox):
    news = sandbox.mailchimp.life.send_campaign("News", at=NOON - HOUR)
    row = {"email_id": "x", "activity": [{"action": "open", "timestamp": NOON.isoformat()}]}
    body = {"emails": [row] * PAGE, "total_items": 10**9}
    sandbox.mailchimp_server.faults.add(Fault(path=f"{news}/email-activity", times=None, status=200, body=body))
    with pytest.raises(PlatformUnreachable):
        poll(platform_of(sandbox), NOON - 2 * HOUR, NOON)
    assert calls(sandbox) < 20
