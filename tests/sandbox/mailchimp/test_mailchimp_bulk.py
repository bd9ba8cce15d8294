"""The bulk write (facts/mailchimp.md §8.14)."""

BULK = "/lists/main01"


def rows(*emails, **more):
    return {"members": [{"email_address": email, "status": "subscribed", **more} for email in emails]}


def test_errors_come_inside_a_200(api, maria):
    done = api("POST", BULK, rows("aina@acme.example", maria, "no address", "x@example.com"))
    assert done.status_code == 200
    body = done.json()
    assert (body["total_created"], body["total_updated"], body["error_count"]) == (1, 0, 3)
    by_email = {one["email_address"]: one["error_code"] for one in body["errors"]}
    assert by_email == {maria: "ERROR_CONTACT_EXISTS", "no address": "ERROR_GENERIC", "x@example.com": "ERROR_GENERIC"}


def test_five_hundred_are_the_most(api, main):
    assert api("POST", BULK, rows(*(f"p{n}@acme.example" for n in range(501)))).status_code == 400
    assert api("POST", BULK, rows(*(f"p{n}@acme.example" for n in range(500)))).json()["total_created"] == 500


def test_update_existing_changes_only_what_is_sent(api, path, maria):
    row = {"email_address": maria, "merge_fields": {"LNAME": "Puig"}}
    done = api("POST", BULK, {"members": [row], "update_existing": True}).json()
    assert done["updated_members"][0]["merge_fields"]["LNAME"] == "Puig"
    assert done["updated_members"][0]["merge_fields"]["FNAME"] == "Maria"
    assert done["updated_members"][0]["status"] == "subscribed"


def test_subscribing_somebody_in_compliance_state_is_silently_not_done(api, path, noor):
    done = api("POST", BULK, {**rows(noor, merge_fields={"FNAME": "Noor"}), "update_existing": True}).json()
    assert done["error_count"] == 0
    assert done["updated_members"][0]["status"] == "unsubscribed"
    assert done["updated_members"][0]["merge_fields"]["FNAME"] == "Noor"


def test_sync_tags_replaces_and_without_it_tags_are_added(api, path, account, maria):
    account.life.tag(maria, "old")
    done = api("POST", BULK, {**rows(maria, tags=["new"]), "update_existing": True}).json()
    assert {one["name"] for one in done["updated_members"][0]["tags"]} == {"old", "new"}
    done = api("POST", BULK, {**rows(maria, tags=["only"]), "update_existing": True, "sync_tags": True}).json()
    assert {one["name"] for one in done["updated_members"][0]["tags"]} == {"only"}


def test_a_second_row_for_one_address_is_an_error_unless_skipped(api, main):
    twice = rows("aina@acme.example", "AINA@acme.example")
    assert api("POST", BULK, twice).json()["error_count"] == 1
    assert api("POST", BULK, {**twice, "update_existing": True}, skip_duplicate_check="True").json()["error_count"] == 0


def test_somebody_forgotten_is_an_error_row(api, path, maria):
    api("POST", path(maria, "/actions/delete-permanent"))
    (error,) = api("POST", BULK, rows(maria)).json()["errors"]
    assert "permanently deleted" in error["error"]


def test_one_required_field_fails_each_row_by_itself(api, main):
    api("POST", "/lists/main01/merge-fields", {"tag": "COMPANY", "name": "Company", "type": "text", "required": True})
    done = api("POST", BULK, rows("aina@acme.example")).json()
    assert (done["errors"][0]["field"], done["errors"][0]["field_message"]) == ("COMPANY", "Please enter a value")
    assert api("POST", BULK, rows("aina@acme.example"), skip_merge_validation="True").json()["total_created"] == 1
