"""The quirks of facts/mailchimp.md §8, one test for each number, on our side.

In more detail: 3, 4, 6, 8 and 14 test_mailchimp_audience and _enroll · 9 test_mailchimp_listing · 10 test_mailchimp_members ·
11 test_mailchimp_client and _listing · 16 tests/webhooks · 17 test_mailchimp_contract. Traps of the SDK (§1): _client.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import Change, Deadline, Definition, Enrollment, Outcome, PlatformRefused
from adapters.sandbox import Clock, Fault, Sandbox, mailchimp
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes
from connector.facts import Refusal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MARIA, NOOR = "maria@acme.example", "noor@acme.example"


class Naps:
    """Time that passes at once, and only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


class Tapped(Routes):
    """The routes of a pretend platform, with a note of every request."""

    def __init__(self, inner: Routes) -> None:
        super().__init__()
        self._inner = inner
        self.seen: list[Request] = []

    def answer(self, request: Request) -> Response:
        self.seen.append(request)
        return self._inner.answer(request)

    def matches(self, request: Request):
        return self._inner.matches(request)


class World:
    """An audience with maria and noor, who has left; the adapter; every request it has made."""

    def __init__(self, sandbox: Sandbox, tapped: Tapped, server: Server) -> None:
        self.sandbox = sandbox
        self.tapped = tapped
        self.server = server
        self.audience = sandbox.mailchimp.add_audience("main", id="abc123")
        self.life = sandbox.mailchimp.life
        naps = Naps()
        self.client = MailchimpClient(
            api_key="sandbox-us19",
            base_url=f"{server.url}/3.0",
            slots=Slots(8),
            budget=RateBudget(10_000, 1.0, burst=10_000, sleep=naps.sleep, monotonic=naps.monotonic),
            sleep=naps.sleep,
            monotonic=naps.monotonic,
        )
        self.platform = MailchimpPlatform(self.client, audience="main", list_id="abc123")
        self.platform.define([Definition("LEADSCORE", "Score", "number"), Definition("TRACKMARK", "Markers", "text")])
        for email in (MARIA, NOOR):
            self.life.subscribe(email)
        self.life.unsubscribe(NOOR)
        self.ids = {member.email: member.contact_id for member in self.audience}

    def read(self, email: str):
        return self.platform.member_by_email(email)

    def write(self, email: str, **values: str):
        (outcome,) = self.platform.write([Change(self.ids[email], values)])
        return outcome

    def sent(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.tapped.seen]


@pytest.fixture
def world() -> Iterator[World]:
    with Sandbox(Clock(NOON), hubspot=False) as sandbox:
        tapped = Tapped(mailchimp.routes(sandbox.mailchimp))
        with Server(tapped) as server:
            yield World(sandbox, tapped, server)


def test_01_an_empty_204_is_success(world):
    channel = world.platform.tag_channel("trellis:track:x")
    row = Enrollment(world.ids[MARIA], "x", "x:1")
    assert [one.outcome for one in channel.enroll([row], Deadline.after(60))] == [Outcome.DONE]
    assert [one.outcome for one in channel.leave([row], Deadline.after(60))] == [Outcome.DONE]


def test_02_a_stranger_is_missing_refused_and_never_created(world):
    world.audience.remove(world.audience.get(NOOR), NOON)
    assert world.platform.by_ids([world.ids[NOOR]]).missing == (world.ids[NOOR],)
    outcome = world.write(NOOR, LEADSCORE="5")
    assert (outcome.outcome, outcome.error.status) == (Outcome.REFUSED, 404)
    assert len(world.audience) == 1


def test_03_nobody_is_upserted_woken_or_given_a_status(world):
    world.life.archive(MARIA)
    assert world.write(MARIA, LEADSCORE="5").outcome is Outcome.DONE
    assert world.audience.get(MARIA).status == "archived"
    written = [one for one in world.tapped.seen if one.method != "GET" and "/members/" in one.path]
    assert {one.method for one in written} == {"PATCH"}
    assert {tuple(one.json()) for one in written} == {("merge_fields",)}


def test_04_unset_is_no_value_and_numbers_and_addresses_are_read_as_they_are(world):
    assert world.read(MARIA).values["merge_fields.LEADSCORE"] is None
    address = {"addr1": "Carrer Nou 1", "city": "Girona", "state": "GI", "zip": "17001"}
    world.life.edit_profile(MARIA, {"ADDRESS": address, "LEADSCORE": 61})
    values = world.read(MARIA).values
    assert (values["merge_fields.LEADSCORE"], values["merge_fields.ADDRESS.city"]) == ("61", "Girona")
    assert world.write(MARIA, TRACKMARK="é" * 127).outcome is Outcome.DONE


def test_05_a_field_that_is_refused_or_ignored_is_named(world):
    body = {"title": "Invalid Resource", "status": 400, "errors": [{"field": "merge_fields.LEADSCORE", "message": "?"}]}
    world.server.faults.add(Fault(method="PATCH", status=400, body=body))
    refused = world.write(MARIA, LEADSCORE="5")
    assert (refused.outcome, refused.error.fields) == (Outcome.REFUSED, ("merge_fields.LEADSCORE",))
    world.audience.fields.remove(world.audience.field_by_tag("LEADSCORE"))
    ignored = world.write(MARIA, LEADSCORE="5")
    assert (ignored.outcome, "LEADSCORE" in str(ignored.error)) == (Outcome.REFUSED, True)


def test_06_an_empty_required_field_does_not_stand_in_the_way(world):
    world.audience.define("MUST", "Must", required=True)
    assert world.write(MARIA, LEADSCORE="5").outcome is Outcome.DONE


def test_07_an_address_that_looks_fake_is_refused_for_good_and_not_repeated_in_our_words(world):
    detail = f"{MARIA} looks fake or invalid, please enter a real email address."
    body = {"title": "Invalid Resource", "status": 400, "detail": detail}
    world.server.faults.add(Fault(method="PATCH", status=400, body=body))
    outcome = world.write(MARIA, LEADSCORE="5")
    assert outcome.outcome is Outcome.REFUSED
    assert "looks fake" in str(outcome.error)
    assert MARIA not in str(outcome.error)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "Member In Compliance State"),
        (400, "Forgotten Email Not Subscribed"),
        (400, "Member Exists"),
        (405, "Method Not Allowed"),
    ],
)
def test_08_what_mailchimp_forbids_is_asked_once(world, status, title):
    fault = world.server.faults.add(Fault(method="PATCH", times=None, status=status, body={"title": title}))
    outcome = world.write(MARIA, LEADSCORE="5")
    assert (outcome.outcome, outcome.error.category, fault.hits) == (Outcome.REFUSED, title, 1)


def test_09_more_than_ten_are_read_once_each_whatever_our_own_writes_move(world):
    for number in range(30):
        world.sandbox.clock.advance(timedelta(seconds=1))
        world.life.subscribe(f"n{number}@acme.example")
    small = MailchimpPlatform(world.client, audience="main", list_id="abc123", page_size=5)
    seen = []
    for page in small.changed(NOON, world.sandbox.clock()):
        seen += [record.id for record in page.records]
        world.sandbox.clock.advance(timedelta(minutes=1))
        world.platform.write([Change(record.id, {"LEADSCORE": str(len(seen))}) for record in page.records])
    assert len(seen) == len(set(seen)) == 32


def test_10_times_of_every_style_are_understood(world):
    world.life.tag(MARIA, "vip")
    world.sandbox.mailchimp.switches.plain_tag_dates = True
    for number in range(60):
        world.life.tag(MARIA, f"tag {number}")
    record = world.read(MARIA)
    assert record.modified_at == NOON
    assert len(str(record.values["tags"]).split(";")) == 61
    world.audience.get(MARIA).timestamp_opt = None
    assert world.read(MARIA).values["timestamp_opt"] is None


def test_11_never_more_than_eight_are_in_flight_and_a_crowded_door_is_waited_for(world):
    gate = world.sandbox.mailchimp.gate
    gate.latency = 0.01
    world.platform.by_ids([world.ids[MARIA], *(f"c{number}" for number in range(40))])
    assert 1 < gate.most <= 8
    assert gate.refused == 0
    world.server.faults.add(Fault(status=429, times=2))
    assert world.read(MARIA).id == world.ids[MARIA]


def test_12_no_batch_is_started(world):
    """Its answers come later, in any order, without a word on what was applied: nothing that may mail waits on that."""
    for number in range(60):
        world.life.subscribe(f"n{number}@acme.example")
    ids = [member.contact_id for member in world.audience]
    world.platform.write([Change(id_, {"LEADSCORE": "5"}) for id_ in ids])
    world.platform.standings(ids)
    list(world.platform.all())
    assert [one for one in world.sent() if "batch" in one] == []


def test_13_no_batch_webhook_is_made(world):
    hook = Routes()
    hook.add("GET", "/hook", lambda _request: Response())
    with Server(hook) as receiver:
        world.platform.create_webhook(f"{receiver.url}/hook")
    assert world.sent()[-1] == "POST /3.0/lists/abc123/webhooks"
    assert set(world.tapped.seen[-1].json()["events"]) == {
        *("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
    }


def test_14_members_are_never_written_in_bulk(world):
    """It names people by address: who changed hers since we read her would be created."""
    world.platform.write([Change(id_, {"LEADSCORE": "5"}) for id_ in world.ids.values()])
    assert "POST /3.0/lists/abc123" not in world.sent()


def test_15_what_trails_behind_is_not_what_we_go_by(world):
    world.sandbox.mailchimp.switches.lag = timedelta(hours=1)
    world.life.subscribe("lead@acme.example")
    world.life.tag("lead@acme.example", "vip")
    assert world.platform.count() == 3
    assert world.read("lead@acme.example").values["tags"] == "vip"
    assert not [one for one in world.tapped.seen if "stats" in one.arg("fields") and "/members" not in one.path]


def test_16_a_hook_that_mailchimp_cannot_reach_is_refused_and_ours_hears_no_echoes(world):
    with pytest.raises(PlatformRefused, match="url"):
        world.platform.create_webhook("http://127.0.0.1:9/hook")
    hook = Routes()
    hook.add("GET", "/hook", lambda _request: Response())
    with Server(hook) as receiver:
        secret = world.platform.create_webhook(f"{receiver.url}/hook")
        assert secret
        world.write(MARIA, LEADSCORE="5")
        world.sandbox.mailchimp.flush()
        assert world.sandbox.mailchimp.webhooks.log == []


def test_17_fields_are_named_so_that_no_links_come(world):
    list(world.platform.all())
    list(world.platform.activity(NOON - timedelta(hours=1), NOON))
    asked = [one.arg("fields") for one in world.tapped.seen if one.method == "GET"]
    assert all(asked)
    assert "_links" not in json.dumps(asked)


def test_18_connections_that_close_and_cookies_change_nothing(world):
    for _ in range(3):
        world.read(MARIA)
    assert [one for one in world.tapped.seen if "cookie" in one.headers] == []


def test_every_status_of_a_member_is_understood(world):
    """§3: subscribed, unsubscribed, cleaned, pending, transactional, archived, and an unsubscribed complainer."""
    for status in ("cleaned", "pending", "transactional", "archived"):
        world.life.subscribe(f"{status}@acme.example")
        world.audience.set_status(world.audience.get(f"{status}@acme.example"), status, NOON)
    world.life.subscribe("angry@acme.example")
    world.life.complain("angry@acme.example", world.life.send_campaign("News"))
    ids = {member.contact_id: member.email.partition("@")[0] for member in world.audience}
    standings = {ids[id_]: one for id_, one in world.platform.standings(list(ids)).items()}
    said = {name: (set(one.refusals), one.channel_refusal) for name, one in standings.items()}
    assert said == {
        "maria": (set(), None),
        "noor": ({Refusal.OPTED_OUT}, None),
        "cleaned": ({Refusal.BOUNCED}, None),
        "pending": (set(), Refusal.UNCONFIRMED),
        "transactional": (set(), Refusal.NOT_SUBSCRIBED),
        "archived": (set(), Refusal.ARCHIVED),
        "angry": ({Refusal.OPTED_OUT, Refusal.COMPLAINED}, None),
    }


def test_ratings_and_stats_are_raw_values(world):
    mail = world.life.send_campaign("News", to=[MARIA])
    world.life.open(MARIA, mail)
    world.life.click(MARIA, mail, "https://acme.example/pricing")
    world.life.buy(MARIA, "49.90")
    world.life.send_campaign("More", to=[MARIA])
    values = world.read(MARIA).values
    assert values["member_rating"] == "5"
    assert (values["stats.avg_open_rate"], values["stats.avg_click_rate"]) == ("0.5", "0.5")
    assert values["stats.ecommerce_data.number_of_orders"] == "1"
    assert values["stats.ecommerce_data.total_revenue"] == "49.9"
