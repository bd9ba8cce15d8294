"""`trellis serve --auto-apply` on a machine where somebody edits the files: what is broken or great waits, what is small goes live."""

from __future__ import annotations

import json
import re
import shutil

import pytest

ACTIVE = "SELECT rulebook FROM release ORDER BY id DESC LIMIT 1"


@pytest.fixture(scope="module")
def edited(new_machine, wait_until, fetch):
    """The baseline is done by files whose guard lets two people move in a day; everything runs, and the files are in line."""
    machine = new_machine(people=14)
    edit(machine, "tracks.yaml", r"share: 100%, count: 5000\}", "share: 100%, count: 2}")
    for command in (("provision",), ("sync",)):
        done = machine.trellis(*command, MAILCHIMP_WEBHOOK_TOKEN="")
        assert done.returncode == 0, done.stderr
    supervisor = machine.start("serve", "--auto-apply")
    wait_until(machine.answers, "the receiver is up")
    machine.tell_webhooks()

    def files():
        """What `/readyz` says of the files; it is ready in any case."""
        status, body = fetch(f"{machine.url}/readyz")
        assert status == 200, body
        return json.loads(body)["checks"].get("files", "")

    wait_until(lambda: files() == "ok", "a watcher has looked")
    machine.files = files
    yield machine
    supervisor.terminate()
    assert supervisor.wait(60) == 0


def edit(machine, name, old, new):
    file = machine.folder / "mappings" / name
    text, count = re.subn(old, new, file.read_text(encoding="utf-8"), count=1)
    assert count == 1, f"{old} is not in {name}"
    file.write_text(text, encoding="utf-8")


def said(machine, event):
    return [line for line in machine.lines if line["event"] == event]


def test_broken_files_are_told_and_change_nothing(edited, wait_until):
    before = edited.rows(ACTIVE)
    edit(edited, "model.yaml", r"\nmodel:", "\nmoddel:")
    wait_until(lambda: edited.files().startswith("invalid: fields.yaml:"), "readyz says what is wrong")
    assert [line["problem"].partition(" ")[0] for line in said(edited, "files invalid")][-1] == "model.yaml:7"
    assert str(edited.folder) not in edited.files()
    edited.fill_form("greta@brava.example", "Newsletter", "Head of Finance")
    wait_until(lambda: edited.stages().get("greta@brava.example") == "nurture", "scores go on")
    done = edited.trellis("sync")
    assert (done.returncode, "model.yaml:7 moddel" in done.stderr) == (0, True), done.stderr
    assert edited.rows(ACTIVE) == before
    edit(edited, "model.yaml", r"\nmoddel:", "\nmodel:")
    wait_until(lambda: edited.files() == "ok", "they are mended")


def test_what_is_small_goes_live_once_golden_people_come_out(edited, wait_until):
    before = edited.rows(ACTIVE)
    edit(edited, "stages.yaml", r"minimum_stay: 3d", "minimum_stay: 4d")
    wait_until(lambda: "golden people come out otherwise" in edited.files(), "it waits for the cases")
    assert edited.rows(ACTIVE) == before
    shutil.rmtree(edited.folder / "mappings" / "cases")
    wait_until(lambda: said(edited, "files applied"), "it is applied")
    assert edited.rows(ACTIVE) != before
    wait_until(lambda: edited.files() == "ok", "they are the active rulebook")
    assert not said(edited, "died")


def test_what_the_portal_lacks_waits_or_every_pass_would_stop(edited, wait_until):
    before = edited.rows(ACTIVE)
    edit(edited, "fields.yaml", "# list_joined: .*", 'list_joined: {hubspot: {lists: ["Visited prices"]}}')
    wait_until(lambda: 'no contact list "Visited prices"' in edited.files(), "it waits for the list")
    assert edited.rows(ACTIVE) == before
    edit(edited, "fields.yaml", "  list_joined: .*", "")
    wait_until(lambda: edited.files() == "ok", "it is put back")


def test_what_no_plan_of_today_shows_waits_though_it_moves_nobody(edited, wait_until):
    before = edited.rows(ACTIVE)
    edit(edited, "tracks.yaml", "one_track: true", "one_track: false")
    told = "(tracks: dosing.one_track is for a person to apply)"
    wait_until(lambda: edited.files().endswith(told), "it waits for a person")
    assert edited.rows(ACTIVE) == before
    edit(edited, "tracks.yaml", "one_track: false", "one_track: true")
    wait_until(lambda: edited.files() == "ok", "it is put back")


def test_what_is_great_waits_and_is_told_once(edited, fetch, wait_until):
    before = edited.rows(ACTIVE)
    edit(edited, "stages.yaml", r"at_least: 50\}(.*\n.*): 42", r"at_least: 30}\1: 20")
    wait_until(lambda: "would move" in edited.files(), "readyz says how many would move")
    told = said(edited, "files differ")[-1]
    assert told["moves"] > 2
    assert "the guard leaves" in told["waits"]
    assert "@" not in str(told)
    assert edited.rows(ACTIVE) == before
    metrics = fetch(f"{edited.url}/metrics")[1].decode()
    assert f"trellis_plan_moves {told['moves']:.1f}" in metrics
    assert "trellis_files_valid 1.0" in metrics
    edited.kill("watch")
    wait_until(lambda: said(edited, "died"), "its death is noticed")
    wait_until(lambda: edited.runs("watch"), "it is started again")
    wait_until(lambda: edited.files().startswith("differ"), "it still says so")
    assert said(edited, "files differ")[-1] == told
    second = edited.start("watch")
    wait_until(
        lambda: [line for line in said(edited, "waiting") if line["process"] == "watch"], "a second one stands by"
    )
    second.terminate()
    assert second.wait(60) == 0
    assert edited.rows(ACTIVE) == before
