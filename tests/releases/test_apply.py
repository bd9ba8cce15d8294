"""Applying: what a plan says and no more, noted as a release; another rulebook's worker stops."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text

from adapters.ports import Flow, Meets, Trigger
from connector.change.apply import Applied, apply, counts
from connector.change.moved import Moved, require_same
from connector.change.plan.plan import Passage
from connector.steps.sync import Busy, sync, work
from connector.store import releases, state
from connector.store.heard import HEARD_BEYOND
from connector.store.releases import Kind


def test_a_plan_is_carried_out_to_its_end_and_noted(town):
    rulebook = town.rules("richer", title=40)
    plan = town.plan(rulebook)
    done = apply(town.parts(rulebook), plan)
    assert isinstance(done, Applied)
    assert done.done
    with town.store.engine.connect() as conn:
        first, last = releases.release(conn, 1), releases.newest(conn)
        assert (first.kind, first.until) == (Kind.FIRST, None)
    assert (last.id, last.kind, last.rulebook, last.done_at) == (done.release, Kind.APPLY, rulebook.hash, town.at)
    assert last.plan == counts(plan)
    assert last.plan["moves"] == {"warm>hot": 1}
    assert {row.contact for row in town.rows("SELECT contact FROM flip WHERE id > :id", id=last.after_flip)} == {
        one.contact for one in plan.moves
    }


def test_a_plan_that_does_not_fit_any_more_changes_nothing(town):
    rulebook, other = town.rules("richer", title=40), town.rules("slightly", title=22)
    plan, before = town.plan(rulebook), town.values()
    town.person("eva", title="CFO")
    town.wait(minutes=5)
    town.sync()
    with pytest.raises(Moved, match=r"^1 more person would move, .* than the plan says: make a new plan$"):
        apply(town.parts(rulebook), plan)
    with pytest.raises(Moved, match="the files say something else"):
        apply(town.parts(other), plan)
    with pytest.raises(Moved, match="compares two rulebooks"):
        apply(town.parts(rulebook), replace(plan, versus=other.hash))
    with pytest.raises(Moved, match="another rulebook was made active"):
        apply(town.parts(rulebook), replace(plan, active=other.hash))
    assert {id_: town.values()[id_] for id_ in before} == before
    assert len(town.rows("SELECT FROM release")) == 1


def test_that_fewer_move_is_no_surprise_and_that_others_do_is(town):
    plan = town.plan(town.rules("richer", title=40))
    require_same(plan, replace(plan, moves=()))
    fewer = replace(plan, cost=replace(plan.cost, writes={}))
    require_same(replace(plan, cost=replace(plan.cost, writes={"hubspot": 30})), fewer)
    with pytest.raises(Moved, match="30 more rows would be written to hubspot"):
        require_same(fewer, replace(plan, cost=replace(plan.cost, writes={"hubspot": 30})))
    entering = replace(plan, enters=(*plan.enters, Passage(1, "closer"), Passage(2, "closer")))
    with pytest.raises(Moved, match="2 more people would enter a track"):
        require_same(plan, entering)
    elsewhere = replace(plan, moves=tuple(replace(one, after="new") for one in plan.moves))
    with pytest.raises(Moved, match="1 more person would move"):
        require_same(plan, elsewhere)


def test_who_was_told_the_rulebook_before_it_changed_decides_nothing(town):
    late = town.parts()
    town.apply(town.rules("richer", title=40))
    before = town.values()
    for run in (sync, work):
        with pytest.raises(Busy, match="another rulebook has become the active one"):
            run(late)
    assert town.values() == before


def test_what_nobody_was_judged_by_is_no_release_to_take_back(make_town):
    town = make_town()
    one, other = town.rules("a"), town.rules("richer", title=40)
    with town.store.engine.begin() as conn:
        for rulebook in (one, other, other):
            state.activate(conn, rulebook.hash, rulebook.source, town.at)
        assert Counter(release.kind for release in releases.releases(conn)) == {Kind.FIRST: 2}
        assert not releases.newest(conn).can_be_undone(town.at)


def test_who_listens_to_what_a_rulebook_writes_for_the_first_time_is_asked_before_it_is_written(town):
    on = Trigger("property", "persona", Meets.AMONG, ("somebody",))
    town.portal.workflows = (Flow(name="Welcome", id="1", enabled=True, triggers=(on,), again=(on,), leaves=True),)
    town.wait(hours=2)
    town.settle()
    nobody = {"stage_moves": {"share": "100%", "count": 1000}, "enrollments": 0}
    rulebook = town.rules("heard", write={"persona": {"hubspot": "persona"}}, guard=nobody)
    plan = town.plan(rulebook)
    done = apply(town.parts(rulebook), plan)
    assert plan.held == {HEARD_BEYOND: done.summary.tally["held"]} != {}
    assert not any("persona" in values for values in town.values().values())


def test_a_plan_of_hours_ago_is_figured_anew_though_nothing_has_come_since(town, copy_of_town):
    rulebook, other = town.rules("richer", title=40), copy_of_town()
    plan = town.plan(rulebook)
    with other.store.engine.begin() as conn:
        conn.execute(
            text('UPDATE record SET raw = raw || \'{"jobtitle": "CFO"}\' WHERE platform_id = :id'),
            {"id": other.id_of("dora")},
        )
    other.wait(hours=3)
    with pytest.raises(Moved, match="1 more person would move"):
        apply(other.parts(rulebook), plan)


def test_whom_a_new_track_takes_is_planned_though_its_listener_is_still_to_be_verified(town):
    town.portal.create_list("Closers")
    on = Trigger("list", "Closers")
    town.portal.workflows = (Flow(name="Close", id="1", enabled=True, triggers=(on,), again=(on,), leaves=True),)
    town.wait(hours=2)
    town.settle()
    way = {"hubspot": {"list": "Closers"}, "listener": "verified", "exit": "verified"}
    closer = {"aim": "win", "when": {"stage": {"in": ["warm", "hot"]}}, "enroll": [way], "lasts": "21d"}
    rulebook = town.rules("verified", tracks={"closer": closer})
    plan, before = town.plan(rulebook), town.entered()
    apply(town.parts(rulebook), plan)
    town.settle()
    assert len(plan.enters) == town.entered() - before > 0
