"""Merge fields (facts/mailchimp.md §8.4 to §8.6)."""

import pytest

FIELDS = "/lists/main01/merge-fields"


@pytest.fixture
def define(api):
    def make(tag, kind, **more):
        answer = api("POST", FIELDS, {"tag": tag, "name": tag.title(), "type": kind, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return make


def test_unset_is_empty_text_whatever_the_type(api, path, define, maria):
    define("LEADSCORE", "number")
    merges = api.body(path(maria))["merge_fields"]
    assert merges == {"FNAME": "Maria", "LNAME": "Soler", "ADDRESS": "", "PHONE": "", "LEADSCORE": ""}


def test_values_come_back_in_their_types(api, path, define, maria):
    define("LEADSCORE", "number")
    define("SCOREDAT", "date")
    address = {"addr1": "Carrer Nou 1", "city": "Girona", "state": "GI", "zip": "17001"}
    body = {"merge_fields": {"LEADSCORE": "73", "SCOREDAT": "11/20/2026", "ADDRESS": address}}
    merges = api("PATCH", path(maria), body).json()["merge_fields"]
    assert merges["LEADSCORE"] == 73
    assert merges["SCOREDAT"] == "2026-11-20"
    assert merges["ADDRESS"] == {**address, "addr2": "", "country": ""}
    cleared = api("PATCH", path(maria), {"merge_fields": {"LEADSCORE": ""}}).json()["merge_fields"]
    assert cleared["LEADSCORE"] == ""


def test_text_is_cut_at_255_bytes_without_a_word(api, path, maria):
    merges = api("PATCH", path(maria), {"merge_fields": {"FNAME": "é" * 200}}).json()["merge_fields"]
    assert merges["FNAME"] == "é" * 127


def test_top_level_and_undefined_merge_fields_are_ignored(api, path, maria):
    answer = api("PATCH", path(maria), {"FNAME": "Other", "merge_fields": {"NOSUCH": "x"}})
    assert answer.status_code == 200
    assert answer.json()["merge_fields"]["FNAME"] == "Maria"
    assert "NOSUCH" not in answer.json()["merge_fields"]


@pytest.mark.parametrize(
    ("kind", "options", "good", "bad"),
    [
        ("number", {}, 3.5, "three"),
        ("date", {}, "20-11-2026", "soon"),
        ("birthday", {}, "02/29", "2026-01-01"),
        ("zip", {}, "17001", "AB1"),
        ("dropdown", {"choices": ["a", "b"]}, "b", "c"),
        ("radio", {"choices": ["a", "b"]}, "a", "c"),
        ("url", {}, "https://acme.example/x", "acme"),
        ("imageurl", {}, "https://acme.example/x.png", "x.png"),
    ],
)
def test_each_type_refuses_what_it_cannot_hold(api, path, define, maria, kind, options, good, bad):
    define("FIELD", kind, options=options)
    assert api("PATCH", path(maria), {"merge_fields": {"FIELD": good}}).status_code == 200
    refused = api("PATCH", path(maria), {"merge_fields": {"FIELD": bad}})
    assert refused.json()["detail"] == "Your merge fields were invalid."
    assert refused.json()["errors"][0]["field"] == "FIELD"
    if kind == "date":
        assert refused.json()["errors"][0]["message"] == "Please enter the date"


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("ADDRESS", {"addr1": "Carrer Nou 1"}),
        ("ADDRESS", "Carrer Nou 1"),
        ("ADDRESS", None),
        ("FNAME", None),
        ("FNAME", ["Maria"]),
        ("FNAME", {"first": "Maria"}),
    ],
)
def test_a_misshapen_value_breaks_the_schema(api, path, maria, tag, value):
    refused = api("PATCH", path(maria), {"merge_fields": {tag: value}}).json()
    assert refused["title"] == "Invalid Resource"
    assert refused["errors"] == [
        {"field": f"merge_fields.{tag}", "message": "Data did not match any of the schemas described in anyOf."}
    ]


def test_one_required_field_blocks_every_write_unless_skipped(api, path, define, maria):
    define("COMPANY", "text", required=True)
    refused = api("PATCH", path(maria), {"merge_fields": {"FNAME": "Mia"}})
    assert refused.json()["errors"] == [{"field": "COMPANY", "message": "Please enter a value"}]
    skipped = api("PATCH", path(maria), {"merge_fields": {"FNAME": "Mia"}}, skip_merge_validation="True")
    assert skipped.json()["merge_fields"]["FNAME"] == "Mia"


def test_skipping_lifts_required_checks_only(api, path, define, maria):
    define("LEADSCORE", "number")
    body = {"merge_fields": {"LEADSCORE": "many"}}
    assert api("PATCH", path(maria), body, skip_merge_validation="True").status_code == 400


def test_a_required_address_asks_for_a_complete_one(api, path, maria):
    address = next(one for one in api.body(FIELDS)["merge_fields"] if one["tag"] == "ADDRESS")
    api("PATCH", f"{FIELDS}/{address['merge_id']}", {"required": True})
    refused = api("PATCH", path(maria), {"merge_fields": {"FNAME": "Mia"}}).json()
    assert refused["errors"] == [{"field": "ADDRESS", "message": "Please enter a complete address"}]


def test_definitions_are_listed_by_tag_without_email(api, define, main):
    define("LEADSCORE", "number")
    listed = api.body(FIELDS)
    assert [one["tag"] for one in listed["merge_fields"]] == ["ADDRESS", "FNAME", "LEADSCORE", "LNAME", "PHONE"]
    assert api.body(FIELDS, type="number")["total_items"] == 1


def test_options_that_only_some_types_have_can_be_asked_for(api, define, main):
    define("SIZE", "dropdown", options={"choices": ["s", "l"]})
    rows = api.body(FIELDS, fields="merge_fields.tag,merge_fields.options.choices")["merge_fields"]
    assert {"tag": "SIZE", "options": {"choices": ["s", "l"]}} in rows
    assert {"tag": "FNAME", "options": {}} in rows


def test_tags_are_short_unique_and_limited(api, define, main):
    for bad in ("LEAD-SCORE", "ELEVENCHARS", "FNAME", "EMAIL"):
        assert api("POST", FIELDS, {"tag": bad, "name": "x", "type": "text"}).status_code == 400, bad
    assert api("POST", FIELDS, {"name": "x", "type": "colour"}).status_code == 400
    for number in range(25):
        define(f"F{number}", "text")
    assert api("POST", FIELDS, {"tag": "ONEMORE", "name": "x", "type": "text"}).status_code == 400


def test_a_renamed_field_keeps_its_values_and_a_deleted_one_loses_them(api, path, define, maria):
    made = define("LEADSCORE", "number")
    api("PATCH", path(maria), {"merge_fields": {"LEADSCORE": 7}})
    where = f"{FIELDS}/{made['merge_id']}"
    assert api("PATCH", where, {"tag": "SCORE"}).json()["tag"] == "SCORE"
    assert api.body(path(maria))["merge_fields"]["SCORE"] == 7
    assert api("DELETE", where).status_code == 204
    assert "SCORE" not in api.body(path(maria))["merge_fields"]
