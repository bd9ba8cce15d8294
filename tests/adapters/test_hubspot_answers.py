"""How HubSpot's answers are sorted into the kinds of error; bodies as facts/hubspot.md §3 gives them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.hubspot.answers import Answer, sort_error
from adapters.hubspot.client import next_wait
from adapters.ports import (
    CredentialsRefused,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    ScopeMissing,
)

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
RECORDED = Path(__file__).parents[3] / "shared" / "payloads" / "hubspot_v3_errors_403_404.json"


def sorted_error(status: int, body: object = None, *, writes: bool = False, **headers: str) -> PlatformError:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else b""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sort_error("contacts_update", Answer(status, named, raw), writes=writes, now=NOW)


def invalid(*entries: dict[str, object]) -> dict[str, object]:
    message = "Property values were not valid: " + json.dumps(list(entries))
    return {"status": "error", "message": message, "category": "VALIDATION_ERROR"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "no", "category": "VALIDATION_ERROR"}, PlatformRefused),
        (401, {"message": "no", "category": "INVALID_AUTHENTICATION"}, CredentialsRefused),
        (401, "<html>", CredentialsRefused),
        (403, {"message": "no"}, ScopeMissing),
        (403, "<html>a proxy</html>", PlatformUnreachable),
        (404, {"message": "no", "category": "OBJECT_NOT_FOUND"}, PlatformRefused),
        (404, "<html>Resource not found</html>", PlatformRefused),
        (408, {"message": "timeout"}, PlatformUnreachable),
        (409, {"message": "no", "category": "CONFLICT"}, PlatformRefused),
        (414, "<html>", PlatformRefused),
        (423, {}, PlatformBusy),
        (429, {}, PlatformBusy),
        (429, "", PlatformBusy),
        (477, {}, PlatformBusy),
        (500, {"message": "no"}, PlatformUnreachable),
        (502, "<html>Bad gateway</html>", PlatformUnreachable),
        (521, "", PlatformUnreachable),
        (302, "", PlatformUnreachable),
        (200, "<html>maintenance</html>", PlatformUnreachable),
        (200, '{"results": [', PlatformUnreachable),
        (204, "", PlatformUnreachable),
        (200, "null", PlatformUnreachable),
    ],
)
def test_every_status_has_one_kind(status: int, body: object, kind: type[PlatformError]) -> None:
    assert type(sorted_error(status, body)) is kind or isinstance(sorted_error(status, body), kind)
    if kind is PlatformRefused:
        assert not isinstance(sorted_error(status, body), CredentialsRefused | ScopeMissing)


@pytest.mark.parametrize("writes", [True, False])
def test_an_answer_without_sense_may_hide_a_write(writes: bool) -> None:
    error = sorted_error(502, "<html>", writes=writes)
    assert isinstance(error, PlatformUnreachable)
    assert error.maybe_applied is writes


def test_refused_values_name_their_properties() -> None:
    error = sorted_error(400, invalid({"name": "trellis_x", "error": "PROPERTY_DOESNT_EXIST"}, {"name": "jobtitle"}))
    assert isinstance(error, PlatformRefused)
    assert error.category == "VALIDATION_ERROR"
    assert error.fields == ("trellis_x", "jobtitle")


def test_a_property_that_must_not_be_empty_is_named() -> None:
    body = {"message": "Some required properties were not set.", "context": {"properties": ["industry"]}}
    error = sorted_error(400, body)
    assert isinstance(error, PlatformRefused)
    assert error.fields == ("industry",)


def test_a_listing_that_was_cut_off_still_names_properties() -> None:
    body = {"message": 'Property values were not valid: [{"isValid":false,"name":"trellis_x","err', "category": "V"}
    error = sorted_error(400, body)
    assert isinstance(error, PlatformRefused)
    assert error.fields == ("trellis_x",)


def test_no_address_gets_into_the_text() -> None:
    error = sorted_error(400, {"message": "Email address maria@acme.example is invalid (maria@acme.example)"})
    assert "maria" not in error.message
    assert "acme.example" not in error.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "0"}, 1.0),
        ({"Retry_After": "86400"}, 120.0),
        ({"Retry_After": "-3"}, 10.0),
        ({"Retry_After": "soon"}, 10.0),
        ({"Retry_After": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"Retry_After": "Sat, 21 Nov 2026 11:00:30 GMT"}, 1.0),
        ({"X_HubSpot_RateLimit_Interval_Milliseconds": "4000"}, 4.0),
        ({}, 10.0),
    ],
)
def test_how_long_a_429_asks_to_wait(headers: dict[str, str], seconds: float) -> None:
    error = sorted_error(429, {"policyName": "TEN_SECONDLY_ROLLING"}, **headers)
    assert isinstance(error, PlatformBusy)
    assert (error.retry_after, error.daily) == (seconds, False)


def test_a_daily_quota_is_told_apart_and_not_waited_for() -> None:
    error = sorted_error(429, {"message": "You have reached your daily limit.", "policyName": "DAILY"})
    assert isinstance(error, PlatformBusy)
    assert error.daily
    assert next_wait(error, 1, once=False) is None


def test_a_locked_record_waits_two_seconds_at_least_and_a_moving_account_as_long_as_it_says() -> None:
    locked, moving = sorted_error(423, {}, Retry_After="1"), sorted_error(477, {}, Retry_After="5400")
    assert isinstance(locked, PlatformBusy)
    assert isinstance(moving, PlatformBusy)
    assert (locked.retry_after, moving.retry_after) == (2.0, 5400.0)


def test_what_may_be_tried_again() -> None:
    busy = PlatformBusy("hubspot", "", retry_after=3)
    gone = PlatformUnreachable("hubspot", "", maybe_applied=True)
    assert next_wait(busy, 1, once=True) == 3
    assert next_wait(gone, 1, once=True) is None
    assert next_wait(gone, 1, once=False) == 0.5
    assert next_wait(gone, 3, once=False) == 2.0
    assert next_wait(gone, 5, once=False) is None
    assert next_wait(PlatformRefused("hubspot", ""), 1, once=False) is None


def recorded_answers() -> list[Answer]:
    interactions = json.loads(RECORDED.read_text())["interactions"]
    answers = []
    for each in interactions:
        body = each["response"]["body"]
        raw = body if isinstance(body, str) else json.dumps(body)
        answers.append(Answer(each["response"]["status"], each["response"]["headers"], raw.encode()))
    return answers


@pytest.mark.skipif(not RECORDED.exists(), reason="needs the recorded answers in ../shared/payloads")
def test_recorded_refusals_are_understood() -> None:
    errors = [sort_error("contacts_read", answer, writes=False, now=NOW) for answer in recorded_answers()]
    listed, in_text, no_person, no_company = errors
    assert isinstance(listed, ScopeMissing)
    assert "crm.objects.contacts.read" in listed.scopes
    assert isinstance(in_text, ScopeMissing)
    assert in_text.scopes == ("contacts-read",)
    for missing in (no_person, no_company):
        assert isinstance(missing, PlatformRefused)
        assert missing.status == 404
