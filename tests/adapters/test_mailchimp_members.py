"""A member's row in our words: recorded answers, values as text, consent."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mailchimp.members import consent_from_values, moment, record_of, shown_tags, subscriber_hash, text_of
from connector.facts import Refusal

PAYLOADS = Path(__file__).resolve().parents[2].parent / "shared" / "payloads"
RECORDED = PAYLOADS / "mailchimp_members_page_merge_fields_lists.json"


def recorded_members() -> list[dict]:
    if not RECORDED.exists():
        pytest.skip(f"the recorded answers are not here: ../shared/payloads/{RECORDED.name}")
    interactions = json.loads(RECORDED.read_text())["interactions"]
    pages = [
        one["response"]["body"] for one in interactions if urlsplit(one["request"]["url"]).path.endswith("members")
    ]
    return [member for page in pages for member in page["members"]]


def member(**changes: object) -> dict:
    row = {
        "id": "dd963eb96a65282aa323133b23f4285b",
        "contact_id": "c-maria",
        "email_address": "maria@acme.example",
        "status": "subscribed",
        "merge_fields": {"FNAME": "Maria", "LNAME": ""},
        "stats": {"avg_open_rate": 0.25, "avg_click_rate": 0},
        "tags": [],
        "tags_count": 0,
        "vip": False,
        "member_rating": 2,
        "last_changed": "2026-11-21T10:00:00+00:00",
    }
    return {**row, **changes}


def test_every_recorded_member_is_understood():
    rows = recorded_members()
    records = [record_of(row, "mailchimp:main", shown_tags(row) or ()) for row in rows]
    assert len(records) >= 10
    assert {record.id for record in records} == {row["contact_id"] for row in rows}
    for row, record in zip(rows, records, strict=True):
        assert record.values["subscriber_hash"] == subscriber_hash(row["email_address"])
        assert set(row["merge_fields"]) <= {name.removeprefix("merge_fields.").split(".")[0] for name in record.values}


def test_recorded_numbers_and_empty_texts_become_raw_text():
    gretel = next(row for row in recorded_members() if row["merge_fields"]["LTV"] == 668.3)
    values = record_of(gretel, "mailchimp:main", ()).values
    assert values["merge_fields.LTV"] == "668.3"
    assert values["merge_fields.USERID"] == "3"
    assert values["merge_fields.PHONE"] is None
    assert values["stats.avg_open_rate"] == "0"


def test_a_record_holds_what_the_fields_map_may_name():
    address = {"addr1": "Gran Via 1", "city": "Barcelona", "country": "ES"}
    record = record_of(member(merge_fields={"ADDRESS": address}), "mailchimp:main", {"vip", "newsletter"})
    assert (record.source, record.id, record.email) == ("mailchimp:main", "c-maria", "maria@acme.example")
    assert record.modified_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert record.values["merge_fields.ADDRESS.city"] == "Barcelona"
    assert record.values["tags"] == "newsletter;vip"
    assert record.values["vip"] == "false"
    assert record.values["stats.avg_open_rate"] == "0.25"
    assert not record.archived
    assert record_of(member(status="archived"), "mailchimp:main", ()).archived


@pytest.mark.parametrize(
    "broken",
    [{"contact_id": ""}, {"last_changed": ""}, {"last_changed": "yesterday"}, {"merge_fields": ["FNAME"]}],
    ids=str,
)
def test_a_row_that_cannot_be_understood_says_why_without_naming_anybody(broken):
    with pytest.raises(ValueError, match=r".") as caught:
        record_of(member(**broken), "mailchimp:main", ())
    assert "maria" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "general", "channel"),
    [
        ({"status": "subscribed"}, set(), None),
        ({"status": "unsubscribed"}, {Refusal.OPTED_OUT}, None),
        (
            {"status": "unsubscribed", "unsubscribe_reason": "Abuse complaint"},
            {Refusal.OPTED_OUT, Refusal.COMPLAINED},
            None,
        ),
        ({"status": "unsubscribed", "unsubscribe_reason": "No longer interested"}, {Refusal.OPTED_OUT}, None),
        ({"status": "cleaned"}, {Refusal.BOUNCED}, None),
        ({"status": "pending"}, set(), Refusal.UNCONFIRMED),
        ({"status": "archived"}, set(), Refusal.ARCHIVED),
        ({"status": "transactional"}, set(), Refusal.NOT_SUBSCRIBED),
        ({"status": "something new"}, {Refusal.UNREADABLE}, None),
        ({}, {Refusal.UNREADABLE}, None),
        ({"status": "subscribed", "email_address": None}, {Refusal.NO_ADDRESS}, None),
    ],
)
def test_consent_by_status(values, general, channel):
    assert consent_from_values({"email_address": "noor@acme.example", **values}) == (frozenset(general), channel)


@given(st.text(max_size=12))
def test_no_status_but_subscribed_lets_anybody_through(status):
    general, channel = consent_from_values({"email_address": "noor@acme.example", "status": status})
    assert (not general and channel is None) is (status == "subscribed")


def test_the_subscriber_hash_is_md5_of_the_lower_cased_trimmed_address():
    known = hashlib.md5(b"urist.mcvankab@freddiesjokes.com", usedforsecurity=False).hexdigest()
    assert subscriber_hash(" Urist.McVankab@FreddiesJokes.com ") == known
    assert subscriber_hash("nu\u0301ria@acme.example") == subscriber_hash("n\u00faria@acme.example")


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()))
def test_raw_text_is_never_empty_and_keeps_numbers(value):
    text = text_of(value)
    assert text != ""
    if isinstance(value, float):
        assert float(text) == value
    if value in ("", None):
        assert text is None


def test_more_tags_than_are_shown_are_not_taken_for_all():
    assert shown_tags(member(tags=[{"id": 1, "name": "vip"}], tags_count=51)) is None
    assert shown_tags(member(tags=[{"id": 1, "name": "vip"}], tags_count=1)) == {"vip"}


@pytest.mark.parametrize("text", ["", None, "2026-11-21T10:00:00", "soon", 5])
def test_a_time_without_a_zone_is_no_time(text):
    with pytest.raises(ValueError, match=r"time|Invalid"):
        moment(text)
