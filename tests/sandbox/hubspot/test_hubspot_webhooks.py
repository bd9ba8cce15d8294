"""Webhooks: signature, echo, retries, erasure and merge (facts/hubspot.md §6, §11.18)."""

import base64
import hashlib
import hmac
import json

import pytest

from adapters.sandbox.hubspot.signatures import signature_v1, signature_v3

V3 = "/crm/v3/objects/contacts"

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
ALL = [
    ("contact.creation", ""),
    ("contact.propertyChange", "jobtitle"),
    ("object.propertyChange", "city"),
    ("contact.deletion", ""),
    ("contact.privacyDeletion", ""),
    ("contact.merge", ""),
]


@pytest.fixture
def hooked(hub, receiver):
    hub.portal.webhooks.configure(receiver.url, SECRET, ALL)
    hub.portal.webhooks.delivery.retry_delays = (0.01,)
    return hub


def test_hubspots_own_vector():
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":'
        b'"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
    )
    assert signature_v1(SECRET, body) == "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"


def test_v3_decodes_only_some_escapes():
    url = "https://host.example/a%20b%2Fc?d=%40e"
    decoded = "https://host.example/a%20b/c?d=@e"
    expected = base64.b64encode(hmac.new(b"s", f"POST{decoded}[]17".encode(), hashlib.sha256).digest()).decode()
    assert signature_v3("s", "POST", url, b"[]", "17") == expected


def test_a_delivery_is_signed_as_called(hooked, receiver):
    hooked.make(email="maria@acme.example")
    hooked.portal.webhooks.flush()
    (post,) = receiver.posts
    stamp = post.headers["x-hubspot-request-timestamp"]
    text = b"POST" + receiver.url.encode() + post.body + stamp.encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    assert post.headers["x-hubspot-signature-v3"] == expected
    assert post.headers["x-hubspot-signature"] == hashlib.sha256(SECRET.encode() + post.body).hexdigest()


def test_our_own_writes_come_back_as_integration(hooked, receiver):
    maria = hooked.make(email="maria@acme.example")
    hooked("PATCH", f"{V3}/{maria}", {"properties": {"jobtitle": "CFO", "city": "Girona"}})
    hooked.portal.webhooks.flush()
    created, title, city = sorted(receiver.events, key=lambda event: event["subscriptionId"])
    assert created["changeFlag"] == "CREATED"
    assert (title["propertyName"], title["propertyValue"]) == ("jobtitle", "CFO")
    assert (title["changeSource"], title["sourceId"]) == ("INTEGRATION", str(title["appId"]))
    assert title["objectId"] == int(maria)
    assert title["occurredAt"] == 1_795_168_800_000
    assert (city["objectTypeId"], city["subscriptionType"]) == ("0-1", "object.propertyChange")


def test_an_edit_in_the_ui_names_the_person(hooked, receiver):
    hooked.make(email="maria@acme.example")
    hooked.portal.life.set_property("maria@acme.example", "jobtitle", "CFO")
    hooked.portal.webhooks.flush()
    (event,) = [e for e in receiver.events if e["subscriptionType"] == "contact.propertyChange"]
    assert (event["changeSource"], event["sourceId"]) == ("CRM_UI", "userId:882761034")


@pytest.mark.parametrize(("fires", "expected"), [(False, 1), (True, 2)])
def test_writing_the_same_value_fires_only_where_so_chosen(hooked, receiver, fires, expected):
    hooked.portal.settings.same_value_fires = fires
    maria = hooked.make(email="maria@acme.example", jobtitle="CFO")
    hooked("PATCH", f"{V3}/{maria}", {"properties": {"jobtitle": "CFO"}})
    hooked.portal.webhooks.flush()
    assert len([e for e in receiver.events if e.get("propertyName") == "jobtitle"]) == expected


def test_a_refused_delivery_is_tried_again_with_a_higher_attempt_number(hooked, receiver):
    receiver.statuses = [500, 404]
    hooked.make(email="maria@acme.example")
    hooked.portal.webhooks.flush()
    attempts = [json.loads(post.body)[0]["attemptNumber"] for post in receiver.posts]
    assert attempts == [0, 1, 2]


def test_after_ten_retries_the_event_is_given_up(hooked, receiver):
    receiver.statuses = [500] * 20
    hooked.make(email="maria@acme.example")
    hooked.portal.webhooks.flush()
    assert len(receiver.posts) == 11
    assert hooked.portal.webhooks.dropped == 1


def test_a_post_holds_at_most_a_hundred_events_in_any_order(hooked, receiver):
    hooked.portal.webhooks.delivery.shuffle = True
    hooked.portal.webhooks.delivery.gather = 0.2
    rows = [{"properties": {"email": f"p{i}@acme.example"}} for i in range(100)]
    for part in (rows, [{"properties": {"email": f"q{i}@acme.example"}} for i in range(30)]):
        assert hooked("POST", f"{V3}/batch/create", {"inputs": part}).status_code == 201
    hooked.portal.webhooks.flush()
    assert max(len(json.loads(post.body)) for post in receiver.posts) <= 100
    ids = [event["objectId"] for event in receiver.events]
    assert len(set(ids)) == 130
    assert ids != sorted(ids)


def test_events_may_come_twice(hooked, receiver):
    hooked.portal.webhooks.delivery.duplicate = 1.0
    hooked.make(email="maria@acme.example")
    hooked.portal.webhooks.flush()
    first, second = receiver.events
    assert first == second


def test_all_webhooks_can_be_lost(hooked, receiver):
    hooked.portal.webhooks.delivery.lost = True
    hooked.make(email="maria@acme.example")
    hooked.portal.webhooks.flush()
    assert receiver.posts == []


def test_an_erasure_also_tells_of_a_deletion(hooked, receiver):
    maria = hooked.make(email="maria@acme.example")
    hooked.portal.life.erase("maria@acme.example")
    hooked.portal.webhooks.flush()
    told = {e["subscriptionType"] for e in receiver.events if e["objectId"] == int(maria)}
    assert told == {"contact.creation", "contact.deletion", "contact.privacyDeletion"}


def test_a_merge_names_all_three_records(hooked, receiver):
    maria, double = hooked.make(email="maria@acme.example"), hooked.make(email="maria@home.example")
    merged = hooked.portal.life.merge("maria@acme.example", "maria@home.example")
    hooked.portal.webhooks.flush()
    (event,) = [e for e in receiver.events if e["subscriptionType"] == "contact.merge"]
    assert (event["primaryObjectId"], event["mergedObjectIds"]) == (int(maria), [int(double)])
    assert event["newObjectId"] == int(merged)


def test_subscriptions_can_be_set_over_http(hub, receiver):
    wish = {
        "target_url": receiver.url,
        "client_secret": SECRET,
        "subscriptions": ["contact.creation", {"type": "contact.propertyChange", "property": "jobtitle"}],
        "shuffle": True,
    }
    assert hub("POST", "/sandbox/webhooks", wish).status_code == 204
    assert hub("POST", "/sandbox/webhooks", {"speed": 1}).status_code == 400
    hub.make(email="maria@acme.example", jobtitle="CFO")
    assert hub("POST", "/sandbox/flush").status_code == 204
    assert len(receiver.events) == 2
