"""One contract, every implementation: the real adapters over HTTP against the sandbox, and the recording doubles.

What a caller of `adapters.ports` may rely on is asserted here once; what a platform does beyond it is tested with its
adapter.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.names import HubSpotNames
from adapters.hubspot.platform import HubSpotPlatform
from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.mailchimp_port import MailchimpPort
from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import (
    Activity,
    Change,
    ContactPlatform,
    Deadline,
    DeadlinePassed,
    Definition,
    Enrollment,
    EnrollmentChannel,
    Option,
    Outcome,
    Owner,
    PlatformError,
    Record,
)
from adapters.recording import RecordingHubSpot, RecordingMailchimp
from adapters.sandbox import Clock, Sandbox
from adapters.sandbox.server import Server
from adapters.sandbox.web import Response, Routes
from connector.facts import Refusal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIST = "Ready for a hand-written mail"
TAG = "trellis:track:finance"
JOURNEY = (81, 402)
NAMES = ("maria", "brian", "noor")
_NUMBERS = {"maria": "501", "brian": "502", "noor": "503"}
HUBSPOT_DEFINITIONS = (
    Definition("trellis_score", "Score", "number", "number"),
    Definition("trellis_track", "Track", "enumeration", "select", (Option("finance", "Finance"), Option("ops", "Ops"))),
    Definition("trellis_enrolled", "Episodes", "string", "text"),
    Definition("trellis_exclude", "Exclude", "bool", "booleancheckbox", (Option("true", "Yes"), Option("false", "No"))),
)
MAILCHIMP_DEFINITIONS = (
    Definition("LEADSCORE", "Score", "number"),
    Definition("TRACKMARK", "Episodes", "text"),
)


@dataclass
class Stage:
    """A platform with three people on it: maria, brian, and noor who unsubscribed from all mail."""

    port: ContactPlatform
    ids: Mapping[str, str]
    score: str  # what may be written
    shown_score: str  # where it is read
    wanted: tuple[Definition, ...]
    channels: Mapping[str, EnrollmentChannel]
    now: Callable[[], datetime]
    later: Callable[[], None]

    def score_of(self, name: str) -> str | None:
        (record,) = self.port.by_ids([self.ids[name]]).records
        return record.values.get(self.shown_score)

    def row(self, name: str, episode: int = 1) -> Enrollment:
        due = self.now() + timedelta(days=1)
        return Enrollment(self.ids[name], "finance", f"finance:{episode}", name=name, note="because", due=due)


class HubSpotStage(Stage):
    port: HubSpotPort


class MailchimpStage(Stage):
    port: MailchimpPort


def hubspot_stage(port: HubSpotPort, ids: Mapping[str, str], clock: Clock, workflow: str) -> HubSpotStage:
    port.define(HUBSPOT_DEFINITIONS)
    port.create_list(LIST)
    channels = {
        "property": port.property_channel("trellis_track"),
        "list": port.list_channel(LIST),
        "workflow": port.workflow_channel(workflow),
        "task": port.task_channel("Write to: {name}"),
    }

    def later() -> None:
        clock.advance(timedelta(minutes=1))

    return HubSpotStage(port, ids, "trellis_score", "trellis_score", HUBSPOT_DEFINITIONS, channels, clock, later)


def real_hubspot(version: str) -> Callable[[ExitStack], HubSpotStage]:
    def build(stack: ExitStack) -> HubSpotStage:
        clock = Clock(NOON)
        sandbox = stack.enter_context(Sandbox(clock, mailchimp=False))
        portal = sandbox.hubspot
        portal.settings.limits_on = False
        portal.add_owner("ana@team.example", "Ana", "Soler")
        ids = {name: portal.life.add_contact({"email": f"{name}@acme.example"}) for name in NAMES}
        portal.life.unsubscribe("noor@acme.example")
        called = portal.workflows.add("Called", mails=["[FIN] 1", "[FIN] 2"])
        client = HubSpotClient(
            "sandbox-token",
            base_url=sandbox.hubspot_url,
            version=version,
            budget=RateBudget(1000, 1.0, burst=1000),
            search_budget=RateBudget(1000, 1.0, burst=1000),
            now=clock,
        )
        port = HubSpotPlatform(client, properties=("email", "trellis_score"), names=HubSpotNames())
        return hubspot_stage(port, ids, clock, called.id)

    return build


def recorded_hubspot(_stack: ExitStack) -> HubSpotStage:
    clock = Clock(NOON)
    memory = HubSpotMemory(now=clock, users=(Owner("1", "ana@team.example"),))
    for name in NAMES:
        values = {"email": f"{name}@acme.example", "hs_email_optout": "true" if name == "noor" else None}
        memory.add(Record("hubspot", _NUMBERS[name], f"{name}@acme.example", values, NOON))
    return hubspot_stage(RecordingHubSpot(memory), _NUMBERS, clock, "60000001")


def mailchimp_stage(port: MailchimpPort, ids: Mapping[str, str], clock: Clock) -> MailchimpStage:
    port.define(MAILCHIMP_DEFINITIONS)

    def later() -> None:
        clock.advance(timedelta(minutes=1))

    channels = {"tag": port.tag_channel(TAG), "journey": port.journey_channel(*JOURNEY)}
    return MailchimpStage(
        port, ids, "LEADSCORE", "merge_fields.LEADSCORE", MAILCHIMP_DEFINITIONS, channels, clock, later
    )


def real_mailchimp(stack: ExitStack) -> MailchimpStage:
    clock = Clock(NOON)
    sandbox = stack.enter_context(Sandbox(clock, hubspot=False))
    account = sandbox.mailchimp
    audience = account.add_audience("main", id="abc123")
    for name in NAMES:
        account.life.subscribe(f"{name}@acme.example")
    account.life.unsubscribe("noor@acme.example")
    account.add_flow("Called", audience=audience, mails=["[FIN] 1", "[FIN] 2"], journey=JOURNEY)
    account.life.send_campaign("News", to=["maria@acme.example"])
    account.life.click("maria@acme.example", "News", "https://acme.example/pricing")
    client = MailchimpClient(
        api_key="sandbox-us19",
        base_url=sandbox.mailchimp_url,
        slots=Slots(8),
        budget=RateBudget(1000, 1.0, burst=1000),
    )
    ids = {name: audience.get(f"{name}@acme.example").contact_id for name in NAMES}
    return mailchimp_stage(MailchimpPlatform(client, audience="main", list_id="abc123"), ids, clock)


def recorded_mailchimp(_stack: ExitStack) -> MailchimpStage:
    clock = Clock(NOON)
    memory = MailchimpMemory(now=clock)
    for name in NAMES:
        status = "unsubscribed" if name == "noor" else "subscribed"
        values = {"email_address": f"{name}@acme.example", "status": status, "subscriber_hash": f"hash-{name}"}
        memory.add(Record("mailchimp:main", f"id-{name}", f"{name}@acme.example", values, NOON))
    memory.acts.append(
        Activity("mailchimp:main", "hash-maria", "email_click", NOON, "1", "News", "https://acme.example/pricing")
    )
    return mailchimp_stage(RecordingMailchimp(memory), {name: f"id-{name}" for name in NAMES}, clock)


HUBSPOTS = {"v3": real_hubspot("v3"), "2026-09": real_hubspot("2026-09"), "recording": recorded_hubspot}
MAILCHIMPS = {"sandbox": real_mailchimp, "recording": recorded_mailchimp}
EVERY_PLATFORM = {
    **{f"hubspot-{name}": build for name, build in HUBSPOTS.items()},
    **{f"mailchimp-{name}": build for name, build in MAILCHIMPS.items()},
}
REPEAT_SAFE = {"hubspot": ("property", "list"), "mailchimp": ("tag",)}
AT_MOST_ONCE = {"hubspot": ("workflow", "task"), "mailchimp": ("journey",)}


def on_every_platform(kinds: Mapping[str, tuple[str, ...]]) -> list[Any]:
    """A parameter for each of these channels of each implementation."""
    return [
        pytest.param(build, kind, id=f"{name}-{kind}")
        for name, build in EVERY_PLATFORM.items()
        for kind in kinds[name.partition("-")[0]]
    ]


REPEAT_SAFE_CHANNELS, AT_MOST_ONCE_CHANNELS = on_every_platform(REPEAT_SAFE), on_every_platform(AT_MOST_ONCE)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as open_until_the_end:
        yield open_until_the_end


class TestContactPlatform:
    @pytest.fixture(params=EVERY_PLATFORM.values(), ids=EVERY_PLATFORM)
    def stage(self, request: pytest.FixtureRequest, stack: ExitStack) -> Stage:
        return request.param(stack)

    def test_all_shows_everybody_with_source_address_and_an_aware_time(self, stage):
        records = [record for page in stage.port.all() for record in page.records]
        assert {record.id for record in records} == set(stage.ids.values())
        assert {record.source for record in records} == {stage.port.source}
        assert {record.email for record in records} == {f"{name}@acme.example" for name in NAMES}
        assert all(record.modified_at.tzinfo is not None for record in records)

    def test_count_is_how_many_all_shows(self, stage):
        stage.later()
        assert stage.port.count() == sum(len(page.records) for page in stage.port.all()) == len(NAMES)

    def test_the_pace_is_a_rate(self, stage):
        assert 0 < stage.port.pace() < float("inf")

    def test_changed_finds_who_changed_in_the_window_and_nobody_from_outside(self, stage):
        stage.later()
        since = stage.now()
        stage.port.write([Change(stage.ids["maria"], {stage.score: "61"})])
        until = stage.now()
        stage.later()
        found = {record.id for page in stage.port.changed(since, until) for record in page.records}
        assert found == {stage.ids["maria"]}
        assert [page for page in stage.port.changed(stage.now(), stage.now()) if page.records] == []

    def test_by_ids_tells_the_missing_apart(self, stage):
        found = stage.port.by_ids([stage.ids["brian"], "987654321"])
        assert [record.id for record in found.records] == [stage.ids["brian"]]
        assert found.missing == ("987654321",)

    def test_standings_let_maria_through_and_noor_not_and_know_no_strangers(self, stage):
        standings = stage.port.standings([*stage.ids.values(), "987654321"])
        assert standings.keys() == set(stage.ids.values())
        assert standings[stage.ids["maria"]].refusals == frozenset()
        assert standings[stage.ids["maria"]].channel_refusal is None
        assert standings[stage.ids["maria"]].markers == ""
        assert Refusal.OPTED_OUT in standings[stage.ids["noor"]].refusals

    def test_what_was_written_is_read_back_and_an_empty_text_clears(self, stage):
        ending = stage.port.write([Change(stage.ids[name], {stage.score: "61"}) for name in NAMES])
        assert {(one.id, one.outcome) for one in ending} == {(id_, Outcome.DONE) for id_ in stage.ids.values()}
        assert stage.score_of("maria") == "61"
        stage.port.write([Change(stage.ids["maria"], {stage.score: ""})])
        assert stage.score_of("maria") is None
        assert stage.score_of("brian") == "61"

    def test_the_later_change_of_one_person_wins(self, stage):
        rows = [Change(stage.ids["maria"], {stage.score: value}) for value in ("1", "2")]
        assert [one.outcome for one in stage.port.write(rows)] == [Outcome.DONE]
        assert stage.score_of("maria") == "2"

    def test_a_stranger_is_refused_and_never_created(self, stage):
        rows = [Change("987654321", {stage.score: "1"}), Change(stage.ids["brian"], {stage.score: "2"})]
        endings = {one.id: one for one in stage.port.write(rows)}
        assert endings["987654321"].outcome is Outcome.REFUSED
        assert endings["987654321"].error is not None
        assert endings[stage.ids["brian"]].outcome is Outcome.DONE
        assert len([record for page in stage.port.all() for record in page.records]) == len(NAMES)

    def test_writing_nothing_is_nothing(self, stage):
        assert stage.port.write([]) == ()
        assert stage.port.standings([]) == {}
        assert stage.port.by_ids([]).records == ()

    def test_people_are_found_by_address_many_at_once(self, stage):
        wanted = [*(f"{name}@acme.example" for name in NAMES), "nobody@acme.example"]
        found = stage.port.by_emails([*wanted, wanted[0]])
        assert found.keys() == set(wanted)
        assert {email: one and one.id for email, one in found.items()} == {
            "nobody@acme.example": None,
            **{f"{name}@acme.example": id_ for name, id_ in stage.ids.items()},
        }

    def test_after_the_deadline_nothing_is_written_and_all_may_be_tried_later(self, stage):
        rows = [Change(stage.ids[name], {stage.score: "61"}) for name in NAMES]
        endings = stage.port.write(rows, Deadline.after(-1))
        assert {one.id for one in endings} == set(stage.ids.values())
        assert {one.outcome for one in endings} == {Outcome.LATER}
        assert all(isinstance(one.error, DeadlinePassed) for one in endings)
        assert [stage.score_of(name) for name in NAMES] == [None] * len(NAMES)

    def test_after_the_deadline_nobody_s_standing_is_told(self, stage):
        assert stage.port.by_emails(["maria@acme.example"], Deadline.after(-1)) == {}
        with suppress(DeadlinePassed):
            assert stage.port.standings([stage.ids["maria"]], Deadline.after(-1)) == {}

    def test_define_tells_what_it_made_and_is_quiet_the_second_time(self, stage):
        assert {one.name for one in stage.wanted} <= stage.port.definitions().keys()
        assert stage.port.define(stage.wanted) == ()


@pytest.fixture
def stage(build: Callable[[ExitStack], Stage], stack: ExitStack) -> Stage:
    return build(stack)


@pytest.fixture
def channel(stage: Stage, kind: str) -> EnrollmentChannel:
    return stage.channels[kind]


@pytest.mark.parametrize(("build", "kind"), REPEAT_SAFE_CHANNELS + AT_MOST_ONCE_CHANNELS)
class TestEnrollmentChannel:
    def test_its_key_names_the_platform_and_the_way(self, stage, channel, kind):
        assert channel.source == stage.port.source
        assert channel.key.startswith(f"{stage.port.source}:{kind}:")
        assert channel.batch >= 1

    def test_who_was_enrolled_carries_the_marker_and_nobody_says_that_she_is_not_in(self, stage, channel):
        assert channel.entered([stage.row("maria")]) == {stage.ids["maria"]: False}
        (ending,) = channel.enroll([stage.row("maria")], Deadline.after(20))
        assert (ending.id, ending.outcome) == (stage.ids["maria"], Outcome.DONE)
        found = channel.entered([stage.row("maria"), stage.row("brian")])
        assert found[stage.ids["maria"]] is not False
        assert found[stage.ids["brian"]] is False
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].markers == "finance:1"

    def test_who_leaves_keeps_the_marker(self, stage, channel):
        channel.enroll([stage.row("maria")], Deadline.after(20))
        (ending,) = channel.leave([stage.row("maria")], Deadline.after(20))
        assert ending.outcome is Outcome.DONE
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].markers == "finance:1"

    def test_who_was_never_in_may_leave(self, stage, channel):
        (ending,) = channel.leave([stage.row("brian")], Deadline.after(20))
        assert ending.outcome is Outcome.DONE

    def test_a_next_episode_can_be_entered_after_leaving(self, stage, channel):
        channel.enroll([stage.row("maria", 1)], Deadline.after(20))
        channel.leave([stage.row("maria", 1)], Deadline.after(20))
        assert channel.entered([stage.row("maria", 2)]) == {stage.ids["maria"]: False}
        (ending,) = channel.enroll([stage.row("maria", 2)], Deadline.after(20))
        assert ending.outcome is Outcome.DONE
        assert channel.entered([stage.row("maria", 2)])[stage.ids["maria"]] is not False

    def test_a_stranger_is_refused_and_the_others_go_on(self, stage, channel):
        rows = [replace(stage.row("maria"), id="987654321"), stage.row("brian")]
        endings = {one.id: one.outcome for one in channel.enroll(rows, Deadline.after(20))}
        assert endings == {"987654321": Outcome.REFUSED, stage.ids["brian"]: Outcome.DONE}

    def test_after_the_deadline_nothing_happens_and_all_may_be_tried_later(self, stage, channel):
        (ending,) = channel.enroll([stage.row("maria")], Deadline.after(-1))
        assert ending.outcome is Outcome.LATER
        assert isinstance(ending.error, PlatformError)
        assert channel.entered([stage.row("maria")]) == {stage.ids["maria"]: False}
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].markers == ""


@pytest.mark.parametrize(("build", "kind"), REPEAT_SAFE_CHANNELS)
class TestRepeatSafeChannel:
    def test_it_says_so(self, channel):
        assert channel.repeat_safe

    def test_enrolling_again_for_the_same_episode_is_done_already(self, stage, channel):
        for _ in range(2):
            (ending,) = channel.enroll([stage.row("maria")], Deadline.after(20))
            assert ending.outcome is Outcome.DONE
        assert channel.entered([stage.row("maria")]) == {stage.ids["maria"]: True}

    def test_who_has_left_is_in_no_longer(self, stage, channel):
        channel.enroll([stage.row("maria"), stage.row("brian")], Deadline.after(20))
        channel.leave([stage.row("maria")], Deadline.after(20))
        entered = channel.entered([stage.row("maria"), stage.row("brian")])
        assert not entered[stage.ids["maria"]]
        assert entered[stage.ids["brian"]] is True


@pytest.mark.parametrize(("build", "kind"), AT_MOST_ONCE_CHANNELS)
class TestAtMostOnceChannel:
    def test_it_says_so_and_marks_before_it_asks(self, channel):
        assert not channel.repeat_safe
        assert channel.marks_first

    def test_where_a_marker_stands_nobody_is_ever_said_to_be_out(self, stage, channel):
        channel.enroll([stage.row("maria")], Deadline.after(20))
        channel.leave([stage.row("maria")], Deadline.after(20))
        assert channel.entered([stage.row("maria")])[stage.ids["maria"]] is not False

    def test_a_marker_that_a_person_wrote_is_believed(self, stage, channel, kind):
        name = "TRACKMARK" if kind == "journey" else "trellis_enrolled"
        stage.port.write([Change(stage.ids["maria"], {name: "finance:1"})])
        assert channel.entered([stage.row("maria")])[stage.ids["maria"]] is not False


class TestHubSpotPort:
    @pytest.fixture(params=HUBSPOTS.values(), ids=HUBSPOTS)
    def stage(self, request: pytest.FixtureRequest, stack: ExitStack) -> HubSpotStage:
        return request.param(stack)

    def test_a_list_is_found_by_name_and_shows_who_joined(self, stage):
        stage.channels["list"].enroll([stage.row("maria")], Deadline.after(20))
        list_id = stage.port.lists()[LIST].id
        (page,) = stage.port.list_members(list_id)
        assert [member.id for member in page.members] == [stage.ids["maria"]]
        assert list(stage.port.list_members(list_id, page.token)) == [page]

    def test_the_track_property_shows_the_track_until_it_is_left(self, stage):
        channel = stage.channels["property"]
        channel.enroll([stage.row("maria")], Deadline.after(20))
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].track == "finance"
        other = Enrollment(stage.ids["maria"], "ops", "finance:1")
        channel.leave([other], Deadline.after(20))
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].track == "finance"
        channel.leave([stage.row("maria")], Deadline.after(20))
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].track == ""

    def test_the_exclude_box_refuses(self, stage):
        stage.port.write([Change(stage.ids["brian"], {"trellis_exclude": "true"})])
        assert stage.port.standings([stage.ids["brian"]])[stage.ids["brian"]].refusals == {Refusal.EXCLUDED}

    def test_a_contact_is_found_by_address_with_what_speaks_against_mail_to_her(self, stage):
        noor = stage.port.contact_by_email("noor@acme.example")
        assert noor is not None
        assert (noor.id, noor.source) == (stage.ids["noor"], "hubspot")
        assert noor.values["hs_email_optout"] == "true"
        assert stage.port.contact_by_email("nobody+at-all@acme.example") is None

    def test_changes_come_newest_first_and_tell_how_many_there_are(self, stage):
        stage.later()
        since = stage.now()
        for name in ("maria", "brian"):
            stage.port.write([Change(stage.ids[name], {stage.score: "61"})])
            stage.later()
        (page,) = stage.port.changed(since, stage.now())
        assert [record.id for record in page.records] == [stage.ids["brian"], stage.ids["maria"]]
        assert page.total == 2

    def test_changes_until_then_still_count_and_those_beyond_are_all_shown(self, stage):
        stage.later()
        since = stage.now()
        for name in NAMES:
            known = stage.now()
            stage.port.write([Change(stage.ids[name], {stage.score: "61"})])
            stage.later()
        pages = list(stage.port.changed(since, stage.now(), known - timedelta(seconds=1)))
        assert pages[0].total == len(NAMES)
        assert stage.ids["noor"] in {record.id for page in pages for record in page.records}
        assert [page.total for page in stage.port.changed(since, stage.now(), stage.now())] == [len(NAMES)]

    def test_ids_are_counted_and_shown_within_bounds(self, stage):
        numbers = sorted(int(each) for each in stage.ids.values())
        low, middle, high = numbers
        stage.later()
        assert stage.port.count_within(low, high) == 3
        assert stage.port.count_within(low, middle) == 2
        assert stage.port.count_within(high + 1, high + 10) == 0
        assert stage.port.ids_within(middle, high) == (str(middle), str(high))

    def test_nobody_here_is_in_the_bin(self, stage):
        assert stage.port.archived([*stage.ids.values(), "987654321"]) == frozenset()
        assert stage.port.archived([]) == frozenset()

    def test_history_begins_with_the_present_value(self, stage):
        stage.port.write([Change(stage.ids["maria"], {"trellis_score": "61"})])
        maria = stage.ids["maria"]
        newest = stage.port.history([maria], ["trellis_score"]).found[maria]["trellis_score"][0]
        assert (newest.value, newest.at.tzinfo is not None) == ("61", True)

    def test_owners_tasks_portal_and_flows_answer(self, stage):
        (owner,) = stage.port.owners()
        assert owner.email == "ana@team.example"
        due = stage.now() + timedelta(days=1)
        assert stage.port.create_task(
            stage.ids["maria"], title="Call", body="", due=due, owner_id=owner.id, deadline=Deadline.after(30)
        )
        with pytest.raises(DeadlinePassed):
            stage.port.create_task(
                stage.ids["maria"], title="Call", body="", due=due, owner_id=owner.id, deadline=Deadline.after(-1)
            )
        assert stage.port.portal()["timeZone"]
        assert {flow.name for flow in stage.port.flows()} <= {"Called"}
        assert stage.port.changed_companies(stage.now() - timedelta(days=1), stage.now()) == ()


class TestMailchimpPort:
    @pytest.fixture(params=MAILCHIMPS.values(), ids=MAILCHIMPS)
    def stage(self, request: pytest.FixtureRequest, stack: ExitStack) -> MailchimpStage:
        return request.param(stack)

    def test_the_account_has_a_name(self, stage):
        assert stage.port.account()["account_name"]
        assert stage.port.audience == "main"

    def test_a_member_is_found_by_address_whatever_its_case(self, stage):
        found = stage.port.member_by_email(" Maria@Acme.Example ")
        assert found is not None
        assert found.id == stage.ids["maria"]
        assert stage.port.member_by_email("nobody@acme.example") is None

    def test_activity_names_the_member_the_campaign_and_the_link(self, stage):
        hour = timedelta(hours=1)
        acts = [act for page in stage.port.activity(stage.now() - hour, stage.now()) for act in page]
        (click,) = [act for act in acts if act.kind == "email_click"]
        (maria,) = stage.port.by_ids([stage.ids["maria"]]).records
        assert click.id == maria.values["subscriber_hash"]
        assert (click.campaign_name, click.asset) == ("News", "https://acme.example/pricing")
        assert list(stage.port.activity(stage.now() + hour, stage.now() + 2 * hour)) == []

    @pytest.mark.parametrize("kind", ["tag", "journey"])
    def test_noor_is_never_enrolled(self, stage, kind):
        endings = stage.channels[kind].enroll([stage.row("noor")], Deadline.after(20))
        assert [one.outcome for one in endings] == [Outcome.REFUSED]
        noor = stage.port.standings([stage.ids["noor"]])[stage.ids["noor"]]
        assert (noor.markers, noor.tags) == ("", frozenset())

    def test_the_tag_shows_in_the_standing(self, stage):
        stage.channels["tag"].enroll([stage.row("maria")], Deadline.after(20))
        assert stage.port.standings([stage.ids["maria"]])[stage.ids["maria"]].tags == {TAG}

    def test_a_new_webhook_has_a_secret_and_is_listed(self, stage):
        routes = Routes()
        routes.add("GET", "/hook", lambda _request: Response())
        with Server(routes) as receiver:
            assert stage.port.create_webhook(f"{receiver.url}/hook")
        assert stage.port.webhooks() == (f"{receiver.url}/hook",)
