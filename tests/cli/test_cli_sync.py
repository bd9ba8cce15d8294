"""`trellis sync` as a person meets it: baseline, dry run, JSON, the active rulebook, what is held and let go."""

from __future__ import annotations

import json

import pytest

from connector.cli.exits import Exit

KEPT = ("verdict", "flip", "intent", "written", "track_state", "episode", "rulebook", "baseline")
DEMO_REQUEST = ("Demo request", None, "https://www.brightledger.example/demo")


def asks_for_demos(town, *keys: str) -> None:
    for key in keys:
        town.sandbox.hubspot.life.fill_form(town.email(key), *DEMO_REQUEST)


def test_the_first_sync_is_a_baseline_and_the_second_has_nothing_to_do(town):
    town.trellis("provision")
    first = town.trellis("sync").out.splitlines()
    assert first[0] == "Baseline: scores and stages only; nobody is enrolled."
    assert first[-1].startswith("Calls: HubSpot ")
    (ready,) = [line for line in first if line.startswith("Ready for sales already")]
    hot = town.trellis("explain", ready.partition("unnoticed: ")[2].split(",")[0].split(" ")[0]).out
    assert "Caliente" in hot.splitlines()[0]
    town.trellis("sync")  # reads our own echoes, and gives the tags of segments
    town.trellis("sync")  # reads those
    before = town.writes()
    again = town.trellis("sync").out.splitlines()
    assert "Judged 0 contacts: 0 moved to another stage." in again
    assert "Wrote 0 records." in again
    assert town.writes() == before


def test_the_first_sync_makes_the_files_active_and_no_later_one_does(town):
    town.trellis("provision")
    assert town.execute("SELECT count(*) FROM rulebook") == [(0,)]
    town.trellis("sync")
    active = town.contents("rulebook")
    town.edit("model.yaml", "label: Responsable de finanzas", "label: Finanzas")
    ran = town.trellis("sync")
    assert ran.code == Exit.DONE
    assert ran.said == ["The files in mappings/ differ from the active rulebook; `trellis apply` makes them active."]
    assert town.contents("rulebook") == active
    assert town.trellis("apply").out.startswith("Active: rulebook ")
    assert town.contents("rulebook") != active
    assert town.trellis("apply").out == "The files are the active rulebook already.\n"
    assert town.trellis("sync").err == ""


def test_a_dry_run_before_the_baseline_writes_nothing_and_decides_nothing(town):
    town.trellis("provision")
    before, written = town.contents(*KEPT), town.writes()
    ran = town.trellis("sync", "--dry-run")
    assert ran.code == Exit.DONE
    assert "Dry run: nothing is written, and no verdict is kept." in ran.out
    assert "Would write 0 records" not in ran.out
    assert town.contents(*KEPT) == before
    assert town.writes() == written


def test_a_dry_run_says_what_the_next_sync_does(settled):
    asks_for_demos(settled, "maria")
    before, written = settled.contents(*KEPT), settled.writes()
    planned = settled.trellis("sync", "--dry-run")
    assert planned.code == Exit.DONE
    assert "Judged 1 contact: 1 moved to another stage." in planned.out
    assert "Would write 2 records and enroll 0 contacts." in planned.out
    assert settled.contents(*KEPT) == before
    assert settled.writes() == written
    done = settled.trellis("sync")
    assert "Judged 1 contact: 1 moved to another stage." in done.out
    assert "Wrote 2 records." in done.out


def test_the_summary_as_json_stands_alone_on_standard_output(settled):
    settled.edit("model.yaml", "label: Responsable de finanzas", "label: Finanzas")
    ran = settled.trellis("sync", "--json", MAILCHIMP_API_KEY=None)
    assert ran.code == Exit.DONE
    told = json.loads(ran.out)
    assert told["baseline"] is False
    assert told["errors"] == []
    assert set(told["calls"]) == {"hubspot"}
    assert len(ran.said) == 2
    refused = settled.trellis("sync", "--json", HUBSPOT_ACCESS_TOKEN="wrong")
    assert refused.code == Exit.REFUSED
    assert {"platform": "hubspot", "kind": "CredentialsRefused"} in json.loads(refused.out)["errors"]


def test_what_is_beyond_the_guard_is_held_until_a_person_decides(town):
    town.edit(
        "tracks.yaml", "guard: {stage_moves: {share: 10%, count: 500}", "guard: {stage_moves: {share: 10%, count: 1}"
    )
    town.settle()
    nothing = town.trellis("holds")
    assert (nothing.code, nothing.out.splitlines()[-2]) == (Exit.DONE, "Nothing is held.")
    asks_for_demos(town, "maria", "laia", "jordi")
    ran = town.trellis("sync")
    assert ran.code == Exit.HELD
    assert "Some moves are held for you: trellis holds" in ran.out
    told = json.loads(town.trellis("holds", "--json").out)
    held = [one for one in told if one["state"] == "held"]
    listed = town.trellis("holds")
    assert listed.code == Exit.HELD
    assert len(listed.out.splitlines()) == len(told) + 2
    assert all(f"contact #{one['contact']}" in listed.out for one in held)
    assert {one["reason"] for one in held} == {"more stage moves in 24 h than the guard allows"}
    (first, *_) = held
    assert town.trellis("discard", str(first["id"])).out == "1 discarded.\n"
    gone = town.trellis("approve", str(first["id"]))
    assert (gone.code, gone.said) == (Exit.FAILED, [f"nothing is held under {first['id']}: see `trellis holds`"])
    assert town.trellis("approve", "all").out == f"{len(held) - 1} approved; the next `trellis sync` delivers.\n"
    assert town.trellis("holds").code == Exit.DONE


def test_what_may_have_been_sent_already_can_only_be_discarded(settled):
    settled.execute(
        "INSERT INTO intent (kind, state, contact, track, episode, payload, why, not_before, created_at, sending_at)"
        " VALUES ('handover', 'parked', 1, NULL, NULL, '{}', 'hot', now(), now(), now())"
    )
    ((number,),) = settled.execute("SELECT id FROM intent WHERE state = 'parked'")
    refused = settled.trellis("approve", str(number))
    assert refused.code == Exit.FAILED
    assert refused.said == [f"{number} may have been sent already, so it cannot be sent again: discard it"]
    everything = settled.trellis("approve", "all")
    assert (everything.code, everything.out) == (Exit.DONE, "0 approved; the next `trellis sync` delivers.\n")
    assert everything.said == ["1 may have been sent already and stay: discard them."]
    assert settled.trellis("discard", "all").out == "1 discarded.\n"


@pytest.mark.parametrize("command", ["sync", "check", "provision", "apply"])
def test_standard_output_never_holds_an_address(onlooker, command):
    ran = onlooker.trellis(command)
    assert "@" not in ran.out + ran.err


def test_what_a_full_read_costs_is_said_beforehand_and_nothing_is_read(town):
    town.trellis("provision")
    ran = town.trellis("sync", "--full", "--dry-run")
    records = len(town.sandbox.hubspot.contacts)
    hubspot, mailchimp = ran.out.splitlines()
    assert hubspot.startswith(f"hubspot: {records} records, about ")
    assert "as the quota allows" in hubspot
    assert mailchimp.startswith("mailchimp:main: ")
    assert town.execute("SELECT count(*) FROM record") == [(0,)]
    (told, _) = json.loads(town.trellis("sync", "--full", "--dry-run", "--json").out)
    assert (told["source"], told["records"]) == ("hubspot", records)


def test_who_waits_for_her_hour_to_enter_is_counted(settled):
    settled.execute("DELETE FROM intent")
    assert "Waiting to enter" not in settled.trellis("sync").out
    settled.execute(
        "INSERT INTO intent (kind, state, contact, track, episode, payload, why, not_before, created_at)"
        " SELECT 'enroll', 'pending', contact, 'keep-warm', 7, '{}', '', '2200-01-07T09:00:00Z', now() FROM verdict LIMIT 2"
    )
    assert "Waiting to enter: 2\n" in settled.trellis("sync").out
