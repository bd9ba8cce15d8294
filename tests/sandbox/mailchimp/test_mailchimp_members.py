"""Members and consent (facts/mailchimp.md §3, §8.1, 2, 3, 6 to 10)."""

from datetime import timedelta

import mailchimp_marketing
import pytest

from adapters.sandbox.mailchimp.member import subscriber_hash

LIST = "/lists/main01/members"


def problem(answer):
    assert answer.status_code == 400, answer.text
    return answer.json()["title"]


def test_a_member_is_found_by_hash_address_and_contact_id(api, maria):
    by_hash = api.body(f"{LIST}/{subscriber_hash('MARIA@acme.example')}")
    assert by_hash["email_address"] == maria
    for key in (maria, by_hash["contact_id"]):
        assert api.body(f"{LIST}/{key}")["id"] == by_hash["id"]


@pytest.mark.parametrize(
    ("method", "below"), [("GET", ""), ("PATCH", ""), ("GET", "/tags"), ("POST", "/tags"), ("POST", "/events")]
)
def test_a_stranger_is_a_404_problem(api, path, main, method, below):
    answer = api(method, path("nobody@acme.example", below), {"tags": []})
    assert (answer.status_code, answer.json()["title"]) == (404, "Resource Not Found")


def test_put_adds_somebody_only_with_address_and_status_if_new(api, path):
    where = path("brian@acme.example")
    assert problem(api("PUT", where, {"email_address": "brian@acme.example"})) == "Invalid Resource"
    assert problem(api("PUT", where, {"status_if_new": "subscribed"})) == "Invalid Resource"
    made = api("PUT", where, {"email_address": "brian@acme.example", "status_if_new": "subscribed"}).json()
    assert made["status"] == "subscribed"


def test_put_ignores_status_if_new_and_tags_of_somebody_known(api, path, account, noor):
    body = {"email_address": noor, "status_if_new": "subscribed", "tags": ["vip"]}
    answer = api("PUT", path(noor), body)
    assert answer.json()["status"] == "unsubscribed"
    assert answer.json()["tags"] == []


def test_put_at_a_strange_hash_with_a_known_address_says_to_use_put(api, path, maria):
    body = {"email_address": maria, "status_if_new": "subscribed"}
    answer = api("PUT", path("other@acme.example"), body)
    assert problem(answer) == "Member Exists"
    assert "Use PUT" in answer.json()["detail"]


def test_post_of_a_known_address_is_refused_even_archived(api, path, maria):
    body = {"email_address": maria, "status": "subscribed"}
    assert problem(api("POST", LIST, body)) == "Member Exists"
    api("DELETE", path(maria))
    assert problem(api("POST", LIST, body)) == "Member Exists"


def test_who_left_by_herself_cannot_be_subscribed_by_api(api, path, account, noor):
    assert problem(api("PATCH", path(noor), {"status": "subscribed"})) == "Member In Compliance State"
    assert api.body(path(noor))["status"] == "unsubscribed"
    account.switches.refuse_pending = True
    assert problem(api("PUT", path(noor), {"email_address": noor, "status": "pending"})) == "Member In Compliance State"
    account.switches.refuse_pending = False
    assert api("PATCH", path(noor), {"status": "pending"}).json()["status"] == "pending"
    assert account.confirmations == [(noor, account.now())]
    assert account.life.confirm(noor) == "subscribed"


def test_who_was_unsubscribed_by_api_can_come_back(api, path, maria):
    assert api("PATCH", path(maria), {"status": "unsubscribed"}).json()["status"] == "unsubscribed"
    assert api("PATCH", path(maria), {"status": "subscribed"}).json()["status"] == "subscribed"


def test_archived_is_reached_by_delete_only_and_stays_on_status_if_new(api, path, maria):
    assert problem(api("PATCH", path(maria), {"status": "archived"})) == "Invalid Resource"
    gone = api("DELETE", path(maria))
    assert (gone.status_code, gone.content) == (204, b"")
    assert gone.headers["Content-Type"] == "application/json; charset=utf-8"
    kept = api("PUT", path(maria), {"email_address": maria, "status_if_new": "subscribed"})
    assert kept.json()["status"] == "archived"
    assert api("PATCH", path(maria), {"status": "subscribed"}).json()["status"] == "subscribed"


def test_an_archived_member_in_compliance_state_cannot_be_woken(api, path, noor):
    api("DELETE", path(noor))
    assert problem(api("PATCH", path(noor), {"status": "subscribed"})) == "Member In Compliance State"


def test_deleting_twice_is_a_405_with_allow(api, path, maria):
    api("DELETE", path(maria))
    again = api("DELETE", path(maria))
    assert (again.status_code, again.headers["Allow"]) == (405, "GET, PUT")


def test_a_forgotten_address_comes_back_only_by_her_own_form(api, path, account, maria):
    assert api("POST", path(maria, "/actions/delete-permanent")).status_code == 204
    assert api("GET", path(maria)).status_code == 404
    body = {"email_address": maria, "status": "subscribed", "status_if_new": "subscribed"}
    for method, where in (("POST", LIST), ("PUT", path(maria))):
        assert problem(api(method, where, body)) == "Forgotten Email Not Subscribed"
    assert account.life.subscribe(maria) == "subscribed"


def test_a_new_address_keeps_the_contact_id(api, path, maria):
    before = api.body(path(maria))
    after = api("PATCH", path(maria), {"email_address": "maria@new.example"}).json()
    assert after["id"] == subscriber_hash("maria@new.example") != before["id"]
    assert after["contact_id"] == before["contact_id"]
    assert api("GET", path(maria)).status_code == 404


def test_an_address_that_was_ever_there_cannot_be_taken(api, path, account, maria, noor):
    answer = api("PATCH", path(maria), {"email_address": noor})
    assert problem(answer) == "Invalid Resource"
    assert "already in this list" in answer.json()["errors"][0]["message"]
    assert (
        api("PATCH", path(maria), {"email_address": "MARIA@acme.example"}).json()["email_address"].startswith("MARIA")
    )


@pytest.mark.parametrize("email", ["maria@example.com", "alex@gmail.com", "x@mailinator.com"])
def test_fake_looking_addresses_are_refused_unless_switched_off(api, account, email):
    body = {"email_address": email, "status": "subscribed"}
    answer = api("POST", LIST, body)
    assert problem(answer) == "Invalid Resource"
    assert answer.json()["detail"].endswith("looks fake or invalid, please enter a real email address.")
    account.switches.refuse_fake = False
    assert api("POST", LIST, body).status_code == 200


def test_an_address_that_signs_up_everywhere_is_refused(api, account):
    account.busy_addresses.add("maria@acme.example")
    answer = api("POST", LIST, {"email_address": "maria@acme.example", "status": "subscribed"})
    assert "not allowing more signups" in answer.json()["detail"]


def test_ip_addresses_are_validated(api, path, maria):
    answer = api("PUT", path(maria), {"email_address": maria, "ip_opt": "999.1.1.1"})
    assert answer.json()["errors"][0]["field"] == "ip_opt"


def test_the_default_page_has_ten_and_hides_the_archived(api, path, account, main):
    for number in range(13):
        account.life.subscribe(f"p{number}@acme.example")
    api("DELETE", path("p0@acme.example"))
    first = api.body(LIST)
    assert (len(first["members"]), first["total_items"]) == (10, 12)
    assert len(api.body(LIST, offset=10)["members"]) == 2
    assert len(api.body(LIST, count=0)["members"]) == 12
    assert [one["email_address"] for one in api.body(LIST, status="archived")["members"]] == ["p0@acme.example"]


def test_pages_drift_when_our_own_writes_move_rows(api, path, account, clock, main):
    for number in range(6):
        account.life.subscribe(f"p{number}@acme.example")
        clock.advance(timedelta(seconds=10))
    query = {"sort_field": "last_changed", "sort_dir": "ASC", "count": 3}
    first = [one["email_address"] for one in api.body(LIST, **query)["members"]]
    api("PATCH", path("p0@acme.example"), {"vip": True})
    second = [one["email_address"] for one in api.body(LIST, offset=3, **query)["members"]]
    assert "p3@acme.example" not in first + second


def test_a_window_of_last_changed_is_open_at_both_ends(api, path, account, clock, main):
    stamps = []
    for number in range(3):
        account.life.subscribe(f"p{number}@acme.example")
        stamps.append(api.body(path(f"p{number}@acme.example"))["last_changed"])
        clock.advance(timedelta(seconds=10))
    assert stamps[0] == "2026-11-20T09:00:00+00:00"
    found = api.body(LIST, since_last_changed=stamps[0], before_last_changed=stamps[2])["members"]
    assert [one["email_address"] for one in found] == ["p1@acme.example"]


def test_a_member_can_be_listed_by_unique_email_id(api, path, maria, noor):
    wanted = api.body(path(maria))["unique_email_id"]
    assert [one["email_address"] for one in api.body(LIST, unique_email_id=wanted)["members"]] == [maria]


def test_last_changed_moves_on_a_write_and_not_on_a_click(api, path, account, clock, maria):
    campaign = account.life.send_campaign("News")
    before = api.body(path(maria))["last_changed"]
    clock.advance(timedelta(minutes=5))
    account.life.click(maria, campaign, "https://acme.example/pricing")
    assert api.body(path(maria))["last_changed"] == before
    assert api("PATCH", path(maria), {"vip": True}).json()["last_changed"] > before


def test_empty_times_are_empty_text(api, path, main):
    made = api("POST", LIST, {"email_address": "aina@acme.example", "status": "subscribed"}).json()
    assert made["timestamp_signup"] == ""
    assert made["timestamp_opt"] == "2026-11-20T09:00:00+00:00"


def test_a_double_opt_in_audience_makes_sign_ups_wait(account, api):
    place = account.add_audience("Careful", double_optin=True)
    assert account.life.subscribe("teo@acme.example", audience=place.id) == "pending"
    assert api.body(f"/lists/{place.id}")["double_optin"] is True
    body = {"email_address": "biel@acme.example", "status": "subscribed"}
    assert api("POST", f"/lists/{place.id}/members", body).json()["status"] == "subscribed"
    assert [email for email, _ in account.confirmations] == ["teo@acme.example"]


def test_list_stats_count_by_status(api, account, maria, noor):
    stats = api.body("/lists/main01")["stats"]
    assert (stats["member_count"], stats["unsubscribe_count"], stats["cleaned_count"]) == (1, 1, 0)
    account.switches.lag = timedelta(minutes=5)
    account.life.subscribe("late@acme.example")
    assert api.body("/lists/main01")["stats"]["member_count"] == 1


def test_events_are_kept_and_bad_names_refused(world, api, path, maria):
    client = mailchimp_marketing.Client({"api_key": world.mailchimp.api_key})
    client.api_client.host = world.mailchimp_url
    sent = client.lists.create_list_member_event(
        "main01", subscriber_hash(maria), {"name": "saw_demo", "properties": {"page": "1"}}
    )
    assert sent.status_code == 204
    assert api.body(path(maria, "/events"))["events"][0]["properties"] == {"page": "1"}
    assert problem(api("POST", path(maria, "/events"), {"name": "no spaces"})) == "Invalid Resource"
    assert problem(api("POST", path(maria, "/events"), {"name": "ok", "properties": {"n": 1}})) == "Invalid Resource"


def test_orders_show_only_where_a_store_is_attached(api, path, account, maria):
    assert "ecommerce_data" not in api.body(path(maria))["stats"]
    account.life.buy(maria, "49.90")
    assert api.body(path(maria))["stats"]["ecommerce_data"] == {
        "total_revenue": 49.9,
        "number_of_orders": 1,
        "currency_code": "EUR",
    }
