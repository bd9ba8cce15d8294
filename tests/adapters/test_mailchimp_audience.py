"""The adapter against pretend Mailchimp, over real HTTP: reads, writes, provisioning."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.members import subscriber_hash
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import Change, CredentialsRefused, Definition, Option, Outcome, PlatformRefused, PlatformUnreachable
from adapters.sandbox import Clock, Fault, Sandbox
from adapters.sandbox.server import Server
from adapters.sandbox.web import Response, Routes
from connector.facts import Refusal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIST = "abc123"
SCORE = Definition("LEADSCORE", "Lead score", "number")
STAGE = Definition("LEADSTAGE", "Lead stage", "text")
MARKERS = Definition("TRACKMARK", "Trellis markers", "text")


class Naps:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOON), hubspot=False) as running:
        running.mailchimp.add_audience("main", id=LIST)
        yield running


@pytest.fixture
def platform(sandbox: Sandbox) -> MailchimpPlatform:
    return connected(sandbox)


@pytest.fixture
def people(sandbox: Sandbox, platform: MailchimpPlatform) -> dict[str, str]:
    """maria, brian and noor (who unsubscribed), by contact_id; the merge fields are provisioned."""
    for name in ("maria", "brian", "noor"):
        sandbox.mailchimp.life.subscribe(f"{name}@acme.example")
    sandbox.mailchimp.life.unsubscribe("noor@acme.example")
    platform.define([SCORE, STAGE, MARKERS])
    return {member.email.split("@")[0]: member.contact_id for member in sandbox.mailchimp.audiences[LIST]}


@pytest.fixture
def receiver() -> Iterator[str]:
    """A web server that answers the validator's GET."""
    routes = Routes()
    routes.add("GET", "/hook", lambda _request: Response())
    with Server(routes, Routes()) as server:
        yield f"{server.url}/hook"


def connected(sandbox: Sandbox, api_key: str = "sandbox-us19", page_size: int = 1000) -> MailchimpPlatform:
    """Waiting takes no time here: the adapter's own clock only moves when it would sleep."""
    naps = Naps()
    client = MailchimpClient(
        api_key=api_key,
        base_url=sandbox.mailchimp_url,
        slots=Slots(8),
        budget=RateBudget(1000, 1.0, burst=1000, sleep=naps.sleep, monotonic=naps.monotonic),
        sleep=naps.sleep,
        monotonic=naps.monotonic,
    )
    return MailchimpPlatform(client, audience="main", list_id=LIST, page_size=page_size)


def merges(sandbox: Sandbox, name: str) -> dict:
    audience = sandbox.mailchimp.audiences[LIST]
    return audience.merges_of(audience.get(subscriber_hash(f"{name}@acme.example")))


def test_account_names_the_account_and_a_wrong_key_is_refused(sandbox, platform):
    assert platform.account()["account_name"] == "Sandbox"
    with pytest.raises(CredentialsRefused):
        connected(sandbox, api_key="wrong-us19").account()


def test_changed_reads_the_window_and_nothing_else(sandbox, platform, people):
    sandbox.clock.advance(timedelta(hours=1))
    sandbox.mailchimp.life.edit_profile("maria@acme.example", {"FNAME": "Maria"})
    since = sandbox.clock() - timedelta(minutes=5)
    pages = list(platform.changed(since, sandbox.clock()))
    assert [record.id for page in pages for record in page.records] == [people["maria"]]
    assert list(platform.changed(sandbox.clock() + timedelta(minutes=1), sandbox.clock() + timedelta(minutes=2))) == []


def test_changed_costs_two_calls_and_tells_of_the_archived_too(sandbox, platform, people):
    sandbox.mailchimp.life.archive("brian@acme.example")
    sandbox.mailchimp_server.calls.reset()
    records = [record for page in platform.changed(NOON, NOON) for record in page.records]
    assert {record.id: record.archived for record in records} == {
        people["maria"]: False,
        people["noor"]: False,
        people["brian"]: True,
    }
    assert sandbox.mailchimp_server.calls.total == 2


def test_a_row_that_changes_while_pages_are_read_pushes_nobody_out(sandbox, platform, people):
    """With offsets, brian leaving the window after page one would move maria's successor into the gap."""
    life = sandbox.mailchimp.life
    for number in range(8):
        sandbox.clock.advance(timedelta(seconds=5))
        life.subscribe(f"lead{number}@acme.example")
    until = sandbox.clock()
    pages = connected(sandbox, page_size=4).changed(NOON, until)
    seen = [record.id for record in next(pages).records]
    sandbox.clock.advance(timedelta(minutes=1))
    for email in ("maria@acme.example", "brian@acme.example", "lead0@acme.example"):
        life.edit_profile(email, {"FNAME": "moved"})
    seen += [record.id for page in pages for record in page.records]
    assert len(seen) == len(set(seen)) == len(sandbox.mailchimp.audiences[LIST])


def test_more_rows_in_one_second_than_fit_on_a_page_are_all_read(sandbox, platform, people):
    for number in range(9):
        sandbox.mailchimp.life.subscribe(f"import{number}@acme.example")
    pages = connected(sandbox, page_size=2).changed(NOON, NOON)
    assert len({record.id for page in pages for record in page.records}) == 12


def test_all_reads_every_status_and_resumes(sandbox, people):
    sandbox.mailchimp.life.archive("brian@acme.example")
    for number in range(4):
        sandbox.clock.advance(timedelta(seconds=1))
        sandbox.mailchimp.life.subscribe(f"lead{number}@acme.example")
    platform = connected(sandbox, page_size=2)
    pages = list(platform.all())
    records = [record for page in pages for record in page.records]
    assert len(records) == len({record.id for record in records}) == 7
    assert [record.id for record in records if record.archived] == [people["brian"]]
    assert pages[-1].next is None
    resumed = [record for page in platform.all(pages[1].next) for record in page.records]
    read_before = {record.id for page in pages[:2] for record in page.records}
    assert {record.id for record in resumed} >= {record.id for record in records} - read_before


@pytest.mark.parametrize("comes", [0, 2])
def test_all_goes_again_for_rows_that_slipped_between_pages(sandbox, people, comes):
    """Two leave who were read already, so that everyone behind moves up; with two who come, the total agrees."""
    for number in range(4):
        sandbox.clock.advance(timedelta(seconds=1))
        sandbox.mailchimp.life.subscribe(f"lead{number}@acme.example")
    there = {member.contact_id for member in sandbox.mailchimp.audiences[LIST]}
    pages = connected(sandbox, page_size=2).all()
    first = next(pages).records
    seen = {record.id for record in first}
    for record in first:
        sandbox.mailchimp.life.archive(record.email)
    for number in range(comes):
        sandbox.mailchimp.life.subscribe(f"new{number}@acme.example")
    seen |= {record.id for page in pages for record in page.records}
    assert seen >= there


def test_all_never_ends_quietly_with_people_missing(sandbox, platform, people):
    short = {"members": [{"contact_id": "c1", "last_changed": "2026-11-21T10:00:00+00:00"}], "total_items": 3}
    sandbox.mailchimp_server.faults.add(Fault(path=r"/members\?.*offset=0", times=None, status=200, body=short))
    sandbox.mailchimp_server.faults.add(
        Fault(path=r"/members\?.*offset=1", times=None, status=200, body={"members": [], "total_items": 3})
    )
    with pytest.raises(PlatformUnreachable, match="1 of 3"):
        list(platform.all())


def test_a_row_that_cannot_be_understood_is_kept_with_its_reason(sandbox, platform, people):
    page = {"members": [{"contact_id": "c1", "last_changed": "soon"}], "total_items": 1}
    sandbox.mailchimp_server.faults.add(Fault(path=r"/members\?", status=200, body=page))
    pages = list(platform.changed(NOON, NOON))
    assert pages[0].records == ()
    assert list(pages[0].unreadable) == ["c1"]


def test_by_ids_tells_the_missing_apart(sandbox, platform, people):
    found = platform.by_ids([people["maria"], "c0ffee", people["maria"]])
    assert [record.id for record in found.records] == [people["maria"]]
    assert found.missing == ("c0ffee",)


def test_the_id_survives_a_change_of_address(sandbox, platform, people):
    sandbox.mailchimp.life.change_email("maria@acme.example", "maria@beta.example")
    assert platform.by_ids([people["maria"]]).records[0].email == "maria@beta.example"
    assert platform.member_by_email("Maria@Beta.example").id == people["maria"]
    assert platform.member_by_email("maria@acme.example") is None


def test_standings_by_status_markers_and_all_tags(sandbox, platform, people):
    life = sandbox.mailchimp.life
    for number in range(53):
        life.tag("maria@acme.example", f"tag {number}")
    platform.write([Change(people["maria"], {"TRACKMARK": "finance:1"})])
    life.archive("brian@acme.example")
    standings = platform.standings([*people.values(), "c0ffee"])
    assert standings.keys() == set(people.values())
    maria, brian, noor = (standings[people[name]] for name in ("maria", "brian", "noor"))
    assert (maria.refusals, maria.channel_refusal, maria.markers) == (frozenset(), None, "finance:1")
    assert len(maria.tags) == 53
    assert (brian.refusals, brian.channel_refusal) == (frozenset(), Refusal.ARCHIVED)
    assert noor.refusals == {Refusal.OPTED_OUT}


def test_without_the_markers_field_nobody_can_be_told_apart_from_the_enrolled(sandbox, platform):
    sandbox.mailchimp.life.subscribe("maria@acme.example")
    maria = platform.member_by_email("maria@acme.example").id
    assert platform.standings([maria])[maria].refusals == {Refusal.UNREADABLE}


def test_write_stores_numbers_and_texts_and_touches_nobodys_subscription(sandbox, platform, people):
    outcomes = platform.write(
        [Change(id_, {"LEADSCORE": "61", "merge_fields.LEADSTAGE": "nurture"}) for id_ in people.values()]
    )
    assert {outcome.outcome for outcome in outcomes} == {Outcome.DONE}
    assert merges(sandbox, "maria")["LEADSCORE"] == 61
    assert merges(sandbox, "noor")["LEADSTAGE"] == "nurture"
    statuses = {member.email.split("@")[0]: member.status for member in sandbox.mailchimp.audiences[LIST]}
    assert statuses == {"maria": "subscribed", "brian": "subscribed", "noor": "unsubscribed"}
    platform.write([Change(people["maria"], {"LEADSCORE": ""})])
    assert merges(sandbox, "maria")["LEADSCORE"] == ""


def test_write_never_creates_anybody(sandbox, platform, people):
    sandbox.mailchimp.life.change_email("maria@acme.example", "maria@beta.example")
    outcomes = platform.write([Change("c0ffee", {"LEADSCORE": "1"}), Change(people["maria"], {"LEADSCORE": "2"})])
    assert [outcome.outcome for outcome in outcomes] == [Outcome.REFUSED, Outcome.DONE]
    assert isinstance(outcomes[0].error, PlatformRefused)
    assert outcomes[0].error.status == 404
    assert len(sandbox.mailchimp.audiences[LIST]) == 3


def test_later_changes_of_one_member_join_into_one_call(sandbox, platform, people):
    sandbox.mailchimp_server.calls.reset()
    outcomes = platform.write(
        [Change(people["maria"], {"LEADSCORE": "1", "LEADSTAGE": "new"}), Change(people["maria"], {"LEADSCORE": "2"})]
    )
    assert len(outcomes) == 1
    assert (merges(sandbox, "maria")["LEADSCORE"], merges(sandbox, "maria")["LEADSTAGE"]) == (2, "new")
    assert sandbox.mailchimp_server.calls.counts["PATCH /3.0/lists/{list_id}/members/{hash}"] == 1


@pytest.mark.parametrize(
    ("values", "fields"), [({"NOSUCH": "1"}, ("NOSUCH",)), ({"LEADSCORE": "high"}, ("LEADSCORE",))]
)
def test_what_mailchimp_would_silently_ignore_is_refused_by_name(sandbox, platform, people, values, fields):
    (outcome,) = platform.write([Change(people["maria"], values)])
    assert outcome.outcome is Outcome.REFUSED
    assert isinstance(outcome.error, PlatformRefused)
    assert outcome.error.fields == fields


def test_text_is_cut_like_mailchimp_cuts_it_so_that_the_echo_agrees(sandbox, platform, people):
    (outcome,) = platform.write([Change(people["maria"], {"LEADSTAGE": "ñ" * 200})])
    assert outcome.outcome is Outcome.DONE
    assert merges(sandbox, "maria")["LEADSTAGE"] == "ñ" * 127


def test_an_echo_without_the_value_is_not_taken_for_success(sandbox, platform, people):
    echo = {"id": "x", "contact_id": people["maria"], "merge_fields": {"LEADSCORE": ""}, "status": "subscribed"}
    sandbox.mailchimp_server.faults.add(Fault(method="PATCH", path="/members/", status=200, body=echo))
    (outcome,) = platform.write([Change(people["maria"], {"LEADSCORE": "61"})])
    assert outcome.outcome is Outcome.REFUSED
    assert isinstance(outcome.error, PlatformRefused)
    assert (outcome.error.category, outcome.error.fields) == ("Not Stored", ("LEADSCORE",))


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(method="PATCH", ending="drop"), Outcome.UNKNOWN),
        (Fault(method="PATCH", status=502, body="<html>"), Outcome.UNKNOWN),
        (Fault(method="PATCH", status=429, times=None), Outcome.LATER),
        (Fault(method="PATCH", status=400, body={"title": "Invalid Resource"}), Outcome.REFUSED),
    ],
    ids=["dropped", "bad gateway", "busy", "refused"],
)
def test_each_row_ends_as_its_error_says_and_the_others_go_on(sandbox, platform, people, fault, outcome):
    fault.path = people["maria"]
    sandbox.mailchimp_server.faults.add(fault)
    outcomes = platform.write([Change(people[name], {"LEADSCORE": "5"}) for name in ("maria", "brian")])
    assert [one.outcome for one in outcomes] == [outcome, Outcome.DONE]


def test_a_withdrawn_key_refuses_no_row_for_good_and_is_not_tried_for_each(sandbox, people):
    platform = connected(sandbox, api_key="wrong-us19")
    outcomes = platform.write([Change(f"c{number}", {"LEADSCORE": "5"}) for number in range(100)])
    assert {one.outcome for one in outcomes} == {Outcome.LATER}
    assert all(isinstance(one.error, CredentialsRefused) for one in outcomes)
    assert sandbox.mailchimp_server.calls.counts.get("PATCH /3.0/lists/{list_id}/members/{hash}", 0) == 0


def test_define_creates_what_is_missing_adds_choices_and_repeats_quietly(sandbox, platform):
    region = Definition("REGION", "Region", "dropdown", options=(Option("North", "North"),))
    assert platform.define([SCORE, region]) == (
        "created merge field LEADSCORE (number)",
        "created merge field REGION (dropdown)",
    )
    assert platform.define([SCORE, region]) == ()
    wider = Definition("REGION", "Region", "dropdown", options=(Option("South", "South"),))
    assert platform.define([wider]) == ("added to merge field REGION: South",)
    definitions = platform.definitions()
    assert definitions["LEADSCORE"].type == "number"
    assert [option.label for option in definitions["REGION"].options] == ["North", "South"]


@pytest.mark.parametrize("tag", ["LEAD_SCORE_LONG", "lead", "1A", "A-B"])
def test_define_refuses_what_is_not_a_merge_tag(platform, tag):
    with pytest.raises(PlatformRefused, match="merge tag"):
        platform.define([Definition(tag, "x", "text")])


def test_activity_asks_only_campaigns_with_news(sandbox, platform, people):
    life = sandbox.mailchimp.life
    old = life.send_campaign("Old news", at=NOON - timedelta(days=40))
    sandbox.clock.advance(timedelta(hours=2))
    news = life.send_campaign("[FIN] Close faster")
    sandbox.clock.advance(timedelta(hours=1))
    life.open("maria@acme.example", news)
    life.click("maria@acme.example", news, "https://acme.example/pricing")
    sandbox.mailchimp_server.calls.reset()
    acts = [act for page in platform.activity(NOON + timedelta(hours=1), sandbox.clock()) for act in page]
    maria = subscriber_hash("maria@acme.example")
    assert [(act.kind, act.asset) for act in acts if act.id == maria] == [
        ("email_sent", ""),
        ("email_open", ""),
        ("email_click", "https://acme.example/pricing"),
    ]
    assert {act.campaign for act in acts} == {news} != {old}
    assert {act.campaign_name for act in acts} == {"[FIN] Close faster"}
    assert sandbox.mailchimp_server.calls.total == 2
    sandbox.mailchimp_server.calls.reset()
    later = sandbox.clock() + timedelta(minutes=1)
    assert list(platform.activity(later, later + timedelta(hours=1))) == []
    assert sandbox.mailchimp_server.calls.total == 1


def test_an_old_campaign_that_is_clicked_again_tells_only_the_new_click(sandbox, platform, people):
    life = sandbox.mailchimp.life
    old = life.send_campaign("Old news", at=NOON - timedelta(days=40))
    life.click("maria@acme.example", old, "https://acme.example/a", at=NOON - timedelta(days=39))
    life.click("brian@acme.example", old, "https://acme.example/b")
    acts = [act for page in platform.activity(NOON - timedelta(hours=1), NOON) for act in page]
    assert [(act.kind, act.asset) for act in acts] == [("email_click", "https://acme.example/b")]


def test_every_listing_names_its_fields(sandbox, platform, people):
    """Otherwise `_links` would be most of each answer (facts/mailchimp.md §8.17)."""
    page = {"members": [], "total_items": 0}
    sandbox.mailchimp_server.faults.add(Fault(path=r"/members\?(?!.*fields=)", times=None, status=400, body={}))
    sandbox.mailchimp_server.faults.add(Fault(path=r"/members\?.*_links", times=None, status=400, body=page))
    assert [record for page in platform.all() for record in page.records]


def test_webhooks_are_created_without_echoes_of_our_own_writes(sandbox, platform, receiver):
    assert platform.webhooks() == ()
    secret = platform.create_webhook(receiver)
    assert secret
    assert platform.webhooks() == (receiver,)
    (hook,) = sandbox.mailchimp.webhooks.hooks.values()
    assert hook.secret == secret
    assert all(hook.events.values())
    assert hook.sources == {"user": True, "admin": True, "api": False}
