"""Audience webhooks (facts/mailchimp.md §4, §8.16)."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from adapters.sandbox import Fault
from adapters.sandbox.mailchimp.webhooks import sign

HOOKS = "/lists/main01/webhooks"
ALL_EVENTS = dict.fromkeys(("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign"), True)


@pytest.fixture
def hook(api, account, receiver):
    account.webhooks.retry_after = (0.01, 0.02)
    body = {"url": receiver.url, "events": ALL_EVENTS, "sources": {"user": True, "admin": True, "api": True}}
    answer = api("POST", HOOKS, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_url_is_asked_first_and_must_answer_200(api, receiver, hook):
    assert receiver.asked[0].headers["user-agent"] == "MailChimp.com WebHook Validator"
    receiver.validator = 404
    refused = api("POST", HOOKS, {"url": f"{receiver.url}?second", "events": {}, "sources": {}})
    assert refused.json()["errors"][0]["field"] == "url"


def test_the_secret_is_shown_once(api, hook):
    assert len(hook["signing_secret"]) == 64
    read = api.body(f"{HOOKS}/{hook['id']}")
    assert read["signing_enabled"] is True
    assert "signing_secret" not in read
    assert "signing_secret" not in json.dumps(api.body(HOOKS))


def test_one_url_has_one_hook(api, receiver, hook):
    again = api("POST", HOOKS, {"url": receiver.url, "events": {}, "sources": {}})
    assert "can't set up multiple WebHooks" in again.json()["errors"][0]["message"]


def test_a_known_signature():
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    digest = "f8ed79e0bc0038492fd21963f418b32b3a0611a7f0bd66998763651899cafce9"
    assert sign("secret", at, b"type=subscribe") == f"t=1795165200,v1={digest}"


def test_deliveries_are_signed_forms_with_bracket_keys(account, receiver, hook, maria):
    account.flush()
    (request,) = receiver.received
    assert request.headers["user-agent"] == "MailChimp.com"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    form = request.form()
    assert (form["type"], form["fired_at"]) == (["subscribe"], ["2026-11-20 09:00:00"])
    assert form["data[merges][FNAME]"] == ["Maria"]
    assert form["data[email]"] == [maria]
    assert form["data[list_id]"] == ["main01"]
    assert len(form["data[id]"][0]) == 10
    t, v1 = (part.partition("=")[2] for part in request.headers["x-mailchimp-signature"].split(","))
    expected = hmac.new(hook["signing_secret"].encode(), f"{t}.".encode() + request.body, hashlib.sha256)
    assert v1 == expected.hexdigest()


def test_hooks_of_the_old_kind_are_unsigned(api, account, receiver, main):
    account.webhooks.signing = False
    hook = api("POST", HOOKS, {"url": receiver.url, "events": ALL_EVENTS, "sources": {"user": True}}).json()
    assert hook["signing_enabled"] is False
    account.life.subscribe("maria@acme.example")
    account.flush()
    assert "x-mailchimp-signature" not in receiver.received[0].headers


def test_every_kind_of_event_has_its_keys(api, path, account, receiver, hook, maria):
    address = {"addr1": "Carrer Nou 1", "city": "Girona", "state": "GI", "zip": "17001"}
    api("PATCH", path(maria), {"merge_fields": {"ADDRESS": address}})
    account.life.change_email(maria, "mia@acme.example")
    campaign = account.life.send_campaign("News", subject="What is new")
    account.life.bounce("mia@acme.example", campaign)
    account.life.subscribe("brian@acme.example")
    account.life.unsubscribe("brian@acme.example")
    account.flush()
    assert receiver.types() == ["subscribe", "profile", "upemail", "campaign", "cleaned", "subscribe", "unsubscribe"]
    _, profile, upemail, sent, cleaned, _, unsubscribe = (one.form() for one in receiver.received)
    assert profile["data[merges][ADDRESS][addr1]"] == ["Carrer Nou 1"]
    assert upemail["data[old_email]"] == [maria]
    assert upemail["data[new_email]"] == ["mia@acme.example"]
    assert sent["data[subject]"] == ["What is new"]
    assert (cleaned["data[reason]"], cleaned["data[campaign_id]"]) == (["hard"], [campaign])
    assert (unsubscribe["data[action]"], unsubscribe["data[reason]"]) == (["unsub"], ["manual"])
    assert "data[ip_signup]" not in unsubscribe
    for without_id in (upemail, cleaned):
        assert "data[id]" not in without_id


def test_tags_opens_and_clicks_are_never_told(account, receiver, hook, maria):
    campaign = account.life.send_campaign("News")
    account.life.open(maria, campaign)
    account.life.click(maria, campaign, "https://acme.example/")
    account.life.tag(maria, "vip")
    account.flush()
    assert receiver.types() == ["subscribe", "campaign"]


def test_sources_api_false_silences_our_own_writes(api, path, account, receiver, hook, maria):
    api("PATCH", f"{HOOKS}/{hook['id']}", {"sources": {"api": False}})
    api("PATCH", path(maria), {"merge_fields": {"FNAME": "Mia"}})
    account.life.edit_profile(maria, {"FNAME": "Maria"})
    account.flush()
    assert receiver.types() == ["subscribe", "profile"]
    assert receiver.received[1].form()["data[merges][FNAME]"] == ["Maria"]


def test_a_failed_delivery_is_tried_again_and_given_up_in_the_end(account, receiver, hook):
    receiver.statuses = [500, 503]
    account.life.subscribe("maria@acme.example")
    account.flush()
    assert [one.status for one in account.webhooks.log] == [500, 503, 200]
    receiver.statuses = [500] * 9
    account.life.subscribe("brian@acme.example")
    account.flush()
    assert len(receiver.received) == 6


def test_410_disables_the_hook_for_good(account, receiver, hook):
    receiver.statuses = [410]
    account.life.subscribe("maria@acme.example")
    account.flush()
    account.life.subscribe("brian@acme.example")
    account.flush()
    assert len(receiver.received) == 1


def test_duplicates_and_losses_by_switch(account, receiver, hook):
    account.webhooks.duplicate = True
    account.life.subscribe("maria@acme.example")
    account.flush()
    assert receiver.types() == ["subscribe", "subscribe"]
    account.webhooks.lost = True
    account.life.subscribe("brian@acme.example")
    account.flush()
    assert len(receiver.received) == 2


def test_a_receiver_that_is_too_slow_is_cut_and_asked_again(account, receiver, hook):
    account.webhooks.timeout = 0.3
    account.webhooks.retry_after = (0.01,)
    receiver.server.faults.add(Fault(method="POST", delay=0.6))
    account.life.subscribe("maria@acme.example")
    account.flush()
    assert [one.status for one in account.webhooks.log] == [0, 200]


def test_a_deleted_hook_is_silent(api, account, receiver, hook):
    assert api("DELETE", f"{HOOKS}/{hook['id']}").status_code == 204
    account.life.subscribe("maria@acme.example")
    account.flush()
    assert receiver.received == []
