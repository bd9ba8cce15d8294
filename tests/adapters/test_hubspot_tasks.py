"""Tasks and notes: the same over the pretend portal and in memory."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.budget import RateBudget
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.platform import HubSpotPlatform
from adapters.memory_hubspot import HubSpotMemory
from adapters.ports import Deadline, DeadlinePassed
from adapters.sandbox import Clock, Sandbox
from adapters.sandbox.hubspot.life import PERSON
from connector.facts import Record

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)


@pytest.fixture(params=["v3", "2026-09"])
def portal(request):
    """A pretend portal with maria: the port, her id, and the portal behind it."""
    with Sandbox(Clock(NOON), mailchimp=False) as sandbox:
        maria = str(sandbox.hubspot.create("contacts", {"email": "maria@acme.example"}, PERSON).id)
        client = HubSpotClient(
            sandbox.hubspot.settings.token,
            base_url=sandbox.hubspot_url,
            version=request.param,
            budget=RateBudget(1000, 1.0, burst=1000),
            search_budget=RateBudget(1000, 1.0, burst=1000),
        )
        yield HubSpotPlatform(client, properties=("email",)), maria, sandbox.hubspot


def task(port, contact):
    return port.create_task(contact, title="Call", body="why", due=NOON, owner_id=None, deadline=Deadline.after(30))


def test_a_task_is_done_when_somebody_ticks_it_off_and_a_deleted_one_is_absent(portal):
    port, maria, behind = portal
    hers, nobodys = task(port, maria), task(port, None)
    behind.life.complete_task(hers)
    assert port.tasks_done([hers, nobodys, "999999"]) == {hers: True, nobodys: False}


def test_a_note_is_hers_and_what_stands_in_it_is_no_markup(portal):
    port, maria, behind = portal
    note = port.create_note(maria, text="Acme <b>&\nWhy now", at=NOON, deadline=Deadline.after(30))
    (kept,) = behind.shelves["notes"]
    assert (str(kept.id), kept.values["hs_note_body"]) == (note, "Acme &lt;b&gt;&amp;<br>Why now")
    with pytest.raises(DeadlinePassed):
        port.create_note(maria, text="late", at=NOON, deadline=Deadline.after(-1))


def test_values_are_those_of_now_and_strangers_are_absent(portal):
    port, maria, behind = portal
    behind.life.contact_person("maria@acme.example")
    told = port.values_of([maria, "999999"], ("notes_last_contacted", "hubspot_owner_id"))
    assert told.keys() == {maria}
    assert told[maria]["notes_last_contacted"]
    assert told[maria]["hubspot_owner_id"] is None


def test_memory_does_the_same():
    port = HubSpotMemory(now=Clock(NOON))
    port.add(Record("hubspot", "501", "maria@acme.example", {"email": "maria@acme.example"}, NOON))
    hers, nobodys = task(port, "501"), task(port, None)
    port.done.add(hers)
    assert port.tasks_done([hers, nobodys, "9"]) == {hers: True, nobodys: False}
    assert port.create_note("501", text="why", at=NOON, deadline=Deadline.after(30)) == "1"
    assert port.values_of(["501", "9"], ("email", "phone")) == {"501": {"email": "maria@acme.example", "phone": None}}
