"""Quirks of facts/hubspot.md §11 that pretend HubSpot can show either way, each named by its number.

Numbers that are not here stand with their subject: 1 and 9 in test_hubspot_search, 2, 3, 5 and 8 in test_hubspot_reads,
4, 6, 7 and 13 in test_hubspot_writes, 17 in test_hubspot_workflows, 18 in test_hubspot_webhooks, 20 in test_hubspot_properties.
"""

from datetime import timedelta

import pytest

from adapters.sandbox import Fault
from adapters.sandbox.hubspot import RequiredWhen

V3, DATED = "/crm/v3/objects/contacts", "/crm/objects/2026-09/contacts"
LISTS = ["/crm/v3/lists", "/crm/lists/2026-09"]


def walked(hub, path: str, after: str = "") -> tuple[list[str], list[str]]:
    """Ids of all pages, and the cursors between them."""
    ids, cursors = [], []
    while True:
        page = hub("GET", f"{path}&after={after}" if after else path).json()
        ids += [row["id"] for row in page["results"]]
        if "paging" not in page:
            return ids, cursors
        after = page["paging"]["next"]["after"]
        cursors.append(after)
        assert f"after={after.replace('=', '%3D')}" in page["paging"]["next"]["link"]


class TestQuirk10Cursors:
    def test_are_ids_by_default_so_that_any_id_begins_a_page(self, hub):
        made = [hub.make(email=f"p{i}@acme.example") for i in range(6)]
        assert walked(hub, f"{V3}?limit=2") == (made, [str(int(made[1]) + 1), str(int(made[3]) + 1)])
        assert walked(hub, f"{V3}?limit=2", after=made[3])[0] == made[3:]

    def test_may_be_the_last_ids(self, hub):
        hub.portal.settings.page_tokens = "last_ids"
        made = [hub.make(email=f"p{i}@acme.example") for i in range(6)]
        assert walked(hub, f"{V3}?limit=2") == (made, [made[1], made[3]])
        assert walked(hub, f"{V3}?limit=2", after=made[3])[0] == made[4:]

    def test_may_be_positions_where_an_id_leads_far_beyond_the_end(self, hub):
        hub.portal.settings.page_tokens = "positions"
        made = [hub.make(email=f"p{i}@acme.example") for i in range(6)]
        assert walked(hub, f"{V3}?limit=2") == (made, ["2", "4"])
        assert hub("GET", f"{V3}?limit=2&after={made[0]}").json() == {"results": []}

    def test_may_be_texts_that_nobody_can_make_up(self, hub):
        hub.portal.settings.page_tokens = "opaque"
        made = [hub.make(email=f"p{i}@acme.example") for i in range(6)]
        ids, cursors = walked(hub, f"{V3}?limit=2")
        assert ids == made
        assert not [each for each in cursors if each.isdigit()]
        for invented in (made[0], "0", "x", "cGFnZXx4"):
            assert hub("GET", f"{V3}?after={invented}").status_code == 400

    def test_hold_for_archived_records_too(self, hub):
        made = [hub.make(email=f"p{i}@acme.example") for i in range(5)]
        for i in range(5):
            hub.portal.life.archive(f"p{i}@acme.example")
        assert walked(hub, f"{V3}?limit=2&archived=true")[0] == made
        assert walked(hub, f"{V3}?limit=2&archived=False") == ([], [])


class TestQuirk11LimitsAndFaults:
    def test_rate_headers_can_be_missing(self, hub):
        hub.portal.settings.rate_headers = False
        hub.portal.settings.per_ten_seconds = 1
        answers = [hub("GET", V3) for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 429]
        assert not [name for each in answers for name in each.headers if "ratelimit" in name.lower()]

    @pytest.mark.parametrize(("status", "body"), [(423, {"message": "locked"}), (477, {}), (502, "<html>")])
    def test_locked_moving_and_bad_gateway_are_injected(self, hub, status, body):
        hub.sandbox.hubspot_server.faults.add(Fault(status=status, body=body, headers={"Retry-After": "2"}))
        answer = hub("GET", V3)
        assert (answer.status_code, answer.headers["Retry-After"]) == (status, "2")
        assert ("html" in answer.headers["Content-Type"]) == isinstance(body, str)
        assert hub("GET", V3).status_code == 200


class TestQuirk12LifecycleBackwards:
    @pytest.mark.parametrize(
        ("dated_moves", "base", "expected"),
        [(False, DATED, "customer"), (True, DATED, "lead"), (True, V3, "customer")],
    )
    def test_is_dropped_silently_unless_date_based_versions_allow_it(self, hub, dated_moves, base, expected):
        hub.portal.settings.dated_lifecycle_moves_back = dated_moves
        brian = hub.make(email="brian@acme.example", lifecyclestage="customer")
        assert hub("PATCH", f"{base}/{brian}", {"properties": {"lifecyclestage": "lead"}}).status_code == 200
        row = {"id": brian, "properties": {"lifecyclestage": "lead"}}
        assert hub("POST", f"{base}/batch/update", {"inputs": [row]}).status_code == 200
        assert hub.read(brian, "lifecyclestage")["lifecyclestage"] == expected

    def test_clearing_and_setting_in_one_batch_is_refused_as_a_duplicate(self, hub):
        brian = hub.make(email="brian@acme.example", lifecyclestage="customer")
        rows = [{"id": brian, "properties": {"lifecyclestage": stage}} for stage in ("", "lead")]
        assert hub("POST", f"{DATED}/batch/update", {"inputs": rows}).status_code == 400


class TestQuirk14Merge:
    @pytest.mark.parametrize("keeps", [False, True])
    @pytest.mark.parametrize(("flavor", "opens"), [("primary", "2"), ("sum", "5"), ("max", "3")])
    def test_counters_are_the_primarys_the_sum_or_the_greater(self, hub, keeps, flavor, opens):
        hub.portal.settings.merge_keeps_primary_id, hub.portal.settings.merge_counters = keeps, flavor
        for name, count in (("maria", 2), ("double", 3)):
            hub.portal.life.add_contact({"email": f"{name}@acme.example"})
            for _ in range(count):
                hub.wait(minutes=1)
                hub.portal.life.open_mail(f"{name}@acme.example")
        hub.wait(minutes=1)
        merged = hub.portal.life.merge("maria@acme.example", "double@acme.example")
        assert hub.read(merged, "hs_email_open")["hs_email_open"] == opens
        past = hub("GET", f"{V3}/{merged}?propertiesWithHistory=hs_email_open").json()["propertiesWithHistory"]
        values = [each["value"] for each in past["hs_email_open"]]
        assert values == ([] if opens == "2" else [opens]) + ["2", "1"]

    @pytest.mark.parametrize("redirects", [False, True])
    def test_reads_by_an_old_id_find_nothing_or_the_record_in_its_place(self, hub, redirects):
        hub.portal.settings.merged_ids_redirect = redirects
        maria, double = hub.make(email="maria@acme.example"), hub.make(email="double@acme.example")
        merged = hub.portal.life.merge("maria@acme.example", "double@acme.example")
        batch = hub("POST", f"{DATED}/batch/read", {"inputs": [{"id": maria}, {"id": double}, {"id": merged}]})
        assert [row["id"] for row in batch.json()["results"]] == [merged]
        if redirects:
            assert batch.status_code == 200
            assert hub("GET", f"{V3}/{double}").json()["id"] == merged
        else:
            assert batch.json()["errors"][0]["context"]["ids"] == [maria, double]
            assert hub("GET", f"{V3}/{double}").status_code == 404
        assert hub("PATCH", f"{V3}/{double}", {"properties": {"jobtitle": "CFO"}}).status_code == 404

    def test_a_second_merge_leads_from_the_oldest_id_to_the_last(self, hub):
        hub.portal.settings.merged_ids_redirect = True
        maria = hub.make(email="maria@acme.example")
        for name in ("double", "triple"):
            hub.make(email=f"{name}@acme.example")
            merged = hub.portal.life.merge("maria@acme.example", f"{name}@acme.example")
        assert hub("GET", f"{V3}/{maria}").json()["id"] == merged
        assert maria in hub.read(merged, "hs_merged_object_ids")["hs_merged_object_ids"].split(";")


class TestQuirk15Deletion:
    def test_the_bin_is_read_apart_and_keeps_for_ninety_days(self, hub):
        maria, brian = hub.make(email="maria@acme.example"), hub.make(email="brian@acme.example")
        hub.portal.life.archive("maria@acme.example")
        wish = {"inputs": [{"id": maria}, {"id": brian}]}
        kept = hub("POST", f"{V3}/batch/read?archived=true", wish).json()
        assert [(row["id"], row["archived"]) for row in kept["results"]] == [(maria, True)]
        assert kept["errors"][0]["context"]["ids"] == [brian]
        hub.wait(days=90)
        assert len(hub("GET", f"{V3}?archived=true").json()["results"]) == 1
        hub.wait(seconds=1)
        assert hub("GET", f"{V3}?archived=true").json()["results"] == []
        assert hub("GET", f"{V3}/{maria}?archived=true").status_code == 404
        with pytest.raises(LookupError):
            hub.portal.life.restore(maria)

    def test_a_restored_contact_does_not_leave_with_the_bin(self, hub):
        maria = hub.make(email="maria@acme.example")
        hub.portal.life.archive("maria@acme.example")
        hub.portal.life.restore(maria)
        hub.wait(days=91)
        assert hub("GET", f"{V3}/{maria}").status_code == 200

    def test_an_erased_contact_is_in_no_bin_and_its_address_stays_blocked(self, hub):
        maria = hub.make(email="maria@acme.example")
        hub.portal.life.erase("maria@acme.example")
        assert hub("POST", f"{V3}/batch/read?archived=true", {"inputs": [{"id": maria}]}).json()["results"] == []
        assert hub("POST", V3, {"properties": {"email": "Maria@acme.example"}}).status_code == 400


@pytest.mark.parametrize("lists", LISTS)
@pytest.mark.parametrize("order", ["", "/join-order"])
@pytest.mark.parametrize("tokens", ["ids", "opaque"])
def test_quirk_16_members_are_paged_forward_rising_and_backward_falling(hub, lists, order, tokens):
    hub.portal.settings.page_tokens = tokens
    list_id = hub.portal.lists.create("Warm", "DYNAMIC").id
    ids = [hub.make(email=f"p{i}@acme.example") for i in range(5)]
    for i in range(5):
        hub.portal.life.join_list(f"p{i}@acme.example", "Warm")
    path = f"{lists}/{list_id}/memberships{order}?limit=2"
    pages = [hub("GET", path).json()]
    while "next" in pages[-1]["paging"]:
        pages.append(hub("GET", f"{path}&after={pages[-1]['paging']['next']['after']}").json())
    rising = [[row["recordId"] for row in page["results"]] for page in pages]
    assert rising == [ids[:2], ids[2:4], ids[4:]]
    assert "prev" not in pages[0]["paging"]
    back = hub("GET", f"{path}&before={pages[-1]['paging']['prev']['before']}").json()
    assert [row["recordId"] for row in back["results"]] == [ids[3], ids[2]]
    first = hub("GET", f"{path}&before={back['paging']['prev']['before']}").json()
    assert [row["recordId"] for row in first["results"]] == [ids[1], ids[0]]
    both = hub(
        "GET", f"{path}&after={pages[0]['paging']['next']['after']}&before={pages[1]['paging']['prev']['before']}"
    )
    assert [row["recordId"] for row in both.json()["results"]] == ids[2:4], "after wins"


def test_quirk_19_a_required_property_is_asked_of_a_create_too(hub):
    hub.portal.settings.required_when.append(RequiredWhen("phone", "hs_lead_status", ("OPEN",)))
    bare = {"email": "maria@acme.example", "hs_lead_status": "OPEN"}
    for body, path in (({"properties": bare}, DATED), ({"inputs": [{"properties": bare}]}, f"{DATED}/batch/create")):
        answer = hub("POST", path, body)
        assert (answer.status_code, answer.json()["errors"][0]["context"]) == (400, {"properties": ["phone"]})
    assert hub("POST", DATED, {"properties": {**bare, "phone": "600"}}).status_code == 201
    assert hub("POST", V3, {"properties": {**bare, "email": "brian@acme.example"}}).status_code == 201


class TestHistories:
    def test_counters_told_in_any_order_read_in_order_of_time(self, hub):
        maria = hub.portal.life.add_contact({"email": "maria@acme.example"}, at="2026-09-01T00:00:00Z")
        for day in (3, 1, 2):
            hub.portal.life.open_mail("maria@acme.example", at=f"2026-10-0{day}T00:00:00Z")
        path = f"{V3}/batch/read"
        body = {"inputs": [{"id": maria}], "properties": [], "propertiesWithHistory": ["hs_email_open"]}
        entries = hub("POST", path, body).json()["results"][0]["propertiesWithHistory"]["hs_email_open"]
        assert [(each["value"], each["timestamp"][:10]) for each in entries] == [
            ("3", "2026-10-03"),
            ("2", "2026-10-02"),
            ("1", "2026-10-01"),
        ]
        hub.portal.settings.history_versions = 2
        entries = hub("POST", path, body).json()["results"][0]["propertiesWithHistory"]["hs_email_open"]
        assert [each["value"] for each in entries] == ["3", "2"]


class TestDeals:
    @pytest.mark.parametrize("version", ["/crm/v3/objects", "/crm/objects/2026-09"])
    def test_won_and_lost_are_closed_and_lead_to_their_contact(self, hub, version):
        hub.portal.settings.search_lag = 0
        maria = hub.make(email="maria@acme.example", lifecyclestage="lead")
        won = hub.portal.life.win_deal("maria@acme.example", "Plan", 5000, "2026-11-01T09:00:00Z")
        lost = hub.portal.life.lose_deal("maria@acme.example", "Extra", 70, "2026-11-02T09:00:00Z")
        closed = {"propertyName": "hs_is_closed", "operator": "EQ", "value": "true"}
        body = {"filterGroups": [{"filters": [closed]}], "properties": ["hs_is_closed_won", "closedate", "dealname"]}
        rows = {row["id"]: row["properties"] for row in hub("POST", f"{version}/deals/search", body).json()["results"]}
        assert (rows[won]["hs_is_closed_won"], rows[won]["closedate"]) == ("true", "2026-11-01T09:00:00.000Z")
        assert (rows[lost]["hs_is_closed_won"], rows[lost]["dealname"]) == ("false", "Extra")
        assert hub.read(maria, "num_associated_deals")["num_associated_deals"] == "2"
        path = "/crm/v4/associations" if "v3" in version else "/crm/associations/2026-09"
        answer = hub("POST", f"{path}/deals/contacts/batch/read", {"inputs": [{"id": won}, {"id": lost}]})
        assert {row["from"]["id"]: row["to"][0]["toObjectId"] for row in answer.json()["results"]} == {
            won: int(maria),
            lost: int(maria),
        }

    def test_a_lost_deal_leaves_the_stage_and_an_open_one_is_not_closed(self, hub):
        brian = hub.make(email="brian@acme.example", lifecyclestage="lead")
        hub.portal.life.lose_deal("brian@acme.example")
        assert hub.read(brian, "lifecyclestage")["lifecyclestage"] == "lead"
        wish = {"properties": {"dealname": "New", "dealstage": "qualifiedtobuy"}}
        deal = hub("POST", "/crm/v3/objects/deals", wish).json()["id"]
        path = f"/crm/v3/objects/deals/{deal}"
        assert hub("GET", f"{path}?properties=hs_is_closed").json()["properties"]["hs_is_closed"] == "false"
        hub("PATCH", path, {"properties": {"dealstage": "closedlost"}})
        assert hub("GET", f"{path}?properties=hs_is_closed").json()["properties"]["hs_is_closed"] == "true"


class TestTheAdmin:
    @pytest.fixture
    def maria(self, hub) -> str:
        return hub.make(email="maria@acme.example", city="Girona", numemployees="100-500")

    def test_a_deleted_property_is_unknown_everywhere_and_comes_back_with_its_values(self, hub):
        hub("POST", "/crm/v3/properties/contacts", MUSIC)
        maria = hub.make(email="maria@acme.example", music="jazz")
        hub.portal.admin.archive_property("music")
        assert "music" not in hub.read(maria, "music")
        assert hub.search({"propertyName": "music", "operator": "HAS_PROPERTY"}).status_code == 400
        refused = hub("PATCH", f"{V3}/{maria}", {"properties": {"music": "folk"}})
        assert "PROPERTY_DOESNT_EXIST" in refused.json()["message"]
        hub.portal.admin.restore_property("music")
        assert hub.read(maria, "music")["music"] == "jazz"

    def test_a_new_label_and_new_options_show_in_the_definition(self, hub, maria):
        hub.portal.admin.relabel_property("numemployees", "Staff")
        hub.portal.admin.replace_options("numemployees", {"s": "Small", "l": "Large"})
        shown = hub("GET", "/crm/v3/properties/contacts/numemployees").json()
        assert (shown["label"], [each["value"] for each in shown["options"]]) == ("Staff", ["s", "l"])
        assert hub.read(maria, "numemployees")["numemployees"] == "100-500"
        assert hub("PATCH", f"{V3}/{maria}", {"properties": {"numemployees": "100-500"}}).status_code == 400

    def test_another_type_keeps_only_values_that_fit(self, hub, maria):
        hub("POST", "/crm/v3/properties/contacts", MUSIC)
        brian = hub.make(email="brian@acme.example", music="12")
        hub("PATCH", f"{V3}/{maria}", {"properties": {"music": "jazz"}})
        hub.portal.admin.retype_property("music", "number", "number")
        assert hub("GET", "/crm/v3/properties/contacts/music").json()["type"] == "number"
        assert (hub.read(brian, "music")["music"], hub.read(maria, "music")["music"]) == ("12", None)

    def test_over_http_too(self, hub, maria):
        assert (
            hub("POST", "/sandbox/life", {"do": "relabel_property", "name": "city", "label": "Town"}).status_code == 200
        )
        answer = hub("POST", "/sandbox/life", {"do": "archive_property", "name": "nope"})
        assert (answer.status_code, answer.json()["error"]) == (400, "LookupError: no property nope")


MUSIC = {
    "name": "music",
    "label": "Music",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
}


def test_submissions_come_newest_first_whatever_the_cursor_is_made_of(hub):
    hub.portal.settings.page_tokens = "opaque"
    for i in range(5):
        hub.portal.life.fill_form(f"p{i}@acme.example", "Demo", at=hub.sandbox.clock() - timedelta(days=i))
    (form,) = hub("GET", "/marketing/v3/forms?limit=50").json()["results"]
    path, seen, after = f"/form-integrations/v1/submissions/forms/{form['id']}?limit=2", [], ""
    while True:
        page = hub("GET", path + after).json()
        seen += [row["submittedAt"] for row in page["results"]]
        if "paging" not in page:
            break
        after = f"&after={page['paging']['next']['after']}"
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    assert hub("GET", f"{path}&after=2").status_code == 400
    assert hub("GET", path.replace("limit=2", "limit=51")).status_code == 400
