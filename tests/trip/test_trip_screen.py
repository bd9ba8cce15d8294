"""Screening very many at once says of everybody what a single judgement says, and leaves nobody out who must be judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connector.steps import portal
from connector.steps.crowd import wanted
from connector.steps.judge import contact_of, judge_all, judge_person
from connector.steps.keep import rows_of
from connector.steps.met import Met
from connector.steps.provision import provision
from connector.steps.reading import read_all
from connector.steps.round import Summary, judge_and_deliver
from connector.steps.sync import work
from connector.steps.watch import Watch
from connector.store import ledger, state
from connector.store.bulk.read import slices
from connector.store.engine import writer_lock
from connector.store.position import mark_changed

PRICING = "https://www.brightledger.example/pricing"


def everybody(parts):
    """Everybody, judged singly as of now, without keeping anything: (person, judgement)."""
    order, hearing = portal.stage_order(parts), portal.hearing(parts)
    with parts.engine.begin() as conn:
        ids = [row.id for row in conn.exec_driver_sql("SELECT id FROM contact ORDER BY id")]
        people = ledger.load_people(conn, ids)
        judged = [(person, judge_person(parts, person, order, hearing, baseline=False)) for person in people]
        rows = rows_of(parts, conn, judged, order, baseline=False)
    return list(zip(people, rows, strict=True))


def screened(world, parts=None):
    """Read what is new, and judge everybody with the screen in front; how many were judged."""
    parts = parts or world.parts
    read_all(parts, full=False)
    return judge_all(parts, baseline=False, many=0)["judged"]


def assert_all_is_said(parts):
    """What is kept of everybody is what a single judgement says now, or of who has merely faded without being due."""
    for person, row in everybody(parts):
        verdict = person.verdict
        assert verdict is not None
        assert person.stage == row.stage
        assert row.move is None
        if verdict.digest == row.digest:
            assert (verdict.exact, verdict.persona, verdict.phase) == (row.exact, row.persona, row.phase)
        else:
            assert (verdict.judged, verdict.made_by) == (person.position, parts.rulebook.hash)
            assert verdict.day < parts.today < (verdict.due or date.max)


def assert_nobody_is_missed(parts):
    """Of whoever is not due there is nothing to decide and nothing to write, whatever has faded since."""
    for person, row in everybody(parts):
        if person.verdict.due is None or person.verdict.due > parts.today:
            enters = [
                enter for enter in row.enters if not enter.ways[0]["segment"]
            ]  # lists are wished for again and again
            assert (row.move, any(row.writes.values()), enters, row.leaves) == (None, False, [], ())


def live(world, number):
    """Something happens to some people on each day."""
    life = world.sandbox.hubspot.life
    for place, record in enumerate(tuple(world.sandbox.hubspot.contacts)):
        email = record.values.get("email")
        if not email:
            continue
        if place % 7 == number % 7:
            life.visit_page(email, PRICING)
        if place % 11 == number:
            life.fill_form(email, "Pricing guide", {}, PRICING)
        if place % 13 == number:
            life.set_property(email, "jobtitle", "Directora financiera" if number % 2 else "Estudiante")
        if place % 17 == number:
            life.unsubscribe(email)


def test_day_by_day_the_screen_says_what_single_judgements_say(world):
    for number in range(6):
        live(world, number)
        world.pass_time(minutes=5)
        world.flush()
        assert screened(world) >= 40
        assert_all_is_said(world.parts)
        work(world.parts)
        world.settle()
        for _ in range(1 + number):
            world.pass_time(days=1)
            assert_nobody_is_missed(world.parts)
    screened(world)
    assert_all_is_said(world.parts)


@pytest.mark.parametrize(
    ("old", "new"), [("points: 17", "points: 9"), ("half_life: 21d", "half_life: 3d"), ("max: 2\n", "max: 1\n")]
)
def test_another_rulebook_is_screened_for_everybody_at_once(make_world, tmp_path, old, new):
    world = make_world()
    world.settle()
    other = make_world(edits={"model.yaml": (old, new)}, count=3).rulebook
    parts = replace(world.parts, rulebook=other)
    with parts.engine.begin() as conn:
        state.activate(conn, other.hash, other.source, parts.now())
    screened(world, parts)
    assert_all_is_said(parts)
    with parts.engine.connect() as conn:
        assert ledger.count_to_judge(conn, parts.today, other.hash) == 0


def test_whoever_is_worth_a_write_is_judged_singly_and_nobody_else(world):
    world.settle()
    before = {person.contact: person.revision for person, _ in everybody(world.parts)}
    world.pass_time(days=40)
    singly = [person.contact for person, row in everybody(world.parts) if any(row.writes.values()) or row.move]
    assert 0 < len(singly) < len(before)
    screened(world)
    intents = world.rows("SELECT contact FROM intent WHERE kind = 'write' AND state = 'pending'")
    assert {row.contact for row in intents} == set(singly)


def test_nobody_new_is_left_to_the_screen(world):
    email = world.new_lead("carla")
    world.pass_time(minutes=5)
    screened(world)
    assert world.stage(email) == "nurture"
    assert [state for state, _ in world.intents(email)] == ["pending"]


def test_one_more_property_is_filled_for_everybody_who_has_a_score_and_then_left_in_peace(make_world):
    world = make_world(count=12)
    world.settle()
    more = make_world(
        count=3,
        edits={
            "fields.yaml": (
                "  lifecycle: {hubspot: lifecyclestage, when",
                "  segment: {hubspot: trellis_segment}\n  lifecycle: {hubspot: lifecyclestage, when",
            )
        },
    )
    parts = replace(world.parts, rulebook=more.rulebook)
    with parts.engine.begin() as conn:
        state.activate(conn, more.rulebook.hash, more.rulebook.source, parts.now())
    provision(parts, dry_run=False, webhook_url=None)
    screened(world, parts)
    work(parts)
    shown = [dict(record.values) for record in world.sandbox.hubspot.contacts]
    scored = [values for values in shown if values.get("trellis_score")]
    assert len(scored) > 8
    assert all(values["trellis_segment"].count(" / ") == 2 for values in scored)
    world.pass_time(minutes=5)
    before = world.portal()
    screened(world, parts)
    work(parts)
    assert {key: values.get("trellis_segment") for key, values in world.portal().items()} == {
        key: values.get("trellis_segment") for key, values in before.items()
    }
    assert world.rows("SELECT id FROM intent WHERE kind = 'write' AND state = 'pending'") == []


def test_a_first_screening_without_platforms_lets_opens_lift_nobody(make_world):
    """With no platform on, even the first verdicts are kept by the screen alone."""

    def opened_much(sandbox, _population):
        for record in tuple(sandbox.hubspot.contacts):
            for _ in range(40 if record.values.get("email") else 0):
                sandbox.hubspot.life.open_mail(record.values["email"], "[FIN] 1")

    cautious = (
        "max: 2\n        decay: {cliff: 14d}\n        rules:\n          - {id: opens, event: email_open, points: 0.4,"
    )
    generous = cautious.replace("max: 2", "max: 17").replace("0.4", "30")
    world = make_world(edits={"model.yaml": (cautious, generous)}, before=opened_much, baseline=False)
    read_all(world.parts, full=False)
    alone = replace(world.parts, hubspot=None, mailchimp={})
    singly = {person.contact: row.stage for person, row in everybody(alone)}
    judge_all(alone, baseline=True, many=0)
    assert {person.contact: person.stage for person, _ in everybody(alone)} == singly
    assert_all_is_said(alone)


def test_the_age_of_a_value_that_is_archived_is_no_news_of_the_one_that_stands_in_for_it(world):
    """Her HubSpot record is in the bin; the title that counts is the one that Mailchimp has, whose age nobody knows."""
    zoe = world.new_lead("zoe", title="Directora")
    world.new_member("zoe")
    world.sandbox.mailchimp.life.edit_profile(zoe, {"JOBTITLE": "Directora"})
    screened(world)
    world.sandbox.hubspot.life.set_property(zoe, "jobtitle", "Diseñadora")
    world.pass_time(minutes=5)
    screened(world)
    contact = world.contact(zoe)
    world.pass_time(days=200)
    (person,) = [person for person, _ in everybody(world.parts) if person.contact == contact]
    assert ("hubspot", "jobtitle") in person.changed
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        assert ledger.mark_archived(conn, "hubspot", [person.records["hubspot"].id], world.parts.now()) == 1
    with world.store.engine.connect() as conn:
        (person,) = ledger.load_people(conn, [contact])
    facts = contact_of(world.parts, person, ())
    assert (facts.fields["job_title"], facts.changed) == ("Directora", {})
    with world.store.engine.begin() as conn:
        conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        (people,) = slices(conn, wanted(world.parts))
    (row,) = (people.ids == contact).nonzero()[0]
    assert {name: at[row] for (_, name), at in people.changed.items() if at[row]} == {}


def test_whoever_is_judged_again_in_the_same_pass_is_counted_once(quiet):
    """What a round delivers may be news, and is judged by the next: a pass would tell of more people than there are."""
    maria, summary, watch = quiet.contact(quiet.email("maria")), Summary(baseline=False), Watch(quiet.parts)
    for _ in range(2):
        with quiet.store.engine.begin() as conn:
            writer_lock(conn)
            mark_changed(conn, [maria])
        judge_and_deliver(watch, summary, lambda: False)
    assert summary.tally["judged"] == 1
    met = Met()
    everybody = quiet.rows("SELECT count(*) FROM contact")[0][0]
    assert [judge_all(quiet.parts, baseline=False, many=0, met=met)["judged"] for _ in range(2)] == [everybody, 0]
