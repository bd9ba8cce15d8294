"""When files have come to rest, by a clock that is turned by hand; and what they say, in words for anybody."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from connector.change.files import read_files
from connector.change.folder import Folder

SHIPPED = Path(__file__).parents[2] / "mappings"


@pytest.fixture
def mappings(tmp_path):
    folder = tmp_path / "mappings"
    shutil.copytree(SHIPPED, folder)
    return folder


@pytest.fixture
def at_rest(mappings):
    """A folder that has been looked at for a while, and its digest."""
    folder = Folder(mappings)
    assert folder.digest(0) is None, "nobody knows yet whether somebody is at work"
    digest = folder.digest(1)
    assert digest is not None
    return folder, digest


def test_a_change_is_seen_once_it_has_been_still_for_a_second(at_rest, mappings):
    folder, before = at_rest
    model = mappings / "model.yaml"
    text = model.read_text(encoding="utf-8")
    model.write_text("", encoding="utf-8")  # an editor empties it first
    assert folder.digest(10) is None
    model.write_text(text[:200], encoding="utf-8")
    assert folder.digest(10.9) is None, "it is still being written"
    model.write_text(text + "# later\n", encoding="utf-8")
    assert folder.digest(11.5) is None
    assert folder.digest(12.4) is None
    after = folder.digest(12.5)
    assert after not in (None, before)
    assert folder.digest(100) == after


def test_a_save_by_rename_is_one_change(at_rest, mappings):
    folder, before = at_rest
    model, backup, fresh = mappings / "model.yaml", mappings / "model.yaml~", mappings / ".model.yaml.swp"
    fresh.write_text(model.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    assert folder.digest(10) == before, "what an editor keeps beside it is none of ours"
    model.rename(backup)
    assert folder.digest(10.1) is None
    fresh.rename(model)
    assert folder.digest(10.2) is None
    backup.unlink()
    assert folder.digest(11.2) not in (None, before)


def test_a_touch_changes_nothing(at_rest, mappings):
    folder, before = at_rest
    os.utime(mappings / "stages.yaml")
    assert folder.digest(10) is None
    assert folder.digest(11) == before


def test_other_contents_under_an_old_time_and_of_the_same_size_are_a_change(at_rest, mappings):
    """As `cp -p` and checkouts leave them."""
    folder, before = at_rest
    tracks = mappings / "tracks.yaml"
    told = tracks.stat()
    tracks.write_text(tracks.read_text(encoding="utf-8").replace("priority: 50", "priority: 51"), encoding="utf-8")
    os.utime(tracks, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert tracks.stat().st_size == told.st_size
    assert folder.digest(10) is None
    assert folder.digest(11) not in (None, before)


@pytest.mark.parametrize("name", ["cases/new.yaml", "cases/new.yml", "model-second.yaml", "modle.yaml"])
def test_files_that_come_and_go_are_changes(at_rest, mappings, name):
    folder, before = at_rest
    (mappings / name).write_text("version: 1\n", encoding="utf-8")
    assert folder.digest(10) is None
    assert folder.digest(11) not in (None, before)
    (mappings / name).unlink()
    assert folder.digest(20) is None
    assert folder.digest(21) == before


@pytest.mark.parametrize("name", ["notes.md", ".#model.yaml", "model.yaml~", "#model.yaml#"])
def test_what_nobody_reads_is_no_change(at_rest, mappings, name):
    folder, before = at_rest
    (mappings / name).symlink_to("maria@desk.example:1234")  # what Emacs leaves while a file is open
    assert folder.digest(10) == before
    assert read_files(mappings).problems == ()


def test_a_folder_that_is_gone_is_one_state_and_its_return_another(at_rest, mappings, tmp_path):
    folder, before = at_rest
    mappings.rename(tmp_path / "elsewhere")
    assert folder.digest(10) is None
    gone = folder.digest(11)
    assert gone not in (None, before)
    assert folder.digest(99) == gone
    (tmp_path / "elsewhere").rename(mappings)
    assert folder.digest(100) is None
    assert folder.digest(101) == before


def test_the_same_files_elsewhere_have_the_same_digest(at_rest, tmp_path, mappings):
    """The next start, or a restored backup, finds that nothing has changed."""
    _, before = at_rest
    shutil.copytree(mappings, tmp_path / "copy")
    copy = Folder(tmp_path / "copy")
    copy.digest(0)
    assert copy.digest(1) == before


# ---------------------------------------------------------------- what they say


def test_valid_files_are_a_rulebook(mappings):
    said = read_files(mappings)
    assert said.problems == ()
    assert said.rulebook is not None


def test_mistakes_are_told_by_the_file_s_own_name_with_line_and_key(mappings):
    model = mappings / "model.yaml"
    model.write_text(model.read_text(encoding="utf-8").replace("\nmodel:", "\nmoddel:"), encoding="utf-8")
    said = read_files(mappings)
    assert said.rulebook is None
    assert [problem.partition(" ")[0] for problem in said.problems] == ["fields.yaml:66", "model.yaml:7"]
    assert said.problems[1] == 'model.yaml:7 moddel: there is no key "moddel" here; did you mean model?'
    assert str(mappings.parent) not in "".join(said.problems)


def test_a_relative_folder_and_the_working_directory_itself_are_told_by_name(mappings, monkeypatch):
    (mappings / "tracks.yaml").unlink()
    monkeypatch.chdir(mappings.parent)
    told = "tracks.yaml: the file is missing; start from the one that came with Trellis"
    assert read_files(Path("mappings")).problems == (told,)
    monkeypatch.chdir(mappings)
    assert read_files(Path()).problems == (told,)


def test_a_folder_that_is_not_there_is_told_by_its_name(tmp_path):
    assert read_files(tmp_path / "nowhere").problems == (
        (
            "nowhere: there is no such folder; MAPPINGS_DIR names it; `trellis init` writes files that fit your portal, or start"
            " from the mappings/ that came with Trellis"
        ),
    )


def test_a_pipe_and_a_giant_are_no_reason_to_stand_still(at_rest, mappings):
    folder, before = at_rest
    os.mkfifo(mappings / "model-pipe.yaml")
    with (mappings / "giant.yaml").open("wb") as giant:
        giant.truncate(1 << 40)  # a hole: it takes no room on the disk
    assert folder.digest(10) is None
    assert folder.digest(11) not in (None, before)
    (mappings / "giant.yaml").rename(mappings / "model.yaml")
    assert "model.yaml: is larger than 1 MiB; split" in "".join(read_files(mappings).problems)


def test_thousands_of_files_that_are_none_of_ours_are_told_in_few_lines(mappings):
    for number in range(500):
        (mappings / f"other-{number}.yaml").touch()
    told = read_files(mappings).problems
    assert len(told) == 51
    assert told[-1] == "450 more mistakes: `trellis check` tells all of them"


def test_no_address_that_somebody_wrote_into_a_file_is_told(mappings):
    fields = mappings / "fields.yaml"
    text = fields.read_text(encoding="utf-8")
    fields.write_text(text + "maria.perez@acme.example: true\n", encoding="utf-8")
    said = read_files(mappings)
    assert said.problems
    assert "@" not in "".join(said.problems)
    assert "maria" not in "".join(said.problems)
