"""Tags and segments (facts/mailchimp.md §1.4, §8.10, §8.15)."""

from datetime import timedelta

SEGMENTS = "/lists/main01/segments"


def tag(api, where, *names, status="active", **more):
    return api("POST", where, {"tags": [{"name": name, "status": status} for name in names], **more})


def test_tagging_is_an_empty_204_and_reads_back(api, path, maria):
    answer = tag(api, path(maria, "/tags"), "vip")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    read = api.body(path(maria, "/tags"))
    assert read["tags"][0]["name"] == "vip"
    assert read["tags"][0]["date_added"] == "2026-11-20T09:00:00+00:00"
    assert tag(api, path(maria, "/tags"), "vip", "never", status="inactive").status_code == 204
    assert api.body(path(maria))["tags"] == []
    assert api.body("/lists/main01/tag-search", name="nev")["tags"] == []


def test_dates_of_tags_have_a_second_style(api, path, account, maria):
    account.switches.plain_tag_dates = True
    tag(api, path(maria, "/tags"), "vip")
    assert api.body(path(maria, "/tags"))["tags"][0]["date_added"] == "2026-11-20 09:00:00"


def test_a_member_shows_fifty_tags_and_the_endpoint_pages_the_rest(api, path, maria):
    tag(api, path(maria, "/tags"), *(f"t{number}" for number in range(60)))
    member = api.body(path(maria))
    assert (len(member["tags"]), member["tags_count"]) == (50, 60)
    assert len(api.body(path(maria, "/tags"))["tags"]) == 10
    assert len(api.body(path(maria, "/tags"), count=100)["tags"]) == 60


def test_misshapen_tags_are_refused(api, path, maria):
    assert tag(api, path(maria, "/tags"), "x" * 101).status_code == 400
    assert tag(api, path(maria, "/tags"), "x", status="on").status_code == 400


def test_tags_are_set_by_the_hash_alone_and_read_by_any_key(api, path, maria):
    contact_id = api.body(path(maria))["contact_id"]
    for key in (contact_id, maria):
        assert tag(api, f"/lists/main01/members/{key}/tags", "vip").status_code == 404
        assert api.body(f"/lists/main01/members/{key}/tags")["tags"] == []


def test_setting_a_tag_moves_last_changed_only_by_switch(api, path, account, clock, maria):
    before = api.body(path(maria))["last_changed"]
    clock.advance(timedelta(minutes=1))
    tag(api, path(maria, "/tags"), "one")
    assert api.body(path(maria))["last_changed"] == before
    account.switches.tags_move_last_changed = True
    tag(api, path(maria, "/tags"), "two")
    assert api.body(path(maria))["last_changed"] > before


def test_a_tag_is_a_static_segment(api, path, maria, noor):
    tag(api, path(maria, "/tags"), "vip")
    tag(api, path(noor, "/tags"), "vip")
    (segment,) = api.body(SEGMENTS, type="static")["segments"]
    assert (segment["name"], segment["type"], segment["member_count"]) == ("vip", "static", 2)
    inside = f"{SEGMENTS}/{segment['id']}/members"
    assert [one["email_address"] for one in api.body(inside)["members"]] == [maria]
    assert api.body(inside, include_unsubscribed="true")["total_items"] == 2
    assert api.body("/lists/main01/tag-search", name="VI")["tags"] == [{"id": segment["id"], "name": "vip"}]
    assert api("DELETE", f"{SEGMENTS}/{segment['id']}").status_code == 204
    assert api.body(path(maria))["tags"] == []


def test_a_batch_of_members_ignores_strangers_and_refuses_too_many(api, path, maria):
    segment = api("POST", SEGMENTS, {"name": "vip", "static_segment": []}).json()
    where = f"{SEGMENTS}/{segment['id']}"
    done = api("POST", where, {"members_to_add": [maria, "nobody@acme.example"]}).json()
    assert (done["total_added"], done["error_count"]) == (1, 0)
    assert done["members_added"][0]["tags"][0]["name"] == "vip"
    assert api("POST", where, {"members_to_remove": [maria]}).json()["total_removed"] == 1
    assert api("POST", where, {"members_to_add": ["x@acme.example"] * 501}).status_code == 400


def test_saved_segments_are_evaluated_live(api, path, maria, noor):
    condition = {"condition_type": "TextMerge", "field": "FNAME", "op": "is", "value": "mia"}
    saved = api("POST", SEGMENTS, {"name": "Mias", "options": {"match": "all", "conditions": [condition]}}).json()
    assert (saved["type"], saved["member_count"]) == ("saved", 0)
    api("PATCH", path(maria), {"merge_fields": {"FNAME": "Mia"}})
    assert api.body(f"{SEGMENTS}/{saved['id']}")["member_count"] == 1
    assert api("POST", f"{SEGMENTS}/{saved['id']}", {"members_to_add": [noor]}).status_code == 405


def test_counts_and_tag_search_trail_behind(api, path, account, clock, maria):
    account.switches.lag = timedelta(minutes=2)
    tag(api, path(maria, "/tags"), "vip")
    segment_id = api.body(path(maria))["tags"][0]["id"]
    assert api.body(f"{SEGMENTS}/{segment_id}")["member_count"] == 0
    assert api.body("/lists/main01/tag-search", name="vip")["total_items"] == 0
    clock.advance(timedelta(minutes=2))
    assert api.body(f"{SEGMENTS}/{segment_id}")["member_count"] == 1
    assert api.body("/lists/main01/tag-search", name="vip")["total_items"] == 1
