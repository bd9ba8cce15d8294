"""Campaigns, reports and activity (facts/mailchimp.md §5)."""

from datetime import timedelta

import pytest

PRICING = "https://acme.example/pricing"


@pytest.fixture
def sent(account, clock, maria, noor):
    """A campaign that maria and brian got; brian opened, then maria clicked, a minute apart."""
    account.life.subscribe("brian@acme.example")
    campaign = account.life.send_campaign("News", subject="What is new")
    clock.advance(timedelta(minutes=1))
    account.life.open("brian@acme.example", campaign, proxy=True)
    clock.advance(timedelta(minutes=1))
    account.life.click(maria, campaign, PRICING)
    return campaign


def test_a_report_totals_what_happened(api, sent):
    (report,) = api.body("/reports")["reports"]
    assert report["id"] == sent
    assert report["emails_sent"] == 2
    assert report["opens"]["opens_total"] == 1
    assert report["opens"]["proxy_excluded_opens"] == 0
    assert report["opens"]["last_open"] == "2026-11-20T09:01:00+00:00"
    assert report["clicks"]["unique_subscriber_clicks"] == 1
    assert report["clicks"]["last_click"] == "2026-11-20T09:02:00+00:00"
    assert report == {**api.body(f"/reports/{sent}")}


def test_reports_can_be_narrowed_by_send_time(api, sent):
    assert api.body("/reports", since_send_time="2026-11-20T08:59:59+00:00")["total_items"] == 1
    assert api.body("/reports", since_send_time="2026-11-20T09:00:00+00:00")["total_items"] == 0


def test_email_activity_lists_every_recipient_even_those_who_did_nothing_since(api, sent, maria):
    everything = api.body(f"/reports/{sent}/email-activity")
    assert everything["total_items"] == 2
    later = api.body(f"/reports/{sent}/email-activity", since="2026-11-20T09:01:00+00:00")["emails"]
    acts = {one["email_address"]: one["activity"] for one in later}
    assert acts["brian@acme.example"] == []
    assert acts[maria][0] == {
        "action": "click",
        "timestamp": "2026-11-20T09:02:00+00:00",
        "ip": "192.0.2.44",
        "url": PRICING,
    }


def test_details_tell_who_was_mailed_opened_and_clicked(api, sent, maria):
    assert {one["status"] for one in api.body(f"/reports/{sent}/sent-to")["sent_to"]} == {"sent"}
    opens = api.body(f"/reports/{sent}/open-details")
    assert [one["email_address"] for one in opens["members"]] == ["brian@acme.example"]
    assert opens["members"][0]["opens"][0]["is_proxy_open"] is True
    assert api.body(f"/reports/{sent}/open-details", since="2026-11-20T09:01:00+00:00")["members"] == []
    (link,) = api.body(f"/reports/{sent}/click-details")["urls_clicked"]
    assert (link["url"], link["total_clicks"]) == (PRICING, 1)
    clickers = api.body(f"/reports/{sent}/click-details/{link['id']}/members")["members"]
    assert [one["email_address"] for one in clickers] == [maria]


def test_bounces_unsubscribes_and_complaints_show_in_the_report(api, path, account, sent, maria):
    account.life.subscribe("quim@acme.example")
    account.life.subscribe("aina@acme.example")
    second = account.life.send_campaign("More")
    account.life.bounce("quim@acme.example", second)
    account.life.unsubscribe(maria, campaign=second, reason="Too many mails")
    account.life.complain("aina@acme.example", second)
    report = api.body(f"/reports/{second}")
    assert (report["bounces"]["hard_bounces"], report["unsubscribed"], report["abuse_reports"]) == (1, 1, 1)
    assert api.body(f"/reports/{second}/unsubscribed")["unsubscribes"][0]["reason"] == "Too many mails"
    assert api.body(f"/reports/{second}/abuse-reports")["abuse_reports"][0]["email_address"] == "aina@acme.example"
    assert api.body(path("quim@acme.example"))["status"] == "cleaned"
    assert api.body(path(maria))["unsubscribe_reason"] == "Too many mails"
    for email in ("quim@acme.example", maria, "aina@acme.example"):
        assert api("PATCH", path(email), {"status": "subscribed"}).json()["title"] == "Member In Compliance State"


def test_only_subscribed_people_are_mailed(api, sent, noor):
    mailed = {one["email_address"] for one in api.body(f"/reports/{sent}/sent-to")["sent_to"]}
    assert noor not in mailed


def test_the_feed_is_newest_first_filtered_and_without_a_total(api, path, sent, maria):
    feed = api.body(path(maria, "/activity-feed"))
    assert [one["activity_type"] for one in feed["activity"]] == ["click", "sent", "generic_signup"]
    assert "total_items" not in feed
    clicks = api.body(path(maria, "/activity-feed"), activity_filters="open,click")["activity"]
    assert [one["link_clicked"] for one in clicks] == [PRICING]
    recent = api.body(path(maria, "/activity"))
    assert (recent["activity"][0]["action"], recent["activity"][0]["campaign_id"]) == ("click", sent)


def test_rates_and_rating_follow_clicks_of_sent_mails(api, path, account, sent, maria):
    assert api.body(path(maria))["stats"] == {"avg_open_rate": 0, "avg_click_rate": 1.0}
    assert api.body(path(maria))["member_rating"] == 2
    account.life.send_campaign("More")
    assert api.body(path(maria))["member_rating"] == 5
    assert api.body(path("brian@acme.example"))["member_rating"] == 2


def test_campaigns_list_and_filter(api, account, main, sent):
    draft = account.add_campaign("Draft", audience=main)
    assert [one["id"] for one in api.body("/campaigns")["campaigns"]] == [draft.id, sent]
    assert [one["id"] for one in api.body("/campaigns", status="sent")["campaigns"]] == [sent]
    assert api.body(f"/campaigns/{sent}")["report_summary"]["subscriber_clicks"] == 1
    assert api("GET", f"/reports/{draft.id}").status_code == 404
