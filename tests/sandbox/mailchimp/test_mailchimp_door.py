"""Authentication, error shapes, headers, projection and the ten-in-flight gate (facts/mailchimp.md §2, §8.11, 17, 18)."""

from concurrent.futures import ThreadPoolExecutor

import mailchimp_marketing
import pytest
import requests
from mailchimp_marketing.api_client import ApiClientError

from adapters.sandbox import Fault


@pytest.fixture
def sdk(world, main):
    client = mailchimp_marketing.Client({"api_key": world.mailchimp.api_key, "timeout": 5})
    client.api_client.host = world.mailchimp_url
    return client


def test_ping_and_root_answer_through_the_official_sdk(sdk):
    assert sdk.ping.get() == {"health_status": "Everything's Chimpy!"}
    assert sdk.root.get_root()["account_name"] == "Sandbox"


def test_a_wrong_key_is_a_401_problem(world, api):
    answer = requests.get(f"{world.mailchimp_url}/ping", auth=("anyone", "wrong"), timeout=5)
    assert (answer.status_code, answer.json()["title"]) == (401, "API Key Invalid")
    assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert answer.json()["instance"] == answer.headers["X-Request-Id"]
    assert requests.get(f"{world.mailchimp_url}/ping", timeout=5).json()["title"] == "API Key Missing"


def test_a_bearer_token_is_as_good_as_a_key(world, api):
    headers = {"Authorization": f"Bearer {world.mailchimp.access_token}"}
    assert requests.get(f"{world.mailchimp_url}/ping", headers=headers, timeout=5).status_code == 200


def test_answers_carry_the_headers_of_real_ones(api):
    headers = api("GET", "/lists").headers
    assert headers["Server"] == "openresty"
    assert headers["Connection"] == "close"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert 'rel="describedBy"' in headers["Link"]
    assert headers["X-Request-Id"]
    assert headers["Set-Cookie"]


def test_unknown_paths_and_methods_are_problems(api):
    assert api("GET", "/nothing/here").json()["title"] == "Resource Not Found"
    wrong = api("PUT", "/lists")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")


def test_an_error_can_be_asked_for(api):
    answer = api("GET", "/ping", headers={"X-Trigger-Error": "UserDisabled"})
    assert (answer.status_code, answer.json()["title"]) == (403, "User Disabled")


@pytest.mark.parametrize("raw", ["{broken", "[]", "null"])
def test_a_body_that_is_no_object_is_refused(api, path, maria, raw):
    answer = api.session.patch(api.url + path(maria), data=raw, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["title"] in ("JSON Parse Exception", "Invalid Resource")


def test_links_are_everywhere_unless_fields_leave_them_out(api, maria):
    whole = api.body("/lists/main01/members")
    assert whole["_links"]
    assert {link["rel"] for link in whole["members"][0]["_links"]} >= {"self", "upsert", "delete_permanent"}
    narrow = api.body("/lists/main01/members", fields="members.email_address,members.merge_fields.FNAME,total_items")
    assert narrow == {"members": [{"email_address": maria, "merge_fields": {"FNAME": "Maria"}}], "total_items": 1}
    bare = api.body("/lists/main01/members", exclude_fields="_links,members._links,members.stats.avg_open_rate")
    assert "_links" not in bare
    assert "_links" not in bare["members"][0]
    assert bare["members"][0]["stats"] == {"avg_click_rate": 0}


@pytest.mark.parametrize(
    "query",
    [
        {"fields": "total_items", "exclude_fields": "members"},
        {"fields": "members.nonsense"},
        {"exclude_fields": "nonsense"},
        {"count": 1001},
        {"count": "ten"},
        {"since_last_changed": "yesterday"},
        {"status": "sleeping"},
        {"sort_field": "email_address"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(api, maria, query):
    assert api("GET", "/lists/main01/members", **query).status_code == 400


@pytest.mark.parametrize(
    ("refusal", "status", "body"), [("problem", 429, True), ("bodyless-429", 429, False), ("bodyless-403", 403, False)]
)
def test_the_eleventh_request_in_flight_is_turned_away(world, api, refusal, status, body):
    gate = world.mailchimp.gate
    gate.refusal = refusal

    def ping():
        return requests.get(f"{api.url}/ping", auth=("x", world.mailchimp.api_key), timeout=10)

    with ThreadPoolExecutor(10) as pool:
        gate.hold()
        ten = [pool.submit(ping) for _ in range(10)]
        gate.wait_for(10)
        eleventh = ping()
        gate.release()
        assert [one.result().status_code for one in ten] == [200] * 10
    assert eleventh.status_code == status
    assert bool(eleventh.content) is body
    assert ("Content-Type" in eleventh.headers) is body
    assert (gate.refused, gate.most) == (1, 10)


def test_a_bodyless_error_slips_through_the_sdk_as_a_response(world, sdk):
    world.mailchimp_server.faults.add(Fault(path="/ping", status=429, headers={}))
    answer = sdk.ping.get()
    assert isinstance(answer, requests.Response)
    assert answer.status_code == 429


def test_html_in_place_of_json_comes_through_the_sdk_as_text(world, sdk):
    faults = world.mailchimp_server.faults
    faults.add(Fault(path="/ping", status=200, body="<html>maintenance</html>"))
    assert sdk.ping.get() == "<html>maintenance</html>"
    faults.add(Fault(path="/ping", status=502, body="<html>bad gateway</html>"))
    with pytest.raises(ApiClientError) as caught:
        sdk.ping.get()
    assert caught.value.status_code == 502


def test_a_truncated_answer_is_no_dict(world, sdk):
    world.mailchimp_server.faults.add(Fault(path="/lists", ending="truncate"))
    try:
        answer = sdk.lists.get_all_lists()
    except ApiClientError as error:
        answer = error.text
    assert not isinstance(answer, dict)


def test_life_goes_on_over_http(world, api, main):
    base = world.mailchimp_url.removesuffix("/3.0")
    wish = {"do": "subscribe", "email": "quim@acme.example"}
    assert requests.post(f"{base}/sandbox/life", json=wish, timeout=5).json() == {"result": "subscribed"}
    assert api.body("/lists/main01/members")["total_items"] == 1
