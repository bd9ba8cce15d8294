"""Tag enrollment against pretend Mailchimp and its flows: nobody twice, nobody who may not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import Deadline, DeadlinePassed, Enrollment, EnrollmentChannel, Outcome, PlatformRefused
from adapters.sandbox import Clock, Fault, Sandbox

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIST = "abc123"
TAG = "trellis:track:finance"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOON), hubspot=False) as running:
        account = running.mailchimp
        audience = account.add_audience("main", id=LIST)
        audience.define("TRACKMARK", "Trellis markers")
        for name in ("maria", "brian", "noor"):
            account.life.subscribe(f"{name}@acme.example")
        account.life.unsubscribe("noor@acme.example")
        account.add_flow("Finance", audience=audience, mails=["[FIN] 1", "[FIN] 2"], tag=TAG, reenter=True)
        yield running


@pytest.fixture
def channel(sandbox: Sandbox) -> EnrollmentChannel:
    client = MailchimpClient(
        api_key="sandbox-us19",
        base_url=sandbox.mailchimp_url,
        slots=Slots(8),
        budget=RateBudget(1000, 1.0, burst=1000),
        sleep=lambda _seconds: None,
    )
    return MailchimpPlatform(client, audience="main", list_id=LIST).tag_channel(TAG)


def row(sandbox: Sandbox, name: str, episode: int = 1, markers: str = "") -> Enrollment:
    member = sandbox.mailchimp.audiences[LIST].get(f"{name}@acme.example")
    return Enrollment(member.contact_id, "finance", markers or f"finance:{episode}")


def member_row(sandbox: Sandbox, name: str) -> dict:
    audience = sandbox.mailchimp.audiences[LIST]
    return audience.member_json(audience.get(f"{name}@acme.example"))


def happened(sandbox: Sandbox, name: str, kind: str) -> int:
    return len(sandbox.effects.of(kind=kind, email=f"{name}@acme.example"))


def soon() -> Deadline:
    return Deadline.after(20)


def test_enroll_writes_the_marker_and_starts_the_flow(sandbox, channel):
    assert channel.key == "mailchimp:main:tag:trellis:track:finance"
    assert [one.outcome for one in channel.enroll([row(sandbox, "maria")], soon())] == [Outcome.DONE]
    shown = member_row(sandbox, "maria")
    assert shown["merge_fields"]["TRACKMARK"] == "finance:1"
    assert [tag["name"] for tag in shown["tags"]] == [TAG]
    assert happened(sandbox, "maria", "entered") == 1
    assert channel.entered([row(sandbox, "maria"), row(sandbox, "brian")]) == {
        row(sandbox, "maria").id: True,
        row(sandbox, "brian").id: False,
    }


def test_a_segment_gets_its_tag_and_starts_nothing_even_if_somebody_listens(sandbox, channel):
    segment = row(sandbox, "maria", markers="winback:1")
    for _ in range(2):
        assert [one.outcome for one in channel.enroll([segment], soon())] == [Outcome.DONE]
    assert [tag["name"] for tag in member_row(sandbox, "maria")["tags"]] == [TAG]
    assert channel.entered([segment]) == {segment.id: True}
    assert len(sandbox.effects) == 0
    assert [one.outcome for one in channel.leave([segment], soon())] == [Outcome.DONE]
    assert member_row(sandbox, "maria")["tags"] == []
    assert len(sandbox.effects) == 0


def test_who_is_not_subscribed_is_refused_before_anything_is_written(sandbox, channel):
    sandbox.mailchimp_server.calls.reset()
    (outcome,) = channel.enroll([row(sandbox, "noor")], soon())
    assert outcome.outcome is Outcome.REFUSED
    assert all(name.startswith("GET") for name in sandbox.mailchimp_server.calls.counts)
    assert member_row(sandbox, "noor")["merge_fields"]["TRACKMARK"] == ""
    assert happened(sandbox, "noor", "entered") == 0


def test_who_unsubscribes_between_the_read_and_the_marker_is_not_tagged(sandbox, channel):
    echo = {**member_row(sandbox, "maria"), "status": "unsubscribed"}
    echo["merge_fields"]["TRACKMARK"] = "finance:1"
    sandbox.mailchimp_server.faults.add(Fault(method="PATCH", status=200, body=echo))
    (outcome,) = channel.enroll([row(sandbox, "maria")], soon())
    assert outcome.outcome is Outcome.REFUSED
    assert happened(sandbox, "maria", "entered") == 0


def test_a_tag_that_is_refused_uses_no_episode_up(sandbox, channel):
    channel.enroll([row(sandbox, "maria", 1)], soon())
    channel.leave([row(sandbox, "maria", 1)], soon())
    sandbox.mailchimp_server.faults.add(Fault(method="POST", path="/tags", status=400, body={"title": "Bad Request"}))
    (outcome,) = channel.enroll([row(sandbox, "maria", 2, markers="finance:2;ops:1")], soon())
    assert outcome.outcome is Outcome.REFUSED
    assert member_row(sandbox, "maria")["merge_fields"]["TRACKMARK"] == "finance:1;ops:1"
    assert happened(sandbox, "maria", "entered") == 1


def test_enrolling_twice_for_one_episode_mails_once(sandbox, channel):
    for _ in range(3):
        assert channel.enroll([row(sandbox, "maria")], soon())[0].outcome is Outcome.DONE
    sandbox.clock.advance(timedelta(days=30))
    sandbox.mailchimp.settle()
    assert happened(sandbox, "maria", "entered") == 1
    assert happened(sandbox, "maria", "sent") == 2


def test_a_tag_left_over_from_an_earlier_episode_does_not_swallow_the_next(sandbox, channel):
    channel.enroll([row(sandbox, "maria", 1)], soon())
    sandbox.clock.advance(timedelta(days=100))
    sandbox.mailchimp.settle()
    assert channel.entered([row(sandbox, "maria", 2)]) == {row(sandbox, "maria").id: False}
    channel.enroll([row(sandbox, "maria", 2, markers="winback:1;finance:2")], soon())
    assert happened(sandbox, "maria", "entered") == 2
    assert channel.entered([row(sandbox, "maria", 2)]) == {row(sandbox, "maria").id: True}


@pytest.mark.parametrize("episode", [1, 2])
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("applied", [True, False])
def test_an_enrollment_that_breaks_off_anywhere_is_finished_by_repeating_it(sandbox, channel, after, applied, episode):
    """Whichever write loses its answer (applied or not), the probe and one more try end in exactly one entry."""
    if episode == 2:
        channel.enroll([row(sandbox, "maria", 1)], soon())
        sandbox.clock.advance(timedelta(days=100))
        sandbox.mailchimp.settle()
    before = happened(sandbox, "maria", "entered")
    broken = Fault(method="PATCH|POST", after=after, ending="drop", apply=applied)
    sandbox.mailchimp_server.faults.add(broken)
    enrollment = row(sandbox, "maria", episode)
    first = channel.enroll([enrollment], soon())[0]
    sandbox.mailchimp_server.faults.clear()
    assert first.outcome is (Outcome.UNKNOWN if broken.hits else Outcome.DONE)
    if not channel.entered([enrollment])[enrollment.id]:
        assert channel.enroll([enrollment], soon())[0].outcome is Outcome.DONE
    assert channel.entered([enrollment]) == {enrollment.id: True}
    assert happened(sandbox, "maria", "entered") == before + 1


def test_leave_takes_the_tag_off_and_keeps_the_markers(sandbox, channel):
    channel.enroll([row(sandbox, "maria")], soon())
    assert [one.outcome for one in channel.leave([row(sandbox, "maria")], soon())] == [Outcome.DONE]
    shown = member_row(sandbox, "maria")
    assert shown["tags"] == []
    assert shown["merge_fields"]["TRACKMARK"] == "finance:1"
    assert happened(sandbox, "maria", "left") == 1
    sandbox.mailchimp_server.calls.reset()
    channel.leave([row(sandbox, "maria")], soon())
    assert all(name.startswith("GET") for name in sandbox.mailchimp_server.calls.counts)


def test_a_stranger_is_refused_and_the_others_go_on(sandbox, channel):
    outcomes = channel.enroll([Enrollment("c0ffee", "finance", "finance:1"), row(sandbox, "brian")], soon())
    assert [one.outcome for one in outcomes] == [Outcome.REFUSED, Outcome.DONE]
    assert channel.entered([Enrollment("c0ffee", "finance", "finance:1")]) == {"c0ffee": False}


def test_a_tag_in_other_letters_is_the_same_tag(sandbox, channel):
    sandbox.mailchimp.life.tag("maria@acme.example", TAG.upper())
    entered = happened(sandbox, "maria", "entered")
    channel.enroll([row(sandbox, "maria")], soon())
    assert happened(sandbox, "maria", "entered") == entered + 1


def test_the_fifty_first_tag_is_seen(sandbox, channel):
    for number in range(55):
        sandbox.mailchimp.life.tag("maria@acme.example", f"tag {number}")
    channel.enroll([row(sandbox, "maria")], soon())
    assert channel.entered([row(sandbox, "maria")]) == {row(sandbox, "maria").id: True}


def test_markers_that_would_be_cut_off_are_refused(sandbox, channel):
    (outcome,) = channel.enroll([row(sandbox, "maria", markers=";".join(f"track-{n}:1" for n in range(40)))], soon())
    assert outcome.outcome is Outcome.REFUSED
    assert isinstance(outcome.error, PlatformRefused)
    assert outcome.error.fields == ("TRACKMARK",)


def test_without_the_markers_field_nobody_is_enrolled(sandbox, channel):
    audience = sandbox.mailchimp.audiences[LIST]
    audience.fields.remove(audience.field_by_tag("TRACKMARK"))
    (outcome,) = channel.enroll([row(sandbox, "maria")], soon())
    assert outcome.outcome is Outcome.REFUSED
    assert happened(sandbox, "maria", "entered") == 0


def test_after_the_deadline_nothing_is_sent_and_everything_may_be_tried_later(sandbox, channel):
    sandbox.mailchimp_server.calls.reset()
    (outcome,) = channel.enroll([row(sandbox, "maria")], Deadline.after(-1))
    assert outcome.outcome is Outcome.LATER
    assert isinstance(outcome.error, DeadlinePassed)
    assert sandbox.mailchimp_server.calls.total == 0


def test_a_probe_that_gets_no_answer_says_so(sandbox, channel):
    sandbox.mailchimp_server.faults.add(Fault(method="GET", times=None, status=500))
    assert channel.entered([row(sandbox, "maria")]) == {row(sandbox, "maria").id: None}


def test_no_call_takes_more_rows_than_promised(channel):
    with pytest.raises(ValueError, match="at most"):
        channel.enroll([Enrollment(f"c{n}", "finance", "finance:1") for n in range(channel.batch + 1)], soon())
