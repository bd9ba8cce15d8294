"""A watcher over a real store: what it says once, keeps, and lets go live; figuring and applying are stood in for."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.change.files import read_files
from connector.change.noticed import SILENT_S, Size, last_noticed, now_noticed
from connector.change.watching import TRIES, Considered, Watcher
from connector.readiness import readiness
from connector.rulebook.read import read_rulebook
from connector.store import state
from connector.store.engine import connect
from connector.store.errors import StoreUnavailable

SHIPPED = Path(__file__).parents[2] / "mappings"
NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
TWELVE = Size(moves=12, enters=3, leaves=1, handovers=2, writes=40, calls=2, held=0, creates=0, reads=0)


class Desk:
    """Files that somebody edits, a store with an active rulebook, and watchers that are started again and again."""

    def __init__(self, engine, mappings):
        self.engine, self.mappings = engine, mappings
        self.now, self.now_s = NOW, 0.0
        self.came = Considered(TWELVE)
        self.asked = []
        self.while_reading = []
        self.conn = None

    def activate(self):
        """What `trellis apply` does to the files."""
        rulebook = read_rulebook(self.mappings)
        with self.engine.begin() as conn:
            state.activate(conn, rulebook.hash, rulebook.source, self.now)
        return rulebook.hash

    def roll_back(self):
        """A change has gone live by itself, and what was active before is so again; its hash. The files still say the change."""
        before = read_rulebook(self.mappings)
        self.start(auto_apply=True)
        self.raise_hot()
        self.pass_()
        with self.engine.begin() as conn:
            state.activate(conn, before.hash, before.source, self.now)
        return before.hash

    def consider(self, files, active, *, by_itself):
        self.asked.append(by_itself)
        if isinstance(self.came, Exception):
            raise self.came
        if by_itself and not self.came.waits:
            with self.engine.begin() as conn:
                number = state.activate(conn, files.hash, files.source, self.now)
            return Considered(self.came.size, release=number)
        return self.came

    def read(self):
        said = read_files(self.mappings)
        while self.while_reading:
            self.while_reading.pop()()
        return said

    def end(self):
        if self.conn is not None:
            self.conn.close()

    def start(self, *, auto_apply=False):
        """A watcher, which has looked until there was nothing new. The one before has ended."""
        self.end()
        self.conn = self.engine.connect()
        self.watcher = Watcher(
            self.conn,
            self.mappings,
            lambda: self.now,
            self.read,
            self.consider,
            auto_apply=auto_apply,
        )
        return self.pass_()

    def pass_(self, seconds=3, step=1.0):
        """So many seconds go by; how often files were read."""
        looks = 0
        for _ in range(int(seconds / step)):
            self.now_s += step
            self.now += timedelta(seconds=step)
            looks += self.watcher.turn(self.now_s)
        return looks

    def edit(self, name="model.yaml", old="\nmodel:", new="\nmodel:"):
        file = self.mappings / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def raise_hot(self, score=77):
        """A change of the rules."""
        self.edit("stages.yaml", "score: {at_least: 75}", f"score: {{at_least: {score}}}")

    def break_(self):
        self.edit(old="\nmodel:", new="\nmoddel:")

    @property
    def files(self):
        """What `/readyz` says of them; None: nothing. It stays ready in any case."""
        told = readiness(self.engine, (), self.now)
        assert told.ready
        return told.checks.get("files")

    @property
    def active(self):
        with self.engine.connect() as conn:
            return state.active(conn).hash


@pytest.fixture
def fresh_desk(database, tmp_path, caplog):
    """Before any rulebook was made active."""
    caplog.set_level(logging.INFO, logger="trellis")
    shutil.copytree(SHIPPED, tmp_path / "mappings")
    desk = Desk(connect(database), tmp_path / "mappings")
    yield desk
    desk.end()
    desk.engine.dispose()


@pytest.fixture
def desk(fresh_desk):
    """The shipped files are the active rulebook."""
    fresh_desk.activate()
    return fresh_desk


@pytest.fixture
def said(caplog):
    """What was logged since it was last asked: pairs of event and facts."""

    def new():
        told = [(one.getMessage(), one.facts) for one in caplog.records if one.name == "trellis"]
        caplog.clear()
        return told

    return new


def test_files_in_line_are_read_once_and_nothing_is_said(desk, said):
    assert desk.files is None, "nobody watches yet"
    assert desk.start() == 1
    assert (desk.pass_(120), desk.files, said()) == (0, "ok", [])


def test_a_change_is_told_once_with_its_size_and_no_name(desk, said):
    desk.start()
    desk.raise_hot()
    assert desk.pass_(300) == 1
    [(event, facts)] = said()
    assert (event, facts["moves"], facts["enters"], facts["calls"]) == ("files differ", 12, 3, 2)
    assert facts["apply_would"] == (
        "move 12 to another stage, let 3 enter tracks, take 1 out of tracks, hand 2 over to sales, make 40 writes"
    )
    assert "waits" not in facts
    assert desk.files == "differ: 12 people would move; run `trellis apply`"
    assert desk.asked == [False]
    assert desk.start() == 0, "the next start says nothing twice"
    assert said() == []


def test_putting_it_back_and_applying_it_both_end_it(desk, said):
    desk.start()
    desk.raise_hot()
    desk.pass_()
    desk.edit("stages.yaml", "at_least: 77", "at_least: 75")
    desk.pass_()
    assert ([event for event, _ in said()], desk.files) == (["files differ", "files ok"], "ok")
    desk.raise_hot()
    desk.pass_()
    desk.activate()
    desk.pass_(30)
    assert ([event for event, _ in said()], desk.files) == (["files differ", "files ok"], "ok")


def test_mistakes_are_told_one_by_one_and_once_and_vanish_when_mended(desk, said):
    before = desk.active
    desk.start(auto_apply=True)
    desk.break_()
    desk.pass_(60)
    told = said()
    assert [event for event, _ in told] == ["files invalid", "files invalid"]
    assert told[1][1]["problem"].startswith("model.yaml:7 moddel: there is no key")
    assert desk.files == "invalid: fields.yaml:66 (and 1 more); `trellis check` says what is wrong"
    desk.start(auto_apply=True)
    assert said() == []
    desk.edit(old="\nmoddel:", new="\nmodel:")
    desk.pass_()
    assert ([event for event, _ in said()], desk.files) == (["files ok"], "ok")
    assert (desk.active, desk.asked) == (before, [])


def test_a_folder_that_is_gone_is_told_once(desk, said, tmp_path):
    desk.start()
    desk.mappings.rename(tmp_path / "elsewhere")
    desk.pass_(60)
    [(event, facts)] = said()
    assert (event, facts["problem"].partition(";")[0]) == ("files invalid", "mappings: there is no such folder")
    (tmp_path / "elsewhere").rename(desk.mappings)
    desk.pass_()
    assert desk.files == "ok"


def test_words_of_a_watcher_that_is_gone_vanish(desk):
    desk.start()
    desk.pass_(60)
    desk.now += timedelta(seconds=SILENT_S - 20)
    assert desk.files == "ok"
    desk.now += timedelta(seconds=30)
    assert desk.files is None
    with desk.engine.connect() as conn:
        assert now_noticed(conn, desk.now) is None
        assert last_noticed(conn, desk.now) is not None


def test_before_any_rulebook_is_active_files_differ_from_nothing(fresh_desk, said):
    fresh_desk.start(auto_apply=True)
    with fresh_desk.engine.connect() as conn:
        noticed = now_noticed(conn, fresh_desk.now)
    assert (noticed.differs, noticed.problems, said(), fresh_desk.asked) == (False, (), [], [])


# ---------------------------------------------------------------- what does not come to its end


def test_what_ends_the_process_is_left_alone_after_three_tries(desk, said):
    desk.start()
    desk.raise_hot()
    desk.came = StoreUnavailable("killed in the middle")
    with pytest.raises(StoreUnavailable):
        desk.pass_()
    for _ in range(TRIES - 1):
        with pytest.raises(StoreUnavailable):
            desk.start()
    assert desk.start() == 0
    assert len(desk.asked) == TRIES
    assert desk.files == "differ: run `trellis plan` to see what they would change"
    desk.came = Considered(TWELVE)
    desk.edit("stages.yaml", "at_least: 77", "at_least: 78")
    desk.pass_()
    assert desk.files == "differ: 12 people would move; run `trellis apply`"


def test_files_that_change_while_they_are_read_are_read_again(desk):
    desk.start()
    desk.raise_hot()
    desk.while_reading.append(lambda: desk.edit("stages.yaml", "at_least: 77", "at_least: 78"))
    assert desk.pass_(5) == 2
    assert len(desk.asked) == 1
    with desk.engine.connect() as conn:
        assert last_noticed(conn, desk.now).rulebook == read_rulebook(desk.mappings).hash


# ---------------------------------------------------------------- by itself


def test_with_auto_apply_a_change_that_somebody_makes_goes_live(desk, said):
    desk.start(auto_apply=True)
    desk.raise_hot()
    desk.pass_()
    [(event, facts)] = said()
    assert (event, facts["moves"]) == ("files applied", 12)
    assert (desk.active, desk.files) == (read_rulebook(desk.mappings).hash, "ok")
    desk.pass_(60)
    assert (said(), desk.asked) == ([], [True])


def test_there_and_back_again_are_two_changes_that_somebody_made(desk):
    desk.start(auto_apply=True)
    desk.raise_hot()
    desk.pass_()
    desk.edit("stages.yaml", "at_least: 77", "at_least: 75")
    desk.pass_()
    assert desk.asked == [True, True]
    assert desk.active == read_rulebook(desk.mappings).hash


def test_what_is_not_small_waits_and_is_told_once(desk, said):
    before = desk.active
    desk.start(auto_apply=True)
    desk.came = Considered(TWELVE, waits="600 would move, and the guard leaves 500 for today")
    desk.raise_hot()
    desk.pass_(60)
    [(event, facts)] = said()
    assert (event, facts["waits"]) == ("files differ", desk.came.waits)
    assert desk.active == before
    assert desk.files == f"differ: 12 people would move; run `trellis apply` ({desk.came.waits})"
    desk.start(auto_apply=True)
    assert (said(), desk.asked) == ([], [True])


def test_a_change_made_while_nobody_watched_goes_live_if_it_is_new(desk):
    desk.start(auto_apply=True)
    desk.raise_hot()
    desk.start(auto_apply=True)
    assert desk.active == read_rulebook(desk.mappings).hash


def test_the_first_watcher_ever_applies_nothing(desk):
    before = desk.active
    desk.raise_hot()
    desk.start(auto_apply=True)
    assert (desk.active, desk.asked) == (before, [False])
    assert "nobody was watching" in desk.files


def test_a_rollback_is_not_undone(desk):
    before = desk.roll_back()
    desk.pass_(30)
    desk.start(auto_apply=True)
    assert (desk.active, desk.asked) == (before, [True, False])
    assert "another rulebook was made active" in desk.files


def test_an_old_copy_on_another_machine_is_not_gone_by(desk, tmp_path):
    """One machine watches, and is replaced by another one, whose files were never changed."""
    shutil.copytree(desk.mappings, tmp_path / "old")
    desk.start(auto_apply=True)
    desk.raise_hot()
    desk.pass_()
    after = desk.active
    desk.mappings = tmp_path / "old"
    desk.start(auto_apply=True)
    assert (desk.active, desk.asked) == (after, [True, False])
    assert "may be an old copy" in desk.files


def test_what_was_rolled_back_does_not_come_back_with_the_next_change_of_the_files(desk):
    """The files still say it; whoever saves them next means her own line, and not that decision."""
    before = desk.roll_back()
    desk.pass_()
    desk.edit("model.yaml", "persona_minimum: 14", "persona_minimum: 15")
    desk.pass_()
    desk.break_()
    desk.pass_()
    desk.edit(old="\nmoddel:", new="\nmodel:")
    desk.pass_()
    assert desk.active == before
    assert not any(desk.asked[1:])
    assert "another rulebook was made active" in desk.files
    desk.edit("model.yaml", "persona_minimum: 15", "persona_minimum: 14")
    desk.edit("stages.yaml", "at_least: 77", "at_least: 75")
    desk.pass_()
    assert desk.files == "ok"
    desk.raise_hot(76)
    desk.pass_()
    assert desk.active == read_rulebook(desk.mappings).hash


def test_an_old_copy_stays_one_when_somebody_goes_on_with_it(desk, tmp_path):
    shutil.copytree(desk.mappings, tmp_path / "old")
    desk.start(auto_apply=True)
    desk.raise_hot()
    desk.pass_()
    after = desk.active
    desk.mappings = tmp_path / "old"
    desk.start(auto_apply=True)
    desk.edit("model.yaml", "persona_minimum: 14", "persona_minimum: 15")
    desk.pass_()
    assert (desk.active, desk.asked) == (after, [True, False, False])
    assert "may be an old copy" in desk.files
