"""The quirks of facts/mailchimp.md §8, one test for each number, on the sandbox's side.

What the other files of this folder show in more detail: 1 tags, flows, members · 2 and 3 members · 4 to 6 merge_fields ·
7 and 8 members · 9 members · 10 tags, members · 11 door · 12 batches · 14 bulk · 15 tags · 16 webhooks · 17 and 18 door.
"""

import json
import re
from datetime import timedelta

import pytest
import requests

from adapters.sandbox import Fault

MEMBERS = "/lists/main01/members"
FIELDS = "/lists/main01/merge-fields"
EVENTS = dict.fromkeys(("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign"), True)
SOURCES = {"user": True, "admin": True, "api": False}


@pytest.fixture
def score(api):
    assert api("POST", FIELDS, {"tag": "LEADSCORE", "name": "Score", "type": "number"}).status_code == 200


def test_01_acts_without_an_answer_are_an_empty_204_of_type_json(api, path, account, main, receiver, maria):
    account.add_flow("Flow", audience=main, journey=(1, 2))
    hook = api("POST", "/lists/main01/webhooks", {"url": receiver.url, "events": EVENTS, "sources": SOURCES}).json()
    for method, where, body in (
        ("POST", path(maria, "/tags"), {"tags": [{"name": "vip", "status": "active"}]}),
        ("POST", path(maria, "/events"), {"name": "demo"}),
        ("POST", "/customer-journeys/journeys/1/steps/2/actions/trigger", {"email_address": maria}),
        ("DELETE", path(maria), None),
        ("POST", path(maria, "/actions/delete-permanent"), None),
        ("DELETE", f"/lists/main01/webhooks/{hook['id']}", None),
    ):
        answer = api(method, where, body)
        assert (answer.status_code, answer.content) == (204, b""), where
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_02_a_stranger_is_not_found(api, path):
    for method, below in (("GET", "/tags"), ("POST", "/tags"), ("PATCH", ""), ("GET", "")):
        answer = api(method, path("nobody@acme.example", below), {} if method != "GET" else None)
        assert (answer.status_code, answer.json()["title"]) == (404, "Resource Not Found")


def test_03_put_creates_with_a_status_only_and_wakes_nobody(api, path, maria):
    new = path("lead@acme.example")
    assert api("PUT", new, {"email_address": "lead@acme.example"}).status_code == 400
    body = {"email_address": maria, "status_if_new": "subscribed", "tags": ["vip"]}
    api("DELETE", path(maria))
    woken = api("PUT", path(maria), body).json()
    assert (woken["status"], woken["tags"]) == ("archived", [])


def test_04_every_tag_is_there_and_unset_is_empty_text_whatever_its_type(api, path, score, maria):
    assert api.body(path(maria))["merge_fields"]["LEADSCORE"] == ""
    set_ = api("PATCH", path(maria), {"merge_fields": {"LEADSCORE": 73, "FNAME": "é" * 200}}).json()["merge_fields"]
    assert (set_["LEADSCORE"], set_["FNAME"], set_["ADDRESS"]) == (73, "é" * 127, "")


def test_05_a_wrong_shape_names_the_field_and_an_unknown_tag_is_ignored(api, path, maria):
    wrong = api("PATCH", path(maria), {"merge_fields": {"ADDRESS": {"addr1": 5}}})
    assert (wrong.status_code, wrong.json()["title"]) == (400, "Invalid Resource")
    assert "ADDRESS" in json.dumps(wrong.json()["errors"])
    ignored = api("PATCH", path(maria), {"merge_fields": {"NOSUCH": "x"}})
    assert ignored.status_code == 200
    assert "NOSUCH" not in ignored.json()["merge_fields"]


def test_06_skipping_validation_lifts_required_checks_only(api, path, score, maria):
    api("POST", FIELDS, {"tag": "MUST", "name": "Must", "type": "text", "required": True})
    refused = api("PATCH", path(maria), {"merge_fields": {"LEADSCORE": 1}})
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (400, "Please enter a value")
    assert api("PATCH", path(maria), {"merge_fields": {"LEADSCORE": 1}}, skip_merge_validation=True).status_code == 200
    bad = api("PATCH", path(maria), {"merge_fields": {"LEADSCORE": "x"}}, skip_merge_validation=True)
    assert bad.status_code == 400


def test_07_fake_looking_and_busy_addresses_are_refused(api, account):
    account.busy_addresses.add("busy@acme.example")
    details = {
        email: api("POST", MEMBERS, {"email_address": email, "status": "subscribed"}).json()["detail"]
        for email in ("somebody@example.com", "busy@acme.example")
    }
    assert details["somebody@example.com"].endswith("looks fake or invalid, please enter a real email address.")
    assert "has signed up to a lot of lists very recently" in details["busy@acme.example"]


def test_08_compliance_forgotten_exists_and_deleting_twice(api, path, maria, noor):
    assert api("PATCH", path(noor), {"status": "subscribed"}).json()["title"] == "Member In Compliance State"
    body = {"email_address": maria, "status": "subscribed"}
    assert api("POST", MEMBERS, body).json()["title"] == "Member Exists"
    api("DELETE", path(maria))
    twice = api("DELETE", path(maria))
    assert (twice.status_code, twice.headers["Allow"]) == (405, "GET, PUT")
    api("POST", path(maria, "/actions/delete-permanent"))
    assert api("POST", MEMBERS, body).json()["title"] == "Forgotten Email Not Subscribed"


def test_09_pages_have_ten_rows_drift_and_may_hold_the_archived_by_switch(api, path, account, clock, main):
    for number in range(12):
        clock.advance(timedelta(seconds=1))
        account.life.subscribe(f"n{number}@acme.example")
    assert len(api.body(MEMBERS)["members"]) == 10
    assert len(api.body(MEMBERS, count=0)["members"]) == 12
    sorted_ = {"sort_field": "last_changed", "sort_dir": "ASC", "count": 4}
    first = [one["email_address"] for one in api.body(MEMBERS, **sorted_)["members"]]
    clock.advance(timedelta(seconds=1))
    api("PATCH", path(first[0]), {"vip": True})
    second = [one["email_address"] for one in api.body(MEMBERS, **sorted_, offset=4)["members"]]
    assert second[0] == "n5@acme.example", "n4 has moved into the page that was read already"
    api("DELETE", path("n11@acme.example"))
    assert api.body(MEMBERS)["total_items"] == 11
    account.switches.archived_listed = True
    assert api.body(MEMBERS)["total_items"] == 12


def test_10_times_are_written_in_three_ways(api, path, account, receiver, maria):
    api("POST", path(maria, "/tags"), {"tags": [{"name": "vip", "status": "active"}]})
    iso = api.body(path(maria, "/tags"))["tags"][0]["date_added"]
    account.switches.plain_tag_dates = True
    plain = api.body(path(maria, "/tags"))["tags"][0]["date_added"]
    assert (iso, plain) == ("2026-11-20T09:00:00+00:00", "2026-11-20 09:00:00")
    api("POST", "/lists/main01/webhooks", {"url": receiver.url, "events": EVENTS, "sources": SOURCES})
    account.life.unsubscribe(maria)
    account.flush()
    assert receiver.received[0].form()["fired_at"] == ["2026-11-20 09:00:00"]
    api("PUT", path("x@acme.example"), {"email_address": "x@acme.example", "status_if_new": "pending"})
    assert api.body(path("x@acme.example"))["timestamp_opt"] == ""


def test_11_what_goes_wrong_at_the_door(world, api):
    faults = world.mailchimp_server.faults
    for fault, status, content in (
        (Fault(status=429), 429, b""),
        (Fault(status=403), 403, b""),
        (Fault(status=502, body="<html>Bad gateway</html>"), 502, b"<html>Bad gateway</html>"),
        (Fault(status=200, body="<html>Back soon</html>"), 200, b"<html>Back soon</html>"),
    ):
        faults.add(fault)
        answer = api("GET", "/ping")
        assert (answer.status_code, answer.content) == (status, content)
    faults.add(Fault(ending="truncate"))
    with pytest.raises(requests.exceptions.RequestException):
        api("GET", "/ping")
    world.mailchimp.switches.longest_page = 500
    assert api("GET", MEMBERS, count=501).status_code == 502
    assert api("GET", MEMBERS, count=500).status_code == 200


def test_12_a_batch_counts_its_errors_as_done_and_the_list_has_no_page_of_ten(api, path, maria):
    made = [
        api("POST", "/batches", {"operations": [{"method": "GET", "path": path("nobody@acme.example")}]}).json()
        for _ in range(12)
    ]
    assert (made[0]["status"], made[0]["total_operations"], made[0]["response_body_url"]) == ("pending", 0, "")
    assert len(api.body("/batches")["batches"]) == 12
    for _ in range(4):
        batch = api.body(f"/batches/{made[0]['id']}")
    assert (batch["status"], batch["finished_operations"], batch["errored_operations"]) == ("finished", 1, 1)


def test_13_a_batch_webhook_is_asked_first_and_told_at_the_end(api, account, receiver, main):
    receiver.validator = 500
    assert api("POST", "/batch-webhooks", {"url": receiver.url}).status_code == 400
    receiver.validator = 200
    assert api("POST", "/batch-webhooks", {"url": receiver.url}).json()["url"] == receiver.url
    batch = api("POST", "/batches", {"operations": [{"method": "GET", "path": "/ping"}]}).json()
    for _ in range(5):
        api.body(f"/batches/{batch['id']}")
    account.flush()
    (form,) = [one.form() for one in receiver.received]
    assert form["type"] == ["batch_operation_completed"]
    assert (form["data[id]"], form["data[status]"]) == ([batch["id"]], ["finished"])
    assert form["data[response_body_url]"][0].startswith("http")
    for number in range(19):
        assert api("POST", "/batch-webhooks", {"url": f"{receiver.url}?{number}"}).status_code == 200
    assert api("POST", "/batch-webhooks", {"url": f"{receiver.url}?20"}).status_code == 400


def test_14_bulk_takes_five_hundred_with_errors_inside_a_200(api, maria):
    rows = [{"email_address": f"n{number}@acme.example", "status": "subscribed"} for number in range(501)]
    assert api("POST", "/lists/main01", {"members": rows}).status_code == 400
    answer = api("POST", "/lists/main01", {"members": [{"email_address": maria, "status": "subscribed"}]})
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["error_code"] == "ERROR_CONTACT_EXISTS"


def test_15_counts_trail_behind_and_saved_segments_do_not(api, account, clock, main):
    account.switches.lag = timedelta(minutes=5)
    options = {"match": "all", "conditions": [{"field": "FNAME", "op": "is", "value": "Maria"}]}
    segment = api("POST", "/lists/main01/segments", {"name": "Marias", "options": options}).json()
    account.life.subscribe("maria@acme.example", merge_fields={"FNAME": "Maria"})
    assert api.body("/lists/main01")["stats"]["member_count"] == 0
    assert len(api.body(f"/lists/main01/segments/{segment['id']}/members")["members"]) == 1
    clock.advance(timedelta(minutes=5))
    assert api.body("/lists/main01")["stats"]["member_count"] == 1


def test_16_webhooks_are_asked_first_repeated_silenced_for_the_api_and_ended_by_410(
    api, path, account, receiver, maria
):
    api("POST", "/lists/main01/webhooks", {"url": receiver.url, "events": EVENTS, "sources": SOURCES})
    assert len(receiver.asked) == 1
    api("PATCH", path(maria), {"vip": True, "merge_fields": {"FNAME": "M"}})
    account.flush()
    assert receiver.received == []
    account.webhooks.duplicate = True
    account.life.change_email(maria, "maria@beta.example")
    account.flush()
    assert receiver.types().count("upemail") == 2
    assert "data[id]" not in receiver.received[0].form()
    receiver.statuses = [410]
    account.webhooks.duplicate = False
    account.life.unsubscribe("maria@beta.example")
    heard = len(receiver.received)
    account.flush()
    account.life.subscribe("maria@beta.example")
    account.flush()
    assert len(receiver.received) == heard + 1


def test_17_links_are_on_every_object_unless_fields_leave_them_out(api, account, main, maria):
    account.add_store("Shop", audience=main)
    account.life.buy(maria, "10")
    account.life.send_campaign("News")
    for where, name in ((MEMBERS, "members"), ("/reports", "reports"), ("/ecommerce/stores", "stores")):
        whole = api.body(where)
        assert whole["_links"]
        assert whole[name][0]["_links"]
        assert "_links" not in json.dumps(api.body(where, fields=f"{name}.id,total_items"))


def test_18_answers_carry_the_headers_of_real_ones(api, path):
    headers = api("GET", "/lists").headers
    assert (headers["Server"], headers["Connection"]) == ("openresty", "close")
    assert re.search('rel="describedBy"', headers["Link"])
    assert headers["Set-Cookie"]
    refused = api("GET", path("nobody@acme.example"))
    assert refused.headers["X-Request-Id"] == refused.json()["instance"]
