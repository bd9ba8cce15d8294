"""Neither due days nor the screen show from outside: platforms hold the same as if everybody were judged singly each time."""

from __future__ import annotations

import random

import pytest
from living import live
from sqlalchemy import text

from connector.steps.deliver import deliver
from connector.steps.judge import judge_all
from connector.steps.reading import read_all

#: More may move: the lifecycle both ways, and whom a track is for as engagement fades.
EDITS = {
    "fields.yaml": ("when: forward, owner: platform", "when: both, owner: trellis"),
    "stages.yaml": ("leave_below: 14", "leave_below: 14\n    lifecycle: lead"),
    "tracks.yaml": ("{stage: nurture, persona: finance_lead}", "{persona: finance_lead, engagement: {at_least: 3}}"),
}

#: What hangs on the moment of a write, and on numbers of the store's own.
APART = {"lastmodifieddate", "hubspot_owner_id"}


def one_pass(world, *, screened, always):
    """Read, judge, deliver; with `always` as if everybody's day had come."""
    world.pass_time(minutes=5)
    world.end_pauses()
    read_all(world.parts, full=False)
    if always:
        with world.store.engine.begin() as conn:
            conn.execute(text("UPDATE verdict SET due = '2000-01-01'"))
    tally = judge_all(world.parts, baseline=False, many=0 if screened else 10**9)
    errors = []
    deliver(world.parts, errors)
    assert errors == []
    return tally["judged"]


def shown(world):
    """All that can be seen of people on either platform, and what was done to them there."""
    portal = {
        number: {name: value for name, value in values.items() if name not in APART}
        for number, values in world.portal().items()
    }
    members = {
        one["email_address"]: (one["status"], one["merge_fields"], sorted(tag["name"] for tag in one["tags"]))
        for one in world.members().values()
    }
    entered = [(one.email, one.flow_name) for one in world.entered()]
    return portal, members, entered, len(world.sandbox.hubspot.shelves["tasks"])


@pytest.mark.parametrize("screened", [False, True], ids=["when due", "screened"])
def test_platforms_hold_the_same_as_if_everybody_were_judged_singly_in_every_pass(make_world, screened):
    ours, plain = (make_world(count=16, edits=EDITS, webhooks=False) for _ in range(2))
    judged = {id(ours): 0, id(plain): 0}
    for number in range(7):
        for world in (ours, plain):
            live(world, random.Random(number), number, acts=5, leads=1)
            for _ in range(1 + number % 3):
                for _ in range(2):
                    judged[id(world)] += one_pass(world, screened=screened and world is ours, always=world is plain)
                world.pass_time(days=1)
        assert shown(ours) == shown(plain)
    assert len(ours.entered()) > 1
    if not screened:
        assert judged[id(ours)] < judged[id(plain)] / 2
