"""A platform that is away, out of calls, or refuses our token: it is left alone, the other goes on, and nothing is lost."""

from __future__ import annotations

import dataclasses
import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from over import Over
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from adapters.sandbox.faults import Fault
from connector.steps import sync as steps
from connector.steps.circuit import Kind, LeftAlone
from connector.steps.health import health_of

DAILY = {"policyName": "DAILY", "message": "You have reached your daily limit.", "errorType": "RATE_LIMIT"}


def fault(world, platform="hubspot", **answer):
    """Every call fails so until `cured`."""
    server = world.sandbox.hubspot_server if platform == "hubspot" else world.sandbox.mailchimp_server
    server.faults.add(Fault(times=None, apply=False, **answer))


def cured(world):
    world.sandbox.hubspot_server.faults.clear()
    world.sandbox.mailchimp_server.faults.clear()


def asked(world, platform="hubspot"):
    """Calls made so far to a platform, the failed ones too."""
    return sum(number for (one, _), number in world.parts.calls().items() if one == platform)


def health(world, platform="hubspot"):
    with world.store.engine.connect() as conn:
        return health_of(conn, platform, world.sandbox.clock())


def states(world):
    return [row.state for row in world.rows("SELECT state FROM delivery ORDER BY id")]


def fetch(world, path):
    try:
        with urllib.request.urlopen(f"{world.settings.public_url}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_silent_platform_is_left_alone_and_the_other_goes_on(world):
    """One pass finds out. Until the pause is over no call is made, and the other platform's people are read and written."""
    fault(world, ending="drop")
    first = steps.sync(world.parts)
    assert [(error.platform, type(error).__name__) for error in first.errors] == [("hubspot", "PlatformUnreachable")]
    before = asked(world)
    world.pass_time(seconds=10)
    member = world.new_member("carla")
    world.flush()
    told = steps.work(world.parts)
    polled = steps.sync(world.parts)
    assert asked(world) == before
    for summary in (told, polled):
        assert [type(error) for error in summary.errors] == [LeftAlone]
    assert world.member(member)["merge_fields"]["LEADSCORE"] != ""


def test_the_pause_doubles_and_one_pass_is_the_trial(world):
    fault(world, ending="drop")
    until = []
    for _ in range(5):
        before = asked(world)
        steps.work(world.parts)  # nothing waits, so nothing is asked
        steps.sync(world.parts)
        assert asked(world) > before
        trouble = health(world).trouble
        until.append((trouble.until - world.sandbox.clock()).total_seconds())
        world.sandbox.clock.advance(timedelta(seconds=until[-1] + 1))
    assert until == [30, 60, 120, 240, 300]
    cured(world)
    world.sync()
    assert health(world).trouble is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [({"ending": "drop"}, Kind.UNREACHABLE), ({"status": 401, "body": {"category": "X"}}, Kind.STOPPED)],
    ids=["silent", "token refused"],
)
def test_a_platform_that_only_enrollments_ask_is_found_out_too(world, answer, kind):
    """Their rows end one by one, and no step says that it failed."""
    lead = world.new_lead("carla")
    world.sandbox.clock.advance(timedelta(minutes=1))
    steps.sync(world.parts)
    with world.store.engine.begin() as conn:
        conn.execute(text("UPDATE intent SET state = 'pending', sending_at = NULL, attempts = 0 WHERE kind = 'enroll'"))
    world.end_pauses()
    fault(world, **answer)
    before = asked(world)
    steps.work(world.parts)
    assert asked(world) > before
    assert health(world).trouble.kind is kind
    found_out = asked(world)
    world.end_pauses()
    steps.work(world.parts)
    assert asked(world) == found_out
    assert len(world.entered(lead)) <= 1


def test_a_person_who_syncs_by_hand_always_tries(world):
    fault(world, ending="drop")
    steps.sync(world.parts)
    cured(world)
    assert [type(error) for error in steps.sync(world.parts).errors] == [LeftAlone]
    assert steps.sync(world.parts, by_hand=True).errors == []
    world.sync()


def test_who_is_known_where_nobody_answers_is_enrolled_nowhere(world):
    fault(world, "mailchimp", ending="drop")
    known = world.email("maria")
    steps.sync(world.parts)
    world.sandbox.hubspot.life.fill_form(
        known, "Newsletter", {"jobtitle": "CFO"}, "https://www.brightledger.example/blog"
    )
    stranger = world.new_lead("carla")
    world.pass_time(seconds=20)
    steps.sync(world.parts)
    assert world.entered(known) == []
    assert world.entered(stranger) == []  # nobody can say whether Mailchimp knows her address
    cured(world)
    world.pass_time(minutes=6)
    world.end_pauses()
    world.sync()
    assert [one.email for one in world.entered(stranger)] == [stranger]


def test_a_refused_token_stops_the_platform_and_webhooks_wait_without_losing_attempts(world):
    fault(world, status=401, body={"status": "error", "category": "INVALID_AUTHENTICATION", "message": "no"})
    lead = world.new_lead("carla")
    world.flush()
    assert steps.work(world.parts).errors[0].platform == "hubspot"
    assert health(world).trouble.kind is Kind.STOPPED
    status, said = fetch(world, "/readyz")
    assert status == 503
    assert json.loads(said)["checks"]["hubspot"].startswith("it does not accept our token or key since")
    before = asked(world)
    for _ in range(6):
        world.pass_time(seconds=30)
        world.end_pauses()
        steps.work(world.parts)
    assert asked(world) == before
    assert world.rows("SELECT max(attempts) AS n FROM delivery WHERE state = 'waiting'")[0].n == 0
    assert fetch(world, "/healthz")[0] == 200
    cured(world)
    world.pass_time(minutes=2)
    world.end_pauses()
    world.work()
    assert "waiting" not in states(world)
    assert "failed" not in states(world)
    assert fetch(world, "/readyz")[0] == 200
    world.sync()
    assert [one.email for one in world.entered(lead)] == [lead]


def test_other_credentials_are_tried_at_once(world):
    fault(world, status=401, body={"category": "INVALID_AUTHENTICATION"})
    steps.sync(world.parts)
    cured(world)
    assert [type(error) for error in steps.sync(world.parts).errors] == [LeftAlone]
    renewed = dataclasses.replace(world.parts, accounts={**world.parts.accounts, "hubspot": "another"})
    assert steps.sync(renewed).errors == []


def test_a_day_without_calls_is_waited_for_and_the_other_platform_goes_on(world):
    fault(world, status=429, body=DAILY)
    steps.sync(world.parts)
    assert health(world).trouble.kind is Kind.QUOTA
    before = asked(world)
    member = world.new_member("carla")
    for _ in range(11):
        world.pass_time(minutes=5)
        world.end_pauses()
        steps.work(world.parts)
        steps.sync(world.parts)
    assert asked(world) == before
    assert world.member(member)["merge_fields"]["LEADSCORE"] != ""
    cured(world)
    world.pass_time(minutes=10)
    world.sync()


def test_one_broken_endpoint_is_no_platform_that_is_away(world):
    """Whoever is told of by webhook is read by id, which goes on, poll after poll that fails."""
    fault(world, path="search", status=503)
    for key in ("carla", "dora", "elena", "fina"):
        world.pass_time(minutes=5)
        lead = world.new_lead(key)
        world.flush()
        assert [type(error).__name__ for error in steps.sync(world.parts).errors] == ["PlatformUnreachable"]
        assert world.stage(lead)
        assert health(world).trouble.until is None
    lead = world.new_lead("gina")
    world.flush()
    assert steps.work(world.parts).errors == []
    assert world.stage(lead)


class Interrupted(Over):
    """The reading of news begins with something."""

    def __init__(self, real, begin):
        super().__init__(real)
        self.begin = begin

    def changed(self, *window):
        self.begin()
        return self.real.changed(*window)


def test_a_failure_in_a_pause_of_a_long_reading_counts_for_that_pause_only(world):
    """A webhook that HubSpot could not be asked about while it was read is taken in while Mailchimp is read."""
    seen = []

    def told_while_hubspot_stumbles():
        world.new_lead("carla")
        world.flush()
        fault(world, path="contacts/batch/read", status=503)

    def later():
        seen.append(states(world)[-1])
        cured(world)
        world.end_pauses()

    mailchimp = {source: Interrupted(port, later) for source, port in world.parts.mailchimp.items()}
    hubspot = Interrupted(world.parts.hubspot, told_while_hubspot_stumbles)
    world.pass_time(minutes=5)
    summary = steps.sync(dataclasses.replace(world.parts, hubspot=hubspot, mailchimp=mailchimp))
    assert [type(error).__name__ for error in summary.errors] == ["PlatformUnreachable"]
    assert seen == ["waiting"]
    assert states(world)[-1] == "handled"


def test_metrics_tell_what_the_platforms_and_the_worker_do(world):
    fault(world, "mailchimp", ending="drop")
    steps.sync(world.parts)
    status, said = fetch(world, "/metrics")
    assert status == 200
    seen = {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels, reverse=True))): sample.value
        for family in text_string_to_metric_families(said)
        for sample in family.samples
    }
    now = world.sandbox.clock().timestamp()
    assert seen["trellis_calls_total", "hubspot", "ok"] > 0
    assert seen["trellis_calls_total", "mailchimp", "unreachable"] > 0
    assert seen["trellis_trouble", "mailchimp", "unreachable"] == 1
    assert seen["trellis_trouble", "hubspot", "unreachable"] == 0
    assert seen["trellis_last_success_timestamp_seconds", "hubspot"] == pytest.approx(now, abs=60)
    assert seen["trellis_last_success_timestamp_seconds", "mailchimp"] == pytest.approx(now - 600, abs=60)
    assert seen["trellis_last_pass_timestamp_seconds", "sync"] == pytest.approx(now, abs=60)
    assert seen["trellis_cursor_lag_seconds", "records", "hubspot"] < 60
    assert seen["trellis_cursor_lag_seconds", "records", "mailchimp:main"] >= 590
    assert sum(value for (name, *_), value in seen.items() if name == "trellis_contacts") >= 40
    assert seen["trellis_oldest_delivery_seconds",] == 0
    assert seen["trellis_unknown", "intents"] == seen["trellis_unknown", "deliveries"] == 0
    assert seen["trellis_failures_open",] == 0
    assert "@" not in said


def test_a_platform_that_was_off_for_a_while_is_told_what_it_missed(world):
    """Somebody takes HubSpot's key out for a while; meanwhile she opts out at Mailchimp."""
    carla = world.new_lead("carla", title="Controller")
    world.sandbox.mailchimp.life.subscribe(carla)
    world.settle()
    shown = world.hubspot(carla)["trellis_stage"]
    world.sandbox.mailchimp.life.unsubscribe(carla)
    world.pass_time(minutes=5)
    steps.sync(dataclasses.replace(world.parts, hubspot=None))
    assert (world.stage(carla), world.hubspot(carla)["trellis_stage"]) == ("suppressed", shown)
    world.next_pass()
    assert world.hubspot(carla)["trellis_stage"] == "suppressed"
    assert world.next_pass().tally["written"] == 0
