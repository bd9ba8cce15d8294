"""The doubles' own promises: a dry run changes nothing and tells everything; people in memory obey the same consent."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.platform import HubSpotPlatform
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.memory_hubspot import HubSpotMemory
from adapters.ports import Change, Deadline, DeadlinePassed, Definition, Enrollment, Outcome, Record
from adapters.recording import Recorded, RecordingHubSpot, RecordingMailchimp
from adapters.sandbox import Clock, Sandbox

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TAG = "trellis:track:finance"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOON)) as running:
        running.mailchimp.add_audience("main", id="abc123").define("TRACKMARK", "Markers")
        running.mailchimp.life.subscribe("maria@acme.example")
        running.hubspot.life.add_contact({"email": "maria@acme.example", "jobtitle": "CFO"})
        yield running


@pytest.fixture
def mailchimp(sandbox: Sandbox) -> RecordingMailchimp:
    client = MailchimpClient(
        api_key="sandbox-us19", base_url=sandbox.mailchimp_url, slots=Slots(8), budget=RateBudget(99, 1.0)
    )
    return RecordingMailchimp(MailchimpPlatform(client, audience="main", list_id="abc123"))


@pytest.fixture
def hubspot(sandbox: Sandbox) -> RecordingHubSpot:
    client = HubSpotClient(
        "sandbox-token",
        base_url=sandbox.hubspot_url,
        version="2026-09",
        budget=RateBudget(99, 1.0),
        search_budget=RateBudget(99, 1.0),
        now=sandbox.clock,
    )
    return RecordingHubSpot(HubSpotPlatform(client, properties=("jobtitle",)))


def test_a_dry_run_at_mailchimp_reads_for_real_and_writes_on_tape_only(sandbox, mailchimp):
    maria = mailchimp.member_by_email("maria@acme.example")
    assert maria is not None
    row = Enrollment(maria.id, "finance", "finance:1")
    channel = mailchimp.tag_channel(TAG)
    assert channel.entered([row]) == {maria.id: False}
    assert mailchimp.write([Change(maria.id, {"LEADSCORE": "61"})])[0].outcome is Outcome.DONE
    assert channel.enroll([row], Deadline.after(9))[0].outcome is Outcome.DONE
    assert channel.entered([row]) == {maria.id: True}
    assert mailchimp.define([Definition("LEADSCORE", "Score", "number"), Definition("FNAME", "Name", "text")]) == (
        "would create LEADSCORE",
    )
    assert mailchimp.create_webhook("https://trellis.example/webhooks") is None
    assert mailchimp.tape == [
        Recorded("write", maria.id, {"LEADSCORE": "61"}),
        Recorded("enroll", maria.id, {"track": "finance", "markers": "finance:1"}, channel.key),
        Recorded("define", "would create LEADSCORE"),
        Recorded("create_webhook", "https://trellis.example/webhooks"),
    ]
    assert all(name.startswith("GET ") for name in sandbox.mailchimp_server.calls.counts)
    channel.leave([row], Deadline.after(9))
    assert channel.entered([row]) == {maria.id: False}
    assert len(sandbox.effects) == 0


def test_a_dry_run_at_hubspot_changes_nothing_there(sandbox, hubspot):
    (maria,) = [record for page in hubspot.all() for record in page.records]
    before = dict(sandbox.hubspot.life.person("maria@acme.example").values)
    row = Enrollment(maria.id, "finance", "finance:1")
    hubspot.write([Change(maria.id, {"jobtitle": "CEO"})])
    hubspot.property_channel("trellis_track").enroll([row], Deadline.after(9))
    hubspot.list_channel("Nobody made this list").enroll([row], Deadline.after(9))
    assert hubspot.create_list("Ready").id == "not created"
    assert (
        hubspot.create_task(maria.id, title="Call", body="", due=NOON, owner_id=None, deadline=Deadline.after(30))
        == "not created"
    )
    assert hubspot.define([Definition("trellis_score", "Score", "number", "number")]) == ("would create trellis_score",)
    assert [one.act for one in hubspot.tape] == ["write", "enroll", "enroll", "create_list", "create_task", "define"]
    assert dict(sandbox.hubspot.life.person("maria@acme.example").values) == before
    assert hubspot.lists() == {}
    assert "trellis_score" not in hubspot.definitions()


def test_a_dry_run_keeps_deadlines(mailchimp):
    (ending,) = mailchimp.tag_channel(TAG).enroll([Enrollment("c1", "finance", "finance:1")], Deadline.after(-1))
    assert ending.outcome is Outcome.LATER
    assert isinstance(ending.error, DeadlinePassed)
    assert mailchimp.tape == []


def test_in_memory_only_what_was_done_is_on_tape():
    memory = HubSpotMemory(now=lambda: NOON)
    memory.add(Record("hubspot", "501", "maria@acme.example", {"email": "maria@acme.example"}, NOON))
    double = RecordingHubSpot(memory)
    endings = double.write([Change("501", {"trellis_score": "61"}), Change("502", {"trellis_score": "1"})])
    assert [one.outcome for one in endings] == [Outcome.DONE, Outcome.REFUSED]
    assert double.recorded("write") == (Recorded("write", "501", {"trellis_score": "61"}),)
    assert memory.people["501"].values["trellis_score"] == "61"


def test_without_a_platform_a_double_is_empty_and_works():
    assert list(RecordingHubSpot().all()) == []
    assert RecordingMailchimp().source == "mailchimp:main"
    assert RecordingMailchimp().standings(["c1"]) == {}
