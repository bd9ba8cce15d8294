"""Submissions of forms as acts: read when a counter rings, each told once, and no act of a counter lost or doubled."""

from datetime import timedelta

import pytest

from adapters.ports import CredentialsRefused
from adapters.sandbox.faults import Fault
from connector.facts import Event
from connector.steps.reading.records import read_records
from connector.steps.reading.submissions import read_rung, read_submissions
from connector.store import settling
from connector.store.engine import writer_lock

DEMO, SITE = "Demo request", "https://www.brightledger.example"
CAST = 20


@pytest.fixture
def asked(make_world):
    """A world whose contacts are read, and whose forms were once."""
    world = unread(make_world)
    read_submissions(world.parts, world.parts.hubspot)
    world.pass_time(minutes=30)
    return world


def unread(make_world, **options):
    """A world whose contacts are read, but not its forms; what their counters told is out of the way."""
    world = make_world(count=CAST, webhooks=False, baseline=False, **options)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=True)
    with world.store.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM event")
        conn.exec_driver_sql("DELETE FROM unsettled")
    return world


def fill(world, email, form=DEMO, page=f"{SITE}/demo", at=None):
    world.sandbox.hubspot.life.fill_form(email, form, {}, page, at)


def ring(world, email, asset=DEMO, *, at=None, acts=1, first=100):
    """What her counter tells: so many acts, at the date of the last."""
    at = at or world.sandbox.clock()
    rung = [
        (
            world.contact(email),
            Event("form_submit", at, world.sandbox.clock(), f"hubspot:1:form_submit:#{first + one}", asset, "hubspot"),
        )
        for one in range(acts)
    ]
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        settling.put_aside(conn, rung)


def read(world):
    """Read what was submitted; how many acts were new, and the calls it took: lists of forms, pages of submissions."""
    world.forget_calls()
    added = read_submissions(world.parts, world.parts.hubspot)
    routes = world.calls()["hubspot"]
    return (
        added,
        sum(count for route, count in routes.items() if "marketing/v3/forms" in route),
        sum(count for route, count in routes.items() if "submissions" in route),
    )


def acts(world, email):
    """(asset, happened at, known at) of the submissions that the ledger has of somebody."""
    statement = (
        "SELECT asset.text, happened_at, known_at FROM event JOIN word ON word.id = kind"
        " JOIN asset ON asset.id = event.asset WHERE contact = :id AND word.text = 'form_submit' ORDER BY happened_at"
    )
    return [tuple(row) for row in world.rows(statement, id=world.contact(email))]


def forms(world):
    return len(world.sandbox.hubspot.forms.by_id)


# ---------------------------------------------------------------- the bell


def test_nothing_is_read_while_nothing_rings(asked):
    fill(asked, asked.email("laia"))
    assert read(asked) == (0, 0, 0)


def test_a_bell_reads_the_form_that_it_names_and_the_submission_is_the_act(asked):
    laia, at = asked.email("laia"), asked.sandbox.clock()
    before = acts(asked, laia)
    fill(asked, laia)
    ring(asked, laia, f"Book a demo: {DEMO}")
    asked.pass_time(minutes=1)
    assert read(asked) == (1, 0, 1), "the forms' names are known for an hour"
    assert acts(asked, laia) == [*before, (f"{DEMO} · /demo", at, asked.sandbox.clock())]
    assert read(asked) == (0, 0, 0)


def test_a_form_made_since_is_found(asked):
    laia = asked.email("laia")
    fill(asked, laia, "Quite new", "")
    ring(asked, laia, "Landing page: Quite new")
    assert read(asked) == (1, 1, 1)
    assert acts(asked, laia)[-1][0] == "Quite new"


def test_an_act_of_a_form_that_cannot_be_read_stays_as_it_is_and_is_searched_for_once_a_day(asked):
    laia, lead_ad = asked.email("laia"), "Facebook Lead Ads: Spring"
    ring(asked, laia, lead_ad)
    asked.pass_time(minutes=1)
    added, _, pages = read(asked)
    assert (added, pages) == (1, forms(asked))
    assert acts(asked, laia)[-1] == (lead_ad, *[asked.sandbox.clock() - timedelta(minutes=1)] * 2)
    ring(asked, asked.email("jordi"), lead_ad, first=200)
    assert read(asked) == (1, 0, 0)
    asked.pass_time(days=2)
    ring(asked, asked.email("marta"), lead_ad, first=300)
    assert read(asked)[2] == forms(asked)


def test_several_acts_under_one_date_read_every_form(asked):
    """She filled in two forms while we were away; her counter names the last one only."""
    laia, began = asked.email("laia"), asked.sandbox.clock()
    before = len(acts(asked, laia))
    fill(asked, laia, "Pricing guide", f"{SITE}/pricing")
    asked.pass_time(hours=30)
    fill(asked, laia)
    ring(asked, laia, f"Demo: {DEMO}", acts=2)
    asked.pass_time(minutes=1)
    added, _, pages = read(asked)
    assert (added, pages) == (2, forms(asked))
    fresh = acts(asked, laia)[before:]
    assert [asset for asset, *_ in fresh] == ["Pricing guide · /pricing", f"{DEMO} · /demo"]
    assert fresh[0][1] == began


def test_a_late_bell_finds_a_submission_that_other_bells_passed_over(asked):
    laia, jordi, at = asked.email("laia"), asked.email("jordi"), asked.sandbox.clock()
    fill(asked, laia, "Pricing guide", f"{SITE}/pricing")
    fill(asked, jordi)
    asked.pass_time(minutes=40)
    ring(asked, jordi, at=at)
    assert read(asked)[0] == 1
    asked.pass_time(hours=3)
    ring(asked, laia, "Pricing guide", at=at, first=200)
    assert read(asked) == (1, 1, 1)
    assert acts(asked, laia)[-1][:2] == ("Pricing guide · /pricing", at)


def test_a_submission_that_another_bell_brought_in_settles_its_own_act_later(asked):
    laia, jordi, at = asked.email("laia"), asked.email("jordi"), asked.sandbox.clock()
    fill(asked, laia)
    fill(asked, jordi)
    ring(asked, jordi)
    asked.pass_time(minutes=1)
    assert read(asked)[0] == 2
    asked.pass_time(days=3)
    ring(asked, laia, at=at + timedelta(seconds=90), first=200)
    assert read(asked)[0] == 0
    assert [moment for _, moment, _ in acts(asked, laia)].count(at) == 1


def test_a_submission_shown_late_is_not_a_second_act(asked):
    """Whether submissions lag behind the counter is not documented."""
    laia, jordi = asked.email("laia"), asked.email("jordi")
    before = len(acts(asked, laia))
    at = asked.sandbox.clock()
    ring(asked, laia, f"Book: {DEMO}")
    assert read(asked)[0] == 1
    fill(asked, laia, at=at)
    asked.pass_time(minutes=1)
    ring(asked, jordi, first=200)
    fill(asked, jordi)
    assert read(asked)[0] == 1
    assert [asset for asset, *_ in acts(asked, laia)][before:] == [f"Book: {DEMO}"]


def test_strangers_make_no_contact_and_are_found_a_little_later(asked):
    stranger = "late@crowd.example"
    fill(asked, stranger)
    ring(asked, asked.email("laia"))
    contacts = asked.rows("SELECT count(*) FROM contact")
    asked.pass_time(minutes=1)
    read(asked)
    assert asked.rows("SELECT count(*) FROM contact") == contacts
    asked.pass_time(minutes=8)
    read_records(asked.parts, "hubspot", asked.parts.hubspot, full=True)
    with asked.store.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM unsettled")
        conn.exec_driver_sql("DELETE FROM event WHERE channel = (SELECT id FROM word WHERE text = 'hubspot')")
    ring(asked, asked.email("jordi"), first=200)
    read(asked)
    assert [asset for asset, *_ in acts(asked, stranger)] == [f"{DEMO} · /demo"]


# ---------------------------------------------------------------- the first reading


def test_the_first_reading_takes_all_that_was_ever_submitted_as_history(make_world):
    world = unread(make_world)
    world.pass_time(hours=1)
    portal = world.sandbox.hubspot
    known = {one.values["email"] for one in portal.contacts if one.values.get("email")}
    rows = [one for form in portal.forms.by_id.values() for one in form.submissions if one.values["email"] in known]
    added, lists, _ = read(world)
    assert added == len({(one.values["email"], one.at, one.page_url) for one in rows})
    assert added > 10
    assert lists == 1
    biel = acts(world, world.email("biel"))
    assert [asset for asset, *_ in biel][-1] == f"{DEMO} · /demo"
    assert all(known_at == happened_at for _, happened_at, known_at in biel)
    assert read(world) == (0, 0, 0)


def test_what_counters_told_before_submissions_were_read_is_not_told_twice(make_world):
    world = unread(make_world)
    maria = world.email("biel")
    day, month = (world.sandbox.clock() - timedelta(days=days) for days in (4, 12))
    ring(world, maria, f"Page: {DEMO}", at=day)
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        settling.settle(conn, 10)
    assert acts(world, maria) == [(f"Page: {DEMO}", day, world.sandbox.clock())]
    read(world)
    told = [(asset, at) for asset, at, _ in acts(world, maria)]
    assert told[-1] == (f"Page: {DEMO}", day)
    assert told[-2][0].startswith("Pricing guide")
    assert told[-2][1] == month


def test_before_contacts_are_read_nothing_is(make_world):
    world = make_world(count=4, webhooks=False, baseline=False)
    assert read(world) == (0, 0, 0)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=True)
    assert read(world)[0] > 0


def test_webhooks_do_not_wait_for_the_first_reading_and_it_does_not_tell_their_acts_again(make_world):
    world = unread(make_world)
    laia, hubspot = world.email("laia"), world.parts.hubspot
    fill(world, laia)
    ring(world, laia)
    world.forget_calls()
    assert read_rung(world.parts, hubspot) == 1
    assert world.calls()["hubspot"] == {}
    ((asset, at, _),) = acts(world, laia)
    read(world)
    assert [(asset, at)] == [(asset, moment) for asset, moment, _ in acts(world, laia) if moment == at]
    world.pass_time(minutes=30)
    fill(world, laia)
    ring(world, laia, first=200)
    assert read_rung(world.parts, hubspot) == 1
    assert acts(world, laia)[-1][0] == f"{DEMO} · /demo"


def test_without_the_scope_acts_stay_as_counters_tell_them_and_nothing_else_stops(asked):
    every, laia = asked.sandbox.hubspot.settings.scopes, asked.email("laia")
    asked.sandbox.hubspot.settings.scopes = every - {"forms"}
    fill(asked, laia)
    ring(asked, laia, f"Demo: {DEMO}")
    assert read(asked)[0] == 1
    assert acts(asked, laia)[-1][0] == f"Demo: {DEMO}"
    ((reason,),) = asked.rows("SELECT reason FROM failure WHERE platform_id = 'forms' AND resolved_at IS NULL")
    assert "forms" in reason
    asked.sandbox.hubspot.settings.scopes = every
    asked.pass_time(minutes=1)
    fill(asked, asked.email("jordi"))
    ring(asked, asked.email("jordi"), first=200)
    assert read(asked)[0] == 1
    assert asked.rows("SELECT 1 FROM failure WHERE platform_id = 'forms' AND resolved_at IS NULL") == []


def test_while_hubspot_is_away_acts_wait(asked):
    laia = asked.email("laia")
    before = acts(asked, laia)
    fill(asked, laia)
    ring(asked, laia)
    asked.sandbox.hubspot_server.faults.add(Fault(path="submissions", status=401, body={"message": "no"}))
    with pytest.raises(CredentialsRefused):
        read(asked)
    assert acts(asked, laia) == before
    assert read(asked)[0] == 1
    assert acts(asked, laia)[len(before) :][0][0] == f"{DEMO} · /demo"


def test_a_form_that_is_refused_is_listed_and_its_act_stays_as_it_is(asked):
    laia, jordi = asked.email("laia"), asked.email("jordi")
    fill(asked, laia)
    fill(asked, jordi, "Newsletter", f"{SITE}/blog")
    ring(asked, laia)
    ring(asked, jordi, "Newsletter", first=200)
    asked.sandbox.hubspot_server.faults.add(Fault(path="submissions", status=400, body={"message": "no such type"}))
    assert read(asked)[0] == 2
    assert {acts(asked, laia)[-1][0], acts(asked, jordi)[-1][0]} in (
        {DEMO, "Newsletter · /blog"},
        {f"{DEMO} · /demo", "Newsletter"},
    )
    ((reason,),) = asked.rows("SELECT reason FROM failure WHERE platform_id LIKE 'form %'")
    assert "no such type" in reason


def test_a_form_deleted_meanwhile_costs_the_others_nothing(asked):
    laia = asked.email("laia")
    gone = next(id_ for id_, form in asked.sandbox.hubspot.forms.by_id.items() if form.name != DEMO)
    del asked.sandbox.hubspot.forms.by_id[gone]
    fill(asked, laia)
    ring(asked, laia, acts=2)
    assert read(asked)[0] == 1


def test_when_nothing_maps_submissions_any_more_what_waits_stays_as_it_is(make_world):
    world = unread(make_world, edits={"fields.yaml": ("    submissions: true\n", "")})
    ring(world, world.email("laia"), f"Demo: {DEMO}")
    assert read(world) == (1, 0, 0)
    assert read(world) == (0, 0, 0)
