"""Reads: what a record looks like, pages, batch read, history (facts/hubspot.md §11.2, 3, 5, 8, 10, 11)."""

import pytest

DATED = "/crm/objects/2026-09/contacts"
V3 = "/crm/v3/objects/contacts"


@pytest.mark.parametrize("base", [V3, DATED])
def test_values_are_text_and_unset_ones_null_and_undefined_ones_absent(hub, base):
    maria = hub.make(email="Maria@Acme.example", associatedcompanyid=12)
    answer = hub("GET", f"{base}/{maria}?properties=email,associatedcompanyid,jobtitle,nonsense").json()
    assert answer["id"] == maria
    assert answer["properties"]["email"] == "maria@acme.example"
    assert answer["properties"]["associatedcompanyid"] == "12"
    assert answer["properties"]["jobtitle"] is None
    assert "nonsense" not in answer["properties"]
    assert answer["createdAt"] == answer["updatedAt"] == "2026-11-20T10:00:00.000Z"
    assert answer["archived"] is False


def test_nothing_requested_gives_the_six_defaults(hub):
    maria = hub.make(email="maria@acme.example", firstname="Maria", lastname="Soler", jobtitle="CFO")
    assert set(hub("GET", f"{V3}/{maria}").json()["properties"]) == {
        "createdate",
        "email",
        "firstname",
        "lastname",
        "hs_object_id",
        "lastmodifieddate",
    }


def test_a_cleared_value_reads_as_empty_text(hub):
    maria = hub.make(email="maria@acme.example", jobtitle="CFO")
    hub("PATCH", f"{V3}/{maria}", {"properties": {"jobtitle": ""}})
    assert hub.read(maria, "jobtitle")["jobtitle"] == ""


def test_null_is_ignored_on_write(hub):
    maria = hub.make(email="maria@acme.example", jobtitle="CFO")
    hub("PATCH", f"{V3}/{maria}", {"properties": {"jobtitle": None}})
    assert hub.read(maria, "jobtitle")["jobtitle"] == "CFO"


def test_pages_go_to_the_end_and_archived_false_in_capitals_is_false(hub):
    made = [hub.make(email=f"p{i}@acme.example") for i in range(12)]
    first = hub("GET", f"{V3}?archived=False").json()
    assert [row["id"] for row in first["results"]] == made[:10]  # the default limit
    after = first["paging"]["next"]["after"]
    last = hub("GET", f"{V3}?limit=100&after={after}").json()
    assert [row["id"] for row in last["results"]] == made[10:]
    assert "paging" not in last


def test_a_page_holds_at_most_100_and_50_with_history(hub):
    assert hub("GET", f"{V3}?limit=101").status_code == 400
    assert hub("GET", f"{V3}?limit=51&propertiesWithHistory=email").status_code == 400
    assert hub("GET", f"{V3}?limit=50&propertiesWithHistory=email").status_code == 200


def test_by_email_finds_without_case_and_unknown_is_an_html_404(hub):
    hub.make(email="maria@acme.example")
    assert hub("GET", f"{V3}/MARIA%40acme.example?idProperty=email").status_code == 200
    unknown = hub("GET", f"{V3}/nobody%40acme.example?idProperty=email")
    assert unknown.status_code == 404
    assert unknown.headers["Content-Type"].startswith("text/html")


def test_batch_read_answers_207_and_names_the_unknown_ids(hub):
    maria = hub.make(email="maria@acme.example")
    answer = hub("POST", f"{V3}/batch/read", {"inputs": [{"id": maria}, {"id": "999999"}], "properties": ["email"]})
    assert answer.status_code == 207
    body = answer.json()
    assert [row["id"] for row in body["results"]] == [maria]
    assert body["numErrors"] == 1
    assert body["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert body["errors"][0]["context"]["ids"] == ["999999"]


def test_batch_read_by_email(hub):
    maria = hub.make(email="maria@acme.example")
    answer = hub("POST", f"{V3}/batch/read", {"inputs": [{"id": "Maria@acme.example"}], "idProperty": "email"})
    assert [row["id"] for row in answer.json()["results"]] == [maria]


def test_batches_over_their_limits_are_refused_with_the_live_texts(hub):
    inputs = [{"id": str(i)} for i in range(101)]
    refused = hub("POST", f"{V3}/batch/read", {"inputs": inputs})
    assert refused.status_code == 400
    assert refused.json()["message"] == (
        "The maximum number of inputs supported in a batch is 100. Please reduce the number of items and try again"
    )
    refused = hub("POST", f"{V3}/batch/read", {"inputs": inputs[:51], "propertiesWithHistory": ["email"]})
    assert refused.status_code == 400
    assert "batch request for property histories is 50" in refused.json()["message"]


def test_history_comes_newest_first_with_its_source(hub):
    maria = hub.make(email="maria@acme.example", jobtitle="Controller")
    hub.wait(days=1)
    hub.portal.life.set_property("maria@acme.example", "jobtitle", "CFO")
    entries = hub("GET", f"{V3}/{maria}?propertiesWithHistory=jobtitle").json()["propertiesWithHistory"]["jobtitle"]
    assert [(e["value"], e["timestamp"], e["sourceType"]) for e in entries] == [
        ("CFO", "2026-11-21T10:00:00.000Z", "CRM_UI"),
        ("Controller", "2026-11-20T10:00:00.000Z", "INTEGRATION"),
    ]


def test_archived_records_are_listed_apart(hub):
    maria = hub.make(email="maria@acme.example")
    assert hub("DELETE", f"{V3}/{maria}").status_code == 204
    assert hub("GET", f"{V3}/{maria}").status_code == 404
    assert hub("GET", V3).json()["results"] == []
    row = hub("GET", f"{V3}?archived=true").json()["results"][0]
    assert (row["id"], row["archived"], row["archivedAt"]) == (maria, True, "2026-11-20T10:00:00.000Z")


def test_a_uri_that_is_too_long_is_a_414(hub):
    assert hub("GET", f"{V3}?properties={'x' * 9000}").status_code == 414


def test_associated_company_in_list_page_and_in_association_batch(hub):
    company = hub(
        "POST", "/crm/v3/objects/companies", {"properties": {"name": "Acme", "numberofemployees": 120}}
    ).json()
    maria = hub.make(email="maria@acme.example", associatedcompanyid=company["id"])
    pau = hub.make(email="pau@acme.example")
    row = hub("GET", f"{V3}/{maria}?associations=companies").json()
    assert row["associations"]["companies"]["results"][0] == {"id": company["id"], "type": "contact_to_company"}
    for path in ("/crm/v4/associations/contacts/companies", "/crm/associations/2026-09/contacts/companies"):
        answer = hub("POST", f"{path}/batch/read", {"inputs": [{"id": maria}, {"id": pau}]})
        assert answer.status_code == 207
        (found,) = answer.json()["results"]
        assert found["from"]["id"] == maria
        assert found["to"][0]["toObjectId"] == int(company["id"])
        assert found["to"][0]["associationTypes"][0]["label"] == "Primary"
        assert answer.json()["errors"][0]["context"]["fromObjectId"] == [pau]
