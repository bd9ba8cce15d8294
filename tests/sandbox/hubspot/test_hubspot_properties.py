"""Property definitions (facts/hubspot.md §4, §9, §11.20)."""

import pytest

V3, DATED = "/crm/v3/properties/contacts", "/crm/properties/2026-09/contacts"
SCORE = {"name": "trellis_score", "label": "Score", "type": "number", "fieldType": "number", "groupName": "trellis"}


@pytest.fixture
def group(hub):
    assert hub("POST", f"{V3}/groups", {"name": "trellis", "label": "Trellis"}).status_code == 201
    return hub


def test_a_property_is_made_once(group):
    made = group("POST", V3, SCORE)
    assert made.status_code == 201
    assert made.json()["hubspotDefined"] is False
    again = group("POST", V3, SCORE)
    assert again.status_code == 409
    assert "already exists" in again.json()["message"]
    assert group("GET", f"{V3}/trellis_score").json()["label"] == "Score"


def test_an_unknown_property_and_an_unknown_group_are_told(hub):
    missing = hub("GET", f"{V3}/trellis_score")
    assert (missing.status_code, missing.json()["category"]) == (404, "OBJECT_NOT_FOUND")
    assert hub("GET", f"{V3}/groups/trellis").status_code == 404
    assert hub("POST", V3, SCORE).status_code == 400


@pytest.mark.parametrize(
    "change", [{"name": "Trellis Score"}, {"fieldType": "text"}, {"label": None}, {"groupName": "nowhere"}]
)
def test_impossible_definitions_are_refused(group, change):
    assert group("POST", V3, {**SCORE, **change}).status_code == 400


def test_options_need_order_and_hidden_in_date_based_versions_only(group):
    stage = {**SCORE, "name": "trellis_stage", "type": "enumeration", "fieldType": "select"}
    bare = {**stage, "options": [{"label": "New", "value": "new"}]}
    assert group("POST", DATED, bare).status_code == 400
    assert group("POST", V3, bare).status_code == 201
    full = {"label": "Hot", "value": "hot", "displayOrder": 1, "hidden": False}
    changed = group("PATCH", f"{DATED}/trellis_stage", {"options": [full]})
    assert [option["value"] for option in changed.json()["options"]] == ["hot"]


def test_built_in_properties_say_so_and_stay(hub):
    listed = {row["name"]: row for row in hub("GET", V3).json()["results"]}
    assert listed["hs_email_open"]["modificationMetadata"]["readOnlyValue"] is True
    assert listed["lifecyclestage"]["hubspotDefined"] is True
    stages = sorted(listed["lifecyclestage"]["options"], key=lambda option: option["displayOrder"])
    assert [option["value"] for option in stages][:3] == ["subscriber", "lead", "marketingqualifiedlead"]
    assert hub("DELETE", f"{V3}/email").status_code == 400
    assert hub("PATCH", f"{V3}/email", {"label": "Mail"}).status_code == 400


def test_an_archived_property_does_not_exist_any_more(group):
    group("POST", V3, SCORE)
    assert group("DELETE", f"{V3}/trellis_score").status_code == 204
    assert group("GET", f"{V3}/trellis_score").status_code == 404


def test_a_portal_holds_so_many_custom_properties(group):
    group.portal.settings.custom_property_limit = 1
    limits = group("GET", "/crm/limits/2026-09/custom-properties").json()["byObjectType"]
    assert (limits[0]["objectTypeId"], limits[0]["limit"], limits[0]["usage"]) == ("0-1", 1, 0)
    assert group("POST", V3, SCORE).status_code == 201
    assert group("POST", V3, {**SCORE, "name": "trellis_two"}).status_code == 400


def test_several_at_once_are_made_together_or_not_at_all(group):
    group("POST", V3, SCORE)
    two = {**SCORE, "name": "trellis_two"}
    assert group("POST", f"{V3}/batch/create", {"inputs": [two, SCORE]}).status_code == 400
    assert group("GET", f"{V3}/trellis_two").status_code == 404
    assert group("POST", f"{V3}/batch/create", {"inputs": [two]}).status_code == 201


def test_an_opt_out_type_has_its_own_read_only_property(hub):
    hub.portal.add_subscription_type("4711", "Newsletter")
    made = hub("GET", f"{V3}/hs_email_optout_4711").json()
    assert (made["type"], made["modificationMetadata"]["readOnlyValue"]) == ("enumeration", True)
