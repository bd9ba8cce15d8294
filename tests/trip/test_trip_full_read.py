"""A full read that is broken off, and what else goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from connector.steps.reading.records import read_records

MANY = 450
PAGE = "GET /crm/v3/objects/contacts"


class BrokenOff(Exception):
    """As a kill would, between two transactions."""


@dataclass
class Breaking:
    """A pause that breaks the reading off when it is taken for the n-th time."""

    at: int

    def __call__(self) -> None:
        self.at -= 1
        if self.at == 0:
            raise BrokenOff


@dataclass
class Watching:
    """Progress that does something at each step."""

    do: Callable[[str], None]

    def step(self, what: str, done: int, total: int | None = None) -> None:
        self.do(what)


@pytest.fixture
def crowded(make_world):
    """A world of many people."""

    def crowd(sandbox, _population):
        for number in range(MANY):
            sandbox.hubspot.life.add_contact({"email": f"bulk{number}@bulkworks.example", "jobtitle": "Clerk"})

    world = make_world(before=crowd)
    world.pass_time(minutes=5)
    return world


@pytest.fixture
def read(crowded):
    """Reads the whole portal in small transactions; tells the pages that were asked for."""

    def run(**options) -> int:
        crowded.forget_calls()
        parts = options.pop("parts", crowded.parts)
        try:
            read_records(parts, "hubspot", parts.hubspot, full=True, group=100, **options)
        except BrokenOff:
            assert "pause" in options
        return crowded.calls()["hubspot"].get(PAGE, 0)

    return run


def test_a_full_read_that_is_broken_off_goes_on_where_it_was(read):
    whole = read()
    read(pause=Breaking(2))
    assert read() <= whole - 1


def test_it_begins_anew_under_another_rulebook_which_may_read_other_properties(crowded, read):
    whole = read()
    read(pause=Breaking(2))
    other = crowded.rulebook.model_copy(update={"hash": "another"})
    assert read(parts=replace(crowded.parts, rulebook=other)) == whole


def test_it_begins_anew_after_a_day(crowded, read):
    whole = read()
    read(pause=Breaking(2))
    crowded.pass_time(hours=25)
    assert read() == whole


def test_the_count_of_the_platforms_and_ours_are_told(crowded):
    tally = crowded.sync(full=True).tally
    members = len([one for one in crowded.members().values() if one["status"] != "archived"])
    assert tally["told"] == len(crowded.portal()) + members
    assert tally["listed"] == tally["told"]


def test_a_form_filled_in_during_a_full_read_does_not_wait_for_its_end(crowded):
    leads: list[str] = []
    seen: list[bool] = []

    def look(what: str) -> None:
        if what == "reading hubspot" and not leads:
            leads.append(crowded.new_lead("nora", form="Demo request"))
            crowded.flush()
        elif what == "reading mailchimp:main":
            seen.append(bool(crowded.rows("SELECT 1 FROM verdict WHERE contact = :id", id=crowded.contact(leads[0]))))

    reading = replace(crowded.parts, progress=Watching(look))
    replace(crowded, parts=reading).sync(full=True)
    assert seen == [True]
