"""What a hostile reading of the reading steps found: each was wrong once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.ports import PlatformBusy, PlatformUnreachable
from adapters.sandbox.faults import Fault
from connector.facts import Event
from connector.steps.reading.companies import read_companies
from connector.steps.reading.records import read_records
from connector.steps.reading.submissions import read_submissions
from connector.steps.sync import sync, work
from connector.store import inbox, settling
from connector.store.engine import writer_lock

NIGHT = {"hours": 24}


@dataclass
class Watching:
    """Progress that remembers what it was told."""

    steps: list[str] = field(default_factory=list)

    def step(self, what, done, total=None):
        self.steps.append(what)


def record(world, contact_id):
    (row,) = world.rows("SELECT * FROM record WHERE source = 'hubspot' AND platform_id = :id", id=contact_id)
    return row


def id_of(world, email):
    return str(world.sandbox.hubspot.life.person(email).id)


def garble(world, email):
    """From now on HubSpot shows a value of hers that is no text."""
    world.sandbox.hubspot.life.person(email).values["jobtitle"] = {"not": "text"}


# ---------------------------------------------------------------- one contact whom nobody can read


def test_an_unreadable_contact_does_not_hold_up_the_webhooks_of_others(world):
    maria = world.email("maria")
    garble(world, maria)
    world.post([{"subscriptionType": "contact.creation", "objectId": int(id_of(world, maria)), "occurredAt": 1}])
    carla = world.new_lead("carla")
    world.flush()
    world.work()
    assert world.contact(carla)
    with world.store.engine.connect() as conn:
        assert inbox.waiting(conn) == 0
    ((reason,),) = world.rows(
        "SELECT reason FROM failure WHERE step = 'read' AND platform_id = :id AND resolved_at IS NULL",
        id=id_of(world, maria),
    )
    assert reason


def test_an_unreadable_contact_does_not_end_the_nightly_sweep(swept):
    stranger = "odd@oddworks.example"
    swept.sandbox.hubspot.life.add_contact({"email": stranger})
    garble(swept, stranger)
    laia = swept.email("laia")
    number = id_of(swept, laia)
    for night in range(3):
        swept.pass_time(**NIGHT)
        swept.sync()
        if night == 0:
            swept.sandbox.hubspot.life.archive(laia)
    assert record(swept, number).archived


def test_a_contact_that_is_readable_again_is_no_failure_any_more(swept):
    maria = swept.email("maria")
    garble(swept, maria)
    swept.sync(full=True)
    open_ = "SELECT 1 FROM failure WHERE step = 'read' AND platform_id = :id AND resolved_at IS NULL"
    assert swept.rows(open_, id=id_of(swept, maria))
    swept.sandbox.hubspot.life.set_property(maria, "jobtitle", "CFO")
    swept.pass_time(minutes=2)
    swept.sync()
    assert not swept.rows(open_, id=id_of(swept, maria))


# ---------------------------------------------------------------- who is gone


def test_who_leaves_the_bin_because_its_90_days_are_over_is_not_forgotten_at_mailchimp(swept):
    """Deleted from the CRM by its owner, and still a subscriber: no erasure was asked for."""
    email = swept.new_member("olga")
    swept.sandbox.hubspot.life.add_contact({"email": email})
    swept.pass_time(minutes=2)
    swept.sync()
    swept.sandbox.hubspot.life.archive(email)
    for days in (1, 1, 100, 1, 1):
        swept.pass_time(days=days)
        swept.sync()
    assert swept.contact(email)


def test_a_search_that_lags_brings_nobody_back_who_is_gone(world):
    """The index may show her a while longer; asked for by id, HubSpot says that she is gone."""
    email = world.new_lead("carla")
    world.flush()
    world.work()
    number, modified = id_of(world, email), world.hubspot(email)["lastmodifieddate"]
    world.pass_time(minutes=1)
    world.sandbox.hubspot.life.archive(email)
    world.flush()
    world.work()
    assert record(world, number).archived
    values = {**record(world, number).raw, "email": email, "lastmodifieddate": modified}
    row = {"id": number, "properties": values, "updatedAt": modified, "archived": False}
    world.sandbox.hubspot_server.faults.add(
        Fault(method="POST", path="contacts/search", status=200, body={"total": 1, "results": [row]})
    )
    world.sync()
    assert record(world, number).archived


# ---------------------------------------------------------------- clocks


def test_a_webhook_hides_no_change_from_a_clock_that_runs_ahead(make_world):
    world = make_world(baseline=False, webhooks=False)
    ahead = replace(world.parts, now=lambda: world.sandbox.clock() + timedelta(minutes=20))
    sync(ahead)
    world.pass_time(minutes=5)
    laia, jordi = world.email("laia"), world.email("jordi")
    world.sandbox.hubspot.life.set_property(laia, "jobtitle", "Finance director")
    world.pass_time(minutes=4)
    world.sandbox.hubspot.life.set_property(jordi, "jobtitle", "Clerk")
    world.post(
        [{"portalId": 1, "subscriptionType": "contact.creation", "objectId": int(id_of(world, jordi)), "occurredAt": 2}]
    )
    assert work(ahead).errors == []
    world.pass_time(minutes=1)
    sync(ahead)
    assert record(world, id_of(world, laia)).raw["jobtitle"] == "Finance director"


# ---------------------------------------------------------------- what a summary says


def test_what_was_read_before_a_platform_failed_is_counted(swept):
    for number in range(5):
        swept.sandbox.hubspot.life.add_contact({"email": f"bulk{number}@bulkworks.example"})
    swept.pass_time(minutes=2)
    swept.sandbox.hubspot_server.faults.add(
        Fault(method="POST", path="contacts/batch/read", times=None, status=401, body={"message": "no"})
    )
    summary = sync(swept.parts)
    assert [error.platform for error in summary.errors] == ["hubspot"]
    assert summary.tally["changed"] >= 5


def test_what_was_read_before_it_was_told_to_stop_is_counted(swept):
    reading = Watching()
    summary = sync(replace(swept.parts, progress=reading), full=True, stop=lambda: bool(reading.steps))
    assert summary.tally["read"] > 0


# ---------------------------------------------------------------- companies

WITH_COMPANY = {
    "fields.yaml": (
        "employees: {hubspot: numemployees",
        "employees: {hubspot: company.numberofemployees, or: numemployees",
    )
}


def test_a_full_read_reads_companies_again(swept):
    """After another of their properties is mapped, `sync --full` is what a person is told to run."""
    swept.rows("SELECT 1")
    with swept.store.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE company SET raw = '{}'")
    swept.sync(full=True)
    assert swept.rows("SELECT 1 FROM company WHERE raw = '{}'") == []


def test_companies_that_were_read_before_a_quota_is_gone_are_kept(make_world):
    """A portal may have hundreds of thousands: what was read is not to be asked for again."""
    world = make_world(webhooks=False)
    with world.store.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM company")
    groups = iter(range(9))

    def broken_off():
        if next(groups) == 1:
            raise PlatformBusy("hubspot", "the day's calls are used up", retry_after=3600, daily=True)

    with pytest.raises(PlatformBusy):
        read_companies(world.parts, world.parts.hubspot, pause=broken_off, group=3)
    assert len(world.rows("SELECT 1 FROM company")) == 6


# ---------------------------------------------------------------- what one stream costs the others


def test_companies_that_cannot_be_read_cost_lists_deals_forms_and_the_sweep_nothing(swept):
    email = swept.email("maria")
    number = id_of(swept, email)
    swept.sandbox.hubspot.life.archive(email)
    swept.pass_time(**NIGHT)
    swept.sandbox.hubspot_server.faults.add(Fault(path="companies/search", times=None, status=502, body="<html>"))
    summary = sync(swept.parts)
    assert [type(error) for error in summary.errors] == [PlatformUnreachable]
    assert record(swept, number).archived


def test_a_place_to_go_on_from_that_is_refused_is_forgotten(swept):
    """HubSpot's tokens are its own, and nobody says how long they hold."""
    resume = "UPDATE cursor SET value = 'no longer known' WHERE source = 'hubspot' AND stream = 'resume'"
    began = "UPDATE cursor SET value = :value WHERE source = 'hubspot' AND stream = 'began'"
    moment = swept.sandbox.clock().isoformat()
    with swept.store.engine.begin() as conn:
        conn.execute(text(resume))
        conn.execute(text(began), {"value": f"{swept.rulebook.hash} {moment} {moment}"})
    swept.sandbox.hubspot_server.faults.add(Fault(path="after=no", times=None, status=400, body={"message": "no"}))
    assert sync(swept.parts, full=True).errors
    assert swept.sync(full=True).tally["read"] > 0


def test_webhooks_are_let_through_between_the_pages_of_forms_lists_and_deals(make_world):
    world = make_world(count=4, webhooks=False, baseline=False)
    read_records(world.parts, "hubspot", world.parts.hubspot, full=True)
    paused = []
    read_submissions(world.parts, world.parts.hubspot, lambda: paused.append(1))
    assert len(paused) >= len(world.sandbox.hubspot.forms.by_id)


# ---------------------------------------------------------------- Mailchimp


def test_a_newcomer_of_the_night_is_no_reason_to_read_an_audience_whole(swept):
    swept.pass_time(**NIGHT)
    swept.sync()
    swept.pass_time(**NIGHT)
    email = "night@crowd.example"
    swept.sandbox.mailchimp.life.subscribe(email)
    swept.pass_time(minutes=2)
    summary = swept.sync()
    assert swept.contact(email)
    assert summary.tally["told"] == 0, "a full read would have told how many there are"


# ---------------------------------------------------------------- submissions


def test_an_act_is_not_taken_for_the_submission_of_another_form_a_minute_later(swept):
    """Histories tell of it long after: its own form is not read for it, and the other one's says nothing of it."""
    maria, life = swept.email("maria"), swept.sandbox.hubspot.life
    swept.pass_time(hours=1)
    at = swept.sandbox.clock()
    swept.pass_time(minutes=1)
    life.fill_form(maria, "Newsletter", {}, "https://www.brightledger.example/blog")
    swept.pass_time(minutes=1)
    swept.sync()
    swept.pass_time(days=4)
    late = Event("form_submit", at, at, "hubspot:1:form_submit:#900", "Home: Demo request", "hubspot")
    with swept.store.engine.begin() as conn:
        writer_lock(conn)
        settling.put_aside(conn, [(swept.contact(maria), late)])
    read_submissions(swept.parts, swept.parts.hubspot)
    told = swept.rows(
        "SELECT asset.text FROM event JOIN asset ON asset.id = event.asset WHERE contact = :id AND happened_at >= :at"
        " AND kind = (SELECT id FROM word WHERE text = 'form_submit') ORDER BY happened_at",
        id=swept.contact(maria),
        at=at,
    )
    assert [row.text for row in told] == ["Home: Demo request", "Newsletter · /blog"]


# ---------------------------------------------------------------- lists

FAIR = "Came to the fair"
WITH_LIST = {
    "fields.yaml": (
        '  # list_joined: {hubspot: {lists: ["Visited pricing"]}}',
        f"  list_joined: {{hubspot: {{lists: [{FAIR}]}}}}",
    )
}


def test_a_list_that_was_made_anew_under_its_name_costs_one_reading_and_the_others_nothing(make_world):
    """Its id is kept for an hour."""

    def before(sandbox, population):
        sandbox.hubspot.life.join_list(population.person("maria").address, FAIR)

    world = make_world(count=4, edits=WITH_LIST, webhooks=False, before=before)
    lists, laia = world.sandbox.hubspot.lists, world.email("laia")
    lists.remove(lists.named(FAIR).id)
    world.sandbox.hubspot.life.join_list(laia, FAIR)
    world.pass_time(minutes=2)
    world.sync()
    refused = "SELECT 1 FROM failure WHERE platform_id = :stream AND resolved_at IS NULL"
    assert world.rows(refused, stream=f"list {FAIR}")
    world.pass_time(minutes=2)
    world.sync()
    assert not world.rows(refused, stream=f"list {FAIR}")
    joined = "SELECT 1 FROM event WHERE contact = :id AND kind = (SELECT id FROM word WHERE text = 'list_joined')"
    assert world.rows(joined, id=world.contact(laia))
