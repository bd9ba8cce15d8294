"""Any contact on any day: what was decided then is found again to the thousandth, and what was told late is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from connector.facts import Event
from connector.scoring.comparison import Why
from connector.steps.explain import Unknown, explain
from connector.steps.judge import contact_of
from connector.steps.past import as_of
from connector.store import ledger
from connector.store.engine import writer_lock

PRICING = "https://www.brightledger.example/pricing"
DEMO = "Demo request"


def kept(world, email):
    """The exact score of the verdict that is kept of somebody now."""
    return world.rows("SELECT exact FROM verdict WHERE contact = :id", id=world.contact(email))[0].exact


def today(world):
    return world.parts.today


def live_through(world, email, days=11):
    """Some days of somebody's life, one pass a day; the exact score that was kept on each."""
    life, diary = world.sandbox.hubspot.life, {}
    deeds = {
        0: lambda: life.visit_page(email, PRICING),
        2: lambda: life.set_property(email, "jobtitle", "Estudiante"),
        4: lambda: life.set_property(email, "jobtitle", "Directora financiera"),
        5: lambda: life.fill_form(email, "Pricing guide", {}, PRICING),
        7: lambda: life.set_property(email, "country", ""),
        9: lambda: life.fill_form(email, DEMO, {}, PRICING),
    }
    for number in range(days):
        deeds.get(number, lambda: None)()
        world.pass_time(minutes=5)
        with world.store.engine.begin() as conn:  # whoever is not due keeps the verdict of an earlier day
            conn.execute(text("UPDATE verdict SET due = :day"), {"day": today(world)})
        world.sync()
        diary[today(world)] = kept(world, email)
        world.pass_time(days=1)
    return diary


@pytest.fixture
def lived(make_world):
    world = make_world(count=10)
    carla = world.new_lead("carla", title="Controller")
    world.pass_time(minutes=5)
    world.sync()
    return world, carla, live_through(world, carla)


def test_the_past_can_be_asked_for(lived):
    """One life, many questions: to live it takes a pass a day."""
    for question in (
        every_day_is_found_again_as_it_was_decided,
        today_out_of_history_is_today_out_of_the_snapshot,
        before_anything_was_known_there_is_nothing,
        two_days_differ_by_lines_that_add_up,
        a_new_reading_of_the_past_uses_what_the_platform_said,
        a_day_to_come_shows_what_fading_alone_will_do,
    ):
        question(*lived)


def every_day_is_found_again_as_it_was_decided(world, carla, diary):
    assert len(set(diary.values())) > 6
    for day, exact in diary.items():
        assert as_of(world.parts, world.contact(carla), day, day).verdict.exact == exact
        assert as_of(world.parts, world.contact(carla), day).verdict.exact == exact


def today_out_of_history_is_today_out_of_the_snapshot(world, carla, diary):
    world.sync()
    with world.store.engine.connect() as conn:
        people = ledger.load_people(conn, [row.id for row in world.rows("SELECT id FROM contact")])
    assert len(people) > 10
    for person in people:
        then = as_of(world.parts, person.contact, today(world))
        assert then.contact == contact_of(world.parts, person, ())
        assert then.step.after.stage == person.stage


def before_anything_was_known_there_is_nothing(world, carla, diary):
    before = min(diary) - timedelta(days=400)
    assert as_of(world.parts, world.contact(carla), before) is None
    with pytest.raises(Unknown, match=str(before)):
        explain(world.parts, carla, at=before)


def test_what_is_told_late_counts_on_its_day_but_was_not_known_then(lived):
    world, carla, diary = lived
    contact, days = world.contact(carla), sorted(diary)
    moment = datetime.combine(days[0], datetime.min.time(), UTC) + timedelta(hours=12)
    late = Event("form_submit", moment, world.parts.now(), "late:1", asset="Webinar", channel="hubspot")
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        ledger.add_events(conn, [(contact, late)])
    day = days[1]
    assert as_of(world.parts, contact, day, day).verdict.exact == diary[day]
    told = as_of(world.parts, contact, day).verdict
    assert told.exact > diary[day]
    assert [line.rule for line in told.lines if line.late] != []
    shown = explain(world.parts, carla, at=day)
    assert shown.knew.exact == diary[day]
    assert explain(world.parts, carla, at=day, known_by=day).knew is None


def two_days_differ_by_lines_that_add_up(world, carla, diary):
    days = sorted(diary)
    for first, last in ((days[0], days[2]), (days[3], days[6]), (days[8], days[10]), (days[0], days[10])):
        found = explain(world.parts, carla, at=last, versus=first).versus
        assert (found.before.exact, found.after.exact) == (diary[first], diary[last])
        assert sum(one.points for one in found.lines) == diary[last] - diary[first]
    reasons = {one.rule: one.why for one in explain(world.parts, carla, at=days[2], versus=days[1]).versus.lines}
    assert reasons["finance-title"] is Why.DATA
    quiet = explain(world.parts, carla, at=days[10], versus=days[9]).versus
    assert {one.why for one in quiet.lines} <= {Why.FADING, Why.SCORE, Why.LIMITS}


def a_new_reading_of_the_past_uses_what_the_platform_said(world, carla, diary):
    """Raw values are kept under the platform's names: another fields.yaml reads the same history."""
    fields = world.rulebook.fields
    renamed = {name: mapped for name, mapped in fields.fields.items() if name != "company"}
    swapped = renamed["job_title"].model_copy(update={"hubspot": "company"})
    other = world.rulebook.model_copy(
        update={"fields": fields.model_copy(update={"fields": {**renamed, "job_title": swapped}}), "hash": "other"}
    )
    then = as_of(replace(world.parts, rulebook=other), world.contact(carla), max(diary))
    assert then.contact.fields["job_title"] == "Carla Works"


def test_merged_people_have_one_past_and_the_erased_have_none(lived):
    world, carla, _ = lived
    olga = world.new_lead("olga", title="Chief operations officer")
    world.pass_time(minutes=5)
    world.sync()
    day = today(world)
    world.pass_time(days=2)
    world.sandbox.hubspot.life.merge(carla, olga)
    world.pass_time(minutes=5)
    world.flush()
    world.work()
    world.sync()
    contact = world.contact(carla)
    with world.store.engine.connect() as conn:
        (person,) = ledger.load_people(conn, [contact])
    assert as_of(world.parts, contact, today(world)).contact == contact_of(world.parts, person, ())
    assert as_of(world.parts, contact, day) is not None
    world.sandbox.hubspot.life.erase(carla)
    world.pass_time(minutes=5)
    world.flush()
    world.work()
    assert as_of(world.parts, contact, today(world)) is None
    assert explain(world.parts, carla) is None


def test_an_archived_contact_is_gone_from_the_day_on_which_that_was_told(lived):
    world, carla, diary = lived
    contact, day = world.contact(carla), max(diary)
    world.sandbox.hubspot.life.archive(carla)
    world.pass_time(minutes=5)
    world.flush()
    world.work()
    assert "hubspot" in as_of(world.parts, contact, day).contact.refs
    assert "hubspot" not in as_of(world.parts, contact, today(world)).contact.refs


def a_day_to_come_shows_what_fading_alone_will_do(world, carla, diary):
    now, later = (as_of(world.parts, world.contact(carla), today(world) + timedelta(days=days)) for days in (0, 200))
    assert later.verdict.exact < now.verdict.exact
    assert later.verdict.day == today(world) + timedelta(days=200) > date(2026, 1, 1)


def test_of_what_was_not_known_yet_no_stage_is_told(world):
    carla = world.new_lead("carla")
    world.next_pass()
    first = world.parts.today
    world.pass_time(days=2)
    world.sandbox.hubspot.life.fill_form(carla, "Demo request", {}, PRICING)
    world.next_pass()
    assert world.stage(carla) == "hot"
    then = explain(world.parts, carla, at=world.parts.today, known_by=first)
    assert then.stage == "nurture"
    assert [one.flip.after for one in then.history] == ["nurture"]
