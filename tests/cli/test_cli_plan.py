"""`trellis plan`: what the files would change, by name; asking changes nothing, and what is saved names nobody."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable

import pytest

from connector.change.plan.file import load
from connector.cli.exits import Exit

#: Everybody from 33 points on is qualified, titles weigh more, and two properties are new.
CHANGES = (
    ("stages.yaml", "{score: {at_least: 50}, fit: {at_least: 10}}\n    leave_below: 42", "{score: {at_least: 33}}"),
    ("model.yaml", "points: 17\n            why: Finanzas", "points: 24\n            why: Finanzas"),
    ("fields.yaml", "{hubspot: phone}", "{hubspot: phone}\n  region: {hubspot: hs_state_code}"),
    ("fields.yaml", "{hubspot: trellis_phase}", "{hubspot: trellis_phase}\n  model: {hubspot: trellis_model}"),
)


@pytest.fixture
def changed(onlooker, tmp_path) -> Callable[..., str]:
    """Gives a changed copy of the files of mappings/."""

    def copy(*more: tuple[str, str, str]) -> str:
        shutil.copytree(onlooker.mappings, tmp_path / "mappings", dirs_exist_ok=True)
        for file, old, new in (*CHANGES, *more):
            path = tmp_path / "mappings" / file
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{file}: {old!r} stands {text.count(old)} times"
            path.write_text(text.replace(old, new), encoding="utf-8")
        return str(tmp_path / "mappings")

    return copy


def paragraph(out: str, head: str) -> str:
    return " ".join(out[out.index(head) :].partition("\n\n")[0].split())


def test_it_says_who_moves_and_what_is_lacking_and_changes_nothing(onlooker, changed, tmp_path):
    before, written = onlooker.contents(), onlooker.writes()
    saved = tmp_path / "plan.json"
    ran = onlooker.trellis("plan", "-o", str(saved), MAPPINGS_DIR=changed())
    assert (ran.code, ran.err) == (Exit.DONE, "")
    assert (onlooker.contents(), onlooker.writes()) == (before, written)

    assert "HubSpot: would create property trellis_model" in ran.out
    assert "hs_state_code was never read from HubSpot" in " ".join(ran.out.split())
    number = json.loads(onlooker.trellis("explain", onlooker.email("maria"), "--json").out)["contact"]
    risen = paragraph(ran.out, "nurture → qualified: ")
    assert f"#{number} " in risen
    assert f"Maria {onlooker.email('maria')}, Llobera Alimentació · " in risen
    assert "contacts would move stage" in ran.out
    assert "brian" not in ran.out.lower()
    assert " ".join(ran.out.split()).endswith(f"Nothing was changed. To do exactly this: trellis apply {saved}")
    assert [line for line in ran.out.splitlines() if len(line) > 80 and str(saved) not in line] == []

    plan = load(saved)
    assert number in {one.contact for one in plan.moves}
    assert [word for word in ("@", "Maria", "Llobera") if word in saved.read_text(encoding="utf-8")] == []
    told = json.loads(onlooker.trellis("plan", "--json", MAPPINGS_DIR=str(tmp_path / "mappings")).out)
    kept = json.loads(saved.read_text(encoding="utf-8"))
    assert {name for name in told if told[name] != kept[name]} <= {"made_at", "cost"}  # less quota is left by now


def test_what_the_guard_would_hold_is_told_and_is_exit_code_3(onlooker, changed):
    guard = ("tracks.yaml", "count: 500}", "count: 2}")
    ran = onlooker.trellis("plan", "--all", MAPPINGS_DIR=changed(guard))
    assert ran.code == Exit.HELD
    assert "Held for you, " in ran.out
    assert " ".join(ran.out.split()).endswith("does exactly that; what is held then waits in `trellis holds`.")


def test_a_platform_that_cannot_be_asked_is_one_line_and_the_rest_is_planned_all_the_same(onlooker, changed):
    ran = onlooker.trellis("plan", MAPPINGS_DIR=changed(), HUBSPOT_ACCESS_TOKEN="another-one")
    assert ran.code == Exit.DONE
    assert len(ran.said) == 1
    assert ran.err.startswith("HubSpot does not accept the token")
    told = " ".join(ran.out.split())
    assert "What is to be created is not known: HubSpot does not accept the token" in told
    assert "contacts would move stage" in told


def test_files_that_are_active_change_nothing(onlooker):
    ran = onlooker.trellis("plan")
    assert (ran.code, ran.err) == (Exit.DONE, "")
    assert ran.out.splitlines()[-1] == "The files change nothing."


def test_two_rulebooks_are_compared_by_the_names_that_people_have_for_them(onlooker, changed):
    ((release,),) = onlooker.execute("SELECT max(id) FROM release")
    calls = onlooker.calls()
    ran = onlooker.trellis("plan", "--versus", str(release), MAPPINGS_DIR=changed())
    assert (ran.code, ran.err) == (Exit.DONE, "")
    assert f"and by release {release} (" in " ".join(ran.out.split())
    assert "nurture → qualified: " in ran.out
    assert "Calls: " not in ran.out
    assert " ".join(ran.out.split()).endswith("`trellis plan` says what the files would change.")
    same = onlooker.trellis("plan", "--versus", str(onlooker.mappings))
    assert "one rulebook with the files in" in " ".join(same.out.split())
    assert "would move" not in same.out
    assert onlooker.calls() == calls


def test_wrong_usage_is_one_line_before_anything_is_figured(onlooker, tmp_path):
    (tmp_path / "folder").mkdir()
    for arguments, line in (
        (("--versus", "nowhere-at-all"), '"nowhere-at-all" is no release, '),
        (("--versus", "1", "-o", "plan.json"), "a comparison cannot be applied, so it is not saved: use --json"),
        (("-o", str(tmp_path / "nowhere" / "plan.json")), f"there is no folder {tmp_path / 'nowhere'}"),
        (("-o", str(tmp_path / "folder")), "is a directory"),
    ):
        ran = onlooker.trellis("plan", *arguments)
        assert (ran.code, ran.out, len(ran.said)) == (Exit.USAGE, "", 1)
        assert line in ran.err
    off = onlooker.trellis("plan", HUBSPOT_ACCESS_TOKEN=None, MAILCHIMP_API_KEY=None)
    assert (off.code, off.out) == (Exit.USAGE, "")


def test_a_plan_that_cannot_be_saved_says_where(onlooker, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ran = onlooker.trellis("plan", "-o", str(pipe))
    assert (ran.code, ran.said) == (Exit.USAGE, [f"{pipe}: is no file that can be replaced; choose another name"])
