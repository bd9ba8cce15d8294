"""Search (facts/hubspot.md §11.1 and §11.9)."""

from datetime import UTC, datetime

import pytest

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
V3 = "/crm/v3/objects/contacts"


def emails(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["properties"]["email"] for row in answer.json()["results"]]


def test_the_index_lags_behind_writes_and_reads_do_not(hub):
    maria = hub.make(email="maria@acme.example", jobtitle="Controller")
    named = {"propertyName": "email", "operator": "EQ", "value": "maria@acme.example"}
    assert emails(hub.search(named)) == []
    assert hub("GET", f"{V3}/{maria}").status_code == 200
    hub.wait(seconds=2)
    assert emails(hub.search(named)) == ["maria@acme.example"]
    hub("PATCH", f"{V3}/{maria}", {"properties": {"jobtitle": "CFO"}})
    titled = {"propertyName": "jobtitle", "operator": "EQ", "value": "CFO"}
    assert emails(hub.search(titled)) == []
    assert hub.search(named, properties=["jobtitle"]).json()["results"][0]["properties"]["jobtitle"] == "Controller"
    hub.wait(seconds=2)
    assert emails(hub.search(titled)) == ["maria@acme.example"]


@pytest.mark.parametrize("operator", ["EQ", "GT", "GTE", "LT", "LTE", "BETWEEN"])
def test_ids_that_a_float_cannot_hold_are_told_apart(hub, operator):
    ids = [2**53, 2**53 + 1, 2**53 + 2]
    for id_ in ids:
        hub.portal.create("contacts", {}, hub.portal.api_source, id_=id_)
    hub.portal.settings.search_lag = 0
    hub.wait(minutes=1)
    middle = {"propertyName": "hs_object_id", "operator": operator, "value": str(ids[1]), "highValue": str(ids[1])}
    found = hub.search(middle, {"propertyName": "hs_object_id", "operator": "HAS_PROPERTY"}).json()
    expected = {"GT": ids[2:], "GTE": ids[1:], "LT": ids[:1], "LTE": ids[:2]}.get(operator, [ids[1]])
    assert [row["id"] for row in found["results"]] == list(map(str, expected))
    assert hub.search(middle).json()["total"] == len(expected)


def test_archived_records_are_never_found(hub):
    hub.make(email="maria@acme.example")
    hub.wait(seconds=5)
    hub.portal.life.archive("maria@acme.example")
    assert hub.search({"propertyName": "email", "operator": "HAS_PROPERTY"}).json()["total"] == 0


@pytest.fixture
def three(hub):
    hub.portal.settings.search_lag = 0
    hub.portal.settings.limits_on = False
    hub.make(email="maria@acme.example", jobtitle="CFO", hs_lead_status="NEW", associatedcompanyid="1")
    hub.wait(minutes=1)
    hub.make(email="brian@globex.example", jobtitle="Head of Finance", hs_lead_status="OPEN", associatedcompanyid="20")
    hub.wait(minutes=1)
    hub.make(email="noor@acme.example", associatedcompanyid="3")
    return hub


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"propertyName": "jobtitle", "operator": "EQ", "value": "cfo"}, "maria"),
        ({"propertyName": "jobtitle", "operator": "NEQ", "value": "CFO"}, "brian noor"),
        ({"propertyName": "associatedcompanyid", "operator": "GT", "value": "2"}, "brian noor"),
        ({"propertyName": "associatedcompanyid", "operator": "LTE", "value": "3"}, "maria noor"),
        ({"propertyName": "associatedcompanyid", "operator": "BETWEEN", "value": "2", "highValue": "19"}, "noor"),
        ({"propertyName": "hs_lead_status", "operator": "IN", "values": ["new", "open"]}, "maria brian"),
        ({"propertyName": "hs_lead_status", "operator": "IN", "values": ["NEW", "OPEN"]}, ""),
        ({"propertyName": "hs_lead_status", "operator": "NOT_IN", "values": ["new"]}, "brian"),
        ({"propertyName": "jobtitle", "operator": "HAS_PROPERTY"}, "maria brian"),
        ({"propertyName": "jobtitle", "operator": "NOT_HAS_PROPERTY"}, "noor"),
        ({"propertyName": "email", "operator": "CONTAINS_TOKEN", "value": "acme.example"}, "maria noor"),
        ({"propertyName": "jobtitle", "operator": "CONTAINS_TOKEN", "value": "fin*"}, "brian"),
        ({"propertyName": "jobtitle", "operator": "NOT_CONTAINS_TOKEN", "value": "finance"}, "maria noor"),
        ({"propertyName": "createdate", "operator": "GTE", "value": "2026-11-20T10:01:00Z"}, "brian noor"),
        (
            {"propertyName": "createdate", "operator": "LT", "value": str(int(START.timestamp() * 1000) + 60_000)},
            "maria",
        ),
    ],
)
def test_operators(three, wish, expected):
    assert [mail.partition("@")[0] for mail in emails(three.search(wish))] == expected.split()


def test_groups_are_or_and_filters_are_and(three):
    by_title = {"propertyName": "jobtitle", "operator": "EQ", "value": "CFO"}
    at_acme = {"propertyName": "email", "operator": "CONTAINS_TOKEN", "value": "acme.example"}
    not_open = {"propertyName": "hs_lead_status", "operator": "NOT_HAS_PROPERTY"}
    groups = [{"filters": [by_title, at_acme]}, {"filters": [not_open]}]
    answer = three("POST", f"{V3}/search", {"filterGroups": groups})
    assert emails(answer) == ["maria@acme.example", "noor@acme.example"]


def test_sorting_takes_one_sort(three):
    newest = {"propertyName": "createdate", "direction": "DESCENDING"}
    assert emails(three.search(sorts=[newest]))[0] == "noor@acme.example"
    assert emails(three.search(sorts=["-createdate"]))[0] == "noor@acme.example"
    assert three.search(sorts=[newest, "email"]).status_code == 400


def test_pages_are_positions_and_the_total_is_told(three):
    first = three.search(limit=2).json()
    assert (first["total"], first["paging"]["next"]["after"]) == (3, "2")
    assert "paging" not in three.search(limit=2, after="2").json()


def test_limits_of_the_request(three):
    one = {"propertyName": "email", "operator": "HAS_PROPERTY"}
    assert three.search(limit=201).status_code == 400
    assert three.search(limit=200, after="9800").status_code == 200
    assert three.search(limit=200, after="9801").status_code == 400
    assert three.search(after="abc").status_code == 400
    assert three.search(query="x" * 3000).status_code == 400
    assert three.search(*[one] * 7).status_code == 400
    assert three("POST", f"{V3}/search", {"filterGroups": [{"filters": [one]}] * 6}).status_code == 400
    assert three("POST", f"{V3}/search", {"filterGroups": [{"filters": [one] * 4}] * 5}).status_code == 400
    assert three.search({"propertyName": "nope", "operator": "HAS_PROPERTY"}).status_code == 400


def test_search_has_a_bucket_of_its_own_and_no_rate_headers(hub):
    answers = [hub.search() for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert answers[-1].json()["policyName"] == "SECONDLY"
    assert not [name for a in answers for name in a.headers if "ratelimit" in name.lower()]
    assert hub("GET", V3).status_code == 200


def test_companies_can_be_searched(hub):
    hub.portal.settings.search_lag = 0
    hub.portal.life.add_company({"name": "Acme", "numberofemployees": 120})
    wish = {"propertyName": "numberofemployees", "operator": "GTE", "value": "100"}
    body = {"filterGroups": [{"filters": [wish]}], "properties": ["name"]}
    answer = hub("POST", "/crm/objects/2026-09/companies/search", body)
    assert [row["properties"]["name"] for row in answer.json()["results"]] == ["Acme"]
