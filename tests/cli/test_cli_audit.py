"""`trellis audit`: counts, the few who matter, the cure; from the store alone."""

from __future__ import annotations

import json

from connector.cli.exits import Exit

SECTIONS = ["duplicates", "conflicts", "unmapped", "empty", "stale", "unreachable", "one_platform", "unread"]


def test_it_says_up_to_when_each_platform_was_read_and_asks_none(onlooker):
    calls, store = onlooker.calls(), onlooker.contents()
    ran = onlooker.trellis("audit")
    assert (ran.code, ran.err) == (Exit.DONE, "")
    first, hubspot, mailchimp, *_ = ran.out.splitlines()
    assert first == "14 contacts."
    assert hubspot.startswith("hubspot: read up to 20")
    assert mailchimp.startswith("mailchimp:main: read up to 20")
    assert (onlooker.calls(), onlooker.contents()) == (calls, store)


def test_people_are_told_by_number_and_never_by_address(onlooker):
    ran = onlooker.trellis("audit", "--limit", "100")
    assert "@" not in ran.out
    teo = onlooker.execute("SELECT contact FROM record WHERE source = 'hubspot' AND email IS NULL")[0][0]
    assert f"  no address: #{teo}\n" in ran.out
    assert onlooker.trellis("explain", f"#{teo}").code == Exit.DONE


def test_each_kind_of_disorder_has_a_count_and_its_cure(onlooker):
    ran = onlooker.trellis("audit", "--json")
    found = json.loads(ran.out)
    assert list(found["sections"]) == SECTIONS
    assert found["contacts"] == 14
    for section in found["sections"].values():
        assert section["cure"]
        assert section["count"] >= max((line["count"] for line in section["lines"]), default=0)


def test_the_limit_shortens_names_and_no_count(onlooker):
    few = json.loads(onlooker.trellis("audit", "--json", "--limit", "1").out)["sections"]
    many = json.loads(onlooker.trellis("audit", "--json", "--limit", "100").out)["sections"]
    assert {key: one["count"] for key, one in few.items()} == {key: one["count"] for key, one in many.items()}
    (phone,) = [line for line in few["empty"]["lines"] if line["what"].startswith("phone")]
    assert len(phone["named"]) == 1 < phone["count"]


def test_it_works_before_the_first_pass_and_while_platforms_are_off(town):
    ran = town.trellis("audit", HUBSPOT_ACCESS_TOKEN=None, MAILCHIMP_API_KEY=None)
    assert (ran.code, ran.err) == (Exit.DONE, "")
    assert ran.out.startswith("0 contacts.\n")
    assert "hubspot: read up to nowhere, never as a whole." in town.trellis("audit").out


def test_a_limit_that_names_nobody_is_refused(desk):
    assert desk.trellis("audit", "--limit", "0").code == Exit.USAGE
