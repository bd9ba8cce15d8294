"""Deliveries made to do harm, and endings that must not say too much: what could not be read says so, wherever it was found out."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from deliveries import deliver, ends, event, form, take_in
from over import Over

from adapters.ports import PlatformUnreachable
from connector.steps.taking_in.hubspot_events import DEEPEST, Meaning, read_events
from connector.steps.taking_in.mailchimp_events import MOST_PARTS, read_event
from connector.store import inbox

UNREAD = "could not be read: see `trellis failures`"
OPEN = "SELECT platform_id FROM failure WHERE step = 'read' AND resolved_at IS NULL"


class Reading(Over):
    """Reads one of its people in its own way."""

    def __init__(self, real, id_, read):
        super().__init__(real)
        self.id, self.read = id_, read

    def by_ids(self, ids):
        found = self.real.by_ids([one for one in ids if one != self.id])
        return replace(found, **self.read(self.id)) if self.id in ids else found


def stumbles(id_):
    raise PlatformUnreachable("mailchimp", "500", maybe_applied=False)


def garbled(id_):
    return {"unreadable": {id_: "a value in it is a list"}}


# ---------------------------------------------------------------- what could not be read


@pytest.mark.parametrize("read", [stumbles, garbled])
def test_somebody_whom_hubspot_cannot_tell_is_named_as_such_in_every_delivery_about_her(quiet, read):
    """The second is of another batch, and not read again: so many deliveries make a batch."""
    id_ = str(next(iter(quiet.sandbox.hubspot.contacts)).id)
    numbers = deliver(quiet, *([event(id_, number)] for number in range(101)))
    take_in(quiet, hubspot=Reading(quiet.parts.hubspot, id_, read))
    assert [row.platform_id for row in quiet.rows(OPEN)] == [id_]
    said = ("handled", f"1 of 1 events were new; 1 {UNREAD}")
    assert ends(quiet, [numbers[0], numbers[-1]]) == [said, said]
    (later,) = deliver(quiet, [event(id_, 200)])
    take_in(quiet)
    assert ends(quiet, [later]) == [("handled", "1 of 1 events were new")]
    assert quiet.rows(OPEN) == []


@pytest.mark.parametrize("read", [stumbles, garbled])
def test_a_member_whom_mailchimp_cannot_tell_is_named_as_such(quiet, read):
    (id_, member), (_, other) = list(quiet.members().items())[:2]
    source, port = next(iter(quiet.parts.mailchimp.items()))
    bodies = [form(quiet, one["email_address"]) for one in (member, other)]
    numbers = deliver(quiet, *bodies, platform="mailchimp")
    take_in(quiet, mailchimp={source: Reading(port, id_, read)})
    assert [row.platform_id for row in quiet.rows(OPEN)] == [id_]
    assert ends(quiet, numbers) == [("handled", f"profile; {UNREAD}"), ("handled", "profile")]


def test_without_a_token_an_erasure_is_not_passed_over(quiet):
    """It is told once: ignored, she would stay for as long as nobody gives Trellis a token."""
    id_ = str(next(iter(quiet.sandbox.hubspot.contacts)).id)
    erase = event(id_, subscriptionType="contact.privacyDeletion")
    numbers = deliver(quiet, [event(id_)], [erase])
    take_in(quiet, hubspot=None)
    assert ends(quiet, numbers) == [
        ("ignored", "HubSpot is off"),
        ("unknown", "somebody is to be erased, and HubSpot is off"),
    ]
    held = "SELECT count(*) AS n FROM record WHERE source = 'hubspot' AND platform_id = :id"
    with quiet.store.engine.begin() as conn:
        assert inbox.replay_delivery(conn, numbers[1])
    take_in(quiet)
    assert (ends(quiet, numbers)[1][0], quiet.rows(held, id=id_)[0].n) == ("handled", 0)


# ---------------------------------------------------------------- bodies


def nested(levels):
    """A body with so many levels of arrays and objects."""
    value = "[" * (levels - 2) + '"x"' + "]" * (levels - 2)
    return (
        json.dumps([event(1, mergedObjectIds=0)])
        .replace('"mergedObjectIds": 0', f'"mergedObjectIds": {value}')
        .encode()
    )


def test_a_body_may_be_as_deep_as_the_limit_and_no_deeper():
    assert DEEPEST == 32
    (one,) = read_events(nested(32))
    assert one.meaning is Meaning.READ
    assert read_events(nested(33)) is None


def test_depth_costs_no_more_than_its_bytes():
    """Text within text within text: each level doubled the escapes of the one within, to gigabytes."""
    began = time.monotonic()
    for _ in range(200):
        (one,) = read_events(nested(24))
        assert len(one.key) < 500
    assert time.monotonic() - began < 5


def test_a_merge_is_the_same_in_whatever_order_it_names_people_and_another_one_is_not():
    told = [[101, 102, 103], ["103", 101, "102"], [101, 102], [101, [102, 103]]]
    keys = [read_events(json.dumps([event(1, mergedObjectIds=one)]).encode())[0].key for one in told]
    assert (keys[0] == keys[1], len(set(keys))) == (True, 3)


def test_a_form_may_have_as_many_parts_as_the_limit_and_no_more():
    assert MOST_PARTS == 1000
    told = b"type=profile&data[email]=a@b.example&" + b"&".join([b"a=1"] * 998)
    assert read_event(told).addresses == ("a@b.example",)
    assert read_event(told + b"&a=1") is None
