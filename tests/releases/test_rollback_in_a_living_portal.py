"""A rollback while life goes on: others change files, workflows listen, people and audiences have come since."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.ports import Flow, Meets, Outcome, PlatformUnreachable, RowOutcome, Trigger
from connector.change.apply import apply
from connector.change.moved import Moved
from connector.change.plan.figure import figure
from connector.change.rollback import foresee, rollback
from connector.change.undoable import CannotUndo, target_of
from connector.steps.explain import explain
from connector.steps.how_far import note_how_far
from connector.steps.judge import judge_all
from connector.steps.sync import sync
from connector.store import releases
from connector.store.engine import writer_lock
from connector.store.position import mark_changed
from connector.store.rolling_back import begin_rollback


class Unwritable:
    """A portal that is away whenever it is written to; or whose answers are `lost`."""

    def __init__(self, portal, *, lost=False):
        self.portal, self.lost = portal, lost

    def __getattr__(self, name):
        return getattr(self.portal, name)

    def write(self, rows, deadline=None):
        if self.lost:
            self.portal.write(rows, deadline)
        gone = PlatformUnreachable("hubspot", "no answer", maybe_applied=self.lost)
        return tuple(RowOutcome(row.id, Outcome.UNKNOWN if self.lost else Outcome.LATER, gone) for row in rows)


def test_nothing_else_is_applied_while_values_are_still_to_be_put_back_and_nothing_is_rolled_back_twice(town):
    before = town.values()
    done = town.apply(town.rules("richer", title=40, when="both"))
    back = rollback(replace(town.before(done.release), hubspot=Unwritable(town.portal)), done.release)
    assert not back.done
    with pytest.raises(Moved, match=f"^release {done.release} is being rolled back"):
        town.apply(town.rules("slightly", title=22))
    town.settle()
    assert town.values() == before
    with (
        town.store.engine.connect() as conn,
        pytest.raises(CannotUndo, match=f"was rolled back already, by release {back.release}"),
    ):
        target_of(conn, done.release, town.at)
    assert town.apply(town.rules("slightly", title=22)).done


def test_what_was_sent_without_an_answer_is_ours_though_something_else_was_sent_since(town):
    carla, rulebook = town.id_of("carla"), town.rules("richer", title=40)
    apply(replace(town.parts(rulebook), hubspot=Unwritable(town.portal, lost=True)), town.plan(rulebook))
    town.fill_form(carla)
    town.come_back()
    sync(replace(town.parts(), hubspot=Unwritable(town.portal)))
    (kept,) = town.rows(
        "SELECT before, ours, sent FROM undo WHERE name = 'trellis_score' AND contact = :id", id=town.contact("carla")
    )
    assert (kept.before, kept.ours, kept.sent) == ("25", "55", ["45"])
    assert town.values()[carla]["trellis_score"] == "45"
    assert not town.rollback(2).values["changed since"]


def test_workflows_that_would_hear_the_values_from_before_are_switched_off_first(town):
    on = Trigger("property", "trellis_stage", Meets.AMONG, ("warm",))
    welcome = Flow(name="Welcome", id="1", enabled=True, triggers=(on,), again=(on,), leaves=True)
    town.portal.workflows = (welcome,)
    nobody = {"stage_moves": {"share": "100%", "count": 1000}, "enrollments": 0}
    town.apply(town.rules("nobody", guard=nobody))
    done = town.apply(town.rules("richer", title=40))
    now = town.values()
    for act in (lambda: foresee(town.before(done.release), done.release), lambda: town.rollback(done.release)):
        with pytest.raises(CannotUndo, match=r"may let 1 contact into workflows of the portal \(Welcome\)"):
            act()
    assert town.values() == now
    town.portal.workflows = (replace(welcome, enabled=False),)
    assert town.rollback(done.release).done


def test_who_came_since_is_judged_as_if_nobody_had_judged_her(town):
    done = town.apply(town.rules("sooner", hot=35))
    eva = town.person("eva", title="CFO")
    town.wait(minutes=5)
    town.settle()
    assert (eva, "welcome") in town.on_track()
    town.fill_form(eva)
    town.settle()
    assert town.standing()[eva][0] == "hot"
    foreseen = foresee(town.before(done.release), done.release)
    back = town.rollback(done.release)
    town.settle()
    assert foreseen.taken_out == back.taken_out == []
    assert (eva, "welcome") in town.on_track(), "the rulebook from before would have enrolled her, too"


def test_an_audience_that_the_rulebook_from_before_does_not_know_keeps_nothing_from_its_end(town):
    rulebook = town.rules("second", title=40, audiences={"second": {"list": "xyz"}})
    second = deepcopy(town.audience)
    second.source = "mailchimp:second"
    second.people = {id_: replace(one, source=second.source) for id_, one in second.people.items()}
    parts = town.parts(rulebook)
    parts = replace(parts, mailchimp={**parts.mailchimp, second.source: second})
    with town.store.engine.begin() as conn:
        conn.execute(text("CREATE TEMP TABLE there AS SELECT * FROM record WHERE source = 'mailchimp:main'"))
        conn.execute(text("UPDATE there SET source = 'mailchimp:second'"))
        conn.execute(text("INSERT INTO record SELECT * FROM there"))
        conn.execute(text("DROP TABLE there"))
    done = apply(parts, figure(parts, town.active()))
    written = {id_: one.values["merge_fields.LEADSTAGE"] for id_, one in second.people.items()}
    foreseen = foresee(town.before(done.release), done.release)
    back = town.rollback(done.release)
    assert back.done
    assert foreseen.values == back.values
    assert back.values["out of reach"] > 0
    assert {id_: one.values["merge_fields.LEADSTAGE"] for id_, one in second.people.items()} == written


def test_everybody_was_judged_once_all_were_though_there_is_news_already(town):
    done = town.apply(town.rules("richer", title=40))
    parts = town.before(done.release)
    with town.store.engine.begin() as conn:
        writer_lock(conn)
        begin_rollback(conn, releases.release(conn, done.release), parts.rulebook.hash, parts.today, town.at)
    judge_all(parts, baseline=False)
    with town.store.engine.begin() as conn:
        mark_changed(conn, [town.contact("dora")])
    note_how_far(parts)
    with town.store.engine.connect() as conn:
        assert releases.newest(conn).judged_at == town.at, "or whoever comes meanwhile counts as if at the baseline"


def test_the_time_machine_says_of_days_before_a_rollback_what_it_said(town):
    done = town.apply(town.rules("richer", title=40))
    day, carla = town.at.date(), town.id_of("carla")
    town.wait(days=2)
    town.settle()
    before = explain(town.before(done.release), carla, at=day)
    town.rollback(done.release)
    town.settle()
    assert explain(town.parts(), carla, at=day) == before
    town.wait(days=1)
    then, now = explain(town.parts(), carla, at=town.at.date() - timedelta(days=1)), explain(town.parts(), carla)
    assert (then.stage, then.head, then.history) == (now.stage, now.head, now.history)
    assert now.history[-1].why == "a change was rolled back"
