"""Somebody is forgotten while a call about her is under way: nothing of her is left behind, in no table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector.steps import sync as steps
from connector.store import erasure
from connector.store.engine import writer_lock
from connector.store.schema import metadata

DEMO = "https://www.brightledger.example/demo"
SHIPPED = (Path(__file__).parents[2] / "mappings" / "tracks.yaml").read_text()
START, END = SHIPPED.index("\nsegments:"), SHIPPED.index("\ndosing:\n")
SEGMENTS = "\nsegments:\n  active: {when: {did: {event: form_submit, within: 5d}}, hubspot: {list: Active}}\n"
EDITS = {"tracks.yaml": (SHIPPED[START:END], SEGMENTS)}
REROUTE = {"tracks.yaml": ("  sla: 1d ", "  overdue: reroute\n  sla: 1d ")}


class Forgetting:
    """A port during one of whose calls, after HubSpot has taken it, somebody is forgotten."""

    def __init__(self, world, email, call):
        self._world, self._contact, self._call = world, world.contact(email), call
        self.forgot = False

    def __getattr__(self, name):
        made = getattr(self._world.parts.hubspot, name)
        return made if name != self._call else lambda *args, **more: self._then(made(*args, **more))

    def _then(self, answer):
        if not self.forgot:
            self.forgot = True
            with self._world.store.engine.begin() as conn:
                writer_lock(conn)
                assert erasure.forget(conn, self._contact, self._world.parts.now())
        return answer


def left_of(world, contact):
    tables = [table.name for table in metadata.sorted_tables if "contact" in table.columns]
    return {name for name in tables if world.rows(f"SELECT 1 FROM {name} WHERE contact = :id", id=contact)}


@pytest.mark.parametrize("call", ["by_ids", "write", "create_task"])
def test_while_she_is_handed_over(world, call):
    maria = world.email("maria")
    contact = world.contact(maria)
    world.sandbox.hubspot.life.fill_form(maria, "Demo request", {}, DEMO)
    world.pass_time(minutes=6)
    port = Forgetting(world, maria, call)
    steps.sync(replace(world.parts, hubspot=port))
    assert (port.forgot, left_of(world, contact)) == (True, set())


@pytest.mark.parametrize("call", ["values_of", "owners", "write", "create_task"])
def test_while_she_is_passed_on(make_world, call):
    world = make_world(count=6, edits=REROUTE)
    maria = world.email("maria")
    contact = world.contact(maria)
    world.sandbox.hubspot.life.fill_form(maria, "Demo request", {}, DEMO)
    world.flush()
    world.work()
    world.pass_time(days=2)
    world.end_pauses()
    port = Forgetting(world, maria, call)
    steps.sync(replace(world.parts, hubspot=port))
    assert (port.forgot, left_of(world, contact)) == (True, set())


@pytest.mark.parametrize("call", ["put_on_list", "take_off_list"])
def test_while_she_is_put_on_a_list_or_taken_off(make_world, call):
    world = make_world(count=6, edits=EDITS)
    world.sync()
    carla = world.new_lead("carla")
    world.pass_time(minutes=6)
    if call == "take_off_list":
        world.sync()
        world.pass_time(days=7)
    else:
        world.flush()
        steps.sync(world.parts, dry_run=True)
    contact = world.contact(carla)
    port = Forgetting(world, carla, call)
    steps.sync(replace(world.parts, hubspot=port))
    assert (port.forgot, left_of(world, contact)) == (True, set())
