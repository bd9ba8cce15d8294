"""Token, scopes, rate limits (facts/hubspot.md §2, §3.1, §11.11)."""

V3 = "/crm/v3/objects/contacts"


def test_a_wrong_token_is_a_401(hub):
    answer = hub("GET", V3, headers={"Authorization": "Bearer other"})
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_a_missing_scope_is_a_403_that_names_it(hub):
    hub.portal.settings.scopes -= {"crm.objects.contacts.read"}
    answer = hub("GET", V3)
    assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")
    assert answer.json()["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.contacts.read"]


def test_every_answer_tells_the_budget(hub):
    hub("GET", V3)
    headers = hub("GET", V3).headers
    assert headers["X-HubSpot-RateLimit-Max"] == "190"
    assert headers["X-HubSpot-RateLimit-Remaining"] == "188"
    assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert headers["X-HubSpot-RateLimit-Daily-Remaining"] == "624998"


def test_searching_lists_counts_as_an_ordinary_call(hub):
    answers = [hub("POST", "/crm/v3/lists/search", {}) for _ in range(6)]
    assert {a.status_code for a in answers} == {200}
    assert answers[-1].headers["X-HubSpot-RateLimit-Remaining"] == "184"


def test_over_the_rolling_limit_is_a_429_with_its_policy(hub):
    hub.portal.settings.per_ten_seconds = 3
    answers = [hub("GET", V3) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    body = answers[-1].json()
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert body["errorType"] == "RATE_LIMIT"


def test_the_daily_limit_ends_at_midnight_of_the_portal(hub):
    hub.portal.settings.per_day = 1
    assert [hub("GET", V3).status_code for _ in range(2)] == [200, 429]
    assert hub("GET", V3).json()["policyName"] == "DAILY"
    hub.wait(hours=13, minutes=1)  # 10:00 UTC is 11:00 in Madrid
    assert hub("GET", V3).status_code == 200


def test_limits_can_be_off(hub):
    hub.portal.settings.per_ten_seconds, hub.portal.settings.limits_on = 1, False
    assert [hub("GET", V3).status_code for _ in range(3)] == [200] * 3


def test_account_details_and_usage(hub):
    for version in ("v3", "2026-09"):
        details = hub("GET", f"/account-info/{version}/details").json()
        assert (details["portalId"], details["timeZone"], details["utcOffset"]) == (4801234, "Europe/Madrid", "+01:00")
    row = hub("GET", "/account-info/v3/api-usage/daily/private-apps").json()["results"][0]
    assert (row["currentUsage"], row["usageLimit"]) == (3, 625_000)
    assert row["resetsAt"] == "2026-11-21T00:00:00+01:00"
