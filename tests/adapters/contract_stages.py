"""Every implementation of the ports with the same three people on it: the real adapters over the sandbox's HTTP, and the doubles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
from adapters.ports import Activity, ContactPlatform, Definition, Enrollment, EnrollmentChannel, Option, Owner, Record
from adapters.recording import RecordingHubSpot, RecordingMailchimp
from adapters.sandbox import Clock, Sandbox

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
