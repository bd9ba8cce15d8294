"""Writes: validation, batches, conflicts, lifecycle, merge, erasure (facts/hubspot.md §11.4 to 7, 12 to 15, 19)."""

import json

import pytest

from adapters.sandbox.hubspot import RequiredWhen

DATED = "/crm/objects/2026-09/contacts"
V3 = "/crm/v3/objects/contacts"


def problems(answer) -> list[dict]:
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    head, _, tail = answer.json()["message"].partition("Property values were not valid: ")
    assert head == ""
    return json.loads(tail)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nope", "1", "PROPERTY_DOESNT_EXIST"),
        ("hs_lead_status", "Warm", "INVALID_OPTION"),
        ("email", "maria", "INVALID_EMAIL"),
        ("associatedcompanyid", "twelve", "INVALID_INTEGER"),
        ("closedate", "tomorrow", "INVALID_LONG"),
        ("hs_email_open", 3, "READ_ONLY_VALUE"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_written(hub, name, value, code):
    maria = hub.make(email="maria@acme.example")
    (problem,) = problems(hub("PATCH", f"{V3}/{maria}", {"properties": {"jobtitle": "CFO", name: value}}))
    assert (problem["name"], problem["error"], problem["isValid"]) == (name, code, False)
    assert hub.read(maria, "jobtitle")["jobtitle"] is None


def test_the_text_of_an_unknown_property(hub):
    maria = hub.make(email="maria@acme.example")
    (problem,) = problems(hub("PATCH", f"{V3}/{maria}", {"properties": {"nope": "1"}}))
    assert problem["message"] == 'Property "nope" does not exist'


def test_one_bad_row_refuses_the_whole_batch(hub):
    maria, brian = hub.make(email="maria@acme.example"), hub.make(email="brian@acme.example")
    rows = [{"id": maria, "properties": {"jobtitle": "CFO"}}, {"id": brian, "properties": {"nope": "1"}}]
    assert problems(hub("POST", f"{V3}/batch/update", {"inputs": rows}))
    assert hub.read(maria, "jobtitle")["jobtitle"] is None


def test_with_trace_ids_the_good_rows_of_a_batch_are_written(hub):
    maria, brian = hub.make(email="maria@acme.example"), hub.make(email="brian@acme.example")
    rows = [
        {"id": maria, "objectWriteTraceId": "a", "properties": {"jobtitle": "CFO"}},
        {"id": brian, "objectWriteTraceId": "b", "properties": {"nope": "1"}},
    ]
    answer = hub("POST", f"{V3}/batch/update", {"inputs": rows})
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["context"]["objectWriteTraceId"] == ["b"]
    assert [row["id"] for row in answer.json()["results"]] == [maria]
    assert hub.read(maria, "jobtitle")["jobtitle"] == "CFO"


def test_trace_ids_may_do_nothing_for_updates(hub):
    hub.portal.settings.partial_updates = False
    maria, brian = hub.make(email="maria@acme.example"), hub.make(email="brian@acme.example")
    rows = [
        {"id": maria, "objectWriteTraceId": "a", "properties": {"jobtitle": "CFO"}},
        {"id": brian, "objectWriteTraceId": "b", "properties": {"nope": "1"}},
    ]
    assert hub("POST", f"{V3}/batch/update", {"inputs": rows}).status_code == 400
    rows = [{"objectWriteTraceId": key, "properties": {"email": f"{key}@x.example", "nope": "1"}} for key in "cd"]
    assert hub("POST", f"{V3}/batch/create", {"inputs": rows}).status_code == 207


def test_equal_trace_ids_do_not_count(hub):
    maria, brian = hub.make(email="maria@acme.example"), hub.make(email="brian@acme.example")
    rows = [
        {"id": maria, "objectWriteTraceId": "a", "properties": {"jobtitle": "CFO"}},
        {"id": brian, "objectWriteTraceId": "a", "properties": {"nope": "1"}},
    ]
    assert hub("POST", f"{V3}/batch/update", {"inputs": rows}).status_code == 400


def test_duplicate_ids_in_a_batch_are_refused_with_the_live_text(hub):
    maria = hub.make(email="maria@acme.example")
    rows = [{"id": maria, "properties": {"jobtitle": title}} for title in ("CFO", "CEO")]
    answer = hub("POST", f"{V3}/batch/update", {"inputs": rows})
    assert answer.status_code == 400
    assert answer.json()["message"] == f"Duplicate IDs found in batch input: [{maria}]. IDs must be unique"
    assert answer.json()["context"] == {"ids": [maria]}
    assert hub.read(maria, "jobtitle")["jobtitle"] is None


def test_an_unknown_id_refuses_a_batch_update(hub):
    maria = hub.make(email="maria@acme.example")
    rows = [{"id": maria, "properties": {"jobtitle": "CFO"}}, {"id": "999999", "properties": {"jobtitle": "CFO"}}]
    answer = hub("POST", f"{V3}/batch/update", {"inputs": rows})
    assert answer.status_code == 400
    assert answer.json()["context"]["ids"] == ["999999"]
    assert hub.read(maria, "jobtitle")["jobtitle"] is None


@pytest.mark.parametrize("id_property", ["email", "hs_object_id"])
def test_batch_update_by_any_id_property_is_refused(hub, id_property):
    row = {"id": "maria@acme.example", "idProperty": id_property, "properties": {"jobtitle": "CFO"}}
    answer = hub("POST", f"{V3}/batch/update", {"inputs": [row]})
    assert answer.status_code == 400
    assert answer.json()["message"] == "Unable to perform update/upsert by non-unique 0-1 property"


def test_upsert_tells_new_from_old_lowercases_and_keeps_no_order(hub):
    maria = hub.make(email="maria@acme.example")
    rows = [
        {"id": mail, "idProperty": "email", "properties": {"jobtitle": "CFO"}}
        for mail in ("Maria@acme.example", "New@acme.example")
    ]
    results = hub("POST", f"{V3}/batch/upsert", {"inputs": rows}).json()["results"]
    assert [row["new"] for row in results] == [True, False]
    assert results[0]["properties"]["email"] == "new@acme.example"
    assert results[1]["id"] == maria


def test_creating_a_known_email_is_a_conflict_that_names_the_id(hub):
    maria = hub.make(email="maria@acme.example")
    answer = hub("POST", V3, {"properties": {"email": "MARIA@acme.example"}})
    assert (answer.status_code, answer.json()["category"]) == (409, "CONFLICT")
    assert answer.json()["message"] == f"Contact already exists. Existing ID: {maria}"


def test_changing_to_a_known_email_is_a_conflict(hub):
    maria, brian = hub.make(email="maria@acme.example"), hub.make(email="brian@acme.example")
    answer = hub("PATCH", f"{V3}/{brian}", {"properties": {"email": "maria@acme.example"}})
    assert answer.status_code == 409
    assert maria in answer.json()["message"]


def test_lifecycle_moves_forward_only_but_says_yes(hub):
    brian = hub.make(email="brian@acme.example", lifecyclestage="customer")
    answer = hub("PATCH", f"{V3}/{brian}", {"properties": {"lifecyclestage": "lead"}})
    assert answer.status_code == 200
    assert hub.read(brian, "lifecyclestage")["lifecyclestage"] == "customer"


def test_lifecycle_goes_back_after_being_cleared_in_another_request(hub):
    brian = hub.make(email="brian@acme.example", lifecyclestage="customer")
    for stage in ("", "lead"):
        hub("PATCH", f"{V3}/{brian}", {"properties": {"lifecyclestage": stage}})
    assert hub.read(brian, "lifecyclestage")["lifecyclestage"] == "lead"


def test_a_new_stage_sets_its_dates(hub):
    maria = hub.make(email="maria@acme.example", lifecyclestage="lead")
    hub.wait(hours=1)
    hub("PATCH", f"{V3}/{maria}", {"properties": {"lifecyclestage": "marketingqualifiedlead"}})
    dates = hub.read(maria, "hs_v2_date_entered_marketingqualifiedlead", "hs_v2_date_exited_lead")
    assert dates["hs_v2_date_entered_marketingqualifiedlead"] == "2026-11-20T11:00:00.000Z"
    assert dates["hs_v2_date_exited_lead"] == "2026-11-20T11:00:00.000Z"


def test_our_own_write_moves_the_last_modified_date(hub):
    maria = hub.make(email="maria@acme.example")
    hub.wait(minutes=1)
    hub("PATCH", f"{V3}/{maria}", {"properties": {"jobtitle": "CFO"}})
    assert hub.read(maria)["lastmodifieddate"] == "2026-11-20T10:01:00.000Z"


@pytest.mark.parametrize(("bumps", "minute"), [(False, "00"), (True, "01")])
def test_writing_the_same_value_moves_it_only_where_so_chosen(hub, bumps, minute):
    hub.portal.settings.same_value_bumps = bumps
    maria = hub.make(email="maria@acme.example", jobtitle="CFO")
    hub.wait(minutes=1)
    hub("PATCH", f"{V3}/{maria}", {"properties": {"jobtitle": "CFO"}})
    assert hub.read(maria)["lastmodifieddate"] == f"2026-11-20T10:{minute}:00.000Z"


def test_a_merge_makes_a_new_record_that_names_both_old_ones(hub):
    maria = hub.make(email="maria@acme.example", jobtitle="CFO")
    double = hub.make(email="maria@home.example", phone="600")
    merged = hub("POST", f"{V3}/merge", {"primaryObjectId": maria, "objectIdToMerge": double}).json()["id"]
    assert merged not in (maria, double)
    values = hub.read(merged, "email", "jobtitle", "phone", "hs_merged_object_ids")
    assert (values["email"], values["jobtitle"], values["phone"]) == ("maria@acme.example", "CFO", "600")
    assert values["hs_merged_object_ids"] == f"{maria};{double}"
    assert hub("GET", f"{V3}/{maria}").status_code == 404
    assert hub("GET", f"{V3}/maria%40home.example?idProperty=email").json()["id"] == merged
    assert hub("POST", V3, {"properties": {"email": "maria@home.example"}}).status_code == 409


def test_a_merge_may_keep_the_primary_id(hub):
    hub.portal.settings.merge_keeps_primary_id = True
    maria, double = hub.make(email="maria@acme.example"), hub.make(email="maria@home.example")
    answer = hub("POST", f"{V3}/merge", {"primaryObjectId": maria, "objectIdToMerge": double})
    assert answer.json()["id"] == maria
    assert hub.read(maria, "hs_merged_object_ids")["hs_merged_object_ids"] == double


def test_erasure_is_for_good_and_blocks_the_address(hub):
    maria = hub.make(email="maria@acme.example")
    assert hub("POST", f"{V3}/gdpr-delete", {"objectId": maria}).status_code == 204
    assert hub("GET", f"{V3}/{maria}?archived=true").status_code == 404
    assert hub("POST", V3, {"properties": {"email": "maria@acme.example"}}).status_code == 400


def test_an_archived_contact_can_come_back(hub):
    maria = hub.make(email="maria@acme.example")
    hub.portal.life.archive("maria@acme.example")
    hub.portal.life.restore(maria)
    assert hub("GET", f"{V3}/maria%40acme.example?idProperty=email").json()["id"] == maria


def test_date_based_versions_enforce_the_admins_rules_and_v3_does_not(hub):
    maria = hub.make(email="maria@acme.example", hs_lead_status="OPEN")
    hub.portal.settings.required_when.append(RequiredWhen("phone", "hs_lead_status", ("OPEN",)))
    change = {"properties": {"jobtitle": "CFO"}}
    refused = hub("PATCH", f"{DATED}/{maria}", change)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
    assert refused.json()["errors"][0]["context"]["properties"] == ["phone"]
    batch = hub("POST", f"{DATED}/batch/update", {"inputs": [{"id": maria, **change}]})
    assert batch.status_code == 400
    assert hub("PATCH", f"{V3}/{maria}", change).status_code == 200


def test_json_that_cannot_be_read_is_a_400(hub):
    answer = hub.session.post(f"{hub.sandbox.hubspot_url}{V3}", data=b"{", timeout=10)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_a_task_goes_to_the_contact_and_can_be_done(hub):
    maria = hub.make(email="maria@acme.example")
    owner = hub.portal.add_owner("ana@acme.example", "Ana", "Puig")
    wish = {
        "properties": {"hs_timestamp": "2026-11-21T10:00:00Z", "hs_task_subject": "Call", "hubspot_owner_id": owner.id},
        "associations": [
            {"to": {"id": maria}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]}
        ],
    }
    task = hub("POST", "/crm/v3/objects/tasks", wish).json()["id"]
    assert hub.portal.associations.of("contacts", int(maria), "tasks") == [int(task)]
    hub.portal.life.complete_task(task)
    read = hub("POST", "/crm/v3/objects/tasks/batch/read", {"inputs": [{"id": task}], "properties": ["hs_task_status"]})
    assert read.json()["results"][0]["properties"]["hs_task_status"] == "COMPLETED"


def test_a_task_without_its_date_is_refused(hub):
    answer = hub("POST", "/crm/v3/objects/tasks", {"properties": {"hs_task_subject": "Call"}})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"]["properties"] == ["hs_timestamp"]


def test_an_owner_must_exist(hub):
    maria = hub.make(email="maria@acme.example")
    assert hub("PATCH", f"{V3}/{maria}", {"properties": {"hubspot_owner_id": "1"}}).status_code == 400
    owner = hub.portal.add_owner("ana@acme.example", "Ana", "Puig")
    found = hub("GET", "/crm/v3/owners?email=ana@acme.example").json()["results"]
    assert [row["id"] for row in found] == [owner.id]
    assert hub("PATCH", f"{V3}/{maria}", {"properties": {"hubspot_owner_id": owner.id}}).status_code == 200
