"""Reading a whole audience, or who changed: few calls, nobody lost, nobody twice, an end in any case."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import PlatformUnreachable
from adapters.sandbox import Clock, Fault, Sandbox
from adapters.sandbox.mailchimp.audience import Audience
from adapters.sandbox.mailchimp.member import Member

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LISTING = "GET /3.0/lists/{list_id}/members"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOON), hubspot=False) as running:
        running.mailchimp.add_audience("main", id="abc123")
        yield running


class Naps:
    """Time that passes at once, and only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def reader(sandbox: Sandbox, page_size: int) -> MailchimpPlatform:
    """A platform for which waiting takes no time."""
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


def crowd(sandbox: Sandbox, count: int) -> Audience:
    """So many members, each of whom opted in a second after the one before."""
    audience = sandbox.mailchimp.audiences["abc123"]
    for number in range(count):
        at = NOON - timedelta(seconds=count - number)
        member = Member(
            "abc123",
            f"n{number}@acme.example",
            f"{number:032x}",
            number,
            "subscribed",
            last_changed=at,
            timestamp_opt=at,
        )
        audience.add(member, at)
    return audience


def ids(pages) -> list[str]:
    return [record.id for page in pages for record in page.records]


def listings(sandbox: Sandbox) -> int:
    return sandbox.mailchimp_server.calls.counts.get(LISTING, 0)


def test_a_hundred_thousand_cost_as_many_calls_as_pages_with_one_row_of_overlap(sandbox):
    """Here a hundredth of it: 1,000 by 100 is 11 pages, one look for the archived; 100,000 by 1,000 is 101, 1, and the count."""
    crowd(sandbox, 1000)
    platform = reader(sandbox, page_size=100)
    assert platform.count() == 1000
    pages = list(platform.all())
    assert len(ids(pages)) == len(set(ids(pages))) == 1000
    assert listings(sandbox) == 1 + 1 + ceil((1000 - 100) / 99) + 1
    assert 1 + 1 + ceil((100_000 - 1000) / 999) + 1 <= 103
    assert pages[0].total == 1000
    assert sandbox.mailchimp.gate.most <= 8


def test_a_page_that_is_cut_off_is_halved_for_the_rest_and_no_row_is_read_twice(sandbox):
    crowd(sandbox, 1200)
    sandbox.mailchimp.switches.longest_page = 300
    pages = list(reader(sandbox, page_size=1000).all())
    assert len(ids(pages)) == len(set(ids(pages))) == 1200
    refused = sum(call.status == 502 for call in sandbox.mailchimp_server.calls.calls)
    answered = sum(call.status == 200 for call in sandbox.mailchimp_server.calls.calls)
    assert refused == 2 * 4  # 1,000 and 500, each as often as any call is tried
    assert answered <= ceil(1200 / 250) + 2


def test_where_even_a_hundred_are_too_many_the_platform_is_away(sandbox):
    crowd(sandbox, 300)
    sandbox.mailchimp.switches.longest_page = 50
    with pytest.raises(PlatformUnreachable):
        list(reader(sandbox, page_size=1000).all())
    assert listings(sandbox) == 5 * 4  # 1,000, 500, 250, 125, 100


def test_changes_are_read_with_shorter_pages_too(sandbox):
    crowd(sandbox, 900)
    sandbox.mailchimp.switches.longest_page = 250
    seen = ids(reader(sandbox, page_size=1000).changed(NOON - timedelta(days=1), NOON))
    assert len(seen) == len(set(seen)) == 900


@pytest.mark.parametrize("listed", [False, True], ids=["archived apart", "archived among all"])
def test_the_archived_come_once_and_none_is_lost_whatever_the_default_listing_holds(sandbox, listed):
    crowd(sandbox, 60)
    for number in (3, 30, 59):
        sandbox.mailchimp.life.archive(f"n{number}@acme.example")
    sandbox.mailchimp.switches.archived_listed = listed
    records = [record for page in reader(sandbox, 20).all() for record in page.records]
    assert len(records) == len({record.id for record in records}) == 60
    assert {int(record.id, 16) for record in records if record.archived} == {3, 30, 59}
    changed = ids(reader(sandbox, 20).changed(NOON - timedelta(days=1), NOON))
    assert len(changed) == len(set(changed)) == 60


@pytest.mark.parametrize("gone", [1, 5])
def test_a_read_goes_on_from_its_token_though_people_before_it_have_left(sandbox, gone):
    audience = crowd(sandbox, 100)
    pages = list(reader(sandbox, page_size=20).all())
    token = pages[2].next
    before = set(ids(pages[:3]))
    for number in range(gone):
        audience.remove(audience.get(f"n{number}@acme.example"), NOON)
    sandbox.mailchimp_server.calls.reset()
    seen = before | set(ids(reader(sandbox, page_size=20).all(token)))
    assert seen >= {member.contact_id for member in audience}
    assert listings(sandbox) <= 1 + ceil(40 / 19) + 1 + 1


def test_a_token_whose_people_have_all_left_begins_anew(sandbox):
    audience = crowd(sandbox, 100)
    pages = list(reader(sandbox, page_size=20).all())
    for number in range(40):
        audience.remove(audience.get(f"n{number}@acme.example"), NOON)
    rest = ids(reader(sandbox, page_size=20).all(pages[1].next))
    assert set(rest) == {member.contact_id for member in audience}


def test_a_reader_that_has_reached_the_archived_does_not_begin_anew(sandbox):
    crowd(sandbox, 50)
    sandbox.mailchimp.life.archive("n7@acme.example")
    platform = reader(sandbox, page_size=20)
    token = next(page.next for page in platform.all() if (page.next or "").startswith("archived"))
    sandbox.mailchimp_server.calls.reset()
    assert ids(platform.all(token)) == [f"{7:032x}"]
    assert listings(sandbox) == 1


def test_somebody_leaving_amid_a_read_costs_one_page_more_and_loses_nobody(sandbox):
    audience = crowd(sandbox, 400)
    pages = reader(sandbox, page_size=20).all()
    seen = set(ids([next(pages)]))
    sandbox.mailchimp.life.archive("n5@acme.example")
    seen |= set(ids(pages))
    assert seen == {member.contact_id for member in audience}
    assert listings(sandbox) <= 1 + ceil(380 / 19) + 1 + 1


@pytest.mark.parametrize("leaving", [1, 7, 20])
def test_nobody_of_an_imports_one_second_is_lost_when_others_of_it_change_amid_the_read(sandbox, leaving):
    audience = crowd(sandbox, 100)
    for member in audience:
        member.last_changed = NOON - timedelta(days=1)
    pages = reader(sandbox, page_size=20).changed(NOON - timedelta(days=2), NOON - timedelta(hours=1))
    first = ids([next(pages), next(pages)])
    for id_ in first[:leaving]:
        audience.get(id_).last_changed = NOON
    seen = first + ids(pages)
    assert len(seen) == len(set(seen)) == 100
    assert listings(sandbox) <= 2 + ceil(80 / 19) + 2 + 1  # its first page again, two for those who left, the archived


@pytest.mark.parametrize("read", ["all", "changed"])
@pytest.mark.parametrize("hidden", [25, 60])
def test_a_total_that_trails_behind_an_import_hides_nobody(sandbox, read, hidden):
    crowd(sandbox, 60)
    sandbox.mailchimp.switches.not_yet_counted = hidden
    platform = reader(sandbox, page_size=20)
    seen = ids(platform.all() if read == "all" else platform.changed(NOON - timedelta(days=1), NOON))
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize("read", ["all", "changed"])
def test_a_listing_that_never_ends_is_given_up_after_few_calls(sandbox, read):
    rows = [
        {"contact_id": f"c{number}", "last_changed": NOON.isoformat(), "merge_fields": {}, "stats": {}, "tags": []}
        for number in range(20)
    ]
    endless = {"members": rows, "total_items": 10**9}
    sandbox.mailchimp_server.faults.add(Fault(path=r"/members\?", times=None, status=200, body=endless))
    platform = reader(sandbox, page_size=20)
    with pytest.raises(PlatformUnreachable):
        ids(platform.all() if read == "all" else platform.changed(NOON - timedelta(days=1), NOON))
    assert listings(sandbox) < 80


def test_a_total_beyond_what_is_there_ends_a_window_quietly(sandbox):
    """A count that trails behind must not stop the polling for ever."""
    row = {"contact_id": "c1", "last_changed": NOON.isoformat(), "merge_fields": {}, "stats": {}, "tags": []}
    for offset, members in ((0, [row]), (1, [])):
        body = {"members": members, "total_items": 7}
        sandbox.mailchimp_server.faults.add(Fault(path=rf"offset={offset}\b", times=None, status=200, body=body))
    assert ids(reader(sandbox, page_size=20).changed(NOON - timedelta(days=1), NOON)) == ["c1"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path=r"/members\?", after=1, status=429),
        Fault(path=r"/members\?", after=1, status=429, headers={"Retry-After": "3"}),
        Fault(path=r"/members\?", after=1, status=403),
        Fault(path=r"/members\?", after=1, status=502, body="<html>"),
        Fault(path=r"/members\?", after=1, status=504, body="<html>"),
        Fault(path=r"/members\?", after=1, status=200, body="<html>We are back soon</html>"),
        Fault(path=r"/members\?", after=1, ending="truncate"),
        Fault(path=r"/members\?", after=1, ending="reset"),
        Fault(path=r"/members\?", after=1, ending="drop"),
        Fault(path=r"/members\?", after=1, ending="trickle", pause=0.005),
    ],
    ids=lambda fault: f"{fault.status or ''}{fault.ending}{'+' if fault.headers else ''}{str(fault.body or '')[:12]}",
)
def test_one_fault_amid_a_read_costs_one_call_and_no_row(sandbox, fault):
    crowd(sandbox, 100)
    sandbox.mailchimp_server.faults.add(fault)
    seen = ids(reader(sandbox, page_size=50).all())
    assert len(seen) == len(set(seen)) == 100
    assert listings(sandbox) <= 1 + 2 + 1 + 1
