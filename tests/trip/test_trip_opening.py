"""Promise 6: who matched a track when Trellis began enters it by an opening batch that a person approves; noor never."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from connector.rulebook.read import read_rulebook
from connector.steps.provision import provision
from connector.store import opening, outbox, state
from connector.store.engine import writer_lock

MAPPINGS = Path(__file__).parents[2] / "mappings"
FINANCE = "finance-consideration"


def waiting(world, track=FINANCE):
    """How many wait in the opening batch of a track."""
    with world.store.engine.connect() as conn:
        return next((one.people for one in opening.openings(conn) if one.track == track), 0)


def approve(world, track=FINANCE, most=None):
    """Let an opening batch go."""
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        return opening.approve_opening(conn, track, most)


def in_finance(world):
    """Who was let into the finance workflow, each as often as she was."""
    return [one.email for one in world.entered(flow="Finance: consideration")]


def matching(world):
    """The addresses of those who wait."""
    rows = world.rows(
        "SELECT email FROM track_state JOIN record USING (contact) WHERE track = :track AND matched AND at_baseline",
        track=FINANCE,
    )
    return {row.email for row in rows}


def test_all_of_an_opening_batch_enter_once_and_approving_twice_changes_nothing(world):
    meant = matching(world)
    assert world.email("maria") in meant
    assert world.email("noor") not in meant
    assert world.email("brian") not in meant
    assert waiting(world) == len(meant) >= 3
    assert approve(world) == len(meant)
    assert (approve(world), waiting(world)) == (0, 0)
    for _ in range(2):
        world.pass_time(minutes=5)
        world.sync()
    entered = in_finance(world)
    assert sorted(entered) == sorted(meant)
    assert not {world.email("noor"), world.email("brian")} & {one.email for one in world.entered()}
    assert (approve(world), len(in_finance(world))) == (0, len(entered))


def test_the_best_go_first_and_the_others_go_on_waiting(world):
    before = waiting(world)
    best = world.rows(
        "SELECT email FROM track_state JOIN verdict USING (contact) JOIN record USING (contact)"
        " WHERE track = :track AND matched AND at_baseline AND source = 'hubspot' ORDER BY score DESC, exact DESC, contact",
        track=FINANCE,
    )
    assert approve(world, most=1) == 1
    for _ in range(2):
        world.pass_time(minutes=5)
        world.sync()
    assert in_finance(world) == [best[0].email]
    assert waiting(world) == before - 1


def test_who_opted_out_or_was_excluded_since_the_baseline_does_not_enter_with_her_batch(world):
    maria, jordi, life = world.email("maria"), world.email("jordi"), world.sandbox.hubspot.life
    meant = matching(world)
    assert {maria, jordi} <= meant
    life.unsubscribe(maria)
    life.set_property(jordi, "trellis_exclude", "true")
    approve(world)
    for _ in range(2):
        world.pass_time(minutes=5)
        world.sync()
    assert sorted(in_finance(world)) == sorted(meant - {maria, jordi})


def test_an_opening_batch_beyond_the_guard_is_held(make_world):
    world = make_world(edits={"tracks.yaml": ("enrollments: 500", "enrollments: 2")})
    meant = matching(world)
    assert len(meant) > 2
    approve(world)
    world.pass_time(minutes=5)
    world.sync()
    with world.store.engine.connect() as conn:
        held = [one for one in outbox.list_held(conn) if one.track == FINANCE]
    assert len(in_finance(world)) == 2
    assert len(held) == len(meant) - 2
    assert {one.reason for one in held} == {"more enrollments in 24 h than the guard allows"}


def test_who_is_discarded_stays_out_and_enters_after_leaving_and_matching_again(world):
    jordi, life = world.email("jordi"), world.sandbox.hubspot.life
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        assert opening.discard_opening(conn, FINANCE) >= 3
    assert (waiting(world), approve(world)) == (0, 0)
    world.pass_time(days=1)
    world.sync()
    assert in_finance(world) == []
    for ticked in ("true", "false"):
        life.set_property(jordi, "trellis_exclude", ticked)
        for _ in range(2):
            world.pass_time(minutes=5)
            world.sync()
    assert in_finance(world) == [jordi]


def test_a_track_that_is_added_later_is_no_opening_and_beyond_the_guard_its_people_are_held(make_world, tmp_path):
    world = make_world(edits={"tracks.yaml": ("enrollments: 500", "enrollments: 2")})
    files = tmp_path / "later"
    shutil.copytree(MAPPINGS, files, ignore=shutil.ignore_patterns("cases", "schema"))
    tracks = files / "tracks.yaml"
    spring = (
        "tracks:\n  spring:\n    aim: win\n    when: {score: {at_least: 1}}\n    lasts: 7d\n    priority: 99\n"
        "    enroll: [{hubspot: {property: trellis_track}, listener: confirmed, exit: confirmed}]\n"
    )
    with_spring = tracks.read_text(encoding="utf-8").replace("\ntracks:\n", f"\n{spring}", 1)
    tracks.write_text(with_spring.replace("enrollments: 500", "enrollments: 2"), encoding="utf-8")
    later = read_rulebook(files)
    with world.store.engine.begin() as conn:
        state.activate(conn, later.hash, later.source, world.parts.now())
    world.parts = replace(world.parts, rulebook=later)
    provision(world.parts, dry_run=False, webhook_url=None)
    world.pass_time(minutes=5)
    world.sync()
    accepted, held = (
        world.rows("SELECT contact FROM intent WHERE track = 'spring' AND state = :state", state=one)
        for one in ("accepted", "held")
    )
    assert len(accepted) == 2
    assert len(held) >= 3
    assert waiting(world, "spring") == 0
