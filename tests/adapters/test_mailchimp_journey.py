"""The call to a step of a flow, over real HTTP: nobody twice, nobody who may not, no episode used up in silence."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import Deadline, Enrollment, EnrollmentChannel, Outcome
from adapters.sandbox import Clock, Fault, Sandbox
from adapters.sandbox.mailchimp.flows import Flow

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIST = "abc123"
TRIGGER = "actions/trigger"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOON), hubspot=False) as running:
        account = running.mailchimp
        audience = account.add_audience("main", id=LIST)
        audience.define("TRACKMARK", "Trellis markers")
        for name in ("maria", "brian", "noor"):
            account.life.subscribe(f"{name}@acme.example")
        account.life.unsubscribe("noor@acme.example")
        yield running


@pytest.fixture
def flow(sandbox: Sandbox) -> Flow:
    audience = sandbox.mailchimp.audiences[LIST]
    return sandbox.mailchimp.add_flow(
        "Finance", audience=audience, mails=["[FIN] 1", "[FIN] 2"], journey=(81, 402), reenter=True
    )


@pytest.fixture
def port(sandbox: Sandbox) -> MailchimpPlatform:
    client = MailchimpClient(
        api_key="sandbox-us19",
        base_url=sandbox.mailchimp_url,
        slots=Slots(8),
        budget=RateBudget(1000, 1.0, burst=1000),
        sleep=lambda _seconds: None,
    )
    return MailchimpPlatform(client, audience="main", list_id=LIST)


@pytest.fixture
def channel(port: MailchimpPlatform, flow: Flow) -> EnrollmentChannel:
    assert flow.journey is not None
    return port.journey_channel(*flow.journey)


def row(sandbox: Sandbox, name: str, markers: str = "finance:1") -> Enrollment:
    return Enrollment(sandbox.mailchimp.audiences[LIST].get(f"{name}@acme.example").contact_id, "finance", markers)


def marker(sandbox: Sandbox, name: str) -> str:
    audience = sandbox.mailchimp.audiences[LIST]
    return audience.member_json(audience.get(f"{name}@acme.example"))["merge_fields"]["TRACKMARK"]


def happened(sandbox: Sandbox, name: str, kind: str) -> int:
    return len(sandbox.effects.of(kind=kind, email=f"{name}@acme.example"))


def enroll(sandbox: Sandbox, channel: EnrollmentChannel, name: str = "maria", markers: str = "finance:1") -> Outcome:
    (end,) = channel.enroll([row(sandbox, name, markers)], Deadline.after(20))
    return end.outcome


def entered(sandbox: Sandbox, channel: EnrollmentChannel, name: str = "maria") -> bool | None:
    return channel.entered([row(sandbox, name)])[row(sandbox, name).id]


def test_marker_then_call_and_the_mails_follow(sandbox, channel):
    assert channel.key == "mailchimp:main:journey:81:402"
    assert entered(sandbox, channel) is False
    assert enroll(sandbox, channel) is Outcome.DONE
    assert marker(sandbox, "maria") == "finance:1"
    sandbox.clock.advance(timedelta(days=30))
    sandbox.mailchimp.settle()
    assert (happened(sandbox, "maria", "entered"), happened(sandbox, "maria", "sent")) == (1, 2)
    assert entered(sandbox, channel) is None, "nobody can see whether she is in"
    assert entered(sandbox, channel, "brian") is False


def test_who_is_not_subscribed_is_refused_before_anything_is_written(sandbox, channel):
    sandbox.mailchimp_server.calls.reset()
    assert enroll(sandbox, channel, "noor") is Outcome.REFUSED
    assert all(name.startswith("GET") for name in sandbox.mailchimp_server.calls.counts)
    assert (marker(sandbox, "noor"), happened(sandbox, "noor", "entered")) == ("", 0)


def test_who_unsubscribes_between_the_read_and_the_marker_is_not_called(sandbox, channel):
    audience = sandbox.mailchimp.audiences[LIST]
    echo = {**audience.member_json(audience.get("maria@acme.example")), "status": "unsubscribed"}
    echo["merge_fields"]["TRACKMARK"] = "finance:1"
    sandbox.mailchimp_server.faults.add(Fault(method="PATCH", status=200, body=echo))
    assert enroll(sandbox, channel) is Outcome.REFUSED
    assert (marker(sandbox, "maria"), happened(sandbox, "maria", "entered")) == ("", 0)


def test_wrong_ids_refuse_and_use_no_episode_up(sandbox, port):
    (end,) = port.journey_channel(81, 999).enroll([row(sandbox, "maria", "finance:2;ops:1")], Deadline.after(20))
    assert end.outcome is Outcome.REFUSED
    assert marker(sandbox, "maria") == "finance:1;ops:1"


@pytest.mark.parametrize("says_no", [True, False])
def test_a_flow_that_is_off_refuses_or_says_nothing(sandbox, channel, flow, says_no):
    sandbox.mailchimp.switches.off_flows_say_no = says_no
    flow.on = False
    assert enroll(sandbox, channel) is (Outcome.REFUSED if says_no else Outcome.DONE)
    assert marker(sandbox, "maria") == ("" if says_no else "finance:1")
    assert happened(sandbox, "maria", "entered") == 0


@pytest.mark.parametrize("applied", [True, False])
def test_a_call_whose_answer_was_lost_is_unknown_for_good(sandbox, channel, applied):
    sandbox.mailchimp_server.faults.add(Fault(method="POST", path=TRIGGER, ending="drop", apply=applied))
    assert enroll(sandbox, channel) is Outcome.UNKNOWN
    assert marker(sandbox, "maria") == "finance:1"
    assert entered(sandbox, channel) is None
    assert happened(sandbox, "maria", "entered") == applied


def test_a_marker_whose_answer_was_lost_is_taken_back_and_nobody_is_called(sandbox, channel):
    sandbox.mailchimp_server.faults.add(Fault(method="PATCH", ending="drop", apply=True))
    assert enroll(sandbox, channel) is Outcome.LATER
    assert (marker(sandbox, "maria"), happened(sandbox, "maria", "entered")) == ("", 0)
    assert entered(sandbox, channel) is False


def test_leaving_takes_nothing_back(sandbox, channel):
    enroll(sandbox, channel)
    sandbox.mailchimp_server.calls.reset()
    (end,) = channel.leave([row(sandbox, "maria")], Deadline.after(20))
    assert (end.outcome, sandbox.mailchimp_server.calls.total) == (Outcome.DONE, 0)


def test_markers_that_would_be_cut_off_or_name_no_episode_are_refused(sandbox, channel):
    for markers in (f"finance:1;{';'.join(f'track-{n}:1' for n in range(40))}", "ops:1"):
        assert enroll(sandbox, channel, markers=markers) is Outcome.REFUSED
    assert (marker(sandbox, "maria"), happened(sandbox, "maria", "entered")) == ("", 0)


def test_without_the_markers_field_nobody_is_called_and_nothing_is_told(sandbox, channel):
    audience = sandbox.mailchimp.audiences[LIST]
    audience.fields.remove(audience.field_by_tag("TRACKMARK"))
    assert enroll(sandbox, channel) is Outcome.REFUSED
    assert happened(sandbox, "maria", "entered") == 0
    assert entered(sandbox, channel) is None
