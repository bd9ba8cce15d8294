"""`deliveries`, `failures` and `forget`: what is kept can be listed, looked at, tried again and erased."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connector.cli.exits import Exit
from connector.store import failures, inbox
from connector.store.engine import connect

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
BODY = b'[{"eventId": 1, "subscriptionType": "contact.creation"}]'


@pytest.fixture
def delivered(town):
    """A town with a delivery that nobody has taken in yet and one that ended as unknown."""
    engine = connect(town.database)
    with engine.begin() as conn:
        for _ in range(2):
            inbox.receive(
                conn, platform="hubspot", body=BODY, content_type="application/json", received_at=NOW, meta={}
            )
        inbox.finish_deliveries(conn, {2: inbox.End(inbox.Ending.UNKNOWN, "a subscription that nobody knows")})
    engine.dispose()
    return town


def test_deliveries_are_listed_the_latest_first_and_by_state(delivered):
    ran = delivered.trellis("deliveries", "list")
    assert ran.code == Exit.DONE
    assert [line.split() for line in ran.out.splitlines()] == [
        ["2", "2026-11-24", "11:00:00", "hubspot", "unknown", *["a", "subscription", "that", "nobody", "knows"]],
        ["1", "2026-11-24", "11:00:00", "hubspot", "waiting"],
    ]
    (unknown,) = json.loads(delivered.trellis("deliveries", "list", "--state", "unknown", "--json").out)
    assert unknown == {
        "id": 2,
        "platform": "hubspot",
        "state": "unknown",
        "reason": "a subscription that nobody knows",
        "received_at": "2026-11-24T11:00:00+00:00",
    }
    assert len(json.loads(delivered.trellis("deliveries", "list", "--limit", "1", "--json").out)) == 1


def test_a_body_is_shown_alone_on_standard_output(delivered):
    ran = delivered.trellis("deliveries", "show", "2")
    assert (ran.code, ran.out) == (Exit.DONE, f"{BODY.decode()}\n")
    assert ran.said == ["hubspot, unknown: a subscription that nobody knows (0 attempts)"]


def test_an_ended_delivery_is_taken_in_again_and_a_waiting_one_cannot_be(delivered):
    assert delivered.trellis("deliveries", "replay", "2").code == Exit.DONE
    states = [one["state"] for one in json.loads(delivered.trellis("deliveries", "list", "--json").out)]
    assert states == ["waiting", "waiting"]
    again = delivered.trellis("deliveries", "replay", "2")
    assert (again.code, again.said) == (Exit.FAILED, ["there is no ended delivery 2 whose body is still kept"])


def test_a_failure_is_listed_shown_and_tried_again(settled):
    engine = connect(settled.database)
    with engine.begin() as conn:
        for _ in range(2):
            failures.record_failure(
                conn, step="write", source="hubspot", platform_id="501", contact=1, reason="INVALID_OPTION", at=NOW
            )
    engine.dispose()
    (failure,) = json.loads(settled.trellis("failures", "list", "--json").out)
    assert (failure["step"], failure["platform_id"], failure["times"]) == ("write", "501", 2)
    number = str(failure["id"])
    assert settled.trellis("failures", "list").out.split() == [
        number,
        "write",
        "hubspot:501",
        "x2",
        "INVALID_OPTION",
    ]
    shown = settled.trellis("failures", "show", number).out
    assert "trellis explain '#1'" in shown
    assert shown.endswith("\nopen\n")
    assert settled.trellis("failures", "replay", number).code == Exit.DONE
    assert settled.trellis("failures", "list").out == "None.\n"
    assert "\nresolved " in settled.trellis("failures", "show", number).out
    assert "Judged 1 contact" in settled.trellis("sync").out


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("deliveries show 7", "there is no delivery 7: see `trellis deliveries list`"),
        ("deliveries replay 7", "there is no ended delivery 7 whose body is still kept"),
        ("failures show 7", "there is no failure 7: see `trellis failures list`"),
        ("failures replay 7", "there is no open failure 7: see `trellis failures list`"),
    ],
)
def test_a_number_that_is_not_there_is_one_line(onlooker, typed, told):
    ran = onlooker.trellis(*typed.split())
    assert (ran.code, ran.out, ran.said) == (Exit.FAILED, "", [told])


def test_without_rows_the_lists_say_so(onlooker):
    for name in ("deliveries", "failures"):
        assert onlooker.trellis(name, "list").out == "None.\n"
        assert onlooker.trellis(name, "list", "--json").out == "[]\n"


def test_forgetting_needs_no_platform_no_files_and_leaves_nothing(settled, tmp_path):
    maria = settled.email("maria")
    nowhere = {"HUBSPOT_ACCESS_TOKEN": None, "MAILCHIMP_API_KEY": None, "MAPPINGS_DIR": str(tmp_path / "nowhere")}
    calls = settled.calls()
    ran = settled.trellis("forget", maria, **nowhere)
    assert (ran.code, ran.err) == (Exit.DONE, "")
    assert maria not in ran.out
    assert settled.calls() == calls
    assert settled.execute(f"SELECT count(*) FROM record WHERE email_key = '{maria}'") == [(0,)]
    assert settled.trellis("forget", maria, **nowhere).code == Exit.FAILED
    assert settled.trellis("explain", maria).code == Exit.FAILED
    settled.trellis("sync", "--full")
    assert settled.trellis("explain", maria).code == Exit.FAILED


@pytest.mark.parametrize("command", ["explain", "forget"])
def test_two_under_one_address_are_named_by_number_and_neither_is_touched(settled, command):
    maria, brian = settled.email("maria"), settled.email("brian")
    settled.execute(f"UPDATE record SET email_key = '{maria}' WHERE email_key = '{brian}'")
    both = settled.execute(f"SELECT DISTINCT contact FROM record WHERE email_key = '{maria}' ORDER BY contact")
    ran = settled.trellis(command, maria)
    assert (ran.code, ran.out) == (Exit.FAILED, "")
    numbers = ", ".join(f"#{number}" for (number,) in both)
    assert ran.said == [f"2 contacts are called so: {numbers}; name one by that number"]
    assert settled.execute(f"SELECT DISTINCT contact FROM record WHERE email_key = '{maria}' ORDER BY contact") == both
    assert settled.trellis(command, f"#{both[0][0]}").code == Exit.DONE
