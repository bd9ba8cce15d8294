"""Automation flows and the API trigger (facts/mailchimp.md §6)."""

from datetime import timedelta

import pytest

TAG = "trellis:track:finance"


@pytest.fixture
def flow(account, main):
    return account.add_flow("Finance", audience=main, tag=TAG, mails=["[FIN] 1", "[FIN] 2"], every=timedelta(days=2))


def tag(api, where, status="active", **more):
    answer = api("POST", where, {"tags": [{"name": TAG, "status": status}], **more})
    assert answer.status_code == 204


def kinds(world, email):
    return [(one.kind, one.mail) for one in world.effects.of(email=email)]


def test_a_tag_starts_the_flow_and_its_mails_follow(world, api, path, account, clock, flow, maria):
    tag(api, path(maria, "/tags"))
    assert kinds(world, maria) == [("entered", None), ("sent", "[FIN] 1")]
    clock.advance(timedelta(days=2))
    account.settle()
    assert kinds(world, maria)[2:] == [("sent", "[FIN] 2"), ("left", None)]
    assert world.effects.of(kind="entered")[0].why == f"tag added: {TAG}"


def test_a_tag_that_is_active_already_starts_nothing(world, api, path, flow, maria):
    tag(api, path(maria, "/tags"))
    tag(api, path(maria, "/tags"))
    assert len(world.effects.of(kind="entered")) == 1
    assert world.effects.of(kind="refused") == []


def test_is_syncing_starts_nothing(world, api, path, flow, maria):
    tag(api, path(maria, "/tags"), is_syncing=True)
    assert api.body(path(maria))["tags_count"] == 1
    assert len(world.effects) == 0


def test_nobody_but_the_subscribed_is_mailed(world, api, path, flow, noor):
    tag(api, path(noor, "/tags"))
    assert kinds(world, noor) == [("entered", None), ("not_sent", "[FIN] 1")]


def test_taking_the_tag_away_ends_the_mails_only_if_the_flow_says_so(world, api, path, account, clock, flow, maria):
    tag(api, path(maria, "/tags"))
    tag(api, path(maria, "/tags"), "inactive")
    clock.advance(timedelta(days=9))
    account.settle()
    assert kinds(world, maria) == [("entered", None), ("sent", "[FIN] 1"), ("left", None)]
    flow.exit_on_tag_removed = False
    flow.reenter = True
    tag(api, path(maria, "/tags"))
    tag(api, path(maria, "/tags"), "inactive")
    clock.advance(timedelta(days=9))
    account.settle()
    assert kinds(world, maria)[3:] == [("entered", None), ("sent", "[FIN] 1"), ("sent", "[FIN] 2"), ("left", None)]


def test_re_entry_obeys_the_rule_and_the_minimum_wait(world, api, path, clock, flow, maria):
    def again():
        tag(api, path(maria, "/tags"), "inactive")
        tag(api, path(maria, "/tags"))
        return [one.why for one in world.effects.of(email=maria) if one.kind in ("entered", "refused")][-1]

    tag(api, path(maria, "/tags"))
    assert again() == "re-entry is off"
    flow.reenter, flow.minimum_wait = True, timedelta(days=30)
    assert again() == "minimum wait before re-entry"
    clock.advance(timedelta(days=30))
    assert again() == f"tag added: {TAG}"


def test_a_flow_that_is_off_hears_nothing(world, api, path, flow, maria):
    flow.on = False
    tag(api, path(maria, "/tags"))
    assert len(world.effects) == 0


def test_a_flow_switched_off_midway_sends_no_more(world, api, path, account, clock, flow, maria):
    tag(api, path(maria, "/tags"))
    flow.on = False
    clock.advance(timedelta(days=2))
    account.settle()
    assert kinds(world, maria)[2:] == [("not_sent", "[FIN] 2"), ("left", None)]


def test_flow_mails_are_campaigns_of_automation_type(world, api, path, account, flow, maria):
    assert api.body("/reports")["reports"] == []
    tag(api, path(maria, "/tags"))
    (report,) = api.body("/reports", type="automation-email")["reports"]
    assert (report["campaign_title"], report["emails_sent"]) == ("[FIN] 1", 1)
    account.life.click(maria, "[FIN] 1", "https://acme.example/demo")
    assert api.body(f"/reports/{report['id']}/email-activity")["emails"][0]["activity"][0]["action"] == "click"


def test_entries_wait_for_the_lag(world, api, path, account, clock, flow, maria):
    account.switches.lag = timedelta(minutes=3)
    tag(api, path(maria, "/tags"))
    assert len(world.effects) == 0
    clock.advance(timedelta(minutes=3))
    account.settle()
    assert kinds(world, maria) == [("entered", None), ("sent", "[FIN] 1")]


def test_a_segment_batch_fires_tag_added_by_switch(world, api, account, flow, maria, noor):
    segment = api("POST", "/lists/main01/segments", {"name": TAG, "static_segment": []}).json()
    where = f"/lists/main01/segments/{segment['id']}"
    account.switches.bulk_tags_start_flows = False
    api("POST", where, {"members_to_add": [noor]})
    assert len(world.effects) == 0
    account.switches.bulk_tags_start_flows = True
    api("POST", where, {"members_to_add": [maria]})
    assert kinds(world, maria)[0] == ("entered", None)


def test_the_api_trigger_enrolls_members_of_the_audience(world, api, account, main, maria):
    flow = account.add_flow("By API", audience=main, journey=(12, 34), mails=["Hello"])
    where = "/customer-journeys/journeys/12/steps/34/actions/trigger"
    assert api("POST", where, {"email_address": maria}).status_code == 204
    assert kinds(world, maria)[0] == ("entered", None)
    assert api("POST", where, {"email_address": "nobody@acme.example"}).status_code == 400
    wrong = "/customer-journeys/journeys/12/steps/35/actions/trigger"
    assert api("POST", wrong, {"email_address": maria}).status_code == 404
    flow.on = False
    assert api("POST", where, {"email_address": maria}).status_code == 400


def test_an_event_starts_a_flow_unless_it_is_synced(world, api, path, account, main, maria):
    account.add_flow("By event", audience=main, event="asked_demo", mails=["Hello"])
    api("POST", path(maria, "/events"), {"name": "asked_demo", "is_syncing": True})
    assert len(world.effects) == 0
    api("POST", path(maria, "/events"), {"name": "asked_demo"})
    assert kinds(world, maria)[0] == ("entered", None)


def test_archiving_takes_her_out(world, api, path, flow, maria):
    tag(api, path(maria, "/tags"))
    api("DELETE", path(maria))
    assert world.effects.of(kind="left")[0].why == "no longer in the audience"
