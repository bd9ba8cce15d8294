"""What a person is told by the alert hook: once when it begins, once when it is over, and never in the way of the work."""

from __future__ import annotations

import dataclasses
import json

import pytest
from sqlalchemy import text

from adapters.sandbox.faults import Fault
from connector.steps import sync as steps
from connector.steps.hook import NotTold

REFUSED = {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "maria@acme.example may not"}


class Heard:
    """A hook that keeps what it is told, and fails while `away`."""

    def __init__(self):
        self.messages = []
        self.tries = 0
        self.away = False

    def tell(self, message, seconds):
        assert 0 < seconds <= 5
        self.tries += 1
        if self.away:
            raise NotTold("answered 503")
        self.messages.append(message)

    @property
    def told(self):
        return [(one.kind, one.resolved) for one in self.messages]


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def hooked(world, heard):
    return dataclasses.replace(world.parts, hook=heard)


def fails(world, platform="hubspot", **answer):
    server = world.sandbox.hubspot_server if platform == "hubspot" else world.sandbox.mailchimp_server
    server.faults.add(Fault(times=None, apply=False, **answer))


def passes(world, hooked, minutes):
    """The polls of so many minutes."""
    for _ in range(0, minutes, 5):
        world.pass_time(minutes=5)
        world.end_pauses()
        steps.sync(hooked)


def test_a_refused_token_is_told_once_and_its_end_once(world, hooked, heard):
    fails(world, status=401, body=REFUSED)
    passes(world, hooked, 20)
    assert heard.told == [("platform stopped", False)]
    assert "HUBSPOT_ACCESS_TOKEN" in heard.messages[0].message
    assert "@" not in json.dumps([one.message for one in heard.messages])
    world.sandbox.hubspot_server.faults.clear()
    passes(world, hooked, 10)
    assert heard.told == [("platform stopped", False), ("platform stopped", True)]
    assert heard.messages[0].id != heard.messages[1].id


def test_a_platform_that_is_away_for_a_while_is_nobodys_business_yet(world, hooked, heard):
    fails(world, "mailchimp", ending="drop")
    passes(world, hooked, 10)
    assert heard.told == []
    passes(world, hooked, 10)
    assert heard.told == [("platform away", False)]
    passes(world, hooked, 30)
    assert len(heard.told) == 1
    world.sandbox.mailchimp_server.faults.clear()
    passes(world, hooked, 10)
    assert heard.told == [("platform away", False), ("platform away", True)]


def test_passes_that_go_wrong_for_any_other_reason_are_told_after_half_an_hour(world, hooked, heard):
    fails(
        world, path="contacts/search", status=403, body={"category": "MISSING_SCOPES", "message": "requires one of [x]"}
    )
    passes(world, hooked, 15)
    assert heard.told == []
    passes(world, hooked, 15)
    assert heard.told == [("no pass", False)]
    steps.work(hooked)
    assert len(heard.told) == 1
    world.sandbox.hubspot_server.faults.clear()
    passes(world, hooked, 5)
    assert heard.told == [("no pass", False), ("no pass", True)]


def test_a_worker_that_was_off_for_a_night_reads_before_it_complains(world, hooked, heard):
    world.pass_time(hours=9)
    steps.work(hooked)
    steps.sync(hooked)
    assert heard.told == []


def test_a_day_without_calls_is_told(world, hooked, heard):
    fails(world, status=429, body={"policyName": "DAILY", "message": "You have reached your daily limit."})
    passes(world, hooked, 5)
    assert heard.told == [("quota used up", False)]


def test_what_waits_for_a_person_is_told_and_over_when_she_has_answered(world, hooked, heard):
    with world.store.engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO delivery (platform, body, content_type, meta, received_at, state, ended_at)"
                " SELECT 'hubspot', 'x', '', '{}', now(), state, now() FROM unnest(ARRAY['unknown', 'failed']) AS state"
            )
        )
        conn.execute(
            text(
                "INSERT INTO intent (kind, state, contact, source, payload, not_before, sending_at, reason, created_at)"
                " SELECT 'enroll', state, 0, 'hubspot', '{}', now(), CAST(:then AS timestamptz), 'a loop', now()"
                " FROM unnest(ARRAY['held', 'parked']) AS state"
            ),
            {"then": world.sandbox.clock()},
        )
    steps.work(hooked)
    kinds = ["deliveries failed", "deliveries unknown", "intents held", "intents parked"]
    assert sorted(heard.told) == [(kind, False) for kind in kinds]
    steps.work(hooked)
    assert len(heard.told) == 4
    with world.store.engine.begin() as conn:
        conn.execute(text("UPDATE delivery SET state = 'ignored'"))
        conn.execute(text("UPDATE intent SET state = 'refused', finished_at = now() WHERE contact = 0"))
    steps.work(hooked)
    assert sorted(heard.told[4:]) == [(kind, True) for kind in kinds]


def test_a_hook_that_is_away_is_tried_again_with_growing_pauses_for_a_day(world, hooked, heard):
    """A few tries, however many passes there are; what was over meanwhile is told as that."""
    heard.away = True
    fails(world, status=401, body=REFUSED)
    passes(world, hooked, 300)
    assert 8 <= heard.tries <= 16
    heard.away = False
    passes(world, hooked, 60)
    assert ("platform stopped", False) in heard.told


def test_what_may_not_be_read_is_a_line_of_the_log_once(make_world, caplog):
    mapped = "  unsubscribe: {mailchimp: activity.unsub}"
    edits = {"fields.yaml": (mapped, f"{mapped}\n  deal_won: {{hubspot: {{deals: won}}}}")}
    world = make_world(count=4, edits=edits, webhooks=False)
    settings = world.sandbox.hubspot.settings
    every, settings.scopes = settings.scopes, settings.scopes - {"crm.objects.deals.read"}
    passes(world, world.parts, 15)
    told = [record.facts for record in caplog.records if record.message.startswith("alert")]
    assert [(line["kind"], line["about"]) for line in told] == [("not read", "hubspot deals")]
    assert "lacks the scope crm.objects.deals.read: add it to the app or key" in told[0]["message"]
    settings.scopes = every
    passes(world, world.parts, 10)
    assert len([record for record in caplog.records if record.message == "alert"]) == 1
    assert world.rows("SELECT 1 FROM alert WHERE over_at IS NULL") == []


def test_without_a_hook_it_is_a_line_in_the_log(world, caplog):
    fails(world, status=401, body=REFUSED)
    passes(world, world.parts, 10)
    lines = [record.facts for record in caplog.records if record.message == "alert"]
    assert [(line["kind"], line["about"]) for line in lines] == [("platform stopped", "hubspot")]
    assert world.rows("SELECT count(*) AS n FROM alert WHERE next_at IS NOT NULL")[0].n == 0
