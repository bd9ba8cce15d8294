"""What a plan says is what applying then does: the same people move, enter, leave and are handed over, the same rows are written."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import living
import pytest
from edited import edited

from connector.change.apply import apply
from connector.change.plan.figure import figure
from connector.change.plan.file import as_data
from connector.steps import portal
from connector.steps.provision import provision
from connector.steps.reading import read_all
from connector.store.schema import metadata

MAPPINGS = Path(__file__).parents[2] / "mappings"
VALUES = {**living.VALUES, "trellis_sales_verdict": ("accepted", "rejected_timing", "")}
BOTH_WAYS = ("fields.yaml", "when: forward, owner: platform", "when: both, owner: trellis")
LADDER = "{score: {at_least: 20}}\n    leave_below: 14"
#: What an admin changes, one after the other.
CHANGES = (
    (),
    (BOTH_WAYS, ("stages.yaml", LADDER, "{score: {at_least: 8}}\n    leave_below: 8\n    lifecycle: lead")),
    (BOTH_WAYS, ("stages.yaml", LADDER, "{score: {at_least: 45}}\n    leave_below: 44")),
    (("model.yaml", "points: 17", "points: 34"), ("tracks.yaml", "enrollments: 500}", "enrollments: 3}")),
    (
        (
            "stages.yaml",
            "{at_least: 75}, phase: decision}\n    leave_below: 60",
            "{at_least: 51}}\n    leave_below: 50",
        ),
        ("tracks.yaml", "per_hour: 200", "per_hour: 2"),
    ),
    (
        (
            "tracks.yaml",
            "  # ---- retain:",
            (
                "  newcomers:\n    aim: win\n    when: {stage: {in: [new, nurture]}}\n    priority: 90\n    lasts: 5d\n"
                "    enroll: [{hubspot: {property: trellis_track}, listener: confirmed, exit: confirmed}]\n\n  # ---- retain:"
            ),
        ),
        ("tracks.yaml", "only-readers: {when: {audience: true}", "only-readers: {when: {stage: {in: [new, nurture]}}"),
    ),
    (("tracks.yaml", "share: 10%, count: 500}", "share: 10%, count: 2}"),),
)


def rulebooks(folder):
    """One for each change of the shipped files."""
    for number, edits in enumerate(CHANGES):
        copy = folder / f"files-{number}"
        copy.mkdir()
        yield edited(copy, edits)


def shown(plan):
    """What of a plan is to come true."""
    return {
        "moves": [(one.contact, one.before, one.after) for one in plan.moves],
        "enters": [(one.contact, one.track) for one in plan.enters],
        "leaves": [(one.contact, one.track) for one in plan.leaves],
        "handovers": list(plan.handovers),
        "writes": dict(plan.cost.writes),
        "held": dict(plan.held),
        "stages": plan.after.stages,
    }


def done(world, since):
    """The same of what was done since then."""

    def rows(statement):
        return [tuple(row) for row in world.rows(statement, **since)]

    decided = "SELECT contact, track FROM intent WHERE id > :intent AND kind = '{}' ORDER BY contact, track"
    waiting = (
        "SELECT 'segment ' || segment || ': not put on its list yet', count(*) FROM membership WHERE held GROUP BY 1"
    )
    return {
        "moves": rows("SELECT contact, before, after FROM flip WHERE id > :flip ORDER BY contact"),
        "enters": rows(decided.format("enroll")),
        "leaves": rows(decided.format("leave")),
        "handovers": [one for one, _ in rows(decided.format("handover"))],
        "writes": dict(
            rows(
                "SELECT source, count(DISTINCT contact) FROM intent WHERE kind = 'write' AND state = 'accepted'"
                " AND finished_at >= :at GROUP BY 1"
            )
        ),
        "held": dict(
            rows("SELECT reason, count(DISTINCT contact) FROM intent WHERE state = 'held' GROUP BY 1") + rows(waiting)
        ),
        "stages": dict(rows("SELECT text, count(*) FROM verdict JOIN word ON word.id = stage GROUP BY 1")),
    }


def now(world):
    newest = {name: world.rows(f"SELECT coalesce(max(id), 0) AS id FROM {name}")[0].id for name in ("flip", "intent")}
    return {**newest, "at": world.parts.now()}


def live(world, lot, number):
    """A few people do something, and nobody has looked at it yet."""
    living.live(world, lot, number, acts=lot.choice((0, 4, 12)), leads=lot.choice((1, 6)), values=VALUES)
    world.pass_time(hours=lot.choice((0, 1, 9, 26, 24 * 9)), minutes=5)
    world.end_pauses()
    read_all(world.parts, full=False)


def welcomed(sandbox, _population):
    """A marketer lets a workflow listen to where people stand: the guard counts whoever it hears of."""
    sandbox.hubspot.workflows.add("Welcome", property="trellis_stage", values=["new", "qualified"], mails=["hello"])


def kept(world):
    """Every row of the store, as one text by table."""
    return {
        name: world.rows(f"SELECT md5(coalesce(string_agg(one::text, '|' ORDER BY one::text), '')) FROM {name} AS one")
        for name in metadata.tables
    }


def assert_calls(plan, applied):
    for platform in ("hubspot", "mailchimp"):
        assert abs(plan.cost.calls.get(platform, 0) - applied.calls.get(platform, 0)) <= 3, platform


@pytest.mark.parametrize(("seed", "passes"), [(3, 4)])
def test_what_a_plan_says_is_what_applying_then_does(make_world, tmp_path, seed, passes):
    world, lot = make_world(count=16, webhooks=False, before=welcomed), random.Random(seed)
    every, active, came_true = list(rulebooks(tmp_path)), world.rulebook, set()
    for number in range(passes):
        live(world, lot, number)
        parts = replace(world.parts, rulebook=lot.choice(every))
        lacking = provision(parts, dry_run=True, webhook_url=None).lines
        plan = figure(parts, active, creates=lacking, reading=portal.look(parts))
        since = now(world)
        applied = apply(parts, plan)
        assert applied.summary.errors == []
        assert shown(plan) == done(world, since), number
        assert (plan.waiting.entries if plan.waiting else 0) == applied.summary.tally["waiting to enter"], number
        assert_calls(plan, applied)
        came_true |= {part for part, what in shown(plan).items() if what}
        active = parts.rulebook
    assert came_true == shown(plan).keys(), "this lot shows every part of a plan"


def test_figuring_changes_no_row_asks_no_platform_and_says_the_same_twice(make_world, tmp_path):
    world, other = make_world(count=12, webhooks=False), list(rulebooks(tmp_path))[1]
    live(world, random.Random(2), 0)
    before, parts = kept(world), replace(world.parts, rulebook=other)
    world.forget_calls()
    plan = figure(parts, world.rulebook)
    again = figure(replace(parts, now=lambda: plan.made_at + timedelta(seconds=9)), world.rulebook)
    compared = figure(parts, world.rulebook, versus=world.rulebook)
    assert kept(world) == before
    assert not any(world.calls().values())
    assert as_data(replace(again, made_at=plan.made_at)) == as_data(plan)
    assert plan.moves
    assert compared.after == plan.after
    assert (compared.versus, compared.held, compared.cost.calls) == (world.rulebook.hash, {}, {})
    mirrored = figure(replace(world.parts, rulebook=world.rulebook), other, versus=other)
    assert [(one.contact, one.after, one.before) for one in mirrored.moves] == [
        (one.contact, one.before, one.after) for one in compared.moves
    ]
    assert mirrored.before == compared.after


def test_before_the_first_pass_a_plan_says_how_all_would_stand_and_moves_nobody(make_world):
    world = make_world(count=8, webhooks=False, baseline=False)
    read_all(world.parts, full=False)
    plan = figure(world.parts, None)
    assert (plan.before.unscored, plan.before.stages, plan.active) == (plan.contacts, {}, None)
    assert (plan.moves, plan.enters, plan.handovers) == ((), (), ())
    assert all(reason.startswith("segment ") for reason in plan.held)
    written = world.sync().tally["written"]
    assert sum(plan.cost.writes.values()) == written > plan.contacts
    after = figure(world.parts, world.rulebook)
    assert after.before == plan.after == after.after
    assert after.is_empty
