"""Lists and memberships (facts/hubspot.md §11.16)."""

import pytest


@pytest.fixture(params=["/crm/v3/lists", "/crm/lists/2026-09"])
def lists(request):
    return request.param


def made(hub, lists, name="Warm", kind="MANUAL") -> str:
    answer = hub("POST", lists, {"name": name, "objectTypeId": "0-1", "processingType": kind})
    assert answer.status_code == 200
    return answer.json()["list"]["listId"]


def test_adding_is_idempotent_and_spelled_as_hubspot_spells_it(hub, lists):
    warm, maria = made(hub, lists), hub.make(email="maria@acme.example")
    first = hub("PUT", f"{lists}/{warm}/memberships/add", [maria, "999999"])
    assert first.json() == {"recordsIdsAdded": [maria], "recordIdsRemoved": [], "recordIdsMissing": ["999999"]}
    assert hub("PUT", f"{lists}/{warm}/memberships/add", [maria]).json()["recordsIdsAdded"] == []


def test_adding_and_removing_in_one_call(hub, lists):
    warm = made(hub, lists)
    maria, brian = hub.make(email="maria@acme.example"), hub.make(email="brian@acme.example")
    hub("PUT", f"{lists}/{warm}/memberships/add", [maria])
    wish = {"recordIdsToAdd": [brian], "recordIdsToRemove": [maria]}
    answer = hub("PUT", f"{lists}/{warm}/memberships/add-and-remove", wish).json()
    assert (answer["recordsIdsAdded"], answer["recordIdsRemoved"]) == ([brian], [maria])
    members = hub("GET", f"{lists}/{warm}/memberships").json()
    assert [row["recordId"] for row in members["results"]] == [brian]


def test_a_dated_search_must_say_all_that_it_may_narrow(hub):
    assert hub("POST", "/crm/v3/lists/search", {"query": ""}).status_code == 200
    refused = hub("POST", "/crm/lists/2026-09/search", {"query": "", "listIds": [], "offset": 0})
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
    assert "processingTypes, additionalProperties" in refused.json()["message"]


def test_a_dynamic_list_takes_nobody_through_the_api(hub, lists):
    dynamic, maria = made(hub, lists, kind="DYNAMIC"), hub.make(email="maria@acme.example")
    assert hub("PUT", f"{lists}/{dynamic}/memberships/add", [maria]).status_code == 400


def test_memberships_come_in_pages_by_id_or_in_order_of_joining(hub, lists):
    warm = made(hub, lists)
    ids = [hub.make(email=f"p{i}@acme.example") for i in range(5)]
    for id_ in reversed(ids):
        hub("PUT", f"{lists}/{warm}/memberships/add", [id_])
    for path, expected in ((f"{lists}/{warm}/memberships", ids), (f"{lists}/{warm}/memberships/join-order", ids[::-1])):
        seen, after = [], "0"
        while after:
            page = hub("GET", f"{path}?limit=2&after={after}").json()
            seen += [row["recordId"] for row in page["results"]]
            after = page.get("paging", {}).get("next", {}).get("after")
        assert seen == expected
    assert hub("GET", f"{lists}/{warm}/memberships?limit=251").status_code == 400


def test_lists_are_found_by_name_and_by_search(hub, lists):
    warm = made(hub, lists, "Trellis: Warm")
    assert hub("GET", f"{lists}/object-type-id/0-1/name/trellis%3A%20warm").json()["list"]["listId"] == warm
    wish = {"query": "warm", "processingTypes": ["MANUAL"], "listIds": [], "additionalProperties": [], "offset": 0}
    found = hub("POST", f"{lists}/search", wish).json()
    assert ([row["listId"] for row in found["lists"]], found["hasMore"]) == ([warm], False)
    assert hub("GET", f"{lists}/object-type-id/0-1/name/other").status_code == 404
    assert hub("GET", f"{lists}/99").status_code == 404


def test_a_name_is_taken_once(hub, lists):
    made(hub, lists)
    wish = {"name": "warm", "objectTypeId": "0-1", "processingType": "MANUAL"}
    assert hub("POST", lists, wish).status_code == 400
