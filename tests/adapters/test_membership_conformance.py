"""Lists and tags that are kept in line: one contract for the real adapters over HTTP and for the doubles."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from contract_stages import HUBSPOTS, LIST, MAILCHIMPS

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.platform import HubSpotPlatform
from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.mailchimp_port import MailchimpPort
from adapters.ports import Deadline, DeadlinePassed, Outcome, PlatformRefused
from adapters.recording import Recorded, RecordingHubSpot
from adapters.sandbox import Clock, Sandbox

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TAG = "trellis:finance"
STRANGER = "999999999"


def soon() -> Deadline:
    return Deadline.after(20)


def passed() -> Deadline:
    return Deadline.after(-1)


@pytest.fixture(params=HUBSPOTS.values(), ids=HUBSPOTS)
def hubspot(request: pytest.FixtureRequest, stack: ExitStack) -> tuple[HubSpotPort, tuple[str, ...]]:
    """A portal with an empty list, and the ids of maria, brian and noor."""
    stage = request.param(stack)
    return stage.port, tuple(stage.ids.values())


@pytest.fixture(params=MAILCHIMPS.values(), ids=MAILCHIMPS)
def mailchimp(request: pytest.FixtureRequest, stack: ExitStack) -> tuple[MailchimpPort, tuple[str, ...]]:
    """An audience, and the ids of maria, brian and noor, who has unsubscribed."""
    stage = request.param(stack)
    return stage.port, tuple(stage.ids.values())


def members(port: HubSpotPort) -> set[str]:
    list_id = port.lists()[LIST].id
    return {member.id for page in port.list_members(list_id) for member in page.members}


def test_people_are_put_on_a_list_and_taken_off_as_often_as_one_likes(
    hubspot: tuple[HubSpotPort, tuple[str, ...]],
) -> None:
    port, (maria, brian, noor) = hubspot
    list_id = port.lists()[LIST].id
    for _ in range(2):
        assert port.put_on_list(list_id, [maria, brian], soon()) == frozenset()
        assert members(port) == {maria, brian}
    for _ in range(2):
        assert port.take_off_list(list_id, [maria, noor], soon()) == frozenset()
        assert members(port) == {brian}


def test_whom_the_portal_does_not_know_costs_the_others_nothing(hubspot: tuple[HubSpotPort, tuple[str, ...]]) -> None:
    port, (maria, *_) = hubspot
    list_id = port.lists()[LIST].id
    assert port.put_on_list(list_id, [STRANGER, maria], soon()) == {STRANGER}
    assert members(port) == {maria}
    assert port.take_off_list(list_id, [STRANGER, maria], soon()) == {STRANGER}
    assert members(port) == set()


def test_a_list_that_is_not_there_is_refused(hubspot: tuple[HubSpotPort, tuple[str, ...]]) -> None:
    port, (maria, *_) = hubspot
    for change in (port.put_on_list, port.take_off_list):
        with pytest.raises(PlatformRefused) as refused:
            change("987654", [maria], soon())
        assert refused.value.status == 404


def test_after_the_deadline_nobody_is_put_anywhere(
    hubspot: tuple[HubSpotPort, tuple[str, ...]], mailchimp: tuple[MailchimpPort, tuple[str, ...]]
) -> None:
    port, (maria, *_) = hubspot
    with pytest.raises(DeadlinePassed):
        port.put_on_list(port.lists()[LIST].id, [maria], passed())
    assert members(port) == set()
    audience, ids = mailchimp
    late = audience.set_tag(ids, TAG, active=True, deadline=passed())
    assert {one.outcome for one in late} == {Outcome.LATER}
    assert tagged(audience, ids) == set()


def tagged(port: MailchimpPort, ids: tuple[str, ...]) -> set[str]:
    return {id_ for id_, one in port.standings(ids).items() if TAG in one.tags}


def test_a_tag_is_set_and_taken_off_as_often_as_one_likes(mailchimp: tuple[MailchimpPort, tuple[str, ...]]) -> None:
    port, (maria, brian, noor) = mailchimp
    for _ in range(2):
        told = port.set_tag([maria, brian, maria], TAG, active=True, deadline=soon())
        assert [(one.id, one.outcome) for one in told] == [(maria, Outcome.DONE), (brian, Outcome.DONE)]
        assert tagged(port, (maria, brian, noor)) == {maria, brian}
    for _ in range(2):
        told = port.set_tag([maria, noor], TAG, active=False, deadline=soon())
        assert {one.outcome for one in told} == {Outcome.DONE}
        assert tagged(port, (maria, brian, noor)) == {brian}


def test_a_member_who_is_gone_is_refused_and_the_others_are_not(
    mailchimp: tuple[MailchimpPort, tuple[str, ...]],
) -> None:
    port, (maria, *_) = mailchimp
    told = {one.id: one for one in port.set_tag(["id-of-nobody", maria], TAG, active=True, deadline=soon())}
    assert (told[maria].outcome, told["id-of-nobody"].outcome) == (Outcome.DONE, Outcome.REFUSED)
    error = told["id-of-nobody"].error
    assert isinstance(error, PlatformRefused)
    assert error.status == 404


def test_a_dry_run_writes_down_whom_it_would_put_where(stack: ExitStack) -> None:
    sandbox = stack.enter_context(Sandbox(Clock(NOON), mailchimp=False))
    maria = sandbox.hubspot.life.add_contact({"email": "maria@acme.example"})
    sandbox.hubspot.lists.create(LIST)
    budget = RateBudget(1000, 1.0, burst=1000)
    token, url = sandbox.hubspot.settings.token, sandbox.hubspot_url
    client = HubSpotClient(token, base_url=url, version="v3", budget=budget, search_budget=budget)
    port = RecordingHubSpot(HubSpotPlatform(client, properties=()))
    list_id = port.lists()[LIST].id
    assert port.put_on_list(list_id, [maria], soon()) == frozenset()
    assert port.tape == [Recorded("put_on_list", maria, {"list": list_id})]
    assert members(port) == set()


def test_more_than_a_call_takes_is_a_mistake_of_ours(stack: ExitStack) -> None:
    sandbox = stack.enter_context(Sandbox(Clock(NOON), mailchimp=False))
    budget = RateBudget(1000, 1.0, burst=1000)
    token, url = sandbox.hubspot.settings.token, sandbox.hubspot_url
    client = HubSpotClient(token, base_url=url, version="v3", budget=budget, search_budget=budget)
    with pytest.raises(ValueError, match="at most 250"):
        HubSpotPlatform(client, properties=()).put_on_list("1", [str(one) for one in range(251)], soon())


def test_setting_a_tag_starts_no_flow_that_listens_to_it(stack: ExitStack) -> None:
    sandbox = stack.enter_context(Sandbox(Clock(NOON), hubspot=False))
    account = sandbox.mailchimp
    audience = account.add_audience("main", id="abc123")
    account.life.subscribe("maria@acme.example")
    (member,) = audience
    account.add_flow("Finance", audience=audience, tag=TAG, mails=("[FIN] 1",))
    client = MailchimpClient(
        api_key="sandbox-us19", base_url=sandbox.mailchimp_url, slots=Slots(8), budget=RateBudget(1000, 1.0, burst=1000)
    )
    port = MailchimpPlatform(client, audience="main", list_id="abc123")
    port.set_tag([member.contact_id], TAG, active=True, deadline=soon())
    assert tagged(port, (member.contact_id,)) == {member.contact_id}
    assert sandbox.effects.of(kind="entered") == []
    account.life.tag("maria@acme.example", TAG, active=False)
    account.life.tag("maria@acme.example", TAG)
    assert len(sandbox.effects.of(kind="entered")) == 1  # it does listen
