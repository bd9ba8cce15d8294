"""What every implementation of the ports promises of taking away: it goes, what is gone is no error, a dry run keeps it."""

from __future__ import annotations

import pytest

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.platform import HubSpotPlatform
from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.mailchimp_port import MailchimpPort
from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import GROUP, Definition, PlatformRefused
from adapters.recording import RecordingHubSpot, RecordingMailchimp
from adapters.sandbox import Sandbox

SCORE, FIELD = Definition("trellis_score", "Score", "number", "number"), Definition("LEADSCORE", "Score", "number")
HOOK = "https://trellis.acme.example/webhooks/mailchimp/token"


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        running.hubspot.settings.limits_on = False
        running.mailchimp.add_audience("main", id="abc123")
        running.mailchimp.webhooks.answers_validator = lambda _url: True
        yield running


def hubspots(sandbox):
    client = HubSpotClient(
        "sandbox-token",
        base_url=sandbox.hubspot_url,
        version="v3",
        budget=RateBudget(99, 1.0),
        search_budget=RateBudget(99, 1.0),
    )
    return {"real": HubSpotPlatform(client, properties=()), "memory": RecordingHubSpot(HubSpotMemory())}


def mailchimps(sandbox):
    client = MailchimpClient(
        api_key="sandbox-us19", base_url=sandbox.mailchimp_url, slots=Slots(8), budget=RateBudget(99, 1.0)
    )
    real = MailchimpPlatform(client, audience="main", list_id="abc123", page_size=2)
    return {"real": real, "memory": RecordingMailchimp(MailchimpMemory())}


@pytest.mark.parametrize("which", ["real", "memory"])
def test_hubspot(sandbox, which):
    port: HubSpotPort = hubspots(sandbox)[which]
    told: list[str] = []
    port.define([SCORE], told.append)
    port.define([SCORE], told.append)
    assert told == ["trellis_score"]  # the second time it was there already
    assert GROUP in port.groups()
    with pytest.raises(PlatformRefused):
        port.archive_group(GROUP)
    list_id = port.create_list("Ours").id
    for _ in range(2):
        port.archive_property("trellis_score")
        port.archive_group(GROUP)
        port.delete_list(list_id)
    assert "trellis_score" not in port.definitions()
    assert GROUP not in port.groups()
    assert "Ours" not in port.lists()


def test_a_name_that_an_archived_property_keeps_is_told(sandbox):
    real = hubspots(sandbox)["real"]
    real.define([SCORE])
    real.archive_property("trellis_score")
    sandbox.hubspot.settings.archived_keep_names = True
    told: list[str] = []
    (line,) = real.define([SCORE], told.append)
    assert line.startswith("could not create property trellis_score: its name is taken, perhaps by an archived one")
    assert told == []
    sandbox.hubspot.settings.archived_keep_names = False
    assert real.define([SCORE]) == ("created property trellis_score",)


@pytest.mark.parametrize("which", ["real", "memory"])
def test_mailchimp(sandbox, which):
    port: MailchimpPort = mailchimps(sandbox)[which]
    told: list[str] = []
    port.define([FIELD, Definition("TRACKMARK", "Markers", "text")], told.append)
    assert told == ["LEADSCORE", "TRACKMARK"]
    port.create_webhook(HOOK)
    for _ in range(2):
        port.delete_merge_field("LEADSCORE")
        port.delete_webhook(HOOK)
    assert "LEADSCORE" not in port.definitions()
    assert "TRACKMARK" in port.definitions()
    assert port.webhooks() == ()


def test_tags_of_all_pages_are_seen_and_go_from_everybody(sandbox):
    life = sandbox.mailchimp.life
    life.subscribe("maria@acme.example")
    for number in range(5):
        life.tag("maria@acme.example", f"trellis:track:{number}")
    port: MailchimpPort = mailchimps(sandbox)["real"]
    tags = port.tags()
    assert sorted(tags) == [f"trellis:track:{number}" for number in range(5)]
    for _ in range(2):
        port.delete_tag(tags["trellis:track:3"])
    maria = port.member_by_email("maria@acme.example")
    assert maria is not None
    assert "trellis:track:3" not in (maria.values["tags"] or "")
    assert len(port.tags()) == 4


def test_a_dry_run_keeps_everything_and_tells_what_would_go(sandbox):
    real = hubspots(sandbox)["real"]
    real.define([SCORE])
    dry = RecordingHubSpot(real)
    dry.archive_property("trellis_score")
    assert [(one.act, one.id) for one in dry.tape] == [("archive_property", "trellis_score")]
    assert "trellis_score" in real.definitions()
