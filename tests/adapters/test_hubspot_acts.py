"""Deals, forms and lists of HubSpotPlatform against the sandbox over real HTTP, in both API versions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform, Version
from adapters.ports import Deal, PlatformRefused, PlatformUnreachable, ScopeMissing, Submission
from adapters.sandbox import Sandbox
from adapters.sandbox.clock import Clock
from adapters.sandbox.faults import Fault

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MARIA, BRIAN = "maria@acme.example", "brian@acme.example"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOW), mailchimp=False) as world:
        world.hubspot.settings.limits_on = False
        world.hubspot.settings.search_lag = 0
        for address in (MARIA, BRIAN):
            world.hubspot.life.add_contact({"email": address})
        yield world


@pytest.fixture(params=["v3", "2026-09"])
def version(request: pytest.FixtureRequest) -> Version:
    return request.param


@pytest.fixture
def client(sandbox: Sandbox, version: Version) -> HubSpotClient:
    return HubSpotClient(
        "sandbox-token",
        base_url=sandbox.hubspot_url,
        version=version,
        budget=RateBudget(10_000, 1.0, burst=1000),
        search_budget=RateBudget(10_000, 1.0, burst=1000),
        sleep=lambda _seconds: None,
    )


@pytest.fixture
def hubspot(client: HubSpotClient) -> HubSpotPlatform:
    return HubSpotPlatform(client, properties=["firstname"])


def deals_of(hubspot: HubSpotPlatform, since: datetime = LONG_AGO) -> list[Deal]:
    pages = hubspot.changed_deals(since, NOW + timedelta(days=400))
    return [deal for page in pages for deal in page]


def add_deal(sandbox: Sandbox, **values: str) -> str:
    portal = sandbox.hubspot
    with portal.lock:
        return str(portal.create("deals", values, portal.api_source).id)


# ---------------------------------------------------------------- deals


def test_closed_deals_tell_what_became_of_them_and_open_ones_nothing(
    sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient
) -> None:
    won = sandbox.hubspot.life.win_deal(MARIA, "Ledger for Acme")
    closed = {"hs_is_closed": "true", "hs_is_closed_won": "false", "closedate": "2026-10-01T09:00:00.000Z"}
    lost = add_deal(sandbox, dealname="Ledger for Zenith", **closed)
    add_deal(sandbox, dealname="Still open", hs_is_closed="false", closedate="2027-01-01T00:00:00.000Z")
    found = {deal.id: deal for deal in deals_of(hubspot)}
    assert found == {
        won: Deal(won, "Ledger for Acme", True, False, NOW, NOW),
        lost: Deal(lost, "Ledger for Zenith", False, True, datetime(2026, 10, 1, 9, tzinfo=UTC), NOW),
    }
    assert sum(client.calls.values()) == 1


def test_a_deal_without_a_date_or_a_name_is_a_deal_all_the_same(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    number = add_deal(sandbox, hs_is_closed="true")
    assert deals_of(hubspot) == [Deal(number, "", False, True, None, NOW)]


def test_only_deals_changed_in_the_window_are_read(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    sandbox.hubspot.life.win_deal(MARIA)
    sandbox.clock.advance(timedelta(hours=1))
    later = sandbox.hubspot.life.win_deal(BRIAN)
    assert [deal.id for deal in deals_of(hubspot, NOW + timedelta(minutes=1))] == [later]


def test_many_deals_of_one_moment_are_all_read(
    sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient
) -> None:
    ids = {add_deal(sandbox, hs_is_closed="true") for _ in range(450)}
    assert {deal.id for deal in deals_of(hubspot)} == ids
    assert client.calls["deals_search", "200"] <= 5


def test_contacts_of_deals_in_one_call_for_a_thousand(
    sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient
) -> None:
    first, second = sandbox.hubspot.life.win_deal(MARIA), sandbox.hubspot.life.win_deal(MARIA)
    with sandbox.hubspot.lock:
        brian = sandbox.hubspot.life.person(BRIAN).id
        sandbox.hubspot.associations.link("contacts", brian, "deals", int(second))
    lonely = [add_deal(sandbox, hs_is_closed="true") for _ in range(998)]
    maria = str(sandbox.hubspot.life.person(MARIA).id)
    found = hubspot.contacts_of_deals([first, second, *lonely])
    assert found == {first: (maria,), second: (maria, str(brian))}
    assert sum(client.calls.values()) == 1
    assert hubspot.contacts_of_deals([]) == {}
    assert sum(client.calls.values()) == 1


def test_contacts_that_fill_several_pages_of_one_deal(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    """HubSpot pages the contacts of one deal; the next page is asked for by id and token."""

    def page(contact: int, *, more: bool) -> Fault:
        result = {"from": {"id": "7"}, "to": [{"toObjectId": contact, "associationTypes": []}]}
        paging = {"paging": {"next": {"after": f"t{contact}"}}} if more else {}
        return Fault(path="associations", status=200, body={"status": "COMPLETE", "results": [{**result, **paging}]})

    sandbox.hubspot_server.faults.add(page(1, more=True))
    sandbox.hubspot_server.faults.add(page(2, more=False))
    assert hubspot.contacts_of_deals(["7"]) == {"7": ("1", "2")}
    for _ in range(2):
        sandbox.hubspot_server.faults.add(page(1, more=True))
    with pytest.raises(PlatformUnreachable, match="for ever"):
        hubspot.contacts_of_deals(["7"])


def test_an_error_about_a_deal_is_not_taken_for_a_deal_without_contacts(
    sandbox: Sandbox, hubspot: HubSpotPlatform
) -> None:
    errors = [{"status": "error", "category": "INTERNAL", "message": "oops", "context": {}}]
    body = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": errors}
    sandbox.hubspot_server.faults.add(Fault(path="associations", status=207, body=body))
    with pytest.raises(PlatformUnreachable):
        hubspot.contacts_of_deals(["7"])


# ---------------------------------------------------------------- forms


def fill(sandbox: Sandbox, address: str, form: str, minutes_ago: float = 0, page: str = "") -> None:
    sandbox.hubspot.life.fill_form(address, form, {}, page, NOW - timedelta(minutes=minutes_ago))


def test_forms_are_named_by_their_ids_page_by_page(
    sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient
) -> None:
    assert hubspot.forms() == {}
    for number in range(130):
        sandbox.hubspot.forms.named(f"Form {number}")
    assert sorted(hubspot.forms().values()) == sorted(f"Form {number}" for number in range(130))
    assert client.calls["forms", "200"] == 3


def test_submissions_come_newest_first_with_address_and_page(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    fill(sandbox, MARIA, "Demo request", 60)
    fill(sandbox, BRIAN, "Demo request", 5, "https://www.acme.example/demo?utm=1")
    ((form, name),) = hubspot.forms().items()
    told = [one for page in hubspot.submissions(form, name, None) for one in page]
    assert told == [
        Submission(form, "Demo request", NOW - timedelta(minutes=5), BRIAN, "https://www.acme.example/demo?utm=1"),
        Submission(form, "Demo request", NOW - timedelta(minutes=60), MARIA, ""),
    ]
    assert MARIA not in repr(told)


def test_submissions_are_read_no_further_than_asked(
    sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient
) -> None:
    for minutes in range(175):
        fill(sandbox, MARIA, "Newsletter", minutes)
    ((form, name),) = hubspot.forms().items()
    client.calls.clear()
    since = NOW - timedelta(minutes=59)
    told = [one.at for page in hubspot.submissions(form, name, since) for one in page]
    assert told == [NOW - timedelta(minutes=minutes) for minutes in range(60)]
    assert client.calls["submissions", "200"] == 2
    assert len([one for page in hubspot.submissions(form, name, None) for one in page]) == 175


def test_rows_of_a_strange_shape_are_left_out_and_a_missing_address_is_none(
    sandbox: Sandbox, hubspot: HubSpotPlatform
) -> None:
    moment = int(NOW.timestamp() * 1000)
    rows = [
        {"submittedAt": moment, "values": [{"name": "email", "value": ""}], "pageUrl": None},
        {"submittedAt": moment, "values": None},
        {"submittedAt": None, "values": [{"name": "email", "value": MARIA}]},
        None,
    ]
    sandbox.hubspot_server.faults.add(Fault(path="submissions", status=200, body={"results": rows}))
    told = [one for page in hubspot.submissions("f", "Form", None) for one in page]
    assert told == [Submission("f", "Form", NOW, None)] * 2


def test_what_the_token_may_not_do_is_named(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    sandbox.hubspot.settings.scopes = frozenset({"crm.objects.contacts.read"})
    with pytest.raises(ScopeMissing) as missing:
        hubspot.forms()
    assert missing.value.scopes == ("forms",)
    with pytest.raises(ScopeMissing) as missing:
        deals_of(hubspot)
    assert missing.value.scopes == ("crm.objects.deals.read",)


# ---------------------------------------------------------------- lists


def test_members_of_a_list_go_on_from_the_page_that_was_the_last(
    sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient
) -> None:
    for number in range(600):
        sandbox.hubspot.life.add_contact({"email": f"p{number}@acme.example"})
        sandbox.hubspot.life.join_list(f"p{number}@acme.example", "Visited pricing")
    list_id = hubspot.lists()["Visited pricing"].id
    pages = list(hubspot.list_members(list_id))
    assert [len(page.members) for page in pages] == [250, 250, 100]
    assert pages[0].token is None
    sandbox.clock.advance(timedelta(hours=1))
    sandbox.hubspot.life.join_list(MARIA, "Visited pricing")
    client.calls.clear()
    (last,) = hubspot.list_members(list_id, pages[-1].token)
    assert last.token == pages[-1].token
    assert last.members[:-1] == pages[-1].members
    assert last.members[-1].id == str(sandbox.hubspot.life.person(MARIA).id)
    assert last.members[-1].joined_at == NOW + timedelta(hours=1)
    assert sum(client.calls.values()) == 1
    with pytest.raises(PlatformRefused):
        list(hubspot.list_members("999999"))
