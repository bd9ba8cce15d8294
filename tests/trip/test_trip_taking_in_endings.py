"""Every delivery ends with a reason: those that nobody understands, those of others, those that leave nothing, and forms."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

import pytest
from deliveries import PORTAL, deliver, ends, event, form, ids_of, states, take_in

OTHER_PORTAL = 62515
READ = "POST /crm/v3/objects/contacts/batch/read"


@pytest.mark.parametrize(
    "odd",
    [{}, True, 123.0, -5, "abc", 0, None, [1], 10**30, "5\n", "٣"],
    ids=["object", "true", "float", "negative", "word", "zero", "null", "list", "huge", "line", "other digits"],
)
def test_an_id_that_is_none_reaches_a_person_and_the_others_are_handled(quiet, odd):
    one = ids_of(quiet)[0]
    (number,) = deliver(quiet, [event(one), event(one, 2, occurredAt="yesterday") | {"objectId": odd}])
    quiet.forget_calls()
    take_in(quiet)
    assert ends(quiet, [number]) == [("unknown", "not understood: contact.propertyChange")]
    assert quiet.calls()["hubspot"] == {READ: 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[NaN]", "not a JSON array of events"),
        (b'[{"objectId": Infinity}]', "not a JSON array of events"),
        (b"[" * 33 + b"]" * 33, "not a JSON array of events"),
        (b"[" * 200_000, "not a JSON array of events"),
        (b'[{"objectId": ' + b"9" * 5000 + b"}]", "not a JSON array of events"),
        (b"{}", "not a JSON array of events"),
        (b"\xff", "not a JSON array of events"),
        (b'[5, "x"]', "not understood: (none)"),
        (b'[{"subscriptionType": "contact.sneezed", "objectId": 5}]', "not understood: contact.sneezed"),
        (b'[{"subscriptionType": "a@b.example", "objectId": 5}]', "not understood: (none)"),
        (b'[{"subscriptionType": "object.creation", "objectId": 5}]', "not understood: object.creation"),
        (b'[{"subscriptionType": "contact.merge", "mergedObjectIds": 5}]', "not understood: contact.merge"),
    ],
)
def test_what_nobody_understands_reaches_a_person_with_a_reason(quiet, body, reason):
    (number,) = deliver(quiet, body)
    quiet.forget_calls()
    take_in(quiet)
    assert ends(quiet, [number]) == [("unknown", reason)]
    assert quiet.calls()["hubspot"] == {}


def test_events_of_another_portal_are_nobody_of_ours(quiet):
    """The ids of the other portal name people of ours."""
    ours, theirs = ids_of(quiet)[:2]
    told = [event(ours), event(theirs, portalId=OTHER_PORTAL)]
    numbers = deliver(
        quiet, told, [{**event(theirs, 2, portalId=OTHER_PORTAL), "subscriptionType": "contact.privacyDeletion"}]
    )
    take_in(quiet)
    assert ends(quiet, numbers) == [("handled", "1 of 2 events were new"), ("ignored", "of another portal: 1")]
    assert quiet.rows("SELECT 1 FROM record WHERE platform_id = :id", id=theirs)


def test_of_another_portal_an_erasure_alone_is_not_believed(quiet):
    one = ids_of(quiet)[0]
    told = {**event(one, portalId=OTHER_PORTAL), "subscriptionType": "contact.privacyDeletion"}
    numbers = deliver(quiet, [told])
    take_in(quiet)
    assert states(quiet, numbers) == ["ignored"]
    deliver(quiet, [told | {"portalId": PORTAL}])
    take_in(quiet)
    assert not quiet.rows("SELECT 1 FROM record WHERE platform_id = :id", id=one)


@pytest.mark.parametrize("order", [1, -1])
def test_deletion_and_erasure_in_either_order_leave_nothing(make_world, order):
    world = make_world()
    carla = world.new_lead("carla")
    world.flush()
    world.work()
    contact, hubspot = world.contact(carla), world.sandbox.hubspot
    id_ = hubspot.life.person(carla).id
    hubspot.webhooks.delivery.lost = True
    hubspot.life.erase(carla)
    told = [event(id_, n, subscriptionType=f"contact.{verb}") for n, verb in enumerate(("deletion", "privacyDeletion"))]
    numbers = deliver(world, *([one] for one in told[::order]))
    world.forget_calls()
    take_in(world)
    assert set(states(world, numbers)) == {"handled"}
    assert world.calls()["hubspot"].keys() <= {"GET /account-info/v3/details"}  # she is not asked for any more
    for table in ("record", "event", "sighting", "failure"):
        assert not world.rows(f"SELECT 1 FROM {table} WHERE contact = :id", id=contact)
    assert not world.rows("SELECT 1 FROM failure WHERE platform_id = :id", id=str(id_))


def test_a_merge_unites_whatever_its_payload_says_of_the_order(quiet):
    one, other = quiet.new_lead("carla"), quiet.new_lead("dora")
    life = quiet.sandbox.hubspot.life
    ids = [life.person(email).id for email in (one, other)]
    deliver(quiet, [event(id_) for id_ in ids])
    take_in(quiet)
    survivor = life.merge(one, other)
    told = {"subscriptionType": "contact.merge", "primaryObjectId": ids[1], "mergedObjectIds": [ids[0], int(survivor)]}
    deliver(quiet, [{**event(ids[0], 5), **told, "newObjectId": None}])
    take_in(quiet)
    assert (
        len(
            {
                row.contact
                for row in quiet.rows(
                    "SELECT contact FROM identity WHERE platform_id = ANY(:ids)", ids=[*map(str, ids), survivor]
                )
            }
        )
        == 1
    )


def test_a_form_in_another_order_and_escaped_otherwise_is_the_same(quiet):
    marta = quiet.email("marta")
    body = form(quiet, marta, **{"data[merges][FNAME]": "Marta"})
    pairs = body.decode().split("&")
    again = "&".join(reversed(pairs)).replace("%5B", "[").replace("%5D", "]").replace("+", "%20").encode()
    assert again != body
    later = form(quiet, marta, fired="2026-11-24 11:00:01", **{"data[merges][FNAME]": "Marta"})
    numbers = deliver(quiet, body, again, later, platform="mailchimp")
    quiet.forget_calls()
    take_in(quiet)
    assert Counter(states(quiet, numbers)) == {"handled": 2, "ignored": 1}
    assert sum(quiet.calls()["mailchimp"].values()) == 1


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (b"a=1&" * 1001, ("unknown", "not a form body")),
        (b"\xff=1", ("unknown", "not a form body")),
        (b"type=pending&data[list_id]=x", ("unknown", "unknown type, or nobody is named")),
        (b"type=profile&data[list_id]=x", ("unknown", "unknown type, or nobody is named")),
        (b"type=campaign&data[list_id]=x", ("ignored", "campaigns are read by polling")),
        (
            b"type=profile&data[list_id]=x&data[email]=a@b.example",
            ("ignored", "an audience that fields.yaml does not name"),
        ),
    ],
)
def test_forms_end_with_a_reason(quiet, body, end):
    numbers = deliver(quiet, body, platform="mailchimp")
    take_in(quiet)
    assert ends(quiet, numbers) == [end]


def test_a_changed_address_and_a_member_who_is_gone_are_found_by_what_we_know(quiet):
    life = quiet.sandbox.mailchimp.life
    moved, gone = quiet.new_member("dora"), quiet.new_member("elena")
    deliver(quiet, form(quiet, moved, "subscribe"), form(quiet, gone, "subscribe"), platform="mailchimp")
    take_in(quiet)
    contact = quiet.contact(moved)
    life.change_email(moved, "dora@elsewhere.example")
    life.archive(gone)
    told = {"data[old_email]": moved, "data[new_email]": "dora@elsewhere.example", "data[new_id]": "x"}
    upemail = urlencode(
        {"type": "upemail", "fired_at": "2026-11-24 12:00:00", "data[list_id]": quiet.population.audience, **told}
    )
    deliver(
        quiet, upemail.encode(), form(quiet, gone, "unsubscribe", **{"data[action]": "delete"}), platform="mailchimp"
    )
    take_in(quiet)
    assert quiet.contact("dora@elsewhere.example") == contact
    assert quiet.rows(
        "SELECT archived OR raw ->> 'status' = 'archived' AS gone FROM record WHERE email = :e", e=gone
    ) == [(True,)]


def test_a_company_s_erasure_does_not_erase_the_contact_of_the_same_number(world):
    email = world.new_lead("carla")
    world.flush()
    world.work()
    number = int(world.sandbox.hubspot.life.person(email).id)
    event = {"portalId": 1, "subscriptionType": "company.privacyDeletion", "objectId": number, "occurredAt": 1}
    assert world.post([event]) < 300
    world.work()
    assert world.contact(email)
