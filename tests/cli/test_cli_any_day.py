"""`trellis explain` on other days, and what it says of a rulebook that reads something new."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from connector.cli.exits import Exit

TODAY = datetime.now(UTC).date()


def test_today_is_today_whichever_way_it_is_asked_for(onlooker):
    maria = onlooker.email("maria")
    plain = json.loads(onlooker.trellis("explain", maria, "--json").out)
    day = plain["day"]
    asked = json.loads(onlooker.trellis("explain", maria, "--at", day, "--json").out)
    assert asked["lines"] == plain["lines"]
    assert (asked["score"], asked["stage"]) == (plain["score"], plain["stage"])
    assert plain["rank"]["place"] >= 1
    assert asked["rank"] is None
    assert plain["scores"]["acquisition"] == plain["score"]


def test_the_rank_stands_below_the_score(onlooker):
    lines = onlooker.trellis("explain", onlooker.email("maria")).out.splitlines()
    (rank,) = [line for line in lines if line.startswith("Rank ")]
    assert re.fullmatch(r"Rank \d+ of \d+: (nobody stands higher|not below \d+ % of the others)\.", rank)


def test_what_changed_is_told_line_by_line(onlooker):
    later = TODAY + timedelta(days=60)
    ran = onlooker.trellis("explain", onlooker.email("maria"), "--at", str(later), "--versus", str(TODAY))
    told = ran.out.partition("Since ")[2].splitlines()
    assert "fading" in ran.out
    points = [float(line.split()[0].replace(",", ".")) for line in told[1:] if re.match(r"\s+[-+]\d", line)]
    assert round(sum(points[:-1]), 3) == points[-1] < 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--at", "yesterday"), '"yesterday" is no day; write one like 2026-11-20'),
        (("--at", "2001-01-01"), "on 2001-01-01; `trellis explain` without days shows what is known now"),
        (("--at", "9999-12-31"), "9999-12-31 is too far away"),
        (("--versus", "0001-01-01"), "0001-01-01 is too far away"),
        (("--rulebook", "ffff"), 'no rulebook, or more than one, begins with "ffff"'),
    ],
)
def test_a_day_or_rulebook_that_is_none_is_one_line(onlooker, arguments, says):
    ran = onlooker.trellis("explain", onlooker.email("maria"), *arguments)
    assert ran.out == ""
    (line,) = ran.said
    assert says in line
    assert ran.code in (Exit.FAILED, Exit.USAGE)


def test_an_older_rulebook_judges_as_it_did(settled):
    maria = settled.email("maria")
    before = json.loads(settled.trellis("explain", maria, "--json").out)
    settled.edit("model.yaml", "points: 17\n            why: Finanzas", "points: 3\n            why: Finanzas")
    assert settled.trellis("apply").code == Exit.DONE
    now = json.loads(settled.trellis("explain", maria, "--json").out)
    again = json.loads(settled.trellis("explain", maria, "--rulebook", before["rulebook"][:10], "--json").out)
    assert now["score"] < before["score"] == again["score"]
    assert again["lines"] == before["lines"]


def test_a_newly_mapped_property_says_what_it_costs_to_read(settled):
    settled.edit("fields.yaml", "phone:        {hubspot: phone}", "phone:        {hubspot: phone, or: mobilephone}")
    settled.edit("fields.yaml", "write:\n", "write:\n  model: {hubspot: trellis_model}\n")  # which no rule waits for
    assert settled.trellis("provision").code == Exit.DONE
    wanted = "advice: mobilephone was never read from HubSpot; values come with each contact's next change. `trellis sync --full`"
    assert wanted in settled.trellis("check").out
    applied = settled.trellis("apply").out.splitlines()[-1]
    assert applied.startswith(wanted)
    assert re.search(r"reads all \d+ contacts at once, in about (1 call|\d+ calls)\.$", applied)
    assert settled.trellis("check").out.count("never read") == 0
