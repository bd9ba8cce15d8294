"""Every quirk of facts/hubspot.md §11 on our side: the adapter over HTTP against pretend HubSpot, named by its number.

Where HubSpot's behavior is unsure, the portal shows it either way and the adapter must be right both times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform, Version
from adapters.ports import (
    Change,
    Deadline,
    Definition,
    Enrollment,
    Option,
    Outcome,
    Page,
    PlatformRefused,
    Record,
)
from adapters.sandbox import Clock, Fault, Sandbox
from adapters.sandbox.hubspot import Portal, RequiredWhen
from adapters.sandbox.hubspot.crowd import add_many
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes
from webhooks.hubspot import verify_v3

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
CORE = (
    Definition("trellis_score", "Score", "number", "number"),
    Definition("trellis_track", "Track", "enumeration", "select", options=(Option("finance", "Finance"),)),
    Definition("trellis_enrolled", "Enrolled", "string", "textarea"),
    Definition("trellis_exclude", "Exclude", "enumeration", "booleancheckbox", options=(Option("true", "Yes"),)),
)
PROPERTIES = ("firstname", "jobtitle", "lifecyclestage", "hs_lead_status", "trellis_score", "hs_email_open")


@pytest.fixture(params=["v3", "2026-09"])
def version(request: pytest.FixtureRequest) -> Version:
    return request.param


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOW), mailchimp=False) as world:
        world.hubspot.settings.limits_on = False
        world.hubspot.settings.search_lag = 0
        yield world


@pytest.fixture
def portal(sandbox: Sandbox) -> Portal:
    return sandbox.hubspot


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
    platform = HubSpotPlatform(client, properties=PROPERTIES)
    platform.define(CORE)
    return platform


def add(portal: Portal, name: str, **values: object) -> str:
    return portal.life.add_contact({"email": f"{name}@acme.example", **values})


def records(pages: Iterable[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def by_id(pages: Iterable[Page]) -> dict[str, Record]:
    return {record.id: record for record in records(pages)}


def score(contact_id: str, value: str = "41") -> Change:
    return Change(contact_id, {"trellis_score": value})


def test_01_search_lags_so_an_overlap_finds_later_what_a_window_missed(portal, hubspot) -> None:
    portal.settings.search_lag = 10
    maria = add(portal, "maria")
    assert records(hubspot.changed(NOW - timedelta(minutes=1), NOW)) == []
    assert [each.id for each in hubspot.by_ids([maria]).records] == [maria], "by id she is there at once"
    portal.clock.advance(timedelta(seconds=10))
    assert list(by_id(hubspot.changed(NOW - timedelta(minutes=1), NOW))) == [maria]


def test_02_values_are_text_times_are_aware_and_ids_are_text(portal, hubspot) -> None:
    maria = add(portal, "maria", hs_email_open=3)
    (record,) = records(hubspot.all())
    assert (record.id, record.values["hs_email_open"], record.values["jobtitle"]) == (maria, "3", None)
    assert record.modified_at == NOW
    assert record.modified_at.tzinfo is not None


def test_03_unset_cleared_and_undefined_are_all_no_value(portal, client, hubspot) -> None:
    maria = add(portal, "maria", jobtitle="CFO")
    portal.life.set_property("maria@acme.example", "jobtitle", "")
    asked = HubSpotPlatform(client, properties=["jobtitle", "firstname", "nobody_defined_this"])
    for record in (*records(asked.all()), *asked.by_ids([maria]).records, *records(asked.changed(LONG_AGO, LATER))):
        assert record.values["jobtitle"] is None
        assert record.values["firstname"] is None
        assert record.values.get("nobody_defined_this") is None


@pytest.mark.parametrize("partial", [False, True])
def test_04_one_bad_value_costs_its_own_row_only(portal, hubspot, partial) -> None:
    portal.settings.partial_updates = partial
    ids = [add(portal, f"p{i}") for i in range(30)]
    rows = [Change(id_, {"trellis_score": "warm" if i == 7 else "5"}) for i, id_ in enumerate(ids)]
    outcomes = {each.id: each for each in hubspot.write(rows)}
    assert [i for i, id_ in enumerate(ids) if outcomes[id_].outcome is not Outcome.DONE] == [7]
    assert outcomes[ids[7]].outcome is Outcome.REFUSED
    assert isinstance(outcomes[ids[7]].error, PlatformRefused)
    assert outcomes[ids[7]].error.fields == ("trellis_score",)
    assert [each.values["trellis_score"] for each in hubspot.by_ids(ids[6:9]).records] == ["5", None, "5"]


@pytest.mark.parametrize(("what", "count", "batches"), [("read", 250, 3), ("history", 120, 3), ("write", 250, 3)])
def test_05_batches_keep_to_their_limits(portal, sandbox, hubspot, what, count, batches) -> None:
    ids = [add(portal, f"p{i}") for i in range(count)]
    sandbox.hubspot_server.calls.reset()
    if what == "read":
        assert len(hubspot.by_ids(ids).records) == count
    elif what == "history":
        assert len(hubspot.history(ids, ["email"]).found) == count
    else:
        assert {each.outcome for each in hubspot.write([score(id_) for id_ in ids])} == {Outcome.DONE}
    calls = sandbox.hubspot_server.calls.calls
    assert [each.status for each in calls] == [200] * batches


def test_06_no_id_is_sent_twice_in_one_batch(portal, sandbox, hubspot) -> None:
    maria = add(portal, "maria")
    sandbox.hubspot_server.calls.reset()
    (outcome,) = hubspot.write([score(maria, "1"), score(maria, "2"), Change(maria, {"jobtitle": "CFO"})])
    assert outcome.outcome is Outcome.DONE
    assert len(hubspot.by_ids([maria, maria]).records) == 1
    assert [each.status for each in sandbox.hubspot_server.calls.calls] == [200, 200]
    assert portal.contacts.records[int(maria)].values["trellis_score"] == "2"


def test_07_we_never_create_anybody(portal, sandbox, hubspot) -> None:
    add(portal, "maria")
    hubspot.write([score("999999"), score("maria@acme.example")])
    assert len(portal.contacts) == 1
    assert not [call for call in sandbox.hubspot_server.calls.counts if "create" in call or "upsert" in call]


def test_08_unknown_ids_are_missing_and_refused_and_the_others_go_on(portal, hubspot) -> None:
    maria = add(portal, "maria")
    found = hubspot.by_ids(["999999", maria])
    assert ([each.id for each in found.records], found.missing) == ([maria], ("999999",))
    outcomes = {each.id: each.outcome for each in hubspot.write([score("999999"), score(maria)])}
    assert outcomes == {"999999": Outcome.REFUSED, maria: Outcome.DONE}
    assert set(hubspot.standings(["999999", maria])) == {maria}
    assert set(hubspot.history(["999999", maria], ["email"]).found) == {maria}


class TestNumber09Search:
    def test_a_window_of_thousands_is_read_without_an_offset_or_a_refusal(self, portal, sandbox, hubspot) -> None:
        add_many(portal, 2_500)
        sandbox.hubspot_server.calls.reset()
        assert len(by_id(hubspot.changed(LONG_AGO, LATER))) == 2_500
        assert {each.status for each in sandbox.hubspot_server.calls.calls} == {200}
        assert sandbox.hubspot_server.calls.total <= 14

    def test_many_on_one_millisecond_are_all_found(self, portal, sandbox, hubspot) -> None:
        ids = {add(portal, f"p{i}") for i in range(450)}
        sandbox.hubspot_server.calls.reset()
        assert set(by_id(hubspot.changed(NOW, NOW))) == ids
        assert sandbox.hubspot_server.calls.total <= 8

    def test_the_total_is_told_on_the_first_page(self, portal, hubspot) -> None:
        for i in range(5):
            add(portal, f"p{i}")
        first = next(iter(hubspot.changed(LONG_AGO, LATER)))
        assert first.total == 5
        assert hubspot.count() == 5


class TestNumber10Pages:
    @pytest.mark.parametrize("tokens", ["ids", "last_ids", "positions", "opaque"])
    @pytest.mark.parametrize("latency", [0.0, 0.03])
    def test_everybody_comes_once_whatever_the_cursors_are(self, portal, sandbox, hubspot, tokens, latency) -> None:
        """With latency, several chains are worth it: they must notice where cursors are no ids."""
        add_many(portal, 3_000)
        for id_ in range(601, 1_401):  # a gap in the ids
            portal.archive("contacts", portal.contacts.records[id_], portal.api_source)
        portal.settings.page_tokens = tokens
        sandbox.hubspot_server.latency = latency
        ids = [each.id for each in records(hubspot.all())]
        assert sorted(map(int, ids)) == [record.id for record in portal.contacts]

    @pytest.mark.parametrize("tokens", ["ids", "last_ids", "positions", "opaque"])
    def test_a_read_goes_on_from_any_page(self, portal, sandbox, hubspot, tokens) -> None:
        add_many(portal, 1_050)
        portal.settings.page_tokens = tokens
        sandbox.hubspot_server.latency = 0.01
        pages = hubspot.all()
        seen: set[str] = set()
        for page in pages:
            seen |= {each.id for each in page.records}
            if len(seen) >= 400:
                break
        pages.close()
        rest = {each.id for each in records(hubspot.all(page.next))}
        assert seen | rest == {str(record.id) for record in portal.contacts}

    def test_the_last_page_names_no_next(self, portal, hubspot) -> None:
        add(portal, "maria")
        assert [page.next for page in hubspot.all()] == [None]


class TestNumber11Limits:
    @pytest.mark.parametrize("headers", [True, False])
    def test_with_and_without_rate_headers_everything_is_read(self, portal, hubspot, headers) -> None:
        portal.settings.rate_headers = headers
        add_many(portal, 300)
        assert len(records(hubspot.all())) == 300

    def test_a_locked_contact_is_written_after_the_wait(self, portal, sandbox, hubspot) -> None:
        maria = add(portal, "maria")
        sandbox.hubspot_server.faults.add(Fault(path="batch/update", status=423, body={"message": "locked"}))
        (outcome,) = hubspot.write([score(maria)])
        assert outcome.outcome is Outcome.DONE


class TestNumber12LifecycleBackwards:
    @pytest.mark.parametrize("moves_back", [False, True])
    def test_a_stage_that_was_not_taken_is_told(self, portal, hubspot, version, moves_back) -> None:
        portal.settings.dated_lifecycle_moves_back = moves_back
        brian = add(portal, "brian", lifecyclestage="customer")
        (outcome,) = hubspot.write([Change(brian, {"lifecyclestage": "lead", "trellis_score": "12"})])
        taken = moves_back and version == "2026-09"
        assert outcome.outcome is (Outcome.DONE if taken else Outcome.REFUSED)
        values = portal.contacts.records[int(brian)].values
        assert values["lifecyclestage"] == ("lead" if taken else "customer")
        assert values["trellis_score"] == "12", "the other values of the row are stored"

    def test_forward_is_taken(self, portal, hubspot) -> None:
        maria = add(portal, "maria", lifecyclestage="lead")
        (outcome,) = hubspot.write([Change(maria, {"lifecyclestage": "marketingqualifiedlead"})])
        assert outcome.outcome is Outcome.DONE


@pytest.mark.parametrize("bumps", [False, True])
def test_13_our_own_write_moves_the_date_and_shows_no_other_news(portal, hubspot, bumps) -> None:
    portal.settings.same_value_bumps = bumps
    maria = add(portal, "maria", jobtitle="CFO")
    (before,) = hubspot.by_ids([maria]).records
    portal.clock.advance(timedelta(minutes=5))
    hubspot.write([Change(maria, {"jobtitle": "CFO"})])
    (after,) = hubspot.by_ids([maria]).records
    assert after.values == before.values, "its own date is no value, or every write would be news"
    assert (after.modified_at > before.modified_at) == bumps


class TestNumber14Merge:
    @pytest.mark.parametrize("keeps", [False, True])
    @pytest.mark.parametrize("redirects", [False, True])
    def test_the_result_names_who_was_swallowed_and_old_ids_lead_to_nobody_else(
        self, portal, hubspot, keeps, redirects
    ) -> None:
        portal.settings.merge_keeps_primary_id, portal.settings.merged_ids_redirect = keeps, redirects
        maria, double = add(portal, "maria"), add(portal, "double")
        merged = portal.life.merge("maria@acme.example", "double@acme.example")
        gone = {maria, double} - {merged}
        (record,) = records(hubspot.all())
        assert (record.id, set(record.merged_ids)) == (merged, gone)
        found = hubspot.by_ids(sorted(gone))
        assert {each.id for each in found.records} <= {merged}
        assert set(found.missing) == (set() if redirects else gone), "who answers for an old id names it as merged"
        assert not gone & set(hubspot.standings(sorted(gone))), "nobody is enrolled under an old id"
        assert not gone & set(hubspot.history(sorted(gone), ["email"]).found)

    @pytest.mark.parametrize("redirects", [False, True])
    def test_nothing_is_written_under_an_old_id(self, portal, hubspot, redirects) -> None:
        portal.settings.merged_ids_redirect = redirects
        maria = add(portal, "maria")
        add(portal, "double")
        merged = portal.life.merge("maria@acme.example", "double@acme.example")
        outcomes = {each.id: each.outcome for each in hubspot.write([score(maria, "1"), score(merged, "2")])}
        assert outcomes == {maria: Outcome.REFUSED, merged: Outcome.DONE}
        assert portal.contacts.records[int(merged)].values["trellis_score"] == "2"


class TestNumber15Deletion:
    def test_archived_erased_and_never_there_are_told_apart(self, portal, hubspot) -> None:
        maria, brian, noor = (add(portal, name) for name in ("maria", "brian", "noor"))
        portal.life.archive("brian@acme.example")
        portal.life.erase("noor@acme.example")
        found = hubspot.by_ids([maria, brian, noor, "999999"])
        assert [each.id for each in found.records] == [maria]
        assert set(found.missing) == {brian, noor, "999999"}
        assert hubspot.archived([maria, brian, noor, "999999"]) == {brian}
        assert [each.id for each in records(hubspot.all())] == [maria]

    def test_the_bin_is_empty_after_ninety_days(self, portal, hubspot) -> None:
        brian = add(portal, "brian")
        portal.life.archive("brian@acme.example")
        portal.clock.advance(timedelta(days=90, seconds=1))
        assert hubspot.archived([brian]) == frozenset()

    def test_a_restored_contact_is_back_under_her_id(self, portal, hubspot) -> None:
        maria = add(portal, "maria")
        portal.life.archive("maria@acme.example")
        portal.clock.advance(timedelta(minutes=1))
        portal.life.restore(maria)
        assert list(by_id(hubspot.changed(NOW + timedelta(seconds=1), LATER))) == [maria]
        assert hubspot.archived([maria]) == frozenset()


class TestNumber16Lists:
    @pytest.mark.parametrize("tokens", ["ids", "opaque"])
    def test_members_come_in_order_of_joining(self, portal, hubspot, tokens) -> None:
        portal.settings.page_tokens = tokens
        ids = [add(portal, f"p{i}") for i in range(520)]
        portal.lists.create("Visited pricing", "DYNAMIC")
        for i in reversed(range(520)):
            portal.life.join_list(f"p{i}@acme.example", "Visited pricing")
        listed = hubspot.lists()["Visited pricing"]
        pages = list(hubspot.list_members(listed.id))
        assert [each.id for page in pages for each in page.members] == ids[::-1]
        again = list(hubspot.list_members(listed.id, pages[-1].token))
        assert again[-1].members[-1].id == ids[0]
        assert (listed.size, listed.kind) == (520, "DYNAMIC")

    def test_joining_twice_is_once_and_a_dynamic_list_refuses(self, portal, hubspot) -> None:
        maria = add(portal, "maria")
        hubspot.create_list("By hand")
        portal.lists.create("By rule", "DYNAMIC")
        row = Enrollment(maria, "finance", "finance:1")
        for _ in range(2):
            (outcome,) = hubspot.list_channel("By hand").enroll([row], Deadline.after(20))
            assert outcome.outcome is Outcome.DONE
        (refused,) = hubspot.list_channel("By rule").enroll([row], Deadline.after(20))
        assert refused.outcome is Outcome.REFUSED
        assert len(portal.lists.named("By hand").members) == 1


def test_17_the_legacy_enrollment_of_one_call_each_is_never_used(portal, sandbox, hubspot) -> None:
    maria = add(portal, "maria")
    hubspot.create_list("By hand")
    row = Enrollment(maria, "finance", "finance:1")
    for channel in (hubspot.property_channel("trellis_track"), hubspot.list_channel("By hand")):
        channel.enroll([row], Deadline.after(20))
        assert channel.entered([row]) == {maria: True}
        channel.leave([row], Deadline.after(20))
    assert not [call for call in sandbox.hubspot_server.calls.counts if "/automation/v2" in call]


def test_18_every_attempt_of_a_delivery_passes_our_own_check_of_its_signature(portal, hubspot) -> None:
    """Shuffled, doubled, tried again: what the receiver does with them is in tests/webhooks."""
    posts: list[Request] = []

    def take(request: Request) -> Response:
        posts.append(request)
        return Response(500 if len(posts) == 1 else 200)

    routes = Routes()
    routes.add("POST", "/webhooks/hubspot", take)
    with Server(routes) as receiver:
        url = f"{receiver.url}/webhooks/hubspot"
        portal.webhooks.configure(url, "app-secret", [("contact.propertyChange", "trellis_score")])
        portal.webhooks.delivery.retry_delays = (0.01,)
        hubspot.write([score(add(portal, "maria"))])
        portal.webhooks.flush()
    assert len(posts) == 2
    for post in posts:
        timestamp = post.headers["x-hubspot-request-timestamp"]
        verify_v3(
            method="POST",
            url=url,
            body=post.body,
            signature=post.headers["x-hubspot-signature-v3"],
            timestamp=timestamp,
            secrets=["app-secret"],
            now=datetime.fromtimestamp(int(timestamp) / 1000, UTC),
        )
    (event,) = posts[1].json()
    assert (event["attemptNumber"], event["changeSource"]) == (1, "INTEGRATION")


@pytest.mark.parametrize("partial", [False, True])
def test_19_a_rule_of_the_admin_refuses_those_it_is_about_and_names_the_property(
    portal, hubspot, version, partial
) -> None:
    portal.settings.partial_updates = partial
    portal.settings.required_when.append(RequiredWhen("phone", "hs_lead_status", ("OPEN",)))
    ids = [add(portal, f"p{i}", **({"hs_lead_status": "OPEN"} if i % 10 == 0 else {})) for i in range(40)]
    outcomes = hubspot.write([score(id_) for id_ in ids])
    refused = {each.id: each for each in outcomes if each.outcome is not Outcome.DONE}
    if version == "v3":
        assert refused == {}
        return
    assert sorted(refused) == sorted(ids[::10])
    for each in refused.values():
        assert each.outcome is Outcome.REFUSED
        assert isinstance(each.error, PlatformRefused)
        assert each.error.fields == ("phone",)
    held = [portal.contacts.records[int(id_)].values.get("trellis_score") for id_ in ids]
    assert held == [None if i % 10 == 0 else "41" for i in range(40)]


class TestNumber20Properties:
    def test_defining_twice_makes_once_and_options_have_their_order(self, portal, hubspot) -> None:
        assert hubspot.define(CORE) == ()
        more = Definition(
            "trellis_track", "Track", "enumeration", "select", options=(Option("finance", "F"), Option("ops", "Ops"))
        )
        assert len(hubspot.define([more])) == 1
        shown = portal.definitions["contacts"].get("trellis_track").options
        assert [(option.value, option.label) for option in shown] == [("finance", "Finance"), ("ops", "Ops")]

    def test_another_was_faster(self, portal, sandbox, hubspot) -> None:
        """Between looking and creating, somebody else creates the property: that is what was wanted."""
        wish = Definition("trellis_phase", "Phase", "string", "text", group="contactinformation")
        taken = {"message": 'A property named "trellis_phase" already exists.', "category": "CONFLICT"}
        sandbox.hubspot_server.faults.add(Fault(method="POST", path="properties", status=409, body=taken, apply=True))
        hubspot.define([wish])
        assert "trellis_phase" in hubspot.definitions()

    def test_a_deleted_property_is_gone_from_the_definitions_and_refuses_its_writes(self, portal, hubspot) -> None:
        maria = add(portal, "maria")
        portal.admin.archive_property("trellis_score")
        assert "trellis_score" not in hubspot.definitions()
        (outcome,) = hubspot.write([score(maria)])
        assert (outcome.outcome, outcome.error.fields) == (Outcome.REFUSED, ("trellis_score",))
        assert [each.id for each in records(hubspot.all())] == [maria]
        assert [each.id for each in records(hubspot.changed(LONG_AGO, LATER))] == [maria]

    def test_another_type_or_other_options_show_in_the_definitions(self, portal, hubspot) -> None:
        portal.admin.retype_property("trellis_score", "string", "text")
        portal.admin.replace_options("trellis_track", {"ops": "Operations"})
        portal.admin.relabel_property("trellis_enrolled", "Episodes")
        shown = hubspot.definitions()
        assert (shown["trellis_score"].type, shown["trellis_enrolled"].label) == ("string", "Episodes")
        assert shown["trellis_track"].options == (Option("ops", "Operations"),)
