"""A rollback and sales: nobody who works with somebody loses her, and whoever waited for them waits again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.ports import PlatformUnreachable
from connector.change.rollback import foresee
from connector.steps.sync import sync
from connector.store import holds
from connector.store.engine import writer_lock


class WithoutOwners:
    """A portal that does not say who works there, for now."""

    def __init__(self, portal):
        self.portal = portal

    def __getattr__(self, name):
        return getattr(self.portal, name)

    def owners(self):
        raise PlatformUnreachable("hubspot", "no answer", maybe_applied=False)


@pytest.mark.parametrize("by", ["verdict", "task"])
def test_whom_sales_has_touched_keeps_her_owner_and_whom_it_accepted_her_lifecycle(town, by):
    carla = town.id_of("carla")
    town.change(carla, trellis_sales_verdict="")
    town.settle()
    done = town.apply(town.rules("richer", title=40))
    assert town.values()[carla]["hubspot_owner_id"] == "7001"
    town.wait(minutes=30)
    if by == "task":
        town.portal.done.add("1")
    else:
        town.change(carla, trellis_sales_verdict="accepted")
    town.settle()
    lifecycle = town.values()[carla]["lifecyclestage"]
    foreseen = foresee(town.before(done.release), done.release)
    back = town.rollback(done.release)
    town.settle()
    now = town.values()[carla]
    assert now["hubspot_owner_id"] == "7001"
    assert now["trellis_stage"] == "warm"
    assert (lifecycle, now["lifecyclestage"]) == {
        "verdict": ("salesqualifiedlead", "salesqualifiedlead"),
        "task": ("marketingqualifiedlead", "lead"),
    }[by]
    assert foreseen.values == back.values


def test_a_hand_over_that_waited_before_the_release_waits_again_for_a_person(town):
    dora = town.id_of("dora")
    for _ in range(3):
        town.fill_form(dora, "demo")
    town.wait(minutes=5)
    sync(replace(town.parts(), hubspot=WithoutOwners(town.portal)))
    assert town.standing()[dora][2]
    assert town.portal.tasks == []
    done = town.apply(town.rules("stricter", hot=70))
    assert town.standing()[dora][0] == "warm"
    town.rollback(done.release)
    town.come_back()
    town.settle()
    assert town.portal.tasks == []
    with town.store.engine.begin() as conn:
        writer_lock(conn)
        (held,) = (one for one in holds.list_held(conn) if one.kind == "handover")
        assert holds.approve(conn, held.id, town.at)
    town.settle()
    assert [contact for contact, _ in town.portal.tasks] == [dora]
