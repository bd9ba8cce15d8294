"""Broken files are refused with file, line, key and cure, exit code 2; nothing changes in the store or on the platforms."""

from __future__ import annotations

import re

import pytest

from connector.cli.exits import Exit

BROKEN = {
    "broken YAML": (
        "stages.yaml",
        "version: 1\n",
        "version: [1\n",
        r"stages\.yaml:\d+: is not YAML: .*; close the bracket",
    ),
    "a tab": ("stages.yaml", "version: 1\n", "\tversion: 1\n", r"stages\.yaml:\d+: is not YAML"),
    "an unknown key": (
        "tracks.yaml",
        "\ndosing:",
        "\ndozing:",
        r'tracks\.yaml:\d+ dozing: there is no key "dozing" here; did you mean dosing\?',
    ),
    "an unknown operator": (
        "stages.yaml",
        "customer: {when: {lifecycle: {in:",
        "customer: {when: {lifecycle: {inn:",
        r"stages\.yaml:\d+ states\.customer\.when\.lifecycle\.inn: .*did you mean in\?",
    ),
    "a rule on a field that is not mapped": (
        "fields.yaml",
        "  phone:        {hubspot: phone}\n",
        "",
        r'model(-customers)?\.yaml:\d+ factors\.profile\.completeness\.phone: no field is called "phone"; add it to fields\.yaml',
    ),
    "maxima that are not 100": (
        "model.yaml",
        "  fit:\n    max: 30\n",
        "  fit:\n    max: 31\n",
        r"model\.yaml:\d+ factors: the five maxima add up to 101, not to 100",
    ),
    "a stage that nobody can reach": (
        "stages.yaml",
        "enter: {score: {at_least: 75}, phase: decision}",
        "enter: {score: {at_least: 101}}",
        r"stages\.yaml:\d+ stages\[3\]\.enter: hot can never be reached",
    ),
    "two tracks with one id": (
        "tracks.yaml",
        "  mailchimp-warmup:\n",
        "  finance-consideration:\n",
        r"tracks\.yaml:\d+ tracks\.finance-consideration: .* is there twice, first on line \d+; rename or remove one",
    ),
    "an unknown time zone": (
        "fields.yaml",
        "timezone: Europe/Madrid",
        "timezone: Europe/Madird",
        r"fields\.yaml:\d+ timezone: .*did you mean Europe/Madrid\?",
    ),
    "an empty file": ("tracks.yaml", "", "", r"tracks\.yaml:1: holds no keys; begin with version: 1"),
}
_GO_BY_FILES = ("sync", "check", "provision", "apply")


def break_(town, what: str) -> str:
    """Break the files; returns what must be said of it."""
    file, old, new, told = BROKEN[what]
    if what == "an empty file":
        (town.mappings / "tracks.yaml").write_text("")
    else:
        town.edit(file, old, new)
    return told


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_rulebook_is_refused_by_file_line_key_and_cure(town, what):
    told = break_(town, what)
    before = town.contents()
    for command in _GO_BY_FILES:
        ran = town.trellis(command)
        assert (ran.code, ran.out) == (Exit.USAGE, ""), command
        assert len(ran.said) in (1, 2)  # a line for each model, where both ask for what is not there
        for line in ran.said:
            assert re.fullmatch(re.escape(f"{town.mappings}/") + told + ".*", line), ran.err
    assert town.contents() == before
    assert town.calls() == 0


def test_every_problem_is_told_at_once_in_the_order_of_files_and_lines(town):
    for what in ("an unknown key", "maxima that are not 100", "an unknown time zone"):
        break_(town, what)
    ran = town.trellis("check")
    assert ran.code == Exit.USAGE
    assert [line.removeprefix(f"{town.mappings}/").partition(":")[0] for line in ran.said] == [
        "fields.yaml",
        "model.yaml",
        "tracks.yaml",
    ]


@pytest.mark.parametrize("missing", ["fields.yaml", "model.yaml", "stages.yaml", "tracks.yaml"])
def test_a_missing_file_is_named(town, missing):
    for path in town.mappings.glob(missing.replace(".", "*.")):  # both models
        path.unlink()
    ran = town.trellis("sync")
    assert ran.code == Exit.USAGE
    assert ran.said[0] == f"{town.mappings}/{missing}: the file is missing; start from the one that came with Trellis"


def test_a_missing_folder_is_named_with_its_variable(town, tmp_path):
    ran = town.trellis("sync", MAPPINGS_DIR=str(tmp_path / "nowhere"))
    assert (ran.code, len(ran.said)) == (Exit.USAGE, 1)
    assert "there is no such folder; MAPPINGS_DIR names it" in ran.err


def test_files_are_read_before_the_store_is_asked(desk, tmp_path):
    ran = desk.trellis("sync", MAPPINGS_DIR=str(tmp_path / "nowhere"), DATABASE_URL="postgresql://127.0.0.1:9/trellis")
    assert ran.code == Exit.USAGE


def test_broken_files_change_nothing_of_what_is_active_and_keep_nobody_from_looking(settled):
    maria = settled.email("maria")
    active = settled.contents("rulebook")
    shown = settled.trellis("explain", maria)
    break_(settled, "maxima that are not 100")
    assert settled.trellis("apply").code == Exit.USAGE
    assert settled.contents("rulebook") == active
    assert settled.trellis("explain", maria) == shown
    assert settled.trellis("holds").code == Exit.DONE
    assert settled.trellis("failures", "list").out == "None.\n"
    assert settled.trellis("forget", maria).code == Exit.DONE
