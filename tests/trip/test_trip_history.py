"""The past of who is met for the first time: acts at their own times, values as they were, and nothing told twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.ports import PlatformBusy, PlatformUnreachable
from connector.steps.past import as_of
from connector.steps.reading import read_all
from connector.steps.reading.history import read_past
from connector.steps.reading.records import read_records
from connector.store import failures, ledger
from connector.store.engine import writer_lock

BLOG = "https://www.brightledger.example/blog"
PRICING = "https://www.brightledger.example/pricing"
VERDICT = "trellis_sales_verdict"
SAYS = {
    "fields.yaml": ("  unsubscribe: {", "  sales_says: {hubspot: {changed: trellis_sales_verdict}}\n  unsubscribe: {")
}


def acts(world, email, kind):
    """When somebody did what, oldest first."""
    return [
        (row.happened_at, row.asset)
        for row in world.rows(
            "SELECT happened_at, asset.text AS asset FROM event JOIN asset ON asset.id = event.asset"
            " WHERE contact = :id AND kind = (SELECT id FROM word WHERE text = :kind) ORDER BY 1, 2",
            id=world.contact(email),
            kind=kind,
        )
    ]


def waiting(world):
    return {row.platform_id for row in world.rows("SELECT platform_id FROM past_to_read")}


def live(world, email):
    """Some days of somebody's life, one pass a day; the days."""
    life, days = world.sandbox.hubspot.life, []
    deeds = {
        0: lambda: life.visit_page(email, PRICING),
        1: lambda: life.visit_page(email, BLOG),
        3: lambda: life.set_property(email, "jobtitle", "Estudiante"),
        5: lambda: life.set_property(email, "jobtitle", "Directora financiera"),
        6: lambda: life.visit_page(email, PRICING),
        7: lambda: life.set_property(email, "country", ""),
    }
    for number in range(9):
        deeds.get(number, lambda: None)()
        world.pass_time(minutes=5)
        world.sync()
        days.append(world.parts.today)
        world.pass_time(days=1)
    return days


def test_a_store_that_comes_late_knows_of_every_day_what_one_knows_that_was_there(make_world, new_database):
    world = make_world(count=6)
    carla = world.new_lead("carla", title="Controller")
    days = live(world, carla)
    late = world.with_store(new_database())
    late.sync()
    assert acts(late, carla, "page_view") == acts(world, carla, "page_view")
    assert len(acts(late, carla, "page_view")) == 4
    for day in days[:-1]:
        was, is_told = (as_of(one.parts, one.contact(carla), day) for one in (world, late))
        assert was.contact.fields == is_told.contact.fields
        assert was.contact.changed == is_told.contact.changed
        assert (was.verdict.score, was.verdict.parts) == (is_told.verdict.score, is_told.verdict.parts)
    assert as_of(late.parts, late.contact(carla), days[0] - timedelta(days=30)) is None
    known_then = as_of(late.parts, late.contact(carla), days[4], days[4])
    assert known_then.contact.fields["job_title"] == "Estudiante"


def test_what_was_read_once_is_read_no_more_and_the_quiet_cost_nothing(make_world):
    world = make_world(count=6, baseline=False)
    asked = []
    parts = replace(world.parts, hubspot=Watched(world.parts.hubspot, lambda ids: asked.append(len(ids))))
    for _ in range(3):
        read_all(parts, full=False)
        world.pass_time(minutes=10)
    assert (len(asked), waiting(world)) == (1, set())


@pytest.mark.parametrize("webhooks", [True, False])
def test_what_sales_says_is_told_at_its_own_time_before_and_after_first_sight(make_world, webhooks):
    world = make_world(count=6, webhooks=webhooks, baseline=False, edits=SAYS)
    maria, life = world.email("maria"), world.sandbox.hubspot.life
    moments = []
    for value in ("accepted", "", "rejected_no_budget"):
        life.set_property(maria, VERDICT, value)
        moments.append(world.sandbox.clock())
        world.pass_time(days=1)
    world.sync()
    assert [asset for _, asset in acts(world, maria, "sales_says")] == ["accepted", "rejected_no_budget"]
    life.set_property(maria, VERDICT, "accepted")
    moments.append(world.sandbox.clock())
    for _ in range(2):
        world.pass_time(minutes=5)
        world.flush()
        world.work()
        world.sync()
    assert acts(world, maria, "sales_says") == [
        (moments[0], "accepted"), (moments[2], "rejected_no_budget"), (moments[3], "accepted"),
    ]  # fmt: skip


# ---------------------------------------------------------------- broken off


@dataclass
class Watched:
    """A port that tells whose histories are asked for, and fails when told so."""

    port: Any
    told: Any
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def history(self, ids, properties):
        self.told(ids)
        self.calls.append(tuple(ids))
        return self.port.history(ids, properties)

    def __getattr__(self, name):
        return getattr(self.port, name)


def failing(world, error, *, after):
    """HubSpot's port of a world, whose histories fail after so many answers."""

    def told(ids):
        if len(port.calls) == after:
            raise error

    port = Watched(world.parts.hubspot, told)
    return port


def test_a_reading_that_is_broken_off_goes_on_where_it_was(make_world):
    whole, world = make_world(count=12), make_world(count=12, baseline=False)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=False)
    everybody = waiting(world)
    away = failing(world, PlatformUnreachable("hubspot", "away", maybe_applied=False), after=3)
    with pytest.raises(PlatformUnreachable):
        read_past(world.parts, away, group=2)
    left = waiting(world)
    assert left == everybody - {one for call in away.calls for one in call}
    assert len(left) == len(everybody) - 6
    again = failing(world, None, after=-1)
    assert read_past(world.parts, again, group=4)["histories"] == len(left)
    assert {one for call in again.calls for one in call} == left
    maria = world.email("maria")
    assert acts(world, maria, "page_view") == acts(whole, maria, "page_view")


def test_when_the_calls_of_the_day_are_used_up_the_most_recent_are_known_and_the_rest_comes_tomorrow(make_world):
    world = make_world(count=12, baseline=False)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=False)
    everybody = waiting(world)
    newest = world.rows("SELECT platform_id FROM record WHERE source = 'hubspot' ORDER BY modified_at DESC LIMIT 4")
    tired = failing(world, PlatformBusy("hubspot", "no calls left", retry_after=3600, daily=True), after=2)
    tally = read_past(world.parts, tired, group=2)
    assert (tally["histories"], tally["histories left"]) == (4, len(everybody) - 4)
    assert everybody - waiting(world) == {row.platform_id for row in newest}
    busy = failing(world, PlatformBusy("hubspot", "slower", retry_after=1), after=0)
    with pytest.raises(PlatformBusy):
        read_past(world.parts, busy)
    world.sync()
    assert waiting(world) == set()


def test_who_is_gone_waits_no_longer(make_world):
    world = make_world(count=6, baseline=False)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=False)
    everybody = waiting(world)
    world.sandbox.hubspot.life.archive(world.email("maria"))
    tally = read_past(world.parts, world.parts.hubspot)
    assert (tally["histories"], waiting(world)) == (len(everybody) - 1, set())


def test_a_past_that_makes_no_sense_is_listed_and_holds_up_nobody(make_world):
    world = make_world(count=6, baseline=False)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=False)
    everybody = waiting(world)
    maria = str(world.sandbox.hubspot.life.person(world.email("maria")).id)

    class Odd(Watched):
        def history(self, ids, properties):
            told = self.port.history([one for one in ids if one != maria], properties)
            return replace(told, unreadable={maria: "a time in it cannot be read"})

    tally = read_past(world.parts, Odd(world.parts.hubspot, None))
    assert (tally["histories"], tally["unreadable"], waiting(world)) == (len(everybody) - 1, 1, set())
    with world.store.engine.connect() as conn:
        listed = failures.list_failures(conn, step="history")
    assert [(one.platform_id, one.reason) for one in listed] == [(maria, "a time in it cannot be read")]


def left_over(world):
    """Numbers of contacts of whom something is kept though they are no more."""
    tables = ("record", "sighting", "event", "unsettled", "past_to_read")
    query = " UNION ".join(f"SELECT contact FROM {table}" for table in tables)
    return [
        row.contact for row in world.rows(f"SELECT contact FROM ({query}) AS all_of_it EXCEPT SELECT id FROM contact")
    ]


def erase(world, maria, _double):
    with world.parts.engine.begin() as conn:
        writer_lock(conn)
        ledger.forget(conn, maria, world.parts.now())


def merge(world, maria, double):
    with world.parts.engine.begin() as conn:
        writer_lock(conn)
        ledger.unite(conn, double, maria, source="hubspot", at=world.parts.now())


@pytest.mark.parametrize("meanwhile", [erase, merge])
def test_who_is_erased_or_united_while_her_past_is_on_its_way_leaves_nothing_behind(make_world, meanwhile):
    world = make_world(count=6, baseline=False)
    life, email = world.sandbox.hubspot.life, world.email("maria")
    life.set_property(email, "jobtitle", "Controller")
    life.visit_page(email, PRICING)
    double = world.new_lead("double")
    read_records(world.parts, "hubspot", world.parts.hubspot, full=False)
    maria, other = world.contact(email), world.contact(double)
    port = Watched(world.parts.hubspot, lambda ids: meanwhile(world, maria, other))
    read_past(world.parts, port)
    assert (left_over(world), waiting(world)) == ([], set())


# ---------------------------------------------------------------- merges


@pytest.mark.parametrize("keeps_id", [False, True], ids=["new id", "primary id"])
@pytest.mark.parametrize("counters", ["primary", "sum", "max"])
def test_two_become_one_and_no_act_is_told_twice_or_lost(make_world, counters, keeps_id):
    world = make_world(count=6, webhooks=counters == "sum")
    portal, life = world.sandbox.hubspot, world.sandbox.hubspot.life
    portal.settings.merge_counters, portal.settings.merge_keeps_primary_id = counters, keeps_id
    carla, double = world.new_lead("carla"), world.new_lead("carlota")
    visits = []

    def visit(email):
        life.visit_page(email, PRICING)
        visits.append(world.sandbox.clock())
        world.pass_time(minutes=10)

    for email in (carla, double, carla, carla):
        visit(email)
    world.sync()
    for email in (double, carla):
        visit(email)
        world.sync()
    told = [at for at, _ in acts(world, carla, "page_view") + acts(world, double, "page_view")]
    life.merge(carla, double)
    world.pass_time(minutes=10)
    for _ in range(2):
        world.flush()
        world.work()
        world.sync()
        world.pass_time(minutes=10)
    assert sorted(at for at, _ in acts(world, carla, "page_view")) == sorted(told)
    for _ in range(2):
        visit(carla)
        world.sync()
    assert [at for at, _ in acts(world, carla, "page_view")] == sorted([*told, *visits[-2:]])
    assert set(visits) <= set(told) | set(visits[-2:])
