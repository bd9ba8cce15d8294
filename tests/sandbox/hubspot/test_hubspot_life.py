"""What people do in the pretend portal, and how it shows (facts/hubspot.md §6.4, §7)."""

import pytest

V3 = "/crm/v3/objects/contacts"


def test_a_form_fill_makes_a_lead_and_moves_the_counters(hub):
    maria = hub.portal.life.fill_form(
        "maria@acme.example", "Demo request", {"firstname": "Maria"}, "https://site.example/demo"
    )
    hub.wait(days=1)
    hub.portal.life.fill_form("maria@acme.example", "Newsletter")
    values = hub.read(
        maria,
        "lifecyclestage",
        "num_conversion_events",
        "num_unique_conversion_events",
        "first_conversion_event_name",
        "recent_conversion_event_name",
        "recent_conversion_date",
        "hs_analytics_num_page_views",
        "hs_analytics_last_url",
    )
    assert values["lifecyclestage"] == "lead"
    assert (values["num_conversion_events"], values["num_unique_conversion_events"]) == ("2", "2")
    assert values["first_conversion_event_name"] == "Demo request"
    assert values["recent_conversion_event_name"] == "Newsletter"
    assert values["recent_conversion_date"] == "2026-11-21T10:00:00.000Z"
    assert (values["hs_analytics_num_page_views"], values["hs_analytics_last_url"]) == (
        "1",
        "https://site.example/demo",
    )


def test_a_customer_who_fills_in_a_form_stays_a_customer(hub):
    brian = hub.make(email="brian@acme.example", lifecyclestage="customer")
    hub.portal.life.fill_form("brian@acme.example", "Newsletter")
    assert hub.read(brian, "lifecyclestage")["lifecyclestage"] == "customer"


def test_submissions_come_newest_first_in_pages_of_fifty(hub):
    for i in range(3):
        hub.portal.life.fill_form(f"p{i}@acme.example", "Demo request", page_url="https://site.example/demo")
        hub.wait(minutes=1)
    (form,) = hub("GET", "/marketing/v3/forms").json()["results"]
    assert form["name"] == "Demo request"
    path = f"/form-integrations/v1/submissions/forms/{form['id']}"
    first = hub("GET", f"{path}?limit=2").json()
    mails = [value["value"] for row in first["results"] for value in row["values"] if value["name"] == "email"]
    assert mails == ["p2@acme.example", "p1@acme.example"]
    assert first["results"][0]["submittedAt"] == 1_795_168_920_000
    rest = hub("GET", f"{path}?limit=2&after={first['paging']['next']['after']}").json()
    assert (len(rest["results"]), "paging" in rest) == (1, False)
    assert hub("GET", f"{path}?limit=51").status_code == 400
    assert hub("GET", "/form-integrations/v1/submissions/forms/unknown").status_code == 404


def test_clicks_and_opens_are_lifetime_counters_with_dates(hub):
    maria = hub.make(email="maria@acme.example")
    assert hub.portal.life.receive_mail("maria@acme.example", "Spring")
    hub.wait(hours=1)
    hub.portal.life.click_mail("maria@acme.example", "Spring", "https://site.example/pricing")
    values = hub.read(maria, "hs_email_delivered", "hs_email_open", "hs_email_click", "hs_email_last_click_date")
    assert values["hs_email_delivered"] == values["hs_email_open"] == values["hs_email_click"] == "1"
    assert values["hs_email_last_click_date"] == "2026-11-20T11:00:00.000Z"


def test_an_opt_out_shows_in_the_record_and_in_the_status(hub):
    hub.portal.add_subscription_type("4711", "Newsletter")
    hub.portal.add_subscription_type("4712", "Events")
    noor = hub.make(email="noor@acme.example")
    hub.portal.life.unsubscribe("noor@acme.example", "4711")

    def statuses() -> list[str]:
        answer = hub("GET", "/communication-preferences/v3/status/email/noor%40acme.example").json()
        return [row["status"] for row in answer["subscriptionStatuses"]]

    assert statuses() == ["NOT_SUBSCRIBED", "SUBSCRIBED"]
    assert hub.read(noor, "hs_email_optout_4711", "hs_email_optout")["hs_email_optout"] is None
    hub.portal.life.unsubscribe("noor@acme.example")
    assert statuses() == ["NOT_SUBSCRIBED", "NOT_SUBSCRIBED"]
    assert hub.read(noor, "hs_email_optout")["hs_email_optout"] == "true"
    assert not hub.portal.life.receive_mail("noor@acme.example", "Spring")


def test_a_won_deal_makes_a_customer(hub):
    maria = hub.make(email="maria@acme.example", lifecyclestage="lead")
    deal = hub.portal.life.win_deal("maria@acme.example", amount=5000)
    assert hub.read(maria, "lifecyclestage", "num_associated_deals")["lifecyclestage"] == "customer"
    answer = hub("GET", f"/crm/v3/objects/deals/{deal}?properties=dealstage,amount").json()
    assert (answer["properties"]["dealstage"], answer["properties"]["amount"]) == ("closedwon", "5000")


def test_a_person_may_move_a_stage_back(hub):
    brian = hub.make(email="brian@acme.example", lifecyclestage="customer")
    hub.portal.life.set_property("brian@acme.example", "lifecyclestage", "lead")
    assert hub.read(brian, "lifecyclestage")["lifecyclestage"] == "lead"


def test_the_past_can_be_told_in_any_order(hub):
    maria = hub.portal.life.add_contact({"email": "maria@acme.example"}, at="2026-09-01T00:00:00Z")
    hub.portal.life.fill_form("maria@acme.example", "Pricing guide", at="2026-10-02T00:00:00Z")
    hub.portal.life.fill_form("maria@acme.example", "Newsletter", at="2026-10-01T00:00:00Z")
    values = hub.read(maria, "recent_conversion_event_name", "createdate")
    assert values["recent_conversion_event_name"] == "Pricing guide"
    assert values["lastmodifieddate"] == "2026-10-02T00:00:00.000Z"
    assert values["createdate"] == "2026-09-01T00:00:00.000Z"


def test_life_can_be_lived_over_http(hub):
    body = {"do": "fill_form", "email": "maria@acme.example", "form": "Demo request"}
    answer = hub("POST", "/sandbox/life", body)
    assert hub("GET", f"{V3}/{answer.json()['result']}").status_code == 200
    assert hub("POST", "/sandbox/life", {"do": "fly"}).status_code == 400
    assert hub("POST", "/sandbox/life", {"do": "unsubscribe", "email": "x@acme.example"}).status_code == 400


def test_unknown_people_are_a_lookup_error(hub):
    with pytest.raises(LookupError):
        hub.portal.life.open_mail("nobody@acme.example")
