"""HubSpotPlatform against the sandbox over real HTTP, in both API versions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform, Version
from adapters.ports import (
    Change,
    CredentialsRefused,
    Deadline,
    Definition,
    Enrollment,
    ListInfo,
    Meets,
    Option,
    Outcome,
    PlatformRefused,
    PlatformUnreachable,
    Record,
    ScopeMissing,
    Trigger,
)
from adapters.sandbox import Sandbox
from adapters.sandbox.clock import Clock
from adapters.sandbox.faults import Fault
from connector.facts import Refusal

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TRACKS = tuple(Option(each, each.title()) for each in ("finance", "winback"))
CORE = (
    Definition("trellis_score", "Score", "number", "number"),
    Definition("trellis_track", "Track", "enumeration", "select", options=TRACKS),
    Definition("trellis_enrolled", "Enrolled", "string", "textarea"),
    Definition("trellis_exclude", "Exclude", "enumeration", "booleancheckbox", options=(Option("true", "Yes"),)),
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOW), mailchimp=False) as world:
        world.hubspot.settings.limits_on = False
        world.hubspot.settings.search_lag = 0
        yield world


@pytest.fixture(params=["v3", "2026-09"])
def version(request: pytest.FixtureRequest) -> Version:
    return request.param


def client_on(sandbox: Sandbox, version: Version, token: str = "sandbox-token") -> HubSpotClient:
    return HubSpotClient(
        token,
        base_url=sandbox.hubspot_url,
        version=version,
        budget=RateBudget(10_000, 1.0, burst=1000),
        search_budget=RateBudget(10_000, 1.0, burst=1000),
        sleep=lambda _seconds: None,
    )


@pytest.fixture
def client(sandbox: Sandbox, version: Version) -> HubSpotClient:
    return client_on(sandbox, version)


@pytest.fixture
def hubspot(client: HubSpotClient) -> HubSpotPlatform:
    platform = HubSpotPlatform(
        client,
        properties=["firstname", "jobtitle", "trellis_score"],
        company_properties=["name", "numberofemployees"],
        subscription_types=["4711"],
    )
    platform.define(CORE)
    return platform


def person(sandbox: Sandbox, name: str, **values: object) -> str:
    given = {"email": f"{name}@acme.example", "firstname": name.title(), **values}
    return sandbox.hubspot.life.add_contact(given)


def crowd(sandbox: Sandbox, count: int) -> list[str]:
    return [person(sandbox, f"p{i}") for i in range(count)]


def records(pages: Iterator) -> list[Record]:
    return [record for page in pages for record in page.records]


def test_everybody_is_listed_with_the_fewest_calls(sandbox: Sandbox, hubspot: HubSpotPlatform, client) -> None:
    ids = crowd(sandbox, 250)
    sandbox.hubspot.life.archive("p7@acme.example")
    found = records(hubspot.all())
    assert sorted(each.id for each in found) == sorted(set(ids) - {ids[7]})
    assert client.calls["contacts_page", "200"] == 3
    assert found[0].values["jobtitle"] is None
    assert found[0].values["trellis_exclude"] is None
    assert found[0].email == "p0@acme.example"
    assert "lastmodifieddate" not in found[0].values, "our own writes would look like news"


def test_a_listing_goes_on_from_a_page(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    crowd(sandbox, 250)
    pages = list(hubspot.all())
    assert pages[-1].next is None
    again = list(hubspot.all(after=pages[0].next))
    assert [each.records for each in again] == [each.records for each in pages[1:]]


@pytest.mark.parametrize("tokens", ["ids", "last_ids", "positions", "opaque"])
def test_several_walks_meet_everybody_whatever_a_token_is(sandbox: Sandbox, client: HubSpotClient, tokens) -> None:
    sandbox.hubspot.settings.page_tokens = tokens
    ids = crowd(sandbox, 4500)
    for i in range(0, 4500, 9):
        sandbox.hubspot.life.archive(f"p{i}@acme.example")
    there = set(ids) - set(ids[::9])
    client.at_once = lambda _name: 4  # as if answers took long
    hubspot = HubSpotPlatform(client, properties=["firstname"])
    assert hubspot.count() == len(there)
    pages = list(hubspot.all())
    assert {each.id for each in records(iter(pages))} == there
    assert pages[-1].next is None
    if tokens in {"ids", "last_ids"}:
        assert pages[0].total == len(there)
        assert client.calls["contacts_page", "200"] <= 40 + 3
        assert client.calls["contacts_search", "200"] == 1, "who counts first is not asked for the highest id again"


def test_a_very_long_choice_of_properties_is_read_by_post(sandbox: Sandbox, client: HubSpotClient) -> None:
    crowd(sandbox, 120)
    names = [f"a_property_with_quite_a_long_name_{i}" for i in range(90)]
    hubspot = HubSpotPlatform(client, properties=["firstname", *names])
    assert {each.values["firstname"] for each in records(hubspot.all())} == {f"P{i}" for i in range(120)}
    assert client.calls["contacts_read", "200"] == 2
    changed = records(hubspot.changed(LONG_AGO, NOW + timedelta(hours=1)))
    assert {each.values["firstname"] for each in changed} == {f"P{i}" for i in range(120)}


def test_changes_since_a_moment(sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient) -> None:
    crowd(sandbox, 450)
    sandbox.clock.advance(timedelta(hours=1))
    later = sandbox.clock()
    sandbox.hubspot.life.set_property("p3@acme.example", "jobtitle", "CFO")
    (only,) = records(hubspot.changed(later, later + timedelta(minutes=1)))
    assert (only.values["jobtitle"], only.modified_at) == ("CFO", later)
    assert len({each.id for each in records(hubspot.changed(LONG_AGO, later))}) == 450


def test_a_thousand_changes_are_five_calls(sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient) -> None:
    for i in range(1000):
        person(sandbox, f"p{i}")
        sandbox.clock.advance(timedelta(milliseconds=7))
    assert len(records(hubspot.changed(LONG_AGO, sandbox.clock()))) == 1000
    assert client.calls["contacts_search", "200"] == 5


def test_reading_by_id_tells_who_is_missing(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    ids = crowd(sandbox, 3)
    sandbox.hubspot.life.archive("p1@acme.example")
    found = hubspot.by_ids([*ids, "999999"])
    assert [each.id for each in found.records] == [ids[0], ids[2]]
    assert set(found.missing) == {ids[1], "999999"}


@pytest.mark.parametrize("redirects", [False, True])
@pytest.mark.parametrize("keeps_primary", [False, True])
def test_who_was_merged_away_is_found_in_the_winner_or_missing(
    sandbox: Sandbox, hubspot: HubSpotPlatform, redirects: bool, keeps_primary: bool
) -> None:
    sandbox.hubspot.settings.merged_ids_redirect = redirects
    sandbox.hubspot.settings.merge_keeps_primary_id = keeps_primary
    winner, loser, other = crowd(sandbox, 3)
    merged = sandbox.hubspot.life.merge("p0@acme.example", "p1@acme.example")
    alone = hubspot.by_ids([loser, other, "999999"])
    assert {each.id for each in alone.records} == ({other, merged} if redirects else {other})
    assert set(alone.missing) == ({"999999"} if redirects else {"999999", loser})
    together = hubspot.by_ids([merged, winner, loser])
    assert [each.id for each in together.records] == [merged]
    assert together.missing == ()
    assert loser not in hubspot.history([loser, other], ["firstname"]).found
    assert loser not in hubspot.standings([loser])


def test_the_bin_is_told_from_what_is_gone(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    ids = crowd(sandbox, 3)
    sandbox.hubspot.life.archive("p1@acme.example")
    assert hubspot.archived([*ids, "999999"]) == {ids[1]}


def test_ids_within_bounds_are_a_page_of_search(sandbox: Sandbox, hubspot: HubSpotPlatform, client) -> None:
    ids = crowd(sandbox, 250)
    low, high = int(ids[0]), int(ids[-1])
    assert hubspot.ids_within(low, high) == tuple(ids[:200])
    assert hubspot.ids_within(high + 1, high + 9) == ()
    assert hubspot.count_within(low, int(ids[99])) == 100
    assert client.calls["contacts_search", "200"] == 3


def test_batches_by_id_are_under_way_at_once(sandbox: Sandbox, client: HubSpotClient) -> None:
    ids = crowd(sandbox, 720)
    client.at_once = lambda _name: 8
    hubspot = HubSpotPlatform(client, properties=["firstname"])
    found = hubspot.by_ids([*ids, "999999"])
    assert ([each.id for each in found.records], found.missing) == (ids, ("999999",))
    past = hubspot.history(ids, ["firstname"]).found
    assert [past[each]["firstname"][0].value for each in ids[:3]] == ["P0", "P1", "P2"]
    assert len(past) == 720
    assert client.calls["contacts_read", "207"] == 1
    assert client.calls["contacts_read", "200"] == 7 + 15


def test_a_read_that_answers_not_found_as_a_whole_is_asked_in_halves(
    sandbox: Sandbox, hubspot: HubSpotPlatform
) -> None:
    ids = crowd(sandbox, 4)
    gone = {"category": "OBJECT_NOT_FOUND", "message": "resource not found"}
    sandbox.hubspot_server.faults.add(Fault(path="batch/read", status=404, body=gone, times=3))
    found = hubspot.by_ids([*ids, "999999"])
    assert len(found.records) + len(found.missing) == 5
    assert "999999" in found.missing
    sandbox.hubspot_server.faults.add(Fault(path="batch/read", status=404, body={"message": "no such path"}))
    with pytest.raises(PlatformRefused):
        hubspot.by_ids(ids)


def test_a_history_that_is_not_shown_is_empty(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    body = {"status": "COMPLETE", "results": [{"id": "1", "properties": {}}]}
    sandbox.hubspot_server.faults.add(Fault(path="batch/read", status=200, body=body))
    assert hubspot.history(["1", "2"], ["jobtitle"]).found == {"1": {}}


def test_a_history_that_makes_no_sense_costs_the_others_nothing(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    odd = {"jobtitle": [{"value": "CFO", "timestamp": "yesterday"}]}
    rows = [{"id": "1", "propertiesWithHistory": odd}, {"id": "2", "propertiesWithHistory": {"jobtitle": []}}]
    sandbox.hubspot_server.faults.add(Fault(path="batch/read", status=200, body={"results": rows}))
    past = hubspot.history(["1", "2"], ["jobtitle"])
    assert (past.found, past.unreadable) == ({"2": {"jobtitle": ()}}, {"1": "a time in it cannot be read"})


def test_a_merge_names_the_swallowed_ids(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    ids = crowd(sandbox, 2)
    merged = sandbox.hubspot.life.merge("p0@acme.example", "p1@acme.example")
    (record,) = hubspot.by_ids([merged]).records
    assert set(record.merged_ids) >= set(ids) - {merged}


def test_histories_come_newest_first(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    (maria,) = [person(sandbox, "maria", jobtitle="Intern")]
    sandbox.clock.advance(timedelta(days=1))
    sandbox.hubspot.life.set_property("maria@acme.example", "jobtitle", "CFO")
    past = hubspot.history([maria], ["jobtitle"]).found[maria]["jobtitle"]
    assert [each.value for each in past] == ["CFO", "Intern"]
    assert past[0].at == NOW + timedelta(days=1)
    assert past[0].by.startswith("CRM_UI")


def test_companies(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    acme = sandbox.hubspot.life.add_company({"name": "Acme", "numberofemployees": 120})
    maria = person(sandbox, "maria", associatedcompanyid=acme)
    assert hubspot.by_ids([maria]).records[0].values["associatedcompanyid"] == acme
    assert hubspot.company_values([acme, "1"]) == {acme: {"name": "Acme", "numberofemployees": "120"}}
    assert hubspot.changed_companies(NOW, NOW + timedelta(seconds=1)) == (acme,)


def test_writing_and_reading_back(sandbox: Sandbox, hubspot: HubSpotPlatform, client: HubSpotClient) -> None:
    ids = crowd(sandbox, 120)
    outcomes = hubspot.write([Change(each, {"trellis_score": "7"}) for each in [*ids, "424242"]])
    ends = {each.id: each.outcome for each in outcomes}
    assert ends.pop("424242") is Outcome.REFUSED
    assert set(ends.values()) == {Outcome.DONE}
    assert {each.values["trellis_score"] for each in hubspot.by_ids(ids).records} == {"7"}
    hubspot.write([Change(ids[0], {"trellis_score": ""})])
    assert hubspot.by_ids(ids[:1]).records[0].values["trellis_score"] is None


def test_bad_values_are_refused_row_by_row(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    ids = crowd(sandbox, 4)
    rows = [
        Change(ids[0], {"trellis_score": "7"}),
        Change(ids[1], {"trellis_score": "seven"}),
        Change(ids[2], {"trellis_track": "no_such"}),
        Change(ids[3], {"no_such": "1"}),
    ]
    outcomes = hubspot.write(rows)
    assert [each.outcome for each in outcomes] == [Outcome.DONE, *[Outcome.REFUSED] * 3]
    named = [each.error.fields for each in outcomes[1:] if isinstance(each.error, PlatformRefused)]
    assert named == [("trellis_score",), ("trellis_track",), ("no_such",)]


def test_defining_is_done_once_and_adds_options_only(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    assert hubspot.define(CORE) == ()
    wider = Definition("trellis_track", "Track", "enumeration", "select", options=(*TRACKS, Option("new", "New")))
    assert hubspot.define([wider]) == ("added option new to property trellis_track",)
    assert hubspot.define([Definition("trellis_track", "T", "enumeration", "select", options=TRACKS[:1])]) == ()
    track = hubspot.definitions()["trellis_track"]
    assert [each.value for each in track.options] == ["finance", "winback", "new"]
    assert (track.group, track.read_only) == ("trellis", False)
    assert hubspot.definitions()["hs_email_optout"].read_only
    (left,) = hubspot.define([Definition("trellis_score", "Score", "string", "text")])
    assert "trellis_score" in left
    assert hubspot.definitions()["trellis_score"].type == "number"


def test_the_limit_of_properties(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    assert hubspot.property_limit() == (len(CORE), sandbox.hubspot.settings.custom_property_limit)
    sandbox.hubspot_server.faults.add(Fault(path="/limits/", status=404, body={"message": "no"}))
    assert hubspot.property_limit() is None


def test_what_speaks_against_mail(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    portal = sandbox.hubspot
    portal.add_subscription_type("4711", "Newsletter")
    ids = {name: person(sandbox, name) for name in ("maria", "noor", "bounced", "excluded", "typed")}
    ids["silent"] = portal.life.add_contact({"firstname": "Silent"})
    portal.life.unsubscribe("noor@acme.example")
    portal.life.unsubscribe("typed@acme.example", "4711")
    portal.life.hard_bounce("bounced@acme.example")
    portal.life.set_property("excluded@acme.example", "trellis_exclude", "true")
    portal.life.set_property("maria@acme.example", "trellis_enrolled", "finance:1")
    found = hubspot.standings([*ids.values(), "404404"])
    assert "404404" not in found
    assert {name: found[each].refusals for name, each in ids.items()} == {
        "maria": frozenset(),
        "noor": {Refusal.OPTED_OUT},
        "bounced": {Refusal.BOUNCED},
        "excluded": {Refusal.EXCLUDED},
        "typed": frozenset(),
        "silent": {Refusal.NO_ADDRESS},
    }
    assert found[ids["typed"]].hubspot_types == {"4711"}
    assert found[ids["maria"]].hubspot_types == frozenset()
    assert found[ids["maria"]].markers == "finance:1"


def test_without_the_exclude_box_nobody_is_readable(sandbox: Sandbox, client: HubSpotClient) -> None:
    maria = person(sandbox, "maria")
    bare = HubSpotPlatform(client, properties=["firstname"])
    assert bare.standings([maria])[maria].refusals == {Refusal.UNREADABLE}


def test_the_property_channel_starts_a_workflow_once(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    flow = sandbox.hubspot.workflows.add("Finance", property="trellis_track", values=["finance"], mails=["a", "b"])
    maria = person(sandbox, "maria")
    channel = hubspot.property_channel("trellis_track")
    rows = [Enrollment(maria, "finance", "finance:1"), Enrollment("999", "finance", "finance:1")]
    assert channel.key == "hubspot:property:trellis_track"
    assert channel.entered(rows) == {maria: False, "999": None}
    for _ in range(2):
        outcomes = channel.enroll(rows, Deadline.after(20))
        assert [each.outcome for each in outcomes] == [Outcome.DONE, Outcome.REFUSED]
    entered = [e for e in sandbox.effects if (e.kind, e.flow) == ("entered", flow.id)]
    assert [e.person for e in entered] == [maria]
    assert channel.entered(rows[:1]) == {maria: True}
    standing = hubspot.standings([maria])[maria]
    assert (standing.track, standing.markers) == ("finance", "finance:1")
    assert channel.entered([Enrollment(maria, "finance", "finance:2")]) == {maria: False}


def test_leaving_clears_the_property_only_of_this_track(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    maria, brian = person(sandbox, "maria"), person(sandbox, "brian")
    channel = hubspot.property_channel("trellis_track")
    enrolled = [Enrollment(maria, "finance", "finance:1"), Enrollment(brian, "winback", "winback:1")]
    channel.enroll(enrolled, Deadline.after(20))
    leaving = [Enrollment(each, "finance", "") for each in (maria, brian, "999")]
    outcomes = channel.leave(leaving, Deadline.after(20))
    assert [each.outcome for each in outcomes] == [Outcome.DONE, Outcome.DONE, Outcome.REFUSED]
    found = hubspot.standings([maria, brian])
    assert (found[maria].track, found[maria].markers) == ("", "finance:1")
    assert found[brian].track == "winback"
    assert channel.entered(enrolled[:1]) == {maria: None}


def test_the_list_channel_starts_a_workflow_once(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    info = hubspot.create_list("Finance people")
    flow = sandbox.hubspot.workflows.add("Finance", list_id=info.id, mails=["a", "b"])
    maria = person(sandbox, "maria")
    channel = hubspot.list_channel("Finance people")
    rows = [Enrollment(maria, "finance", "finance:1"), Enrollment("999", "finance", "finance:1")]
    assert channel.entered(rows[:1]) == {maria: False}
    for _ in range(2):
        outcomes = channel.enroll(rows, Deadline.after(20))
        assert [each.outcome for each in outcomes] == [Outcome.DONE, Outcome.REFUSED]
    assert [e.person for e in sandbox.effects if (e.kind, e.flow) == ("entered", flow.id)] == [maria]
    assert channel.entered(rows[:1]) == {maria: True}
    assert hubspot.standings([maria])[maria].markers == "finance:1"
    assert [each.outcome for each in channel.leave(rows[:1], Deadline.after(20))] == [Outcome.DONE]
    assert channel.entered(rows[:1]) == {maria: False}


def test_a_list_that_cannot_be_joined_refuses_its_rows(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    maria = person(sandbox, "maria")
    sandbox.hubspot.life.join_list("maria@acme.example", "Active people")
    rows = [Enrollment(maria, "finance", "finance:1")]
    for name in ("Active people", "No such list"):
        (end,) = hubspot.list_channel(name).enroll(rows, Deadline.after(20))
        assert end.outcome is Outcome.REFUSED
        assert hubspot.standings([maria])[maria].markers == "", "a refusal uses no episode up"
    assert hubspot.list_channel("No such list").entered(rows) == {maria: None}


@pytest.mark.parametrize("kind", ["property", "list"])
def test_an_enrollment_whose_answer_is_lost_is_unknown_and_can_be_probed(
    sandbox: Sandbox, hubspot: HubSpotPlatform, kind: str
) -> None:
    hubspot.create_list("Finance people")
    maria = person(sandbox, "maria")
    rows = [Enrollment(maria, "finance", "finance:1")]
    channel = (
        hubspot.property_channel("trellis_track") if kind == "property" else hubspot.list_channel("Finance people")
    )
    path = "batch/update" if kind == "property" else "memberships/add"
    sandbox.hubspot_server.faults.add(Fault(path=path, ending="drop"))
    (end,) = channel.enroll(rows, Deadline.after(20))
    assert end.outcome is Outcome.UNKNOWN
    assert channel.entered(rows) == {maria: True}


def test_nobody_joins_the_list_without_a_marker(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    info = hubspot.create_list("Finance people")
    maria = person(sandbox, "maria")
    rows = [Enrollment(maria, "finance", "finance:1")]
    sandbox.hubspot_server.faults.add(Fault(path="batch/update", ending="drop"))
    (end,) = hubspot.list_channel("Finance people").enroll(rows, Deadline.after(20))
    assert end.outcome is Outcome.LATER, "the marker may be there, but nobody has asked for the enrollment yet"
    assert [page.members for page in hubspot.list_members(info.id)] == [()]


def test_a_list_made_anew_under_its_name_is_found(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    old = hubspot.create_list("Finance people")
    maria = person(sandbox, "maria")
    channel = hubspot.list_channel("Finance people")
    rows = [Enrollment(maria, "finance", "finance:1")]
    channel.enroll(rows, Deadline.after(20))
    sandbox.hubspot.lists.remove(old.id)
    assert hubspot.create_list("Finance people").id != old.id
    assert channel.entered(rows) == {maria: False}
    assert [each.outcome for each in channel.enroll(rows, Deadline.after(20))] == [Outcome.DONE]
    assert channel.entered(rows) == {maria: True}


@pytest.mark.parametrize("kind", ["property", "list"])
def test_no_byte_of_an_enrollment_leaves_after_the_deadline(
    sandbox: Sandbox, hubspot: HubSpotPlatform, kind: str
) -> None:
    maria = person(sandbox, "maria")
    hubspot.create_list("Finance people")
    channel = (
        hubspot.property_channel("trellis_track") if kind == "property" else hubspot.list_channel("Finance people")
    )
    (end,) = channel.enroll([Enrollment(maria, "finance", "finance:1")], Deadline.after(0))
    assert end.outcome is Outcome.LATER
    assert hubspot.standings([maria])[maria].markers == ""


def test_lists_and_their_members_in_order_of_joining(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    ids = crowd(sandbox, 300)
    made = hubspot.create_list("Visited pricing")
    assert hubspot.lists()["Visited pricing"] == ListInfo(made.id, "Visited pricing", "MANUAL", 0)
    for i in reversed(range(300)):
        sandbox.hubspot.life.join_list(f"p{i}@acme.example", "Visited pricing")
        sandbox.clock.advance(timedelta(seconds=1))
    members = [each for page in hubspot.list_members(made.id) for each in page.members]
    assert [each.id for each in members] == ids[::-1]
    assert members[0].joined_at == NOW
    with pytest.raises(PlatformRefused):
        hubspot.create_list("Visited pricing")


def test_owners_tasks_and_the_portal(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    owner = sandbox.hubspot.add_owner("ana@team.example", "Ana", "Puig")
    maria = person(sandbox, "maria")
    assert [(each.id, each.email) for each in hubspot.owners()] == [(owner.id, "ana@team.example")]
    task = hubspot.create_task(
        maria, title="Call Maria", body="Hot", due=NOW, owner_id=owner.id, deadline=Deadline.after(30)
    )
    values = sandbox.hubspot.shelves["tasks"].find(task).values
    assert (values["hs_task_subject"], values["hubspot_owner_id"]) == ("Call Maria", owner.id)
    assert values["hs_timestamp"] == "2026-11-21T12:00:00.000Z"
    assert hubspot.portal()["portalId"] == str(sandbox.hubspot.settings.portal_id)
    assert hubspot.portal()["timeZone"] == "Europe/Madrid"


def test_flows_tell_what_they_listen_to(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    made = hubspot.create_list("Finance people")
    flows = sandbox.hubspot.workflows
    flows.add("By property", property="trellis_track", values=["finance"])
    flows.add("By list", list_id=made.id, enabled=False, reenroll=False, leave=False)
    flows.add("By hand")
    by_property, by_list, by_hand = hubspot.flows()
    assert by_property.triggers == (Trigger("property", "trellis_track", Meets.AMONG, ("finance",)),)
    again = by_property.hears_again("property", "trellis_track", "finance")
    assert (by_property.enabled, again, by_property.lets_go("property", "trellis_track")) == (True, True, True)
    assert by_list.triggers == (Trigger("list", made.id),)
    again = by_list.hears_again("list", made.id)
    assert (by_list.enabled, again, by_list.lets_go("list", made.id)) == (False, False, False)
    assert (by_hand.triggers, by_hand.opaque, by_hand.old_id) == ((), False, None)


def test_a_workflow_is_known_by_its_older_id_where_the_files_name_it_so(
    sandbox: Sandbox, hubspot: HubSpotPlatform
) -> None:
    flow = sandbox.hubspot.workflows.add("By hand")
    (found,) = hubspot.flows([flow.workflow_id])
    assert (found.id, found.old_id) == (flow.id, flow.workflow_id)
    calls = sandbox.hubspot_server.calls.total
    hubspot.flows([flow.id])  # nothing more is to be asked
    assert sandbox.hubspot_server.calls.total == calls + 2


def test_a_scope_that_is_missing_is_named(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    sandbox.hubspot.settings.scopes -= {"automation"}
    with pytest.raises(ScopeMissing) as caught:
        hubspot.flows()
    assert "automation" in caught.value.scopes


def test_a_wrong_token_is_told_by_reads_and_ends_rows_as_later(sandbox: Sandbox, version: Version) -> None:
    maria = person(sandbox, "maria")
    wrong = HubSpotPlatform(client_on(sandbox, version, "pat-wrong"), properties=["firstname"])
    with pytest.raises(CredentialsRefused):
        wrong.portal()
    (end,) = wrong.write([Change(maria, {"firstname": "M"})])
    assert end.outcome is Outcome.LATER
    assert isinstance(end.error, CredentialsRefused)
    assert sandbox.hubspot.contacts.find(maria).values["firstname"] == "Maria"


def test_rows_that_cannot_be_understood_are_named(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    good = {"id": "1", "properties": {"email": "maria@acme.example"}, "updatedAt": "2026-11-21T12:00:00.000Z"}
    rows = [good, {"id": "2", "properties": {"email": {"odd": 1}}}, {"id": "3"}, {"properties": {}}, "odd"]
    sandbox.hubspot_server.faults.add(Fault(method="GET", path="objects", status=200, body={"results": rows}))
    (page,) = hubspot.all()
    assert [each.id for each in page.records] == ["1"]
    assert set(page.unreadable) == {"2", "3", "row 3", "row 4"}
    assert all(page.unreadable.values())


def test_a_page_that_repeats_for_ever_ends(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    body = {"results": [], "paging": {"next": {"after": "5"}}}
    sandbox.hubspot_server.faults.add(Fault(method="GET", path="objects", status=200, body=body, times=None))
    with pytest.raises(PlatformUnreachable):
        list(hubspot.all())


def test_ids_that_could_not_be_read_are_not_called_missing(sandbox: Sandbox, hubspot: HubSpotPlatform) -> None:
    body = {"status": "COMPLETE", "results": [], "errors": [{"category": "INTERNAL_ERROR", "message": "oops"}]}
    sandbox.hubspot_server.faults.add(Fault(path="batch/read", status=207, body=body))
    with pytest.raises(PlatformUnreachable):
        hubspot.by_ids(["1"])


def test_the_quota_is_never_overrun(sandbox: Sandbox, version: Version) -> None:
    settings = sandbox.hubspot.settings
    settings.limits_on, settings.per_ten_seconds = True, 20
    crowd(sandbox, 30)
    client = HubSpotClient(
        "sandbox-token",
        base_url=sandbox.hubspot_url,
        version=version,
        budget=RateBudget(20, 10.0, burst=20),
        search_budget=RateBudget(5, 1.0),
        deadline_s=4,
    )
    hubspot = HubSpotPlatform(client, properties=["firstname"])
    for _ in range(19):
        hubspot.portal()
    for _ in range(8):
        list(hubspot.changed(LONG_AGO, NOW))
    assert not [key for key in client.calls if key[1] == "429"]
