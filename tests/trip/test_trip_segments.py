"""Lists and tags are kept in line with who stands where, over real HTTP: only differences, and nobody by surprise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector.nurturing.segments import belonging
from connector.steps import portal
from connector.steps.judge import judge_all, judge_person
from connector.steps.reading import read_all
from connector.store import failures, ledger, state
from connector.store.membership import approve_segment, waiting_segments

SHIPPED = (Path(__file__).parents[2] / "mappings" / "tracks.yaml").read_text()
LIST, ACTIVE, TAG, PAUSED = "Trellis: Finance", "Trellis: Lately active", "trellis:finance", "Paused by Trellis"
SEGMENTS = f"""
segments:
  finance:
    when: {{persona: finance_lead, score: {{at_least: 20}}}}
    hubspot: {{list: "{LIST}"}}
    mailchimp: {{audience: main, tag: "{TAG}"}}
  active: {{when: {{did: {{event: form_submit, within: 5d}}}}, hubspot: {{list: "{ACTIVE}"}}}}

dosing:
  paused_list: "{PAUSED}"
"""
START, END = SHIPPED.index("\nsegments:"), SHIPPED.index("\ndosing:\n") + len("\ndosing:\n")
EDITS = {"tracks.yaml": (SHIPPED[START:END], SEGMENTS)}
NONE = {"tracks.yaml": (SHIPPED[START:END], "\ndosing:\n")}
NAMES = [f"{first}{second}" for first in ("ana", "bea", "eva", "ida", "iva", "mia") for second in ("lin", "mar", "ros")]


@pytest.fixture
def world(make_world):
    """A world after its baseline and the pass that follows it."""
    world = make_world(edits=EDITS)
    world.sync()
    world.pass_time(minutes=5)
    return world


@pytest.fixture
def unread(make_world):
    """A world before its first pass, whose workflows cannot be read: who knows what listens to a list?"""

    def hide(sandbox, _population):
        sandbox.hubspot.settings.scopes -= {"automation"}

    return make_world(edits=EDITS, before=hide, baseline=False)


def listed(world, name=LIST):
    """The addresses on a list of the portal."""
    there = world.sandbox.hubspot
    return {there.contacts.find(str(one)).values.get("email") for one in there.lists.named(name).members}


def tags(world, email):
    return {one["name"] for one in world.member(email)["tags"]}


def waiting(world):
    with world.store.engine.connect() as conn:
        return {one.name: one.people for one in waiting_segments(conn)}


def approve(world, name):
    with world.store.engine.begin() as conn:
        return approve_segment(conn, name, world.parts.now())


def list_calls(world):
    return {route: count for route, count in world.calls()["hubspot"].items() if "lists" in route}


def test_a_lead_is_put_where_she_belongs_and_taken_off_once_she_does_not(world):
    carla = world.new_lead("carla")
    world.sandbox.mailchimp.life.subscribe(carla)
    world.pass_time(minutes=5)
    world.sync()
    assert carla in listed(world)
    assert carla in listed(world, ACTIVE)
    assert TAG in tags(world, carla)
    assert not [one for one in world.entered(carla) if one.flow == TAG]

    world.sandbox.hubspot.life.set_property(carla, "jobtitle", "Estudiante")
    world.pass_time(minutes=5)
    world.sync()
    assert carla not in listed(world)
    assert carla in listed(world, ACTIVE)
    assert TAG not in tags(world, carla)

    world.pass_time(days=6)  # nothing new is told of her: the day has come
    world.sync()
    assert carla not in listed(world, ACTIVE)


def test_a_pass_with_nothing_new_asks_for_no_list_but_once_a_night(world):
    world.settle()
    world.forget_calls()
    world.pass_time(minutes=5)
    world.sync()
    assert list_calls(world) == {}
    world.pass_time(days=1)
    world.forget_calls()
    world.sync()
    assert sum(list_calls(world).values()) <= 2  # sizes, and where workflows are looked at, ids


def test_noor_is_on_no_list_but_that_of_the_paused(world):
    noor, carla = world.email("noor"), world.new_lead("carla")
    assert noor in listed(world, PAUSED)
    world.pass_time(minutes=5)
    world.sync()
    assert carla in listed(world)
    world.sandbox.hubspot.life.unsubscribe(carla)
    world.pass_time(minutes=5)
    world.sync()
    assert carla not in listed(world) | listed(world, ACTIVE)
    assert {noor, carla} <= listed(world, PAUSED)
    world.sandbox.hubspot.life.set_property(carla, "hs_email_optout", "false")
    world.pass_time(minutes=5)
    world.sync()
    assert carla not in listed(world, PAUSED)
    assert carla in listed(world)


def test_the_baseline_puts_nobody_anywhere_and_what_could_start_a_workflow_waits_for_a_person(unread):
    unread.sync()
    assert not listed(unread) | listed(unread, ACTIVE) | listed(unread, PAUSED)
    unread.pass_time(minutes=5)
    unread.sync()
    maria, noor = unread.email("maria"), unread.email("noor")
    assert not listed(unread) | listed(unread, ACTIVE)
    assert noor in listed(unread, PAUSED)  # that only keeps mail back
    assert TAG in tags(unread, unread.email("marta"))  # no flow takes notice of a tag that is set so
    people = waiting(unread)["finance"]
    assert people > 1
    carla = unread.new_lead("carla")
    unread.pass_time(minutes=5)
    unread.sync()
    assert listed(unread) == {carla}
    assert approve(unread, "finance") == people
    unread.pass_time(minutes=5)
    unread.sync()
    assert {carla, maria} < listed(unread)
    assert len(listed(unread)) == people + 1
    assert "finance" not in waiting(unread)


def test_beyond_the_guard_people_wait_and_go_when_a_person_says_so(make_world):
    def hide(sandbox, _population):
        sandbox.hubspot.settings.scopes -= {"automation"}

    low = SHIPPED.replace(*EDITS["tracks.yaml"]).replace("enrollments: 500", "enrollments: 5")
    world = make_world(edits={"tracks.yaml": (SHIPPED, low)}, before=hide)
    world.sync()
    leads = [world.new_lead(name) for name in NAMES]
    world.pass_time(minutes=5)
    world.sync()
    there = listed(world)
    assert len(there & set(leads)) == 5
    world.pass_time(hours=12)
    world.sync()
    assert listed(world) == there
    before = waiting(world)["finance"]
    assert approve(world, "finance") == before > len(leads) - 5
    world.pass_time(minutes=5)
    world.sync()
    assert set(leads) < listed(world)


def test_nobody_waits_for_a_list_that_no_workflow_listens_to(world):
    assert waiting(world) == {}
    assert world.email("maria") in listed(world)


def test_a_list_that_was_deleted_and_made_anew_is_filled_again(world):
    lists, there = world.sandbox.hubspot.lists, listed(world)
    assert there
    lists.remove(lists.named(LIST).id)
    lists.create(LIST)
    world.pass_time(days=1)
    world.sync()
    assert listed(world) == there
    lists.remove(lists.named(LIST).id)
    lists.create(LIST)
    carla = world.new_lead("carla")
    world.pass_time(minutes=5)
    world.sync()
    assert listed(world) == there | {carla}


def test_a_list_that_is_gone_is_told_once_and_costs_the_others_nothing(world):
    lists, there = world.sandbox.hubspot.lists, listed(world)
    lists.remove(lists.named(LIST).id)
    carla = world.new_lead("carla")
    for _ in range(3):
        world.pass_time(minutes=5)
        world.sync()
    assert carla in listed(world, ACTIVE)
    assert [one.flow for one in world.entered(carla)] != []
    with world.store.engine.connect() as conn:
        told = failures.list_failures(conn, step="segment")
    assert [(one.platform_id, one.contact) for one in told] == [(f"list {LIST}", None)]
    lists.create(LIST)
    world.pass_time(hours=2)
    world.sync()
    assert listed(world) == there | {carla}
    with world.store.engine.connect() as conn:
        assert failures.list_failures(conn, step="segment") == []


def test_whom_a_person_took_off_is_back_the_next_night_and_whom_a_person_put_there_stays(world):
    maria, brian = world.email("maria"), world.email("brian")
    life, lists = world.sandbox.hubspot, world.sandbox.hubspot.lists
    assert maria in listed(world)
    lists.leave(lists.named(LIST), life.life.person(maria))
    lists.join(lists.named(LIST), life.life.person(brian))
    lists.join(lists.named(LIST), life.life.person(world.email("noor")))
    world.pass_time(days=1)
    world.sync()
    assert {maria, brian} <= listed(world)


def test_of_two_who_are_merged_the_one_that_is_left_stands_where_she_belongs(world):
    carla, olga = world.new_lead("carla"), world.new_lead("olga", title="Estudiante")
    world.pass_time(minutes=5)
    world.sync()
    assert carla in listed(world)
    world.sandbox.hubspot.life.merge(olga, carla)
    world.sandbox.hubspot.life.set_property(olga, "jobtitle", "CFO")
    for _ in range(2):
        world.pass_time(days=1)
        world.sync()
    assert {olga, carla} & listed(world) == {olga}
    world.sandbox.hubspot.life.set_property(olga, "jobtitle", "Estudiante")
    world.pass_time(minutes=5)
    world.sync()
    assert not {olga, carla} & listed(world)


def test_of_whoever_is_erased_nothing_is_left(world):
    carla = world.new_lead("carla")
    world.pass_time(minutes=5)
    world.sync()
    contact = world.contact(carla)
    assert world.rows("SELECT key FROM membership WHERE contact = :id", id=contact)
    world.sandbox.hubspot.life.erase(carla)
    world.flush()
    world.work()
    assert world.rows("SELECT key FROM membership WHERE contact = :id", id=contact) == []


def test_people_are_taken_off_the_list_of_a_segment_that_the_file_names_no_more_and_the_list_stays(world, make_world):
    assert listed(world)
    other = make_world(edits=NONE, count=3).rulebook
    world.parts = replace(world.parts, rulebook=other)
    with world.store.engine.begin() as conn:
        state.activate(conn, other.hash, other.source, world.parts.now())
    world.sync()
    assert listed(world) == listed(world, ACTIVE) == listed(world, PAUSED) == set()
    assert TAG not in tags(world, world.email("marta"))


def test_an_empty_store_takes_over_the_lists_that_are_full(world, new_database):
    there = listed(world)
    world.sandbox.hubspot.settings.scopes -= {"automation"}
    anew = world.with_store(new_database())
    anew.sync()
    anew.pass_time(minutes=5)
    anew.sync()
    assert "finance" not in waiting(anew)
    world.sandbox.hubspot.life.set_property(world.email("maria"), "jobtitle", "Estudiante")
    anew.pass_time(minutes=5)
    anew.sync()
    assert listed(world) == there - {world.email("maria")}


def kept_and_wanted(parts):
    """Where everybody belongs as the store keeps it, and as a single judgement says now."""
    order = portal.stage_order(parts)
    with parts.engine.connect() as conn:
        kept = {}
        for row in conn.exec_driver_sql("SELECT contact, key FROM membership WHERE wanted"):
            kept.setdefault(row.contact, set()).add(row.key)
        people = ledger.load_people(conn, [row.id for row in conn.exec_driver_sql("SELECT id FROM contact")])
    wanted = {}
    for person in people:
        one = judge_person(parts, person, order, portal.hearing(parts), baseline=False)
        keys = {place.key for place in belonging(one.plan, parts.rulebook, one.contact.refs)}
        wanted |= {person.contact: keys} if keys else {}
    return kept, wanted


def test_the_screen_says_of_everybody_what_a_single_judgement_says(make_world):
    world = make_world(edits=EDITS, baseline=False)
    read_all(world.parts, full=False)
    judge_all(world.parts, baseline=True, many=0)
    life = world.sandbox.hubspot.life
    for day in range(7):
        kept, wanted = kept_and_wanted(world.parts)
        assert kept == wanted
        assert len({key for keys in kept.values() for key in keys}) > 2
        for place, record in enumerate(tuple(world.sandbox.hubspot.contacts)):
            if (email := record.values.get("email")) and place % 7 == day:
                life.set_property(email, "jobtitle", "CFO" if place % 2 else "Estudiante")
                life.fill_form(email, "Newsletter", {}, "https://www.brightledger.example/blog")
            if email and place % 17 == day:
                life.unsubscribe(email)
        world.pass_time(days=1)
        read_all(world.parts, full=False)
        judge_all(world.parts, baseline=False, many=0 if day % 2 else None)


def test_whoever_has_had_enough_mail_is_paused_by_the_screen_as_well_until_the_dose_is_free_again(world):
    mailed = [world.email(key) for key in ("laia", "maria", "brian", "jordi")]
    for mail in range(3):
        for email in mailed:
            world.sandbox.hubspot.life.receive_mail(email, f"News {mail}")
        world.pass_time(minutes=10)
        read_all(world.parts, full=False)
    judge_all(world.parts, baseline=False, many=0)
    kept, wanted = kept_and_wanted(world.parts)
    assert kept == wanted
    paused = {contact for contact, keys in kept.items() if f"hubspot:list:{PAUSED}" in keys}
    assert {world.contact(email) for email in mailed} & paused
    world.sync()
    there = listed(world, PAUSED) & set(mailed)
    assert there
    world.pass_time(days=8)
    world.sync()
    assert not there & listed(world, PAUSED)
